// SPDX-License-Identifier: Apache-2.0
//
// import_json.h: what became of a list and of each of its entries, as JSON and in a sentence.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "control/import.h"

namespace interdict::control {

using Json = nlohmann::ordered_json;

// How an import ended.
struct ImportEnd {
    std::string status; // "taken", "kept" (the list of before), "refused" (there was none), "dry run"
    std::string why{};  // unless taken
    std::vector<book::Incoming> orders{};
    book::ListChange change{};
};

// all: every entry, else the first 1000 that were refused.
[[nodiscard]] Json import_json(const Import& import, const ImportEnd& end, bool all);

// "feed cncpo: taken: ..."
[[nodiscard]] std::string import_sentence(const Import& import, const ImportEnd& end);

} // namespace interdict::control
