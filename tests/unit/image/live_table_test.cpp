// SPDX-License-Identifier: Apache-2.0
#include "image/live_table.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "image/keys.h"

namespace interdict::image {

namespace {

Result<void> no_readers() { return {}; }

interdict_hash hash_of(std::uint32_t number)
{
    static const Keys keys = seeded_keys(11);
    return hash_name(keys.name, fmt::format("n{}.example", number));
}

TableEntry entry_of(std::uint32_t number) { return {hash_of(number), number}; }

void add(LiveTable& table, const std::vector<std::uint32_t>& numbers, const Grace& grace = no_readers)
{
    std::vector<TableEntry> entries;
    for (const std::uint32_t number : numbers)
        entries.push_back(entry_of(number));
    const auto reserved = table.reserve(entries, grace);
    if (!reserved)
        FAIL(reserved.error().message);
    for (const TableEntry& entry : entries)
        table.show(entry.hash);
}

} // namespace

TEST_CASE("what is in the table is found and nothing else, from empty to 90 % and through 40,000 changes")
{
    constexpr std::uint32_t kBuckets = 400;
    constexpr std::uint32_t kMost = kBuckets * INTERDICT_BUCKET_SLOTS * 9 / 10;
    std::vector<interdict_bucket> buckets(kBuckets);
    LiveTable table(buckets);
    std::mt19937 random(5);
    std::vector<std::uint32_t> in;
    std::uint32_t next = 1;
    const auto check = [&] {
        for (const std::uint32_t number : in)
            REQUIRE(table.find(hash_of(number)) == number);
        for (std::uint32_t number = next; number < next + 500; ++number)
            REQUIRE(table.find(hash_of(number)) == 0);
    };
    for (unsigned step = 0; step < 40'000; ++step) {
        if (in.size() < kMost && (in.size() < kMost - 50 || random() % 2)) {
            add(table, {next});
            in.push_back(next++);
        } else {
            std::swap(in[random() % in.size()], in.back());
            table.clear(hash_of(in.back()));
            CHECK(table.find(hash_of(in.back())) == 0);
            in.pop_back();
        }
        if (step % 1000 == 0)
            check();
    }
    check();
    std::vector<TableEntry> entries;
    for (const std::uint32_t number : in)
        entries.push_back(entry_of(number));
    std::vector<interdict_bucket> fresh(kBuckets);
    REQUIRE(build_table(entries, fresh));
    const interdict_table afresh{fresh.data(), kBuckets};
    for (std::uint32_t number = 1; number < next; ++number)
        REQUIRE(table.find(hash_of(number)) == interdict_target_find(&afresh, hash_of(number)));
}

TEST_CASE("targets that are reserved are not found, and give their places back")
{
    std::vector<interdict_bucket> buckets(4);
    LiveTable table(buckets);
    const std::vector<TableEntry> entries = {entry_of(1), entry_of(2)};
    REQUIRE(table.reserve(entries, no_readers));
    CHECK(table.find(hash_of(1)) == 0);
    table.show(hash_of(1));
    CHECK(table.find(hash_of(1)) == 1);
    table.release();
    CHECK(table.find(hash_of(1)) == 1);
    CHECK(table.find(hash_of(2)) == 0);
    std::size_t used = 0;
    for (const auto& bucket : buckets)
        for (unsigned slot = 0; slot < INTERDICT_BUCKET_SLOTS; ++slot)
            used += bucket.fingerprint[slot] != 0 || bucket.rule[slot] != 0;
    CHECK(used == 1);
}

TEST_CASE("a table without room says so and keeps what it has; one without buckets takes nothing")
{
    std::vector<interdict_bucket> buckets(2);
    LiveTable table(buckets);
    std::vector<std::uint32_t> in;
    for (std::uint32_t number = 1; number <= 10; ++number)
        in.push_back(number);
    add(table, in);
    const std::vector<TableEntry> one = {entry_of(11)};
    CHECK(table.reserve(one, no_readers).error().message == "the live table has no room for 1 of 1 targets");
    for (const std::uint32_t number : in)
        CHECK(table.find(hash_of(number)) == number);
    CHECK(table.find(hash_of(11)) == 0);

    LiveTable none({});
    CHECK(none.find(hash_of(1)) == 0);
    CHECK_FALSE(none.reserve(one, no_readers));
    none.set(hash_of(1), 7);
    none.clear(hash_of(1));
}

TEST_CASE("both copies of a target that a dead writer left in both of its buckets change and go")
{
    std::vector<interdict_bucket> buckets(8);
    LiveTable table(buckets);
    std::uint32_t number = 1;
    while (interdict_first_bucket(hash_of(number), 8) == interdict_second_bucket(hash_of(number), 8))
        ++number;
    for (const auto index :
         {interdict_first_bucket(hash_of(number), 8), interdict_second_bucket(hash_of(number), 8)}) {
        buckets[index].fingerprint[2] = hash_of(number).fingerprint;
        buckets[index].rule[2] = number;
    }
    table.set(hash_of(number), 77);
    for (const auto& bucket : buckets)
        CHECK((bucket.fingerprint[2] == 0 || bucket.rule[2] == 77));
    table.clear(hash_of(number));
    for (const auto& bucket : buckets)
        CHECK((bucket.fingerprint[2] == 0 && bucket.rule[2] == 0));
}

TEST_CASE("a grace period that fails stops a move without losing anybody")
{
    std::vector<interdict_bucket> buckets(40);
    LiveTable table(buckets);
    std::vector<std::uint32_t> in;
    const Grace broken = []() -> Result<void> { return fail("no grace"); };
    std::size_t failures = 0;
    for (std::uint32_t number = 1; number <= 180; ++number) {
        const std::vector<TableEntry> one = {entry_of(number)};
        if (!table.reserve(one, broken)) {
            ++failures;
            CHECK(table.find(hash_of(number)) == 0);
            continue;
        }
        table.show(hash_of(number));
        in.push_back(number);
    }
    CHECK(failures > 0);
    for (const std::uint32_t number : in)
        CHECK(table.find(hash_of(number)) == number);
}

TEST_CASE("100 that come at once to a table of the advised size wait for two grace periods, and find room "
          "without one if it was made before")
{
    constexpr std::uint32_t kCount = 100'000;
    std::vector<TableEntry> entries;
    for (std::uint32_t number = 1; number <= kCount + 100; ++number)
        entries.push_back(entry_of(number));
    std::vector<interdict_bucket> buckets(table_buckets(kCount));
    REQUIRE(build_table(std::span(entries).first(kCount), buckets));
    std::size_t graces = 0;
    const Grace grace = [&]() -> Result<void> {
        ++graces;
        return {};
    };
    LiveTable table(buckets);
    const auto come = std::span(entries).last(100);
    REQUIRE(table.reserve(come, grace));
    CHECK(graces == 2);
    table.release();
    REQUIRE(table.reserve(come, grace));
    CHECK(graces == 2);
    for (const TableEntry& entry : come)
        table.show(entry.hash);
    std::size_t lost = 0;
    for (const TableEntry& entry : entries)
        lost += table.find(entry.hash) != entry.rule;
    CHECK(lost == 0);
}

namespace {

// Readers that say between two look-ups that they hold nothing; a grace period waits for each to have said
// so.
class Readers {
public:
    explicit Readers(std::vector<interdict_bucket>& buckets, std::uint32_t steady, std::uint32_t absent)
        : table_{buckets.data(), static_cast<std::uint32_t>(buckets.size())}
    {
        for (auto& reader : readers_)
            reader = std::make_unique<Reader>();
        for (auto& reader : readers_)
            threads_.emplace_back([this, &reader, steady, absent] { read(*reader, steady, absent); });
    }
    ~Readers()
    {
        stop_ = true;
        for (auto& thread : threads_)
            thread.join();
    }

