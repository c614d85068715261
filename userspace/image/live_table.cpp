// SPDX-License-Identifier: Apache-2.0
#include "image/live_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "image/store.h"

namespace interdict::image {

namespace {

// A table that is nine tenths full has, for nearly every target, a way of two moves; longer ways mean that it
// is time to build a larger one.
constexpr unsigned kRounds = 16;

bool is_free(const interdict_bucket& bucket, unsigned slot)
{
    return bucket.fingerprint[slot] == 0 && bucket.rule[slot] == 0;
}

std::optional<unsigned> free_slot(const interdict_bucket& bucket)
{
    for (unsigned slot = 0; slot < INTERDICT_BUCKET_SLOTS; ++slot)
        if (is_free(bucket, slot))
            return slot;
    return std::nullopt;
}

void announce(interdict_bucket& bucket, std::uint64_t fingerprint)
{
    store(bucket.overflow, bucket.overflow | interdict_overflow_bit(fingerprint));
}

} // namespace

std::uint32_t LiveTable::find(interdict_hash hash) const
{
    const interdict_table table{buckets_.data(), count()};
    return buckets_.empty() ? 0 : interdict_target_find(&table, hash);
}

bool LiveTable::take_slot(const TableEntry& entry)
{
    const std::uint32_t first = interdict_first_bucket(entry.hash, count());
    const std::uint32_t second = interdict_second_bucket(entry.hash, count());
    for (const std::uint32_t index : {first, second}) {
        interdict_bucket& bucket = buckets_[index];
        const auto slot = free_slot(bucket);
        if (!slot)
            continue;
        if (index != first)
            announce(buckets_[first], entry.hash.fingerprint);
        occupy({&bucket, *slot}, entry.hash.fingerprint, entry.rule);
        return true;
    }
    return false;
}

// The rule goes in now; without its fingerprint the slot is neither found nor free.
void LiveTable::occupy(Slot slot, std::uint64_t fingerprint, std::uint32_t rule)
{
    store(slot.bucket->rule[slot.index], rule);
    reserved_[fingerprint] = slot;
    reservers_[&slot.bucket->fingerprint[slot.index]] = fingerprint;
}

// Of a reserved slot that which will be there.
std::uint64_t LiveTable::fingerprint_in(const interdict_bucket& bucket, unsigned slot) const
{
    const auto found = reservers_.find(&bucket.fingerprint[slot]);
    return found == reservers_.end() ? bucket.fingerprint[slot] : found->second;
}

// It is not known which of the two buckets is an entry's first; to announce it in a second one only costs
// misses a line. A copy stays behind until no reader can be between the two; of a reservation none knows.
bool LiveTable::move_away(Slot from)
{
    const auto [bucket, slot] = from;
    const auto index = static_cast<std::uint32_t>(bucket - buckets_.data());
    const std::uint64_t fingerprint = fingerprint_in(*bucket, slot);
    const std::uint32_t other = interdict_other_bucket(fingerprint, index, count());
    interdict_bucket& to = buckets_[other];
    const auto free = free_slot(to);
    if (fingerprint == 0 || other == index || !free || leaving_.contains(&bucket->fingerprint[slot]))
        return false;
    announce(*bucket, fingerprint);
    if (reservers_.erase(&bucket->fingerprint[slot]) != 0) {
        occupy({&to, *free}, fingerprint, bucket->rule[slot]);
        store(bucket->rule[slot], 0u);
        return true;
    }
    store(to.rule[*free], bucket->rule[slot]);
    store(to.fingerprint[*free], __u64{fingerprint});
    leaving_[&bucket->fingerprint[slot]] = {from, {}};
    return true;
}

// From a full bucket to its other one.
std::optional<LiveTable::Slot> LiveTable::move_one_away(std::uint32_t index)
{
    for (unsigned slot = 0; slot < INTERDICT_BUCKET_SLOTS; ++slot)
        if (move_away({&buckets_[index], slot}))
            return Slot{&buckets_[index], slot};
    return std::nullopt;
}

// From a bucket where one of this full bucket could go then.
bool LiveTable::move_one_behind(std::uint32_t index)
{
    for (unsigned slot = 0; slot < INTERDICT_BUCKET_SLOTS; ++slot) {
        const std::uint64_t fingerprint = fingerprint_in(buckets_[index], slot);
        const std::uint32_t other = interdict_other_bucket(fingerprint, index, count());
        if (fingerprint != 0 && other != index && move_one_away(other))
            return true;
    }
    return false;
}

// What leaves one of its buckets for it leaves that slot to it.
bool LiveTable::take_place_of_another(const TableEntry& entry)
{
    const std::uint32_t first = interdict_first_bucket(entry.hash, count());
    for (const std::uint32_t index : {first, interdict_second_bucket(entry.hash, count())}) {
        const auto slot = move_one_away(index);
        if (!slot)
            continue;
        const auto left = leaving_.find(&slot->bucket->fingerprint[slot->index]);
        if (left == leaving_.end()) // it was a reservation
            return take_slot(entry);
        if (index != first)
            announce(buckets_[first], entry.hash.fingerprint);
        left->second.heir = entry;
        return true;
    }
    return false;
}

// Readers that have seen the fingerprint still go on to the rule; the next round frees that.
void LiveTable::turn_over()
{
    for (const auto& [slot, heir] : std::exchange(left_, {}))
        if (heir)
            occupy(slot, heir->hash.fingerprint, heir->rule);
        else
            store(slot.bucket->rule[slot.index], 0u);
    for (const auto& [place, one] : std::exchange(leaving_, {})) {
        store(one.slot.bucket->fingerprint[one.slot.index], __u64{0});
        left_.push_back(one);
    }
}

Result<void> LiveTable::reserve(std::span<const TableEntry> entries, const Grace& grace)
{
    struct Waiting {
        const TableEntry* entry;
        unsigned until = 0; // the round in which what has moved for it is out of the way
    };
    std::vector<Waiting> waiting;
    for (const TableEntry& entry : entries)
        if (buckets_.empty() || !take_slot(entry))
            waiting.push_back({&entry});
    for (unsigned round = 0; !buckets_.empty() && round < kRounds; ++round) {
        std::erase_if(waiting, [&](Waiting& one) {
            if (one.until > round)
                return false;
            if (take_slot(*one.entry) || take_place_of_another(*one.entry))
                return true;
            const bool moved = move_one_behind(interdict_first_bucket(one.entry->hash, count())) ||
                               move_one_behind(interdict_second_bucket(one.entry->hash, count()));
            if (moved && take_place_of_another(*one.entry)) // it was a reservation
                return true;
            one.until = moved ? round + 2 : 0;
            return false;
        });
        if (leaving_.empty() && left_.empty()) {
            if (waiting.empty())
                return {};
            break;
        }
        if (auto waited = grace(); !waited) {
            release();
            return waited;
        }
        turn_over();
    }
    release();
    return fail("the live table has no room for {} of {} targets", waiting.size(), entries.size());
}

// A slot that somebody may still be reading stays out of use, until there is another table.
void LiveTable::release()
{
    leaving_.clear();
    left_.clear();
    for (const auto& [fingerprint, slot] : reserved_)
        store(slot.bucket->rule[slot.index], 0u);
    reserved_.clear();
    reservers_.clear();
}

void LiveTable::show(interdict_hash hash)
{
    const auto found = reserved_.find(hash.fingerprint);
    if (found == reserved_.end())
        return;
    store(found->second.bucket->fingerprint[found->second.index], hash.fingerprint);
    reservers_.erase(&found->second.bucket->fingerprint[found->second.index]);
    reserved_.erase(found);
}

template <class Act>
void LiveTable::each_copy(interdict_hash hash, Act act)
{
    if (buckets_.empty())
        return;
    for (const std::uint32_t index :
         {interdict_first_bucket(hash, count()), interdict_second_bucket(hash, count())})
        for (unsigned slot = 0; slot < INTERDICT_BUCKET_SLOTS; ++slot)
            if (buckets_[index].fingerprint[slot] == hash.fingerprint)
                act(buckets_[index], slot);
}

void LiveTable::set(interdict_hash hash, std::uint32_t rule)
{
    each_copy(hash, [&](interdict_bucket& bucket, unsigned slot) { store(bucket.rule[slot], rule); });
}

void LiveTable::clear(interdict_hash hash)
{
    each_copy(hash, [](interdict_bucket& bucket, unsigned slot) {
        store(bucket.rule[slot], 0u);
        store(bucket.fingerprint[slot], __u64{0});
    });
}

} // namespace interdict::image
