// SPDX-License-Identifier: Apache-2.0
#include "evidence/rpz.h"

#include <catch2/catch_test_macros.hpp>

#include "unit/evidence/exporting.h"

using namespace interdict;
using namespace interdict::evidence;
using namespace interdict::evidence::test;

namespace {

order::Order with_dns(order::Order order, unsigned action)
{
    order.actions[INTERDICT_CHANNEL_DNS] = static_cast<std::uint8_t>(action);
    return order;
}

} // namespace

TEST_CASE("rpz: a subtree takes a wildcard, an exact name none")
{
    CHECK(records({{make_order("o", {"bad.example", "=www.one.example"})}}) ==
          Lines{"bad.example CNAME .", "*.bad.example CNAME .", "www.one.example CNAME ."});
}

TEST_CASE("rpz: protected first, then exempt, then blocked")
{
    CHECK(records({{make_order("o", {"bad.example"}, {"help.bad.example"})}, {"bank.example", "a.test"}}) ==
          Lines{"bank.example CNAME rpz-passthru.", "*.bank.example CNAME rpz-passthru.",
                "a.test CNAME rpz-passthru.", "*.a.test CNAME rpz-passthru.",
                "help.bad.example CNAME rpz-passthru.", "*.help.bad.example CNAME rpz-passthru.",
                "bad.example CNAME .", "*.bad.example CNAME ."});
}

TEST_CASE("rpz: a protected name below a blocked one passes, and so does all that is below it")
{
    const Given given{{make_order("o", {"example", "=x.bank.example", "y.bank.example"})}, {"bank.example"}};
    CHECK(records(given) == Lines{"bank.example CNAME rpz-passthru.", "*.bank.example CNAME rpz-passthru.",
                                  "example CNAME .", "*.example CNAME ."});
    auto selection = given.select(Carrier::Resolver);
    const ResolverPolicy policy(selection);
    CHECK(selection.omitted() == Omissions{{{0, Omission::Held}, 2}});
}

TEST_CASE("rpz: a name that is protected alone passes alone")
{
    CHECK(records({{make_order("o", {"bad.example", "=x.bank.bad.example"})}, {"=bank.bad.example"}}) ==
          Lines{"bank.bad.example CNAME rpz-passthru.", "bad.example CNAME .", "*.bad.example CNAME .",
                "*.bank.bad.example CNAME ."});
}

TEST_CASE("rpz: an overridden target below, at and above a protected name is blocked")
{
    CHECK(records({{make_order("o", {"=x.bank.example"})}, {"bank.example"}, {}, {{0, 0}}}) ==
          Lines{"bank.example CNAME rpz-passthru.", "*.bank.example CNAME rpz-passthru.",
                "*.x.bank.example CNAME rpz-passthru.", "x.bank.example CNAME ."});
    CHECK(records({{make_order("o", {"bank.example"})}, {"bank.example"}, {}, {{0, 0}}}) ==
          Lines{"bank.example CNAME .", "*.bank.example CNAME ."});
    CHECK(records({{make_order("o", {"=bank.example"})}, {"bank.example"}, {}, {{0, 0}}}) ==
          Lines{"*.bank.example CNAME rpz-passthru.", "bank.example CNAME ."});
    CHECK(records({{make_order("o", {"group.example"})}, {"bank.group.example"}, {}, {{0, 0}}}) ==
          Lines{"group.example CNAME .", "*.group.example CNAME .", "bank.group.example CNAME .",
                "*.bank.group.example CNAME ."});
}

TEST_CASE("rpz: an exemption holds against its own order only")
{
    const auto mine = make_order("mine", {"bad.example"}, {"help.bad.example"});
    CHECK(records({{mine, make_order("other", {"bad.example"})}}) ==
          Lines{"bad.example CNAME .", "*.bad.example CNAME ."});
    CHECK(records({{mine, make_order("other", {"=x.help.bad.example"})}}) ==
          Lines{"help.bad.example CNAME rpz-passthru.", "*.help.bad.example CNAME rpz-passthru.",
                "*.x.help.bad.example CNAME rpz-passthru.", "bad.example CNAME .", "*.bad.example CNAME .",
                "x.help.bad.example CNAME ."});
}

TEST_CASE("rpz: an order blocks again below its own exemption")
{
    CHECK(records({{make_order("o", {"bad.example", "x.help.bad.example"}, {"help.bad.example"})}}) ==
          Lines{"help.bad.example CNAME rpz-passthru.", "*.help.bad.example CNAME rpz-passthru.",
                "bad.example CNAME .", "*.bad.example CNAME .", "x.help.bad.example CNAME .",
                "*.x.help.bad.example CNAME ."});
}

