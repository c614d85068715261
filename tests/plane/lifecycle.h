// SPDX-License-Identifier: Apache-2.0
//
// lifecycle.h: what the tests of the plane's life share: pin sets, namespaces and rule sets that end with the
// test.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "harness/packet.h"
#include "image/image.h"
#include "order/order.h"
#include "plane/plane.h"
#include "ruleset/compile.h"

namespace interdict::lifecycle {

namespace fs = std::filesystem;

inline fs::path bpffs()
{
    const char* chosen = std::getenv("INTERDICT_TEST_BPFFS");
    return chosen ? chosen : "/sys/fs/bpf";
}

inline void need_privilege()
{
    if (::geteuid() != 0)
        SKIP("loading BPF programs needs root");
}

// A pin path of its own, taken down at the end whatever happened.
class PinSet {
public:
    PinSet() : path_(bpffs() / fmt::format("interdict_test_{}_{}", ::getpid(), ++count_))
    {
        need_privilege();
        if (const auto mounted = plane::check_bpffs(path_); !mounted)
            SKIP(mounted.error().message);
    }
    PinSet(const PinSet&) = delete;
    PinSet& operator=(const PinSet&) = delete;
    ~PinSet() { static_cast<void>(plane::Plane::down(path_)); }

    [[nodiscard]] const fs::path& path() const { return path_; }
    [[nodiscard]] plane::Config config() const
    {
        plane::Config config;
        config.pins = path_;
        return config;
    }

private:
    static inline int count_ = 0;
    fs::path path_;
};

inline int shell(const std::string& command) { return std::system((command + " 2>/dev/null").c_str()); }

// A network namespace with the pair "sub0" (the edge's side, to be filtered) and "sub1" (the subscriber's).
class Namespace {
public:
    Namespace()
    {
        need_privilege();
        before_ = Fd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
        REQUIRE(::unshare(CLONE_NEWNET) == 0);
        REQUIRE(shell("ip link set lo up") == 0);
        make_pair();
    }
    Namespace(const Namespace&) = delete;
    Namespace& operator=(const Namespace&) = delete;
    ~Namespace() { static_cast<void>(::setns(before_.get(), CLONE_NEWNET)); }

    static void make_pair()
    {
        if (shell("ip link add sub0 type veth peer name sub1") != 0)
            SKIP("this kernel has no veth devices");
        REQUIRE(shell("ip link set sub0 up && ip link set sub1 up") == 0);
    }

    static void send(const std::vector<std::uint8_t>& frame)
    {
        const Fd raw(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
        sockaddr_ll to = {};
        to.sll_family = AF_PACKET;
        to.sll_ifindex = static_cast<int>(::if_nametoindex("sub1"));
        to.sll_halen = 6;
        REQUIRE(::sendto(raw.get(), frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                         sizeof(to)) == static_cast<ssize_t>(frame.size()));
    }

private:
    Fd before_;
};

inline order::Order blocking(const std::vector<std::string>& addresses, const std::string& id = "test")
{
    order::Order order;
    order.id = id;
    for (const auto& address : addresses) {
        order::Item item;
        item.target.address.prefix = order::parse_address(address).value();
        order.targets.push_back(item);
    }
    return order;
}

struct Rules {
    ruleset::Ruleset set;
    image::Image image;

    explicit Rules(const std::vector<std::string>& addresses, const ruleset::Ruleset* previous = nullptr)
    {
        const std::vector<order::Order> orders = {blocking(addresses)};
        set = ruleset::compile(orders, {}, previous).value();
        image = image::build_image(set, {}, {.seed = 7, .content_hash = {}}).value();
    }

    [[nodiscard]] std::uint32_t id(const std::string& address) const
    {
        for (const auto& rule : set.rules)
            if (rule.target.address.prefix == order::parse_address(address).value())
                return rule.id();
        FAIL("no rule for " << address);
        return 0;
    }

    [[nodiscard]] std::vector<std::uint32_t> ids() const
    {
        std::vector<std::uint32_t> ids;
        for (const auto& rule : set.rules)
            ids.push_back(rule.id());
        return ids;
    }
};

inline std::vector<std::uint8_t> frame_to(const std::string& address)
{
    using namespace harness;
    return build(Ethernet{} / IPv4{.destination = address} / Tcp{});
}

inline plane::Published make_live(plane::Plane& plane, const Rules& rules,
                                  const std::vector<std::uint32_t>& added,
                                  const std::vector<std::uint32_t>& removed = {})
{
    const auto staged = plane.stage(rules.image);
    if (!staged)
        FAIL(staged.error().message);
    auto published = plane.publish(*staged, {.added = added, .removed = removed});
    if (!published)
        FAIL(published.error().message);
    CHECK_FALSE(published->afterwards);
    return *std::move(published);
}

inline plane::Plane detached_plane()
{
    need_privilege();
    auto plane = plane::Plane::detached({.role = INTERDICT_ROLE_SUBSCRIBER});
    if (!plane)
        FAIL(plane.error().message);
    return *std::move(plane);
}

inline std::uint32_t verdict(const plane::Plane& plane, const std::string& address)
{
    auto runner = plane.runner().value();
    return runner.run(frame_to(address)).value().action;
}

inline std::uint64_t packets(const plane::Plane& plane, std::uint32_t id)
{
    return plane.maps().counter(id).value().packets;
}

// A packet that was sent is judged in a moment, but not at a known one.
inline bool reaches(const plane::Plane& plane, std::uint32_t id, std::uint64_t wanted)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (packets(plane, id) < wanted)
        if (std::chrono::steady_clock::now() > end)
            return false;
        else
            ::sched_yield();
    return packets(plane, id) == wanted;
}

inline plane::InterfaceRequest subscriber(const std::string& name)
{
    return {.name = name, .role = INTERDICT_ROLE_SUBSCRIBER};
}

inline plane::Plane bring_up(const PinSet& pins, const std::vector<plane::InterfaceRequest>& interfaces)
{
    auto up = plane::Plane::up(pins.config(), interfaces);
    if (!up)
        FAIL(up.error().message);
    return *std::move(up);
}

inline const std::string kBlocked = "198.51.100.7";
inline const std::string kOther = "198.51.100.8";
inline const std::string kInnocent = "198.51.100.9";

} // namespace interdict::lifecycle
