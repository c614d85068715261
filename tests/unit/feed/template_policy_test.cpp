// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "base/clock.h"
#include "feed/policy.h"
#include "feed/template.h"
#include "reading.h"

using namespace interdict;
using namespace interdict::feed;

namespace {

constexpr std::int64_t kDay = 86400;

std::string template_text(std::string_view more = "")
{
    return R"({"id": "it-agcom", "kind": "administrative-order", "authority": "AGCOM",
 "reference": "321/23/CONS", "jurisdiction": "IT",
 "issued": "2023-12-05", "effective": "2024-02-01T00:00:00Z", "comply_within": "PT30M")" +
           std::string(more) + "}";
}

Template basis(std::string_view more = "")
{
    auto parsed = parse_template(template_text(more), "agcom.json");
    if (!parsed)
        throw std::runtime_error(order::to_string(parsed.error().at(0)));
    return *std::move(parsed);
}

std::vector<std::string> problems(std::string_view text)
{
    std::vector<std::string> out;
    if (const auto parsed = parse_template(text, "t.json"); !parsed)
        for (const auto& problem : parsed.error())
            out.push_back(order::to_string(problem));
    return out;
}

std::vector<List> lists(std::string_view text, Format format = Format::Plain)
{
    std::vector<List> out;
    out.push_back(read_good(format, text, {.source = "list"}));
    return out;
}

std::vector<std::string> targets(const order::Order& order)
{
    std::vector<std::string> out;
    for (const auto& item : order.targets)
        out.push_back(order::to_string(item.target));
    return out;
}

} // namespace

TEST_CASE("a template is an order without targets")
{
    const Template read = basis(R"(, "item_expires": "P30D", "match": "exact", "mode": "observe")");
    CHECK(read.order.id == "it-agcom");
    CHECK(read.order.mode == order::Mode::Observe);
    CHECK(read.order.targets.empty());
    CHECK(read.order.comply_within == 1800);
    CHECK(read.item_expires == 30 * kDay);
    CHECK(read.match == order::Match::Exact);
    CHECK(read.order.file == "agcom.json");
    CHECK(basis(R"(, "means": ["address"])").order.means == 0);
}

TEST_CASE("a template's faults are told where they stand in it")
{
    CHECK(
        problems(R"({"id": "x",
  "kind": "disclosure", "authority": "A", "reference": "1", "jurisdiction": "IT",
  "issued": "2023-12-05", "effective": "2024-02-01T00:00:00Z"})") ==
        Texts{
            "t.json:2: $.kind: \"disclosure\" is no basis for rules: a disclosure (subpoena) asks who "
            "somebody is, "
            "not that anything be blocked; remove it; only a court-order or an administrative-order blocks"});
    CHECK(problems(template_text(R"(, "item_expires": "P1M")")) ==
          Texts{"t.json:3: $.item_expires: \"\"P1M\"\" is not a duration of fixed length; write e.g. P30D"});
    CHECK(problems(template_text(R"(, "item_expires": "PT0S")")).size() == 1);
    CHECK(problems(template_text(R"(, "match": "all")")).size() == 1);
    CHECK(problems(template_text(R"(, "targets": [{"name": "a.example"}])")) ==
          Texts{"t.json:3: $.targets: stands in a template; remove it: the targets come from the list"});
    CHECK(problems(template_text(R"(, "mode": "enforce", "mode": "observe")")) ==
          Texts{"t.json:3: $.mode: is written twice; keep one of the two"});
    CHECK(problems("{").size() == 1);
    CHECK(problems("[]").size() == 1);
    CHECK(problems("{}").size() >= 6); // everything that an order needs
}

TEST_CASE("lists become one order; a target on two of them counts once, a subtree includes the name")
{
    auto both = lists("a.example\n192.0.2.7\n");
    both.push_back(read_good(Format::Hosts, "0.0.0.0 b.example\n0.0.0.0 A.example\n", {.source = "hosts"}));
    const auto made =
        to_order(std::move(both), basis(R"(, "item_expires": "P30D")"), {.received = 1000 * kDay});
    REQUIRE(made);
    CHECK(made->order.id == "it-agcom");
    CHECK(targets(made->order) == Texts{"a.example and below", "192.0.2.7/32", "b.example"});
    CHECK(made->repeated == 1);
    CHECK(made->order.targets[0].expires == 0);
    CHECK(made->order.targets[1].expires == 1030 * kDay);
    CHECK(made->tickets == Texts{"", "", ""});
}