TEST_CASE("rpz: an exact exemption passes alone")
{
    CHECK(records({{make_order("o", {"bad.example"}, {"=help.bad.example"})}}) ==
          Lines{"help.bad.example CNAME rpz-passthru.", "bad.example CNAME .", "*.bad.example CNAME .",
                "*.help.bad.example CNAME ."});
}

TEST_CASE("rpz: names between a record and the wildcard above it keep the wildcard's answer (RFC 4592)")
{
    CHECK(records({{make_order("o", {"bad.example"}, {"a.b.c.bad.example"})}}) ==
          Lines{"a.b.c.bad.example CNAME rpz-passthru.", "*.a.b.c.bad.example CNAME rpz-passthru.",
                "bad.example CNAME .", "*.bad.example CNAME .", "c.bad.example CNAME .",
                "*.c.bad.example CNAME .", "b.c.bad.example CNAME .", "*.b.c.bad.example CNAME ."});
}

TEST_CASE("rpz: names between two records are said once")
{
    const Lines lines = records({{make_order("o", {"bad.example"}, {"x.b.bad.example", "y.b.bad.example"})}});
    CHECK(std::ranges::count(lines, "*.b.bad.example CNAME .") == 1);
    CHECK(std::ranges::count(lines, "b.bad.example CNAME .") == 1);
}

TEST_CASE("rpz: what a wider target says already is not said again, another answer is")
{
    CHECK(records(
              {{make_order("o", {"bad.example"}), make_order("p", {"www.bad.example", "=a.bad.example"})}}) ==
          Lines{"bad.example CNAME .", "*.bad.example CNAME ."});
    auto sinking = with_dns(make_order("p", {"www.bad.example"}), INTERDICT_ACTION_SINKHOLE);
    sinking.sinkhole.ipv4 = order::parse_address("192.0.2.80").value();
    CHECK(records({{make_order("o", {"bad.example"}), sinking}}) ==
          Lines{"bad.example CNAME .", "*.bad.example CNAME .", "www.bad.example A 192.0.2.80",
                "*.www.bad.example A 192.0.2.80"});
}

TEST_CASE("rpz: actions")
{
    CHECK(records({{with_dns(make_order("o", {"=a.example"}), INTERDICT_ACTION_DROP)}}) ==
          Lines{"a.example CNAME rpz-drop."});
    CHECK(records({{with_dns(make_order("o", {"=a.example"}), INTERDICT_ACTION_REFUSED)}}) ==
          Lines{"a.example CNAME ."});
    auto order = with_dns(make_order("o", {"=a.example"}), INTERDICT_ACTION_SINKHOLE);
    order.sinkhole = {order::parse_address("192.0.2.80").value(),
                      order::parse_address("2001:db8::80").value()};
    CHECK(records({{order}}) == Lines{"a.example A 192.0.2.80", "a.example AAAA 2001:db8::80"});
}

TEST_CASE("rpz: every blocked record names its order")
{
    const auto text = rpz_text({{make_order("it-1", {"=a.example"})}});
    CHECK(text.find("\na.example CNAME . ; it-1\n") != std::string::npos);
    CHECK(text.find("\n; order it-1: Court, 1\n") != std::string::npos);
    CHECK(text.find("from generation 7 as of 2020-09-13T12:28:20Z") != std::string::npos);
}

TEST_CASE("rpz: a name that does not fit beside the zone's is left out and counted")
{
    const std::string label(63, 'a');
    const std::string name = fmt::format("{0}.{0}.{0}.{1}", label, std::string(53, 'b')); // 245 bytes
    // 245 + "." + "rpz.test" are 254 bytes, 256 on the wire; one byte less fits, the wildcard does not.
    const Given given{{make_order("o", {"=" + name, "=" + name.substr(1), name.substr(2)})}};
    auto selection = given.select(Carrier::Resolver);
    const ResolverPolicy policy(selection);
    const auto text = to_text([&](Output& out) {
        return write_rpz(selection, policy, one_zone(selection, "rpz.test", 1), false, out);
    });
    REQUIRE(text.has_value());
    CHECK(selection.omitted() == Omissions{{{0, Omission::TooLong}, 2}});
}

