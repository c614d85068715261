// SPDX-License-Identifier: Apache-2.0
#include "guard/suggest.h"

#include <catch2/catch_test_macros.hpp>

#include "orders.h"

using namespace interdict;
using namespace interdict::guard;

namespace {

using Names = std::vector<std::string>;

std::vector<Sighting> seen(std::string_view text)
{
    auto parsed = parse_sightings(text, "seen.txt");
    REQUIRE(parsed.problems.empty());
    return parsed.sightings;
}

Guard cdn() { return guard_of({list_of("cdn", ListKind::Shared, {"5.5.0.0/16"})}); }

} // namespace

TEST_CASE("sightings: lines of an address and names; what is neither is told with its line")
{
    const auto parsed =
        parse_sightings("# dns\n5.5.5.6 b.example A.example\n\n5.5.5.5\tc.example # x\n5.5.5.6 a.example.\n"
                        "name.example 5.5.5.5\n5.5.5.5 com https://x.example/\n2001:db8::1 d.example\n",
                        "seen.txt");
    Names all;
    for (const auto& sighting : parsed.sightings)
        all.push_back(order::to_string(sighting.address) + " " + sighting.name);
    CHECK(all == Names{"5.5.5.5/32 c.example", "5.5.5.6/32 a.example", "5.5.5.6/32 b.example",
                       "2001:db8::1/128 d.example"});
    REQUIRE(parsed.problems.size() == 3);
    CHECK(parsed.problems[0].line == 6);
    CHECK(parsed.problems[1].value == "com");
    CHECK(parsed.problems[2].line == 7);
}

TEST_CASE("an order with names of its own: they take the address's place, nothing is added")
{
    const auto order = order_on({"films.example", "5.5.5.5/32", "5.6.0.1/32"});
    const auto found =
        suggest(cdn(), order, seen("5.5.5.5 www.films.example charity.example www.charity.example\n"));
    REQUIRE(found.shared.size() == 1);
    CHECK(found.shared[0].item == 1);
    CHECK(found.shared[0].dropped);
    CHECK(found.shared[0].own == Names{"www.films.example"});
    CHECK(found.shared[0].others == Names{"charity.example", "www.charity.example"});
    CHECK(found.names.empty());
    CHECK(found.any());
}

TEST_CASE("an order without names: what was seen is a candidate, exactly as seen, unless the guard holds it")
{
    const auto order = order_on({"5.5.5.0/24"});
    const auto found =
        suggest(cdn(), order, seen("5.5.5.1 a.films.example\n5.5.5.255 dns.google\n5.5.6.0 no.example\n"));
    REQUIRE(found.names.size() == 1);
    CHECK(found.names[0] == order::NameTarget{"a.films.example", order::Match::Exact});
    CHECK(found.shared[0].others == Names{"a.films.example", "dns.google"});
}

TEST_CASE("sightings of both families stand apart, though their bytes are alike")
{
    const auto order = order_on({"5.5.0.0/16"});
    const auto found =
        suggest(cdn(), order, seen("5.5.5.1 a.example\n505:502:: b.example\n5.5.5.3 c.example\n"));
    REQUIRE(found.shared.size() == 1);
    CHECK(found.shared[0].others == Names{"a.example", "c.example"});
}

TEST_CASE("two domains at an address that no list has make it shared; two names of one domain do not")
{
    const auto order = order_on({"5.6.0.1/32"});
    CHECK_FALSE(suggest(cdn(), order, seen("5.6.0.1 a.films.co.uk b.films.co.uk")).any());
    const auto found = suggest(cdn(), order, seen("5.6.0.1 a.films.co.uk b.shop.co.uk"));
    CHECK(found.any());
    CHECK(found.shared[0].domains == 2);
    CHECK(found.shared[0].why == "2 domains were seen at 5.6.0.1/32");
}

TEST_CASE("a shared address of which no name is known stays; exclusive use is believed")
{
    auto order = order_on({"5.5.5.5/32"});
    const auto found = suggest(cdn(), order, {});
    REQUIRE(found.shared.size() == 1);
    CHECK_FALSE(found.shared[0].dropped);
    CHECK_FALSE(found.any());
    order.targets[0].exclusive = true;
    CHECK(suggest(cdn(), order, {}).shared.empty());
    // An order that observes is asked what it would do if it blocked.
    order.targets[0].exclusive.reset();
    order.mode = order::Mode::Observe;
    CHECK(suggest(cdn(), order, {}).shared.size() == 1);
}
