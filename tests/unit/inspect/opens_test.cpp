// SPDX-License-Identifier: Apache-2.0
//
// The table of connections (maps/opens.h), as the programs read and write it.
#include <atomic>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include <catch2/catch_test_macros.hpp>

#include "maps/opens.h"

namespace {

constexpr __u64 kSecret = 0x0123456789abcdef;
constexpr __u64 kTag = 0xa5000000deadbeef;

interdict_open sample(__u32 number)
{
    return {.base = number,
            .acked = ~number,
            .next = number * 3,
            .rule = number & 0x3ffffff,
            .length = number % (INTERDICT_STREAM_MAX + 1),
            .whole = static_cast<__u8>(number & 1),
            .channel = static_cast<__u8>(number & 7),
            .closing = static_cast<__u8>(number % 3),
            .lost = static_cast<__u8>(number >> 1 & 1)};
}

bool same(const interdict_open& one, const interdict_open& other)
{
    return one.base == other.base && one.acked == other.acked && one.next == other.next &&
           one.rule == other.rule && one.length == other.length && one.whole == other.whole &&
           one.channel == other.channel && one.closing == other.closing && one.lost == other.lost;
}

// As bpf/inspect/opened.h keeps a connection. Returns the age of what gave way.
__u64 keep(interdict_open_set& set, __u64 tag, const interdict_open& open, __u32 now)
{
    interdict_open known{};
    __u64 age = INTERDICT_OPEN_AGE_FREE;
    __u32 slot = interdict_open_find(&set, tag, kSecret, &known);
    if (slot == INTERDICT_OPEN_WAYS)
        slot = interdict_open_oldest(&set, now, &age);
    interdict_open_write(&set.slot[slot], tag, kSecret, &open, now);
    return age;
}

bool holds(const interdict_open_set& set, __u64 tag)
{
    interdict_open open{};
    return interdict_open_find(&set, tag, kSecret, &open) < INTERDICT_OPEN_WAYS;
}

interdict_open_key key(__u64 seed)
{
    std::mt19937_64 random(seed);
    interdict_open_key out{};
    for (auto& word : out.start)
        word = random();
    for (auto& pair : out.word)
        for (auto& word : pair)
            word = random();
    out.slot = random();
    return out;
}

interdict_flow_key flow(__u32 number)
{
    interdict_flow_key out{};
    out.source[12] = 10;
    std::memcpy(out.source + 13, &number, 3);
    out.source_port = static_cast<__u16>(number >> 24);
    out.protocol = 6;
    out.kind = INTERDICT_FLOW_TCP;
    return out;
}

} // namespace

