// SPDX-License-Identifier: Apache-2.0
#include "evidence/unbound.h"

#include <catch2/catch_test_macros.hpp>

#include "unit/evidence/exporting.h"

using namespace interdict;
using namespace interdict::evidence;
using namespace interdict::evidence::test;

TEST_CASE("unbound: a subtree is a zone without answers, an exact name has one record of its own")
{
    CHECK(local_zones({{make_order("o", {"bad.example", "=one.example"})}}) ==
          Lines{R"(local-zone: "bad.example." always_nxdomain)", R"(local-zone: "one.example." transparent)",
                R"(local-data: 'one.example. 60 IN TXT "o"')"});
}

TEST_CASE("unbound: an exact name below a blocked subtree of another order opens nothing")
{
    CHECK(local_zones({{make_order("o", {"bad.example"}), make_order("p", {"=www.bad.example"})}}) ==
          Lines{R"(local-zone: "bad.example." always_nxdomain)"});
}

TEST_CASE("unbound: protected and exempt names are transparent and stand first")
{
    CHECK(local_zones({{make_order("o", {"bad.example"}, {"help.bad.example"})}, {"bank.example"}}) ==
          Lines{R"(local-zone: "bank.example." transparent)",
                R"(local-zone: "help.bad.example." transparent)",
                R"(local-zone: "bad.example." always_nxdomain)"});
}

TEST_CASE("unbound: actions")
{
    auto order = make_order("o", {"bad.example", "=one.example"});
    const auto with = [&](unsigned action) {
        order.actions[INTERDICT_CHANNEL_DNS] = static_cast<std::uint8_t>(action);
        return local_zones({{order}});
    };
    CHECK(with(INTERDICT_ACTION_REFUSED)[0] == R"(local-zone: "bad.example." always_refuse)");
    CHECK(with(INTERDICT_ACTION_DROP)[0] == R"(local-zone: "bad.example." always_deny)");
    order.sinkhole = {order::parse_address("192.0.2.80").value(),
                      order::parse_address("2001:db8::80").value()};
    CHECK(with(INTERDICT_ACTION_SINKHOLE) == Lines{R"(local-zone: "bad.example." redirect)",
                                                   R"(local-data: "bad.example. 60 IN A 192.0.2.80")",
                                                   R"(local-data: "bad.example. 60 IN AAAA 2001:db8::80")",
                                                   R"(local-zone: "one.example." transparent)",
                                                   R"(local-data: "one.example. 60 IN A 192.0.2.80")",
                                                   R"(local-data: "one.example. 60 IN AAAA 2001:db8::80")"});
}

TEST_CASE("unbound: names below an exact exemption pass with it, and that is counted")
{
    const Given given{{make_order("o", {"bad.example"}, {"=help.bad.example"})}};
    CHECK(local_zones(given) == Lines{R"(local-zone: "help.bad.example." transparent)",
                                      R"(local-zone: "bad.example." always_nxdomain)"});
    auto selection = given.select(Carrier::Resolver);
    const ResolverPolicy policy(selection);
    CHECK(to_text([&](Output& out) -> Result<void> {
              write_unbound(selection, policy, out);
              return {};
          }).has_value());
    CHECK(selection.omitted() == Omissions{{{0, Omission::BelowExempt}, 1}});
}

TEST_CASE("unbound: an order's id cannot end the text that it stands in")
{
    CHECK(local_zones({{make_order("o'\"\\x", {"=one.example"})}})[1] ==
          R"(local-data: 'one.example. 60 IN TXT "o___x"')");
}
