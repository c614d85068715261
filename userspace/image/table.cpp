// SPDX-License-Identifier: Apache-2.0
#include "image/table.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

namespace interdict::image {

namespace {

// The entries are sorted roughly by first bucket, into as many parts as keep both the sorting and the table's
// part of each within the nearer caches. What remains random is asked for this far ahead.
constexpr unsigned kPartsLog = 9;
constexpr std::size_t kAhead = 24;
constexpr unsigned kMovesMax = 1000; // of one entry

// place is proportional to the first bucket: a part is a run of buckets.
unsigned part_of(interdict_hash hash) { return static_cast<unsigned>(hash.place >> (64 - kPartsLog)); }

std::vector<TableEntry> sorted(std::span<const TableEntry> entries)
{
    std::array<std::size_t, 1u << kPartsLog> next{};
    for (const TableEntry& entry : entries)
        ++next[part_of(entry.hash)];
    std::size_t sum = 0;
    for (std::size_t& part : next)
        sum += std::exchange(part, sum);
    std::vector<TableEntry> parts(entries.size());
    for (const TableEntry& entry : entries)
        parts[next[part_of(entry.hash)]++] = entry;
    return parts;
}

// While the table is built a slot's rule is the index of its entry: to move an entry one must know its hash.
class Builder {
public:
    Builder(std::vector<TableEntry> entries, std::span<interdict_bucket> buckets)
        : entries_(std::move(entries)), buckets_(buckets), count_(static_cast<std::uint32_t>(buckets.size()))
    {
    }

    Result<TableStats> build()
    {
        std::ranges::fill(buckets_, interdict_bucket{});
        const std::vector<std::uint32_t> left = fill_first();
        INTERDICT_CHECK(fill_second(left));
        finish();
        INTERDICT_CHECK(verify());
        return stats_;
    }

private:
    std::uint32_t first(std::uint32_t entry) const
    {
        return interdict_first_bucket(entries_[entry].hash, count_);
    }
    std::uint32_t second(std::uint32_t entry) const
    {
        return interdict_second_bucket(entries_[entry].hash, count_);
    }
    std::uint32_t other(std::uint32_t entry, std::uint32_t index) const
    {
        return first(entry) == index ? second(entry) : first(entry);
    }

    bool put(std::uint32_t index, std::uint32_t entry)
    {
        interdict_bucket& bucket = buckets_[index];
        for (unsigned slot = 0; slot < INTERDICT_BUCKET_SLOTS; ++slot) {
            if (bucket.fingerprint[slot] == 0) {
                bucket.fingerprint[slot] = entries_[entry].hash.fingerprint;
                bucket.rule[slot] = entry;
                return true;
            }
        }
        return false;
    }

    // Every entry whose first bucket has room; returns the others. Done for all before anything goes to a
    // second bucket, so that as few as possible do.
    std::vector<std::uint32_t> fill_first()
    {
        std::vector<std::uint32_t> left;
        left.reserve(entries_.size() / 4);
        for (std::uint32_t entry = 0; entry < entries_.size(); ++entry)
            if (!put(first(entry), entry))
                left.push_back(entry);
        return left;
    }

    Result<void> fill_second(std::span<const std::uint32_t> left)
    {
        for (std::size_t at = 0; at < left.size(); ++at) {
            if (at + kAhead < left.size())
                __builtin_prefetch(&buckets_[second(left[at + kAhead])], 1);
            if (!settle(left[at]))
                return fail("target table: no place for a target after {} moves: {} targets for {} slots",
                            kMovesMax, entries_.size(), buckets_.size() * INTERDICT_BUCKET_SLOTS);
        }
        return {};
    }