TEST_CASE("addresses need an end: the template's, the order's or their own")
{
    const Receipt receipt{.received = 1000 * kDay};
    CHECK(to_order(lists("a.example\n192.0.2.7\n192.0.2.8\n"), basis(), receipt).error().message ==
          "2 of 2 addresses have no end: addresses change hands, so a block on one must end; add "
          "\"item_expires\", "
          "e.g. \"P30D\", to agcom.json");
    const auto by_order =
        to_order(lists("192.0.2.7\n"), basis(R"(, "expires": "2030-01-01T00:00:00Z")"), receipt);
    REQUIRE(by_order);
    CHECK(by_order->order.targets[0].expires == 0);
    CHECK(to_order(lists("a.example\n"), basis(), receipt));
}

TEST_CASE("an address is renewed when half of its time is over, not at every fetch")
{
    const Template with = basis(R"(, "item_expires": "P30D")");
    const auto end = [&](std::int64_t before) {
        return to_order(
                   lists("192.0.2.7\n"), with,
                   {.received = 1000 * kDay, .end_in_force = [=](const order::Target&) { return before; }})
            ->order.targets[0]
            .expires;
    };
    CHECK(end(1016 * kDay) == 1016 * kDay);
    CHECK(end(1015 * kDay + 1) == 1015 * kDay + 1);
    CHECK(end(1015 * kDay) == 1030 * kDay);
    CHECK(end(990 * kDay) == 1030 * kDay);
    CHECK(end(0) == 1030 * kDay);
}

TEST_CASE("what a zone lets through is exempt, where the zone blocks above it")
{
    const auto made = to_order(lists("bad.example CNAME .\n*.bad.example CNAME .\nalone.example CNAME .\n"
                                     "good.bad.example CNAME rpz-passthru.\n"
                                     "sub.alone.example CNAME rpz-passthru.\n"
                                     "elsewhere.example CNAME rpz-passthru.\n",
                                     Format::Rpz),
                               basis(), {});
    REQUIRE(made);
    CHECK(targets(made->order) == Texts{"bad.example and below", "alone.example"});
    REQUIRE(made->order.exempt.size() == 1);
    CHECK(order::to_string(made->order.exempt[0]) == "good.bad.example");
}

TEST_CASE("a list cannot become an order: nothing accepted, names for address means, whole orders")
{
    CHECK(to_order(lists("com\n"), basis(), {}).error().message == "nothing on the list could be accepted");
    CHECK(to_order(lists("a.example\n"), basis(R"(, "means": ["address"])"), {}).error().message ==
          "the list has 1 names, but the means of agcom.json are \"address\" alone; add means such as dns, "
          "tls, quic "
          "and http");
    List native;
    native.format = Format::Native;
    native.source = "orders.json";
    CHECK_FALSE(to_order({native}, basis(), {}));
}

TEST_CASE("policy: few, empty, shrunken, old and older lists leave the last good one in place")
{
    const Policy policy{.min_entries = 10, .max_drop_percent = 20, .max_age = 7 * kDay};
    const std::int64_t today = 1000 * kDay;
    const auto verdict = [&](std::size_t before, std::size_t now, std::int64_t made = 1000 * kDay,
                             std::int64_t made_before = 0) {
        const auto taken = accept(policy, {.entries = before, .timestamp = made_before},
                                  {.entries = now, .timestamp = made, .received = today});
        return taken ? std::string() : taken.error().message;
    };
    CHECK(verdict(0, 10).empty());
    CHECK(verdict(0, 9) ==
          "too few entries (9 entries now, 0 before): at least 10 must be there; if the list really is "
          "so short, give --min-entries");
    CHECK(verdict(100, 80).empty());
    CHECK(verdict(100, 79) ==
          "too many entries are gone (79 entries now, 100 before): 21.0% fewer, 20% are allowed; if "
          "they really were lifted, give --max-drop-percent");
    CHECK(verdict(100, 1000).empty());
    CHECK(verdict(100, 100, today - 7 * kDay).empty());
    CHECK(verdict(100, 100, today - 7 * kDay - 1).starts_with("too old a list"));
    CHECK(verdict(100, 100, 0).starts_with("the list does not say when it was made"));
    CHECK(verdict(100, 100, today - kDay, today).starts_with("an older list than the one in force"));
    CHECK(verdict(100, 100, today, today).empty());
}

TEST_CASE("policy: an empty answer never clears a list unless both switches say so")
{
    const Summary before{.entries = 100};
    CHECK_FALSE(accept({}, before, {}));
    CHECK_FALSE(accept({.min_entries = 0}, before, {}));
    CHECK_FALSE(accept({.min_entries = 1, .max_drop_percent = 100}, before, {}));
    CHECK(accept({.min_entries = 0, .max_drop_percent = 100}, before, {}));
    CHECK(accept({.min_entries = 0}, {}, {}));
}
