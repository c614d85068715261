// SPDX-License-Identifier: Apache-2.0
//
// collect.h: the parts of the page, by where the numbers are.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "book/book.h"
#include "daemon/events.h"
#include "daemon/metrics/page.h"
#include "plane/plane.h"
#include "ruleset/ruleset.h"

namespace interdict::daemon::metrics {

// plane: null = none is up; the names are there all the same.
void add_plane(Page& page, const plane::Plane* plane, const plane::Pins& pins);
// What status says of interfaces, stages, channels and faults.
void add_status(Page& page, const Json& status);
// book: null = it cannot be read.
void add_book(Page& page, const book::Book* book, const std::map<std::string, std::int64_t>& intervals,
              std::int64_t time);
void add_process(Page& page, const std::filesystem::path& state);
void add_events(Page& page, const Events::Tally& tally);
// The live rules that an order's targets gave.
void add_rules(Page& page, const std::string& order, const plane::Maps& maps, const ruleset::Ruleset& rules);

} // namespace interdict::daemon::metrics
