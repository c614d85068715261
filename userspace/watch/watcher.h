// SPDX-License-Identifier: Apache-2.0
//
// watcher.h: one round of the watch: ask, remember, propose. It applies nothing: a person approves.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "book/book.h"
#include "watch/decide.h"
#include "watch/memory.h"
#include "watch/settings.h"

namespace interdict::watch {

struct Round {
    struct Proposed {
        std::int64_t id = 0; // 0: not written, as it was asked for
        bool fresh = false;  // not one that was open before
        book::Proposal proposal;
        std::string summary;
    };
    struct Resolver {
        std::string text;
        std::size_t asked = 0; // names
        std::size_t votes = 0;
        std::string fault; // the first reason of no vote
    };

    std::size_t checked = 0;                             // names
    std::size_t undecided = 0;                           // of them, without a quorum
    std::size_t recent = 0;                              // names left out, checked less than an interval ago
    std::size_t left = 0;                                // names beyond names_per_check, for the next round
    std::vector<std::pair<std::string, Change>> changes; // by name, of this round
    std::vector<Proposed> proposed;
    std::vector<std::string> notes;
    std::vector<Resolver> resolvers;

    // Some resolver gave no vote on any name that it was asked for.
    [[nodiscard]] bool degraded() const;
};

// What is watched, with the ids of the orders for which it is: the names of all orders and, of dynamic ones,
// the candidates.
using Watched = std::map<std::string, std::vector<std::string>, std::less<>>;
[[nodiscard]] Watched watched_names(std::span<const order::Order> orders, const Settings& settings);

// Who proposes. A name of its own, so that any one person can decide.
inline constexpr std::string_view kActor = "watch";

struct Wish {
    std::string order;    // this one alone; empty: all in force
    bool all = false;     // also names that were checked less than an interval ago
    bool dry_run = false; // writes nothing
};

class Watcher {
public:
    Watcher(book::Book& book, Settings settings, Judge judge)
        : book_(book), settings_(std::move(settings)), judge_(std::move(judge))
    {
    }

    // Instead of the resolvers' own network.
    void ask_through(Ask ask) { ask_ = std::move(ask); }

    // Instead of the book itself, which then is only read.
    using Write = std::function<Result<void>(book::Book&)>;
    void write_through(std::function<Result<void>(const Write&)> write) { write_ = std::move(write); }

    // time: of the check. progress: names done, of how many. Errors: no such order in force, no quorum of
    // resolvers answered anything; then nothing has been written.
    [[nodiscard]] Result<Round> check(const Wish& wish, std::int64_t time,
                                      const std::function<void(std::size_t, std::size_t)>& progress = {});

private:
    [[nodiscard]] Result<std::vector<order::Order>> orders_of(const Wish& wish) const;
    [[nodiscard]] std::vector<std::string> choose(const Watched& names, const Memory& memory,
                                                  const Wish& wish, std::int64_t time, Round& round) const;
    [[nodiscard]] Method method_for(std::span<const order::Order> orders) const;
    // heard: of the batch's answers, in names.
    [[nodiscard]] Result<void> look(std::span<const std::string> names, const Method& method,
                                    std::int64_t time, Memory& memory, Round& round,
                                    const std::function<void(std::size_t)>& heard) const;
    [[nodiscard]] Result<void> propose(std::span<const order::Order> orders, const Memory& memory,
                                       const Wish& wish, std::int64_t time, Round& round);

    book::Book& book_;
    Settings settings_;
    Judge judge_;
    Ask ask_;
    std::function<Result<void>(const Write&)> write_ = [this](const Write& write) { return write(book_); };
};

} // namespace interdict::watch
