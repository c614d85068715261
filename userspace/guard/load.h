// SPDX-License-Identifier: Apache-2.0
//
// load.h: a guard from the settings file, the list files that it names and their last good copies.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "guard/guard.h"
#include "order/problem.h"

namespace interdict::guard {

// How one loaded list came in.
struct ListState {
    std::string label;
    std::string file;
    bool kept = false;                    // the last good copy goes on instead of the file
    bool stale = false;                   // older than its max_age; used all the same
    std::string trouble;                  // why kept or stale; empty if neither
    std::vector<order::Problem> problems; // entries that were left out
};

struct Loaded {
    Guard guard;
    std::vector<ListState> states; // in the settings' order

    // Something is not as it should be, but the guard holds what it held before: exit code 2.
    [[nodiscard]] bool degraded() const;
};

enum class Keep { No, Yes };

// settings: the settings file; empty = what is built in and nothing else. kept: folder of the last good
// copies, which need not exist; by convention <state>/guard. keep: whether a list that is good becomes the
// last good copy (the folder is made). now: seconds since the epoch.
//
// A list that cannot be read, has too few entries or shrank too much is replaced by its last good copy.
// Errors, all of them at once: bad settings, a list that is no good and has no last good copy.
[[nodiscard]] std::expected<Loaded, std::vector<order::Problem>>
load(const std::filesystem::path& settings, const std::filesystem::path& kept, Keep keep, std::int64_t now);

} // namespace interdict::guard
