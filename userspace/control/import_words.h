// SPDX-License-Identifier: Apache-2.0
//
// import_words.h: how a list is to be read and when it is taken, in the words of a person.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "control/import.h"

namespace interdict::control {

// Empty: the default.
struct ImportWords {
    std::string map; // "name=2,address=3"
    std::string delimiter;
    std::string origin;
    std::string match; // "exact", "subtree"
    std::string url_policy;
    bool header = false;
    bool wildcards = false;
    bool unknown_endings = false;
    std::string min_entries;
    std::string max_drop_percent;
    std::string max_age;
};

// The members by name: "max_age".
inline constexpr std::array<std::pair<std::string_view, std::string ImportWords::*>, 8> kImportTexts{
    {{"map", &ImportWords::map},
     {"delimiter", &ImportWords::delimiter},
     {"origin", &ImportWords::origin},
     {"match", &ImportWords::match},
     {"url_policy", &ImportWords::url_policy},
     {"min_entries", &ImportWords::min_entries},
     {"max_drop_percent", &ImportWords::max_drop_percent},
     {"max_age", &ImportWords::max_age}}};
inline constexpr std::array<std::pair<std::string_view, bool ImportWords::*>, 3> kImportFlags{
    {{"header", &ImportWords::header},
     {"wildcards", &ImportWords::wildcards},
     {"unknown_endings", &ImportWords::unknown_endings}}};

// Sets policy and reading; what is empty stays as it is, and `match` is the basis' own. Error: the member, as
// an option of the command line ("--max-age"), and what is wrong with it.
[[nodiscard]] Result<void> read_words(const ImportWords& words, Import& import);

} // namespace interdict::control
