// SPDX-License-Identifier: Apache-2.0
//
// memory.h: the snapshots of all names, kept in the book.
//
// Many names share one entry, so that a round over thousands of names is a few writes.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "book/counts.h"
#include "watch/decide.h"

namespace interdict::watch {

inline constexpr unsigned kEntries = 64; // keys "watch/0" to "watch/63"

class Memory {
public:
    // Reads all of it. Errors: an entry that cannot be read, with its key.
    [[nodiscard]] static Result<Memory> load(const book::Counts& kept);

    [[nodiscard]] const Snapshots& snapshots() const { return snapshots_; }
    // An empty one if there is none.
    [[nodiscard]] Snapshot of(const std::string& name) const;
    void set(Snapshot snapshot);
    // Forgets what is not among these keys.
    void keep_only(const std::map<std::string, std::vector<std::string>, std::less<>>& names);

    // Writes the entries that have changed since load() or the last save().
    [[nodiscard]] Result<void> save(book::Counts& into);

private:
    Snapshots snapshots_;
    std::set<unsigned> changed_; // entries
};

} // namespace interdict::watch
