// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <random>

#include <catch2/catch_test_macros.hpp>

#include "guard/name_index.h"
#include "guard/prefix_index.h"
#include "orders.h"

using namespace interdict;
using namespace interdict::guard;

namespace {

// A prefix among few enough addresses that many contain each other.
order::Prefix random_prefix(std::mt19937& random, bool v6)
{
    order::Prefix prefix;
    prefix.v6 = v6;
    const unsigned base = v6 ? 56 : 16; // so that the 64 bits of a half are crossed
    prefix.length = static_cast<std::uint8_t>(base + random() % (v6 ? 20 : 17));
    for (unsigned bit = base; bit < prefix.length; ++bit)
        if (random() % 3 == 0)
            prefix.address[bit / 8] |= static_cast<std::uint8_t>(0x80 >> bit % 8);
    return prefix;
}

} // namespace

TEST_CASE("prefix index: the same answers as looking at every prefix")
{
    std::mt19937 random(7);
    for (const bool v6 : {false, true}) {
        std::vector<order::Prefix> prefixes;
        PrefixIndex index;
        for (std::uint32_t id = 0; id < 300; ++id) {
            prefixes.push_back(random_prefix(random, v6));
            index.add(prefixes.back(), id);
        }
        index.seal();
        for (int i = 0; i < 3000; ++i) {
            const order::Prefix target = random_prefix(random, v6);
            const order::Prefix* narrowest = nullptr;
            bool any_inside = false;
            for (const auto& prefix : prefixes) {
                if (prefix.contains(target) && (!narrowest || prefix.length > narrowest->length))
                    narrowest = &prefix;
                any_inside |= target.contains(prefix) && prefix.length > target.length;
            }
            const auto around = index.around(target);
            REQUIRE(around.has_value() == (narrowest != nullptr));
            if (around)
                REQUIRE(prefixes[*around] == *narrowest);
            const auto inside = index.inside(target);
            REQUIRE(inside.has_value() == any_inside);
            if (inside)
                REQUIRE((target.contains(prefixes[*inside]) && prefixes[*inside].length > target.length));
        }
    }
}

TEST_CASE("prefix index: nothing in it, and the other family's prefixes, answer nothing")
{
    PrefixIndex index;
    index.seal();
    CHECK_FALSE(index.around(prefix("0.0.0.0/1")));
    CHECK_FALSE(index.inside(prefix("0.0.0.0/1")));
    PrefixIndex v6;
    v6.add(prefix("2001:db8::/32"), 1);
    v6.seal();
    CHECK_FALSE(v6.inside(prefix("0.0.0.0/1")));
    CHECK(v6.inside(prefix("2000::/3")) == 1);
}

TEST_CASE("prefix index: of equal prefixes the first stands")
{
    PrefixIndex index;
    index.add(prefix("5.5.0.0/16"), 3);
    index.add(prefix("5.5.0.0/16"), 1);
    index.seal();
    CHECK(index.around(prefix("5.5.5.5/32")) == 3);
}

TEST_CASE("name index: at, above and below")
{
    const std::vector<order::NameTarget> names{{"a.example", order::Match::Exact},
                                               {"x.a.example", order::Match::Subtree},
                                               {"a.example", order::Match::Subtree},
                                               {"ba.example", order::Match::Exact}};
    NameIndex index;
    for (std::uint32_t id = 0; id < names.size(); ++id)
        index.add(names[id], id);
    index.seal();
    CHECK(index.at_or_above("a.example") == 2);
    CHECK(index.at_or_above("q.x.a.example") == 1);
    CHECK(index.at_or_above("q.a.example") == 2);
    CHECK(index.at_or_above("ba.example") == 3);
    CHECK_FALSE(index.at_or_above("q.ba.example"));
    CHECK_FALSE(index.at_or_above("example"));
    CHECK(index.any_below("example"));
    CHECK(index.any_below("a.example"));
    CHECK_FALSE(index.any_below("x.a.example"));
    CHECK_FALSE(index.any_below("ample"));
    auto below = index.below("example");
    std::ranges::sort(below);
    CHECK(below == std::vector<std::uint32_t>{1, 2, 3});
    CHECK(index.below("a.example") == std::vector<std::uint32_t>{1});
}