TEST_CASE("opens: every field comes back, at its limits, too")
{
    interdict_open_slot slot{};
    for (const __u32 number : {0u, 1u, 2u, 3u, 7u, 4096u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
        CAPTURE(number);
        auto open = sample(number);
        for (const __u32 length : {0u, 1u, INTERDICT_STREAM_MAX}) {
            open.length = length;
            interdict_open_write(&slot, kTag, kSecret, &open, number);
            interdict_open found{};
            REQUIRE(interdict_open_read(&slot, kTag, kSecret, &found) == 1);
            CHECK(same(open, found));
            CHECK(interdict_open_stamp(&slot) == number);
        }
    }
}

TEST_CASE("opens: another tag, one with the same stored bits, and another secret find nothing")
{
    interdict_open_slot slot{};
    const auto open = sample(5);
    interdict_open found{};
    CHECK(interdict_open_read(&slot, kTag, kSecret, &found) == 0); // nothing there
    interdict_open_write(&slot, kTag, kSecret, &open, 9);
    CHECK(interdict_open_read(&slot, kTag ^ 1, kSecret, &found) == 0);
    CHECK(interdict_open_read(&slot, kTag ^ 1ULL << 63, kSecret, &found) == 0);
    CHECK(interdict_open_read(&slot, kTag, kSecret ^ 1, &found) == 0);
    interdict_open_free(&slot);
    CHECK(interdict_open_read(&slot, kTag, kSecret, &found) == 0);
    CHECK(slot.word[2] == 0);
}

TEST_CASE("opens: any word of another content makes the slot nobody's")
{
    interdict_open_slot one{}, other{};
    const auto first = sample(0x12345678), second = sample(0x9abcdef1);
    for (const __u64 tag : {kTag, kTag ^ 1}) { // of the same connection, and of another
        interdict_open_write(&one, kTag, kSecret, &first, 100);
        interdict_open_write(&other, tag, kSecret, &second, 101);
        for (unsigned mixed = 1; mixed < 15; ++mixed) {
            interdict_open_slot torn = one;
            if (mixed & 1)
                torn.check = other.check;
            for (unsigned i = 0; i < 3; ++i)
                if (mixed >> (i + 1) & 1)
                    torn.word[i] = other.word[i];
            CAPTURE(mixed);
            interdict_open found{};
            CHECK(interdict_open_read(&torn, kTag, kSecret, &found) == 0);
            CHECK(interdict_open_read(&torn, tag, kSecret, &found) == 0);
        }
    }
}

TEST_CASE("opens: a free slot is taken first, then the one written longest ago; a connection has one slot")
{
    interdict_open_set set{};
    for (__u64 i = 0; i < INTERDICT_OPEN_WAYS; ++i)
        CHECK(keep(set, kTag + i, sample(1), static_cast<__u32>(10 + i)) == INTERDICT_OPEN_AGE_FREE);
    CHECK(keep(set, kTag, sample(2), 20) == INTERDICT_OPEN_AGE_FREE); // written anew in its place
    for (__u64 i = 0; i < INTERDICT_OPEN_WAYS; ++i)
        CHECK(holds(set, kTag + i));
    CHECK(keep(set, kTag + 100, sample(3), 30) == 19); // since kTag + 1 was written
    CHECK_FALSE(holds(set, kTag + 1));
    CHECK(holds(set, kTag));
    CHECK(holds(set, kTag + 100));
}

TEST_CASE("opens: ages go on where the stamp begins anew")
{
    interdict_open_set set{};
    for (__u32 i = 0; i < INTERDICT_OPEN_WAYS; ++i)
        keep(set, kTag + i, sample(1), 0xfffffff0u + i * 8); // the last two after it
    CHECK(keep(set, kTag + 100, sample(1), 16) == 32);
    CHECK_FALSE(holds(set, kTag));
}

TEST_CASE("opens: a place follows from every bit of the key; sets are used evenly")
{
    const auto secrets = key(1);
    constexpr __u32 kSets = 64;
    std::map<__u32, int> used;
    std::set<__u64> tags;
    for (__u32 i = 0; i < 64'000; ++i) {
        const auto of = flow(i);
        const auto place = interdict_open_locate(&secrets, &of, kSets);
        REQUIRE(place.set < kSets);
        ++used[place.set];
        tags.insert(place.tag);
    }
    CHECK(tags.size() == 64'000);
    CHECK(used.size() == kSets);
    for (const auto& [set, count] : used) {
        CHECK(count > 850);
        CHECK(count < 1150);
    }
    const auto first = flow(1);
    const auto plain = interdict_open_locate(&secrets, &first, kSets);
    for (std::size_t bit = 0; bit < sizeof(interdict_flow_key) * 8; ++bit) {
        auto changed = flow(1);
        reinterpret_cast<__u8*>(&changed)[bit / 8] ^= static_cast<__u8>(1u << bit % 8);
        CHECK(interdict_open_locate(&secrets, &changed, kSets).tag != plain.tag);
    }
    const auto others = key(2);
    const auto of = flow(1);
    CHECK(interdict_open_locate(&others, &of, kSets).tag != plain.tag);
    CHECK(interdict_open_locate(&secrets, &of, 1).set == 0);
}

TEST_CASE("opens: two CPUs write one slot, a third reads it: only what was written whole")
{
    interdict_open_slot slot{};
    std::atomic<bool> stop = false;
    // Every content of one writer has the same number in all of its fields.
    const auto write = [&](__u32 parity) {
        for (__u32 i = parity; !stop; i += 2) {
            const auto open = sample(i);
            interdict_open_write(&slot, kTag, kSecret, &open, i);
        }
    };
    std::thread one(write, 0), other(write, 1);
    std::uint64_t whole = 0, wrong = 0, changes = 0, last = 0;
    // Until the slot was seen to change often: then readers and writers did meet.
    for (std::uint64_t i = 0; (changes < 200'000 || whole == 0) && i < 1'000'000'000; ++i) {
        const __u64 now = INTERDICT_OPEN_WORD(slot.word[0]);
        changes += now != last;
        last = now;
        interdict_open found{};
        if (!interdict_open_read(&slot, kTag, kSecret, &found))
            continue;
        ++whole;
        wrong += !same(found, sample(found.base));
    }
    stop = true;
    one.join();
    other.join();
    CHECK(whole > 0);
    CHECK(wrong == 0);
}
