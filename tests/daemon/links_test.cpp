// SPDX-License-Identifier: Apache-2.0
//
// Interfaces that come, go and are renamed under a daemon, and programs that somebody takes off them.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <bpf/bpf.h>

#include "client.h"
#include "daemon/links.h"
#include "plane/kernel.h"

using namespace interdict;
using namespace interdict::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kBlocked = "198.51.100.7";

void block(const Running& daemon)
{
    REQUIRE(
        daemon
            .post("/v1/orders", R"({"orders": [{"id": "one", "kind": "court-order", "authority": "A court",
        "reference": "1", "jurisdiction": "ZZ", "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z",
        "targets": [{"prefix": ")" + kBlocked +
                                    R"(/32", "expires": "2099-01-01T00:00:00Z"}]}]})")
            .status == 200);
}

std::vector<std::string> degraded(const Running& daemon)
{
    return daemon.get("/v1/status").json()["degraded"].get<std::vector<std::string>>();
}

bool comes_to(const Running& daemon, const std::function<bool(const Json& status)>& is)
{
    return interdict::test::comes_to([&] { return is(daemon.get("/v1/status").json()); });
}

int ip(const std::string& arguments) { return lifecycle::shell("ip link " + arguments); }

} // namespace

TEST_CASE("an interface that vanishes is a fault until one of its name appears, which is filtered like it")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
    daemon.start();
    block(daemon);
    const auto frame = lifecycle::frame_to(kBlocked);
    CHECK_FALSE(passes(frame));
    std::uint64_t sequence = 0;

    REQUIRE(ip("del sub0") == 0);
    CHECK(daemon.next_event("interface-lost", sequence)["data"]["name"] == "sub0");
    const auto faults = degraded(daemon);
    REQUIRE(faults.size() == 1);
    CHECK_THAT(faults[0], ContainsSubstring("sub0: the interface is gone"));
    CHECK(daemon.get("/v1/health").json()["ok"] == false);

    lifecycle::Namespace::make_pair();
    CHECK(daemon.next_event("interface-attached", sequence)["data"]["name"] == "sub0");
    CHECK_FALSE(passes(frame));
    CHECK(passes(lifecycle::frame_to("203.0.113.7")));
    CHECK(well(daemon));

    // Down and up again: the program stays where it is.
    REQUIRE(ip("set sub0 down") == 0);
    REQUIRE(ip("set sub0 up") == 0);
    CHECK_FALSE(passes(frame));
    // A table of 256 interfaces must not be full of those that are gone.
    for (int i = 0; i < 20; ++i) {
        REQUIRE(ip("del sub0") == 0);
        static_cast<void>(daemon.next_event("interface-lost", sequence));
        lifecycle::Namespace::make_pair();
        static_cast<void>(daemon.next_event("interface-attached", sequence));
    }
    const auto plane = plane::Plane::adopt(daemon.pins(), plane::Access::Read).value();
    unsigned roles = 0;
    for (const auto& entry : plane.maps().control().interfaces)
        roles += entry.role != 0 ? 1 : 0;
    CHECK(roles == 1);
    CHECK_FALSE(passes(frame));
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("an interface of the configuration that is not there at the start is filtered when it appears")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber", "late0": "uplink"})");
    daemon.start();
    CHECK(degraded(daemon) == std::vector<std::string>{"late0: there is no such interface"});
    std::uint64_t sequence = 0;
    REQUIRE(ip("add late0 type veth peer name late1") == 0);
    CHECK(daemon.next_event("interface-attached", sequence)["data"]["name"] == "late0");
    CHECK(well(daemon));
    const auto interfaces = daemon.get("/v1/status").json()["interfaces"];
    REQUIRE(interfaces.size() == 2);
    CHECK(interfaces[0]["name"] == "late0");
    CHECK(interfaces[0]["role"] == "uplink");
    CHECK(interfaces[0]["attached"] == true);

    // What was taken off by request stays off, whatever the configuration says, until it is read again.
    REQUIRE(daemon.post("/v1/interfaces", R"({"remove": ["late0"]})").status == 200);
    REQUIRE(ip("set late0 up") == 0); // it is heard of
    REQUIRE(ip("del sub0") == 0);     // and this comes after it
    CHECK(daemon.next_event("interface-lost", sequence)["data"]["name"] == "sub0");
    CHECK(comes_to(daemon, [](const Json& status) { return status["interfaces"].size() == 1; }));
    REQUIRE(daemon.post("/v1/reload").status == 200);
    CHECK(comes_to(daemon, [](const Json& status) { return status["interfaces"].size() == 2; }));
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE(
    "a renamed interface stays filtered under its new name, and one that gets the old name is filtered too")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
    daemon.start();
    block(daemon);
    std::uint64_t sequence = 0;
    REQUIRE(ip("set sub0 down && ip link set sub0 name old0 && ip link set old0 up") == 0);
    auto event = daemon.next_event("interface-renamed", sequence);
    CHECK(event["data"] == Json{{"from", "sub0"}, {"to", "old0"}});
    CHECK(comes_to(daemon, [](const Json& status) {
        return status["interfaces"][0]["name"] == "old0" && status["interfaces"][0]["attached"] == true &&
               status["degraded"] == Json{"sub0: there is no such interface"};
    }));
    CHECK(std::filesystem::exists(daemon.pins() / "links/old0"));
    CHECK_FALSE(std::filesystem::exists(daemon.pins() / "links/sub0"));

    // The old name on another interface: both are filtered.
    REQUIRE(ip("set sub1 name old1 && ip link set old1 up") == 0);
    lifecycle::Namespace::make_pair();
    CHECK(daemon.next_event("interface-attached", sequence)["data"]["name"] == "sub0");
    CHECK_FALSE(passes(lifecycle::frame_to(kBlocked)));
    CHECK(well(daemon));

    // They exchange their names while nobody looks.
    CHECK(daemon.end(SIGTERM) == 0);
    const auto links = [&] {
        return plane::Plane::adopt(daemon.pins(), plane::Access::Read).value().interfaces().value();
    };
    const auto before = links();
    REQUIRE(before.size() == 2);
    REQUIRE(ip("set sub0 down && ip link set old0 down && ip link set sub0 name x0 && ip link set old0 name "
               "sub0 && "
               "ip link set x0 name old0 && ip link set sub0 up && ip link set old0 up") == 0);
    daemon.start();
    CHECK(well(daemon));
    const auto after = links();
    REQUIRE(after.size() == 2);
    CHECK(after[0].attachment.interface == "old0");
    CHECK(after[0].attachment.ifindex == before[1].attachment.ifindex);
    CHECK(after[1].attachment.ifindex == before[0].attachment.ifindex);
    CHECK(after[0].attachment.attached);
    CHECK(after[1].attachment.attached);
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("a program that somebody has detached or whose pin is gone is put back")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
    daemon.start();
    block(daemon);
    const auto frame = lifecycle::frame_to(kBlocked);
    std::uint64_t sequence = 0;
    const auto pin = daemon.pins() / "links/sub0";
    {
        const auto link = plane::open_pin(pin).value();
        REQUIRE(bpf_link_detach(link.get()) == 0);
    }
    CHECK(daemon.next_event("interface-detached", sequence)["data"]["name"] == "sub0");
    CHECK(daemon.next_event("interface-attached", sequence)["data"]["name"] == "sub0");
    CHECK_FALSE(passes(frame));
    REQUIRE(::unlink(pin.c_str()) == 0);
    CHECK(daemon.next_event("interface-attached", sequence)["data"]["name"] == "sub0");
    CHECK_FALSE(passes(frame));
    CHECK(std::filesystem::exists(pin));
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("the kernel's messages are read by number and name; one that is cut short ends the reading")
{
    std::vector<std::byte> bytes;
    const auto put = [&](const auto& record) {
        const auto* from = reinterpret_cast<const std::byte*>(&record);
        bytes.insert(bytes.end(), from, from + sizeof(record));
    };
    const auto message = [&](std::uint16_t type, int index, const std::string& name) {
        const auto space = static_cast<std::uint32_t>((name.size() + 4) / 4 * 4);
        put(nlmsghdr{.nlmsg_len =
                         static_cast<std::uint32_t>(sizeof(nlmsghdr) + sizeof(ifinfomsg) + 8 + 4) + space,
                     .nlmsg_type = type,
                     .nlmsg_flags = 0,
                     .nlmsg_seq = 0,
                     .nlmsg_pid = 0});
        ifinfomsg link = {};
        link.ifi_index = index;
        put(link);
        put(rtattr{.rta_len = 8, .rta_type = IFLA_MTU});
        put(std::uint32_t{1500});
        put(rtattr{.rta_len = static_cast<std::uint16_t>(4 + name.size() + 1), .rta_type = IFLA_IFNAME});
        for (std::size_t i = 0; i < space; ++i)
            put(i < name.size() ? name[i] : '\0');
    };
    message(RTM_NEWLINK, 7, "eth0.100");
    message(RTM_NEWADDR, 8, "other");
    message(RTM_DELLINK, 9, "ppp1234");
    const auto read = [&](std::size_t length) {
        std::vector<std::string> found;
        daemon::read_link_messages(std::span(bytes).first(length), [&](const daemon::LinkMessage& link) {
            found.push_back(fmt::format("{} {}", link.ifindex, link.name));
        });
        return found;
    };
    CHECK(read(bytes.size()) == std::vector<std::string>{"7 eth0.100", "9 ppp1234"});
    for (std::size_t length = 0; length < bytes.size(); ++length)
        CHECK(read(length).size() <= 1);
    // Any length that a message claims.
    const auto whole = bytes;
    for (std::uint32_t length = 0; length < 200; ++length) {
        std::memcpy(bytes.data(), &length, sizeof(length));
        CHECK(read(bytes.size()).size() <= 3);
        bytes = whole;
        const auto part = static_cast<std::uint16_t>(length);
        std::memcpy(bytes.data() + sizeof(nlmsghdr) + sizeof(ifinfomsg), &part, sizeof(part));
        CHECK(read(bytes.size()).size() == 2);
        bytes = whole;
    }
}

TEST_CASE("a flood of interfaces beyond what the socket holds is told as lost messages")
{
    const lifecycle::Namespace space;
    auto loop = daemon::Loop::make().value();
    int lost = 0;
    int changed = 0;
    const auto links = daemon::Links::open(*loop,
                                           {.concerns = [](const daemon::LinkMessage&) { return true; },
                                            .changed = [&] { ++changed; },
                                            .lost =
                                                [&] {
                                                    ++lost;
                                                    loop->stop();
                                                }},
                                           1) // the least that the kernel gives
                           .value();
    for (int i = 0; i < 20; ++i)
        REQUIRE(ip(fmt::format("add flood{0} type veth peer name flooded{0}", i)) == 0);
    REQUIRE(loop->run());
    CHECK(lost == 1);
    CHECK(changed == 0);
}
