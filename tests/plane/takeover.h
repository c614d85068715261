// SPDX-License-Identifier: Apache-2.0
//
// takeover.h: a plane of another layout, and a subscriber who never stops while it is taken over.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <thread>
#include <vector>

#include <bpf/bpf.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include "lifecycle.h"
#include "maps/control.h"
#include "plane/kernel.h"
#include "plane/mapping.h"

namespace interdict::lifecycle {

// 0: there is none, or it has just been moved.
inline std::uint32_t layout_of(const fs::path& pins)
{
    const auto map = plane::open_pin(pins / "maps/control");
    if (!map)
        return 0;
    return plane::Mapping<interdict_control>::open(map->get(), 1, "control").value()[0].layout;
}

// So that each build takes it for its own, or for another's.
inline void set_layout(const fs::path& pins, std::uint32_t layout)
{
    const auto map = plane::open_pin(pins / "maps/control").value();
    plane::Mapping<interdict_control>::open(map.get(), 1, "control").value()[0].layout = layout;
}

// As a build would have left it whose layout is another one.
inline void make_foreign(const fs::path& pins, std::uint32_t layout)
{
    set_layout(pins, layout);
    const auto sketches = pins / "maps/sketches";
    REQUIRE(::unlink(sketches.c_str()) == 0);
    const Fd other(bpf_map_create(BPF_MAP_TYPE_ARRAY, "other", 4, 16, 3, nullptr));
    REQUIRE(bpf_obj_pin(other.get(), sketches.c_str()) == 0);
}

// A subscriber who never stops asking for what is blocked.
class Traffic {
public:
    Traffic() : frame_(frame_to(kBlocked)), thread_([this] { send(); }) {}
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;
    ~Traffic() { stop(); }

    std::uint64_t stop()
    {
        stopping_ = true;
        if (thread_.joinable())
            thread_.join();
        return sent_;
    }

private:
    void send()
    {
        while (!stopping_) {
            Namespace::send(frame_);
            ++sent_;
        }
    }

    const std::vector<std::uint8_t> frame_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> sent_ = 0;
    std::thread thread_;
};

// What got past the filter on sub0 since this was made: frames that the kernel's stack was given.
class Leaks {
public:
    Leaks() : raw_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL)))
    {
        sockaddr_ll at = {};
        at.sll_family = AF_PACKET;
        at.sll_protocol = htons(ETH_P_ALL);
        at.sll_ifindex = static_cast<int>(::if_nametoindex("sub0"));
        REQUIRE(::bind(raw_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0);
    }

    [[nodiscard]] int count() const
    {
        const auto frame = frame_to(kBlocked);
        int leaks = 0;
        std::vector<std::uint8_t> got(2048);
        for (ssize_t length = 0; (length = ::recv(raw_.get(), got.data(), got.size(), 0)) > 0;)
            if (static_cast<std::size_t>(length) >= frame.size() &&
                std::equal(frame.begin(), frame.end(), got.begin()))
                ++leaks;
        return leaks;
    }

private:
    Fd raw_;
};

} // namespace interdict::lifecycle
