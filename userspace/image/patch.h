// SPDX-License-Identifier: Apache-2.0
//
// patch.h: a change of a few rules as stores into the maps of the live generation, each of which is safe
// alone (maps/README.md, "In place").
//
// A rule comes or goes at one instant, with one store. What comes is there before anything goes, so a packet
// that the rules stop before and after is stopped at every moment between.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "image/live_table.h"
#include "maps/answers.h"
#include "maps/control.h"
#include "maps/rules.h"
#include "maps/targets.h"
#include "order/order.h"
#include "ruleset/patch.h"

namespace interdict::image {

// The live generation as it is in memory.
struct Live {
    interdict_generation& header;
    const interdict_name_key& name_key;
    std::span<std::uint64_t> filter; // INTERDICT_FILTER_WORDS
    std::span<interdict_bucket> buckets;
    std::span<interdict_rule> rules; // room included
    std::span<interdict_answer> answers;

    // The rules on a target, as a packet goes through them.
    [[nodiscard]] std::vector<interdict_rule> chain(const order::Target& target) const;

    // Ids of records that no rule has, those that were never used first. The table must outlive it.
    [[nodiscard]] ruleset::IdSource free_ids() const;
};

// One store.
struct Step {
    enum class Kind : std::uint8_t {
        Show,   // a target comes
        Head,   // a target's first rule, with its mark
        Clear,  // a target goes
        Link,   // the rule after this one
        Record, // the one word of a rule that changes
    };
    Kind kind = Kind::Show;
    std::uint32_t id = 0;    // Link, Record: of the rule
    std::uint32_t value = 0; // Head, Link: the id
    interdict_hash hash{};   // Show, Head, Clear
    unsigned word = 0;       // Record: which of its 64-bit words
    std::uint64_t bits = 0;  // Record: what it is then
};

struct NewTarget {
    order::Target target;
    TableEntry entry;
};

struct Patch {
    interdict_generation header{};       // afterwards, but for number, published and digest
    std::vector<interdict_rule> records; // of rules that come
    std::vector<std::pair<std::uint32_t, interdict_answer>> answers;
    std::vector<NewTarget> targets;
    std::vector<Step> additions;
    std::vector<Step> changes;
    std::vector<Step> removals;
    std::vector<std::uint32_t> added;   // ids; records[i].id is added[i]
    std::vector<std::uint32_t> removed; // ids
};

// A patch, or why it takes a whole generation.
struct PatchPlan {
    std::optional<Patch> patch;
    std::string whole;
};

// Moves what stands in the way of those of these targets that are not in the live table, so that a patch that
// brings them need not wait for it. Packets see no difference. Error: no room, or no grace period.
[[nodiscard]] Result<void> make_room(const Live& live, std::span<const order::Target> targets,
                                     const Grace& grace);

// Reads the live tables at the patch's places and changes nothing.
[[nodiscard]] PatchPlan make_patch(const ruleset::Patch& patch, const Live& live);

struct Waits {
    Grace grace;
    std::function<void()> between{}; // called between any two stores that a packet can see; for tests
};

class PatchRun {
public:
    PatchRun(const Patch& patch, const Live& live, const Waits& waits);

    // Finds places for the targets that come; two grace periods for each round of moves, if any need be
    // moved. Error: no room, or no grace period. Nothing that packets see has changed then.
    [[nodiscard]] Result<void> reserve();

    // The rest; a grace period if something goes after something has come. Whoever wants the last counts of
    // what has gone waits for another one, and then calls forget(). Error: no grace period; what comes is
    // there, what goes has not gone.
    [[nodiscard]] Result<void> carry_out();

private:
    void take(const std::vector<Step>& steps);
    void take(const Step& step);
    void between() const;

    const Patch& patch_;
    const Live& live_;
    const Waits& waits_;
    LiveTable table_;
};

// Frees the records of the rules that have gone, a grace period after they have.
void forget(const Patch& patch, const Live& live);

} // namespace interdict::image
