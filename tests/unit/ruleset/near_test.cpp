// SPDX-License-Identifier: Apache-2.0
//
// Ids of full addresses that follow from the address (maps/near.h).
#include "ruleset/near.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include "ruleset/compile.h"
#include "unit/ruleset/builder.h"

using namespace interdict;
using namespace interdict::ruleset;
using ruleset::test::make_order;

namespace {

constexpr std::uint32_t kMany = 41'000;

// A bijection, so that addresses are in no order.
std::uint32_t number(std::uint32_t i)
{
    i = (i ^ i >> 16) * 0x7feb352d;
    i = (i ^ i >> 15) * 0x846ca68b;
    return i ^ i >> 16;
}

order::Item address(std::uint32_t value, std::uint8_t length = 32)
{
    order::Item item;
    auto& prefix = item.target.address.prefix;
    for (unsigned i = 0; i < 4; ++i)
        prefix.address[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
    prefix.length = length;
    return item;
}

order::Item address6(std::uint32_t value)
{
    order::Item item = address(value, 128);
    auto& bytes = item.target.address.prefix.address;
    std::ranges::rotate(bytes, bytes.begin() + 4);
    bytes[0] = 0x20;
    bytes[1] = 0x01;
    item.target.address.prefix.v6 = true;
    return item;
}

order::Order addresses(const std::string& id, std::uint32_t first, std::uint32_t count)
{
    order::Order order = make_order(id, {});
    for (std::uint32_t i = first; i < first + count; ++i)
        order.targets.push_back(i % 2 == 0 ? address(number(i)) : address6(number(i)));
    return order;
}

Ruleset compiled(const std::vector<order::Order>& orders, const Ruleset* previous = nullptr)
{
    return compile(orders, {}, previous).value();
}

double share_near(const Ruleset& rules, std::uint32_t blocks)
{
    std::size_t hosts = 0, near = 0;
    for (const Rule& rule : rules.rules)
        if (has_near(rule)) {
            ++hosts;
            near += is_near(rule, blocks);
        }
    return static_cast<double>(near) / static_cast<double>(hosts);
}

// The rules are sorted by id.
bool ids_are(const Ruleset& rules, std::uint32_t first)
{
    for (std::size_t i = 0; i < rules.rules.size(); ++i)
        if (rules.rules[i].id() != first + i)
            return false;
    return true;
}

} // namespace

TEST_CASE(
    "near: of many rules at once nine of ten are where their address says; the ids are the lowest, each once")
{
    const Ruleset rules = compiled({addresses("one", 0, kMany)});
    REQUIRE(rules.rules.size() == kMany);
    CHECK(ids_are(rules, 1));
    const std::uint32_t blocks = near_blocks(rules);
    CHECK(blocks == kMany / INTERDICT_NEAR_BLOCK);
    CHECK(share_near(rules, blocks) > 0.9);
    CHECK(share_near(rules, blocks + 1) < 0.2);
}

TEST_CASE("near: names and shorter prefixes among them take what is left")
{
    order::Order order = addresses("one", 0, kMany);
    for (std::uint32_t i = 0; i < kMany / 4; ++i) {
        order.targets.push_back(ruleset::test::item_of(fmt::format("n{}.example", i)));
        order.targets.push_back(address(number(2 * kMany + i) & ~0xffu, 24));
    }
    const Ruleset rules = compiled({order});
    CHECK(ids_are(rules, 1));
    CHECK(share_near(rules, near_blocks(rules)) > 0.9);
    CHECK(std::ranges::none_of(rules.rules, [](const Rule& rule) {
        return has_near(rule) && (rule.target.is_name() || rule.target.address.prefix.length == 24);
    }));
}

TEST_CASE("near: few rules get ids in the order in which they are listed")
{
    order::Order order = addresses("one", 0, kNearMin - 1);
    const Ruleset few = compiled({order});
    for (std::size_t i = 0; i < few.rules.size(); ++i)
        REQUIRE(few.rules[i].target == order.targets[i].target);
    CHECK(near_blocks(few) == 0);
    const Ruleset enough = compiled({addresses("one", 0, kNearMin)});
    CHECK(ids_are(enough, 1));
    CHECK(near_blocks(enough) == kNearMin / INTERDICT_NEAR_BLOCK);
}

TEST_CASE("near: ids stay when rules come and go, and what stays is still found")
{
    const Ruleset before = compiled({addresses("one", 0, kMany)});
    const std::uint32_t blocks = near_blocks(before);
    const Ruleset after =
        compiled({addresses("one", 100, kMany - 100), addresses("two", kMany, 300)}, &before);
    std::set<std::uint32_t> ids;
    std::size_t kept = 0;
    for (const Rule& rule : after.rules) {
        ids.insert(rule.id());
        const auto same =
            std::ranges::find_if(before.rules, [&](const Rule& old) { return old.id() == rule.id(); });
        kept += same != before.rules.end() && same->target == rule.target;
    }
    CHECK(ids.size() == kMany + 200);
    CHECK(kept == kMany - 100);
    CHECK(near_blocks(after) == blocks);
}

TEST_CASE("near: both lines of an address are in its page, and are two")
{
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        const std::uint32_t words[] = {number(i), number(i + 1), number(i + 2), number(i + 3)};
        for (const std::uint32_t family : {4u, 6u}) {
            const std::uint64_t mix = interdict_near_mix(family, words);
            const std::uint32_t page = interdict_near_page(mix, 7);
            REQUIRE(page < 7 * INTERDICT_NEAR_BLOCK / INTERDICT_COUNTERS_OF_PAGE);
            REQUIRE(interdict_near_line(mix, 0) != interdict_near_line(mix, 1));
            for (const std::uint32_t which : {0u, 1u})
                REQUIRE(interdict_near_id(mix, 7, which) / INTERDICT_COUNTERS_OF_PAGE == page);
        }
    }
}
