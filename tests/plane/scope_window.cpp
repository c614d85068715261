// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "base/clock.h"
#include "harness/hello.h"
#include "harness/plane.h"

using namespace interdict;
using namespace interdict::harness;

namespace {

const std::string kAddress = "198.51.100.7/32";
const std::string kName = "blocked.example";

const std::string kScopes = R"({"scopes": [
    {"name": "here", "interfaces": ["edge0"]},
    {"name": "elsewhere", "interfaces": ["edge1"]},
    {"name": "tagged", "vlans": [100, "200-210"]},
    {"name": "homes", "prefixes": ["192.0.2.0/24", "2001:db8:1::/48"]},
    {"name": "one-home", "prefixes": ["192.0.2.77/32"]},
    {"name": "both", "vlans": [300], "prefixes": ["192.0.2.0/24"]}]})";

std::string scoped(const std::string& scope)
{
    return blocking({block_prefix(kAddress), block_name(kName)}, R"(, "scope": [")" + scope + R"("])");
}

Setup setup() { return {.scopes = kScopes, .interface = "edge0"}; }

Packet from(const Packet& link, const std::string& source)
{
    return link / IPv4{.source = source, .destination = "198.51.100.7"} / Tcp{};
}

} // namespace

TEST_CASE("scope_window: a scope by interface holds there and not elsewhere")
{
    Edge here(scoped("here"), setup());
    here.expect(from(Ethernet{}, "192.0.2.1"), drops(kAddress));
    here.expect(Ethernet{} / IPv4{} / Tcp{} / Payload(client_hello(kName)), resets(kName));
    Edge elsewhere(scoped("elsewhere"), setup());
    elsewhere.expect(from(Ethernet{}, "192.0.2.1"), passes());
    elsewhere.expect(Ethernet{} / IPv4{} / Tcp{} / Payload(client_hello(kName)), passes());
}

TEST_CASE(
    "scope_window: a scope by VLAN goes by the outermost tag; first and last of a range and one beyond each")
{
    Edge edge(scoped("tagged"), setup());
    edge.expect(from(Ethernet{} / Vlan{.id = 100}, "192.0.2.1"), drops(kAddress));
    edge.expect(from(Ethernet{} / Vlan{.id = 101}, "192.0.2.1"), passes());
    edge.expect(from(Ethernet{} / Vlan{.id = 199}, "192.0.2.1"), passes());
    edge.expect(from(Ethernet{} / Vlan{.id = 200}, "192.0.2.1"), drops(kAddress));
    edge.expect(from(Ethernet{} / Vlan{.id = 210}, "192.0.2.1"), drops(kAddress));
    edge.expect(from(Ethernet{} / Vlan{.id = 211}, "192.0.2.1"), passes());
    edge.expect(from(Ethernet{}, "192.0.2.1"), passes());
    edge.expect(from(Ethernet{} / Vlan{.id = 100, .tpid = 0x88a8} / Vlan{.id = 5}, "192.0.2.1"),
                drops(kAddress));
    edge.expect(from(Ethernet{} / Vlan{.id = 5, .tpid = 0x88a8} / Vlan{.id = 100}, "192.0.2.1"), passes());
}

TEST_CASE("scope_window: a scope by subscriber prefix goes by the source on a subscriber interface")
{
    Edge edge(scoped("homes"), setup());
    edge.expect(from(Ethernet{}, "192.0.2.0"), drops(kAddress));
    edge.expect(from(Ethernet{}, "192.0.2.255"), drops(kAddress));
    edge.expect(from(Ethernet{}, "192.0.1.255"), passes());
    edge.expect(from(Ethernet{}, "192.0.3.0"), passes());
    const Packet tls = Tcp{.source_port = 41000} / Payload(client_hello(kName));
    edge.expect(Ethernet{} / IPv6{.source = "2001:db8:1::5"} / tls, resets(kName));
    edge.expect(Ethernet{} / IPv6{.source = "2001:db8:2::5"} / tls, passes());
}

TEST_CASE("scope_window: and by the destination on an uplink")
{
    Setup uplink = setup();
    uplink.role = INTERDICT_ROLE_UPLINK;
    Edge edge(scoped("homes"), uplink);
    edge.expect(Ethernet{} / IPv4{.source = "198.51.100.7", .destination = "192.0.2.9"} / Tcp{},
                drops(kAddress));
    edge.expect(Ethernet{} / IPv4{.source = "198.51.100.7", .destination = "192.0.3.9"} / Tcp{}, passes());
}