    // A neighbour that leaves its first bucket for the entry costs no more than the entry in its second
    // would, and one of five nearly always can; only then are those of the second bucket asked, then chance.
    bool settle(std::uint32_t entry)
    {
        std::uint32_t index = second(entry);
        if (put(index, entry))
            return true;
        if (make_room(first(entry)))
            return put(first(entry), entry);
        for (unsigned moves = 0; moves < kMovesMax; ++moves) {
            if (make_room(index))
                return put(index, entry);
            interdict_bucket& bucket = buckets_[index];
            const unsigned slot = random() % INTERDICT_BUCKET_SLOTS;
            bucket.fingerprint[slot] = entries_[entry].hash.fingerprint;
            std::swap(bucket.rule[slot], entry);
            ++stats_.moves;
            index = other(entry, index);
            if (put(index, entry))
                return true;
        }
        return false;
    }

    // Moves one entry of a full bucket to its other bucket, if that has a free slot.
    bool make_room(std::uint32_t index)
    {
        interdict_bucket& bucket = buckets_[index];
        std::array<std::uint32_t, INTERDICT_BUCKET_SLOTS> others;
        for (unsigned slot = 0; slot < INTERDICT_BUCKET_SLOTS; ++slot) {
            others[slot] = other(bucket.rule[slot], index);
            __builtin_prefetch(&buckets_[others[slot]], 1);
        }
        for (unsigned slot = 0; slot < INTERDICT_BUCKET_SLOTS; ++slot) {
            if (!put(others[slot], bucket.rule[slot]))
                continue;
            bucket.fingerprint[slot] = 0;
            ++stats_.moves;
            return true;
        }
        return false;
    }

    // Indices of entries become rules; whoever is not at home is announced there.
    void finish()
    {
        for (std::uint32_t index = 0; index < count_; ++index) {
            interdict_bucket& bucket = buckets_[index];
            for (unsigned slot = 0; slot < INTERDICT_BUCKET_SLOTS; ++slot) {
                if (bucket.fingerprint[slot] == 0)
                    continue;
                const std::uint32_t entry = bucket.rule[slot];
                bucket.rule[slot] = entries_[entry].rule;
                ++stats_.targets;
                if (first(entry) != index) {
                    buckets_[first(entry)].overflow |=
                        interdict_overflow_bit(entries_[entry].hash.fingerprint);
                    ++stats_.second;
                }
            }
        }
    }

    // A target that the kernel would not find, or would take for another, must never be published.
    Result<void> verify() const
    {
        const interdict_table table{buckets_.data(), count_};
        for (std::size_t at = 0; at < entries_.size(); ++at) {
            const std::uint32_t found = interdict_target_find(&table, entries_[at].hash);
            if (found != entries_[at].rule)
                return fail("target table: rules {} and {} have targets with the same fingerprint {:016x}",
                            entries_[at].rule, found, entries_[at].hash.fingerprint);
        }
        return {};
    }

    std::uint32_t random()
    {
        random_ ^= random_ << 13;
        random_ ^= random_ >> 7;
        random_ ^= random_ << 17;
        return static_cast<std::uint32_t>(random_ >> 32);
    }

    std::vector<TableEntry> entries_;
    std::span<interdict_bucket> buckets_;
    std::uint32_t count_;
    std::uint64_t random_ = 0x9e3779b97f4a7c15; // the hashes are secret and random: these steps need not be
    TableStats stats_;
};

} // namespace

std::uint32_t table_buckets(std::size_t targets)
{
    constexpr std::uint64_t per_bucket = INTERDICT_BUCKET_SLOTS * kLoadTargets;
    return static_cast<std::uint32_t>((std::uint64_t{targets} * kLoadDivisor + per_bucket - 1) / per_bucket);
}

Result<TableStats> build_table(std::span<const TableEntry> entries, std::span<interdict_bucket> buckets)
{
    if (buckets.size() > std::numeric_limits<std::uint32_t>::max() ||
        entries.size() > buckets.size() * INTERDICT_BUCKET_SLOTS)
        return fail("target table: {} targets for {} slots", entries.size(),
                    buckets.size() * INTERDICT_BUCKET_SLOTS);
    return Builder(sorted(entries), buckets).build();
}

} // namespace interdict::image
