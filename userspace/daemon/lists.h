// SPDX-License-Identifier: Apache-2.0
//
// lists.h: a list from outside: had and judged beside the loop, taken on its thread.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "control/import.h"
#include "control/import_words.h"
#include "daemon/config.h"
#include "daemon/desk.h"
#include "daemon/reply.h"

namespace interdict::daemon {

// A list as it came.
struct Delivery {
    control::Import import;
    Result<control::ImportedOrders> orders; // or why the list of before stays
    std::unique_ptr<feed::PiracyShield> shield{};
    std::vector<std::string> warnings{};
};

// From the network or the disk; changes nothing. When a stop is asked for it gives up within a second.
[[nodiscard]] Delivery fetch_list(const FeedConfig& feed, const control::State& state, std::int64_t time,
                                  const std::stop_token& stop);

// One that somebody hands over: a template, which is empty for Native, and the texts of one list.
struct HandedList {
    feed::Format format = feed::Format::Plain;
    std::string name; // of the feed
    control::ImportWords words{};
    std::string_view basis{};
    std::vector<control::ListText> texts{};
};

// Error: what is wrong with the request itself, of which the book learns nothing.
[[nodiscard]] std::expected<Delivery, Failure> read_list(const HandedList& list, const control::State& state,
                                                         std::int64_t time, const Progress& progress);

// The feed's orders are now these. A list that is not taken is noted as failed, and the one before it stays:
// 409 "not-taken". all: the answer has every entry. Answer: docs/api.md.
[[nodiscard]] Reply take_list(Desk& desk, const book::Act& act, Delivery& delivery, bool all);

// What was proven of it since, to the authority; beside the loop.
[[nodiscard]] Result<feed::ReportResult> report_list(Delivery& delivery, const control::State& state);

} // namespace interdict::daemon
