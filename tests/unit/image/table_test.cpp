// SPDX-License-Identifier: Apache-2.0
#include "image/table.h"

#include <algorithm>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "image/keys.h"
#include "unit/image/targets.h"

using namespace interdict;
using namespace interdict::image;
using namespace interdict::image::testing;

namespace {

std::vector<TableEntry> mixed_entries(std::uint32_t count, const Keys& keys)
{
    std::vector<TableEntry> entries;
    entries.reserve(count);
    for (std::uint32_t number = 0; number < count; ++number)
        entries.push_back({hash_target(keys, mixed_target(number, 0)), number + 1});
    return entries;
}

std::size_t count_found(std::span<const TableEntry> entries, std::span<const interdict_bucket> buckets)
{
    const interdict_table table{buckets.data(), static_cast<std::uint32_t>(buckets.size())};
    std::size_t found = 0;
    for (const TableEntry& entry : entries)
        found += interdict_target_find(&table, entry.hash) == entry.rule;
    return found;
}

// What the overflow words must be: exactly the bits of the targets that are not in their first bucket.
std::vector<std::uint32_t> overflow_wanted(std::span<const TableEntry> entries,
                                           std::span<const interdict_bucket> buckets)
{
    const auto count = static_cast<std::uint32_t>(buckets.size());
    std::vector<std::uint32_t> wanted(buckets.size());
    for (const TableEntry& entry : entries) {
        const std::uint32_t first = interdict_first_bucket(entry.hash, count);
        if (!interdict_bucket_match(&buckets[first], entry.hash.fingerprint))
            wanted[first] |= interdict_overflow_bit(entry.hash.fingerprint);
    }
    return wanted;
}

std::vector<std::uint32_t> overflow_of(std::span<const interdict_bucket> buckets)
{
    std::vector<std::uint32_t> words;
    for (const interdict_bucket& bucket : buckets)
        words.push_back(bucket.overflow);
    return words;
}

} // namespace

TEST_CASE("a million targets of every kind: each found with its own rule, ten million others never")
{
    constexpr std::uint32_t count = 1'000'000;
    const Keys keys = seeded_keys(11);
    const std::vector<TableEntry> entries = mixed_entries(count, keys);
    std::vector<interdict_bucket> buckets(table_buckets(count));
    const auto stats = build_table(entries, buckets);
    REQUIRE(stats);
    CHECK(stats->targets == count);
    CHECK(count_found(entries, buckets) == count);

    SECTION("ten million absent targets")
    {
        const interdict_table table{buckets.data(), static_cast<std::uint32_t>(buckets.size())};
        std::uint32_t found = 0;
        // Names are made anew for each look-up, hence their smaller share.
        for (std::uint32_t number = 0; number < 2'000'000; ++number)
            found += interdict_target_find(&table, hash_target(keys, mixed_target(number, 1))) != 0;
        for (std::uint32_t number = 0; number < 8'000'000; ++number)
            found +=
                interdict_target_find(&table, interdict_hash_ipv4(&keys.address, 1u << 31 | number, 32)) != 0;
        CHECK(found == 0);
    }
    SECTION("load and size")
    {
        CHECK(buckets.size() == 266'667);
        CHECK(buckets.size() * sizeof(interdict_bucket) ==
              17'066'688); // 17.07 bytes a target; the promise is 24
        CHECK(count >= buckets.size() * INTERDICT_BUCKET_SLOTS * 0.74);
        // Each costs a second cache line on a hit.
        CHECK(stats->second < count * 0.10);
    }
    SECTION("overflow bits: those of the targets in their second bucket and no others")
    {
        CHECK(overflow_of(buckets) == overflow_wanted(entries, buckets));
        const interdict_table table{buckets.data(), static_cast<std::uint32_t>(buckets.size())};
        std::uint32_t away = 0;
        for (const TableEntry& entry : entries) {
            const auto& first = buckets[interdict_first_bucket(entry.hash, table.buckets)];
            if (interdict_bucket_match(&first, entry.hash.fingerprint))
                continue;
            ++away;
            if (!(first.overflow & interdict_overflow_bit(entry.hash.fingerprint)))
                FAIL("rule " << entry.rule << " is in its second bucket without a bit in its first");
        }
        CHECK(away == stats->second);
    }
}

TEST_CASE("tables of 95 % load still build, at several sizes and with twenty keys each")
{
    for (const std::uint32_t count : {1'000u, 30'000u}) {
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            const std::vector<TableEntry> entries = mixed_entries(count, seeded_keys(seed));
            std::vector<interdict_bucket> buckets((count * 100 + 474) /
                                                  (INTERDICT_BUCKET_SLOTS * kLoadLimitPercent));
            const auto stats = build_table(entries, buckets);
            REQUIRE(stats);
            REQUIRE(count_found(entries, buckets) == count);
            REQUIRE(overflow_of(buckets) == overflow_wanted(entries, buckets));
        }
    }
}