    Result<void> grace()
    {
        for (const auto& reader : readers_) {
            const std::uint64_t before = reader->rounds.load();
            while (reader->rounds.load() < before + 2)
                std::this_thread::yield();
        }
        return {};
    }

    [[nodiscard]] std::uint64_t faults() const { return readers_[0]->faults + readers_[1]->faults; }
    [[nodiscard]] std::uint64_t rounds() const { return readers_[0]->rounds + readers_[1]->rounds; }

private:
    struct Reader {
        std::atomic<std::uint64_t> rounds = 0;
        std::atomic<std::uint64_t> faults = 0;
    };

    // Numbers to `steady` are always there, those from `absent` on never; the others come and go under their
    // own number or another above it by 2^24.
    void read(Reader& reader, std::uint32_t steady, std::uint32_t absent)
    {
        std::vector<interdict_hash> hashes;
        for (std::uint32_t number = 0; number < absent + 200; ++number)
            hashes.push_back(hash_of(number));
        std::minstd_rand random(static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(&reader) >> 4));
        while (!stop_) {
            const auto number = static_cast<std::uint32_t>(1 + random() % (hashes.size() - 1));
            const std::uint32_t found = interdict_target_find(&table_, hashes[number]) & 0xffffff;
            const bool right = number <= steady   ? found == number
                               : number >= absent ? found == 0
                                                  : found == 0 || found == number;
            reader.faults += !right;
            std::atomic_signal_fence(std::memory_order_seq_cst);
            ++reader.rounds;
        }
    }

    interdict_table table_;
    std::atomic<bool> stop_ = false;
    std::array<std::unique_ptr<Reader>, 2> readers_;
    std::vector<std::thread> threads_;
};

} // namespace

TEST_CASE("readers never miss what stays nor find what is not there, while 5,000 targets come, move and go")
{
    constexpr std::uint32_t kBuckets = 100;
    constexpr std::uint32_t kSteady = 300;
    constexpr std::uint32_t kAbsent = 600;
    std::vector<interdict_bucket> buckets(kBuckets);
    LiveTable table(buckets);
    std::vector<std::uint32_t> steady;
    for (std::uint32_t number = 1; number <= kSteady; ++number)
        steady.push_back(number);
    add(table, steady);
    Readers readers(buckets, kSteady, kAbsent);
    std::size_t graces = 0;
    const Grace grace = [&] {
        ++graces;
        return readers.grace();
    };
    std::mt19937 random(3);
    std::vector<bool> in(kAbsent);
    std::size_t count = kSteady;
    for (unsigned step = 0; step < 5000; ++step) {
        const auto number = static_cast<std::uint32_t>(kSteady + 1 + random() % (kAbsent - kSteady - 1));
        if (!in[number] && count < 450) {
            add(table, {number}, grace);
            in[number] = true;
            ++count;
        } else if (in[number]) {
            table.set(hash_of(number), number | 1u << 24);
            table.clear(hash_of(number));
            REQUIRE(grace());
            in[number] = false;
            --count;
        }
    }
    CHECK(readers.faults() == 0);
    CHECK(readers.rounds() > 5000);
    CHECK(graces > 1000);
}

} // namespace interdict::image