TEST_CASE("scope_window: an address in a nested prefix is in both scopes")
{
    Edge homes(scoped("homes"), setup());
    homes.expect(from(Ethernet{}, "192.0.2.77"), drops(kAddress));
    Edge home(scoped("one-home"), setup());
    home.expect(from(Ethernet{}, "192.0.2.77"), drops(kAddress));
    home.expect(from(Ethernet{}, "192.0.2.78"), passes());
}

TEST_CASE("scope_window: criteria of several kinds must all hold")
{
    Edge edge(scoped("both"), setup());
    edge.expect(from(Ethernet{} / Vlan{.id = 300}, "192.0.2.1"), drops(kAddress));
    edge.expect(from(Ethernet{} / Vlan{.id = 301}, "192.0.2.1"), passes());
    edge.expect(from(Ethernet{} / Vlan{.id = 300}, "192.0.3.1"), passes());
}

TEST_CASE("scope_window: of several scopes one is enough")
{
    Edge edge(blocking({block_prefix(kAddress)}, R"(, "scope": ["elsewhere", "tagged"])"), setup());
    edge.expect(from(Ethernet{} / Vlan{.id = 100}, "192.0.2.1"), drops(kAddress));
    edge.expect(from(Ethernet{}, "192.0.2.1"), passes());
}

TEST_CASE(
    "scope_window: a rule begins with the second it is effective from and ends with the one it expires in")
{
    constexpr std::int64_t kStart = 2'000'000'000;
    constexpr std::int64_t kEnd = 2'000'003'600;
    Edge edge(blocking(
        {block_prefix(kAddress, R"(, "expires": ")" + format_timestamp(kEnd) + "\""), block_name(kName)},
        R"(, "effective": ")" + format_timestamp(kStart) + R"(", "expires": ")" + format_timestamp(kEnd) +
            "\""));
    const Packet address = from(Ethernet{}, "192.0.2.1");
    const Packet name = Ethernet{} / IPv4{} / Tcp{} / Payload(client_hello(kName));
    struct Case {
        std::int64_t time;
        bool holds;
    };
    for (const auto& [time, holds] :
         {Case{kStart - 3600, false}, Case{kStart - 1, false}, Case{kStart, true}, Case{kStart + 1, true},
          Case{kEnd - 1, true}, Case{kEnd, false}, Case{kEnd + 86400, false}}) {
        INFO("at " << format_timestamp(time));
        edge.set_clock(time);
        edge.expect(address, holds ? drops(kAddress) : passes());
        edge.set_clock(time);
        edge.expect(name, holds ? resets(kName) : passes());
    }
}

TEST_CASE("scope_window: without a set clock the programs go by the system's")
{
    const std::int64_t time = now();
    const auto window = [](std::int64_t from, std::int64_t to) {
        return R"(, "effective": ")" + format_timestamp(from) + R"(", "expires": ")" + format_timestamp(to) +
               "\"";
    };
    const auto rules = [&](std::int64_t from, std::int64_t to) {
        return blocking({block_prefix(kAddress, R"(, "expires": ")" + format_timestamp(to) + "\"")},
                        window(from, to));
    };
    Edge edge(rules(time + 3600, time + 7200));
    edge.expect(from(Ethernet{}, "192.0.2.1"), passes());
    edge.publish(rules(time - 3600, time));
    edge.expect(from(Ethernet{}, "192.0.2.1"), passes());
    edge.publish(rules(time - 3600, time + 3600));
    edge.expect(from(Ethernet{}, "192.0.2.1"), drops(kAddress));
}

TEST_CASE("scope_window: an observing order counts and passes, by address and by name")
{
    Edge edge(blocking({block_prefix(kAddress), block_name(kName)}, R"(, "mode": "observe")"));
    edge.expect(from(Ethernet{}, "192.0.2.1"), observes(kAddress));
    edge.expect(Ethernet{} / IPv4{} / Tcp{} / Payload(client_hello(kName)), observes(kName));
    CHECK(edge.total(INTERDICT_TOTAL_OBSERVED) == 2);
}

TEST_CASE("scope_window: an observing plane counts and passes what enforcing orders would refuse")
{
    Setup dry = setup();
    dry.observe = true;
    Edge edge(blocking({block_prefix(kAddress), block_name(kName)}), dry);
    edge.expect(from(Ethernet{}, "192.0.2.1"), observes(kAddress));
    edge.expect(Ethernet{} / IPv4{} / Tcp{} / Payload(client_hello(kName)), observes(kName));
}

TEST_CASE("scope_window: orders without force give no rule")
{
    for (const char* status : {"draft", "stayed", "lifted", "expired"}) {
        INFO(status);
        Edge edge(blocking({block_prefix(kAddress)}, R"(, "status": ")" + std::string(status) + "\""));
        edge.expect(from(Ethernet{}, "192.0.2.1"), passes());
    }
}