TEST_CASE("every number of targets from 0 to 200 fits a table of the advised size, or says that it does not")
{
    CHECK(table_buckets(0) == 0);
    unsigned refused = 0;
    for (std::uint32_t count = 0; count <= 200; ++count) {
        const std::vector<TableEntry> entries = mixed_entries(count, seeded_keys(count));
        std::vector<interdict_bucket> buckets(table_buckets(count));
        REQUIRE(buckets.size() * INTERDICT_BUCKET_SLOTS >= count);
        if (build_table(entries, buckets))
            REQUIRE(count_found(entries, buckets) == count);
        else
            ++refused;
    }
    CHECK(refused <= 2);
}

TEST_CASE("one bucket takes exactly five targets")
{
    const std::vector<TableEntry> entries = mixed_entries(6, seeded_keys(5));
    std::vector<interdict_bucket> buckets(1);
    REQUIRE(build_table(std::span(entries).first(5), buckets));
    CHECK(count_found(std::span(entries).first(5), buckets) == 5);
    CHECK(buckets[0].overflow == 0);
    const auto stats = build_table(entries, buckets);
    REQUIRE_FALSE(stats);
    CHECK(stats.error().message == "target table: 6 targets for 5 slots");
}

TEST_CASE("no buckets take no targets and refuse one")
{
    CHECK(build_table({}, {}));
    const std::vector<TableEntry> entries = mixed_entries(1, seeded_keys(5));
    CHECK_FALSE(build_table(entries, {}));
}

TEST_CASE("a table too full for its choices gives up with the numbers")
{
    // All with the same two buckets: eleven targets for ten slots, in a table that has a thousand.
    std::vector<TableEntry> entries;
    for (std::uint32_t number = 1; number <= 11; ++number)
        entries.push_back({{(std::uint64_t{0x40000000} + number) << 32, 0x8000000000000001}, number});
    std::vector<interdict_bucket> buckets(200);
    const auto stats = build_table(entries, buckets);
    REQUIRE_FALSE(stats);
    CHECK(stats.error().message ==
          "target table: no place for a target after 1000 moves: 11 targets for 1000 slots");
    CHECK(build_table(std::span(entries).first(10), buckets));
    CHECK(count_found(std::span(entries).first(10), buckets) == 10);
}

TEST_CASE("two rules on one fingerprint are refused, both named")
{
    std::vector<TableEntry> entries = mixed_entries(1000, seeded_keys(6));
    entries[700].hash = entries[30].hash;
    std::vector<interdict_bucket> buckets(table_buckets(entries.size()));
    const auto stats = build_table(entries, buckets);
    REQUIRE_FALSE(stats);
    const std::string& message = stats.error().message;
    CHECK((message.find("rules 31 and 701 ") != message.npos ||
           message.find("rules 701 and 31 ") != message.npos));
    CHECK(message.ends_with(fmt::format("{:016x}", entries[30].hash.fingerprint)));
}

TEST_CASE("what stood in the buckets before is gone")
{
    const Keys keys = seeded_keys(8);
    const std::vector<TableEntry> entries = mixed_entries(2000, keys);
    std::vector<interdict_bucket> buckets(table_buckets(1000));
    REQUIRE(build_table(std::span(entries).first(1000), buckets));
    REQUIRE(build_table(std::span(entries).last(1000), buckets));
    CHECK(count_found(std::span(entries).first(1000), buckets) == 0);
    CHECK(count_found(std::span(entries).last(1000), buckets) == 1000);
}
