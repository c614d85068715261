// SPDX-License-Identifier: Apache-2.0
//
// archive.h: what rules have counted, from the kernel into the book: by order, target, channel and hour.
//
// What is added is what a counter has more than when it was kept last, and that is kept with it in one
// transaction: whoever dies between two steps adds nothing twice and leaves nothing out. A rule that goes
// leaves its last count in retired.jsonl before its number is given again; that is taken before any counter
// is looked at. Counters of another plane (after a reboot) begin at zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "book/book.h"
#include "control/state.h"
#include "maps/counters.h"
#include "plane/plane.h"

namespace interdict::control {

// The same as long as a plane lives, of no other one. Says nothing about it.
[[nodiscard]] std::string plane_name(const plane::Plane& plane);

// A counter that has moved since it was kept last.
struct Reading {
    std::uint32_t rule = 0;
    interdict_hits hits{};
    std::uint32_t means = 0;
    std::string target; // as text
    std::vector<std::string> orders;
};

struct Readings {
    std::string plane;
    std::vector<Reading> moved;
};

// Beside the writer, of planes and books that are open for reading: the files of the generation are searched
// for the rules that were hit. Nothing: no generation is live, or it is being changed, or another took its
// place meanwhile. Error: its rules are lost.
[[nodiscard]] Result<std::optional<Readings>> look(const State& state, const plane::Plane& plane,
                                                   const book::Book& book);

class Archive {
public:
    // Both must outlive it. book: open for writing.
    Archive(book::Book& book, const State& state) : book_(book), state_(state) {}

    // To be called before look(): what goes from then on is not taken from what that sees, as its number may
    // be another rule's by then.
    void begin_look() { gone_.clear(); }

    // What removed rules have counted. False: at most `lines` of them were taken, and there are more.
    [[nodiscard]] Result<bool> take_retired(std::size_t lines);

    // After take_retired() has taken all. plane: the one that is up; its rules may be others by now. False:
    // nothing can be kept now, as another plane is up or a change is half done.
    [[nodiscard]] Result<bool> take(const Readings& readings, const plane::Plane& plane, std::int64_t time);

    // Hours that began before this become days, one hour of one order at a call; false: there is none left.
    [[nodiscard]] Result<bool> roll_up(std::int64_t before);

private:
    book::Book& book_;
    const State& state_;
    std::uint64_t seen_ = 0;                 // bytes of retired.jsonl that had nothing to take
    std::unordered_set<std::uint32_t> gone_; // ids of retired.jsonl since begin_look()
};

} // namespace interdict::control