TEST_CASE("rpz: a protected name that does not fit is an error, not a hole")
{
    const std::string label(63, 'a');
    const Given given{{}, {fmt::format("{0}.{0}.{0}.{0}", label).substr(0, 250)}};
    auto selection = given.select(Carrier::Resolver);
    const ResolverPolicy policy(selection);
    const auto text = to_text([&](Output& out) {
        return write_rpz(selection, policy, one_zone(selection, "rpz.test", 1), false, out);
    });
    REQUIRE_FALSE(text.has_value());
    CHECK(text.error().message.find("shorter zone name") != std::string::npos);
}

TEST_CASE("rpz: addresses only where asked for, and only whole ones")
{
    auto order = make_order("o", {"192.0.2.7/32", "2001:db8::7/128", "198.51.100.0/24"});
    order.targets[2].target.address.protocol = 6;
    CHECK(records({{order}}).empty());
    CHECK(records({{order}}, true) ==
          Lines{"128.7.zz.db8.2001.rpz-ip CNAME .", "32.7.2.0.192.rpz-ip CNAME ."});
}

TEST_CASE("rpz: rpz-ip triggers write the longest run of zeros as zz")
{
    const auto text = [](const char* prefix) { return rpz_ip(order::parse_prefix(prefix).value()); };
    CHECK(text("192.0.2.7/32") == "32.7.2.0.192.rpz-ip");
    CHECK(text("10.0.0.0/8") == "8.0.0.0.10.rpz-ip");
    CHECK(text("2001:db8::/32") == "32.zz.db8.2001.rpz-ip");
    CHECK(text("2001:db8::7/128") == "128.7.zz.db8.2001.rpz-ip");
    CHECK(text("2001:db8:0:1:0:0:0:7/128") == "128.7.zz.1.0.db8.2001.rpz-ip");
    CHECK(text("1:2:3:4:5:6:0:8/128") == "128.8.0.6.5.4.3.2.1.rpz-ip");
    CHECK(text("::7/128") == "128.7.zz.rpz-ip");
}

TEST_CASE("rpz: serials follow the generation and never stand still")
{
    CHECK(serial_of(12, 0) == 12);
    CHECK(serial_of(13, 12) == 13);
    CHECK(serial_of(12, 12) == 13); // made again within a generation
    CHECK(serial_of(3, 40) == 41);  // a lost state directory
    CHECK(serial_of(0, 0) == 1);
    CHECK(serial_of(0x1'0000'0000, 0) == 1);
    CHECK(serial_of(0x1'0000'0005, 0xffff'fff0) == 5); // RFC 1982: later
    CHECK(serial_of(0, 0xffff'ffff) == 1);
    CHECK(serial_in(rpz_text({{make_order("o", {"a.example"})}})) == 7);
    CHECK(serial_in("nothing of ours") == 0);
}

TEST_CASE("rpz: a zone for each authority; an exemption in one does not open what another blocks")
{
    auto one = make_order("one", {"bad.example"}, {"help.bad.example"});
    one.authority = "Tribunale di Milano";
    auto two = make_order("two", {"=www.help.bad.example", "else.example"});
    two.authority = "tribunale DI milano!";
    const Given given{{one, two}};
    auto selection = given.select(Carrier::Resolver);
    const ResolverPolicy policy(selection);
    const auto zones = zones_by_authority(selection, "rpz.test", 3);
    REQUIRE(zones.size() == 2);
    CHECK(zones[0].origin == "tribunale-di-milano.rpz.test");
    CHECK(zones[1].origin == "tribunale-di-milano-2.rpz.test");
    const auto lines = [&](const RpzZone& zone) {
        Lines all = bare(
            to_text([&](Output& out) { return write_rpz(selection, policy, zone, false, out); }).value());
        all.erase(all.begin(), all.begin() + 6);
        return all;
    };
    CHECK(lines(zones[0]) == Lines{"help.bad.example CNAME rpz-passthru.",
                                   "*.help.bad.example CNAME rpz-passthru.",
                                   "*.www.help.bad.example CNAME rpz-passthru.", "bad.example CNAME .",
                                   "*.bad.example CNAME .", "www.help.bad.example CNAME ."});
    CHECK(lines(zones[1]) ==
          Lines{"www.help.bad.example CNAME .", "else.example CNAME .", "*.else.example CNAME ."});
}

TEST_CASE("rpz: only orders whose means have dns")
{
    auto order = make_order("o", {"bad.example"});
    order.means = INTERDICT_MEANS(INTERDICT_CHANNEL_TLS);
    CHECK(records({{order}}).empty());
    CHECK(rpz_text({{order}}).find("left out of order o: 1 target, the order asks for other means") !=
          std::string::npos);
}
