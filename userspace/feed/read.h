// SPDX-License-Identifier: Apache-2.0
//
// read.h: the bytes of a list in, its entries out, each with its line and what became of it.
//
// Pure: no file, no clock, no network. Nothing is guessed: an entry that cannot be carried out exactly as it
// stands is refused with its reason, and the rest of the list goes on. docs/feeds.md has a sample of each
// format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "feed/list.h"

namespace interdict::feed {

// What to do with a URL that names more than a host. The host carries more than the page: Reject is the
// default.
enum class UrlPolicy : std::uint8_t { Reject, Host, Ignore };

// Where a generic CSV has what: a number from 1, or a heading. Empty = the list has no such column.
struct ColumnMap {
    std::string name{};
    std::string address{};
    std::string expires{};
    std::string ticket{};
};

struct Options {
    std::string source{};                // for messages
    std::optional<order::Match> match{}; // of names; without it exact for hosts files, subtree for the others
    UrlPolicy urls = UrlPolicy::Reject;
    bool wildcards = false; // take "*.name" for the name and all below it, though it names only the latter
    bool unknown_endings = false; // take names whose last label is no known top-level domain
    ColumnMap columns{};          // Csv
    char delimiter = ',';         // Csv
    bool header = false;          // Csv: the first line is headings
    std::string origin{};         // Rpz: the zone's name if the file does not say it
    std::int64_t received = 0;    // entries that end before it are ignored; 0 = none are
    std::size_t max_entries = 20'000'000;
    std::span<const std::string_view> known{};         // names that may be meant by a garbled one
    std::function<void(std::size_t bytes)> progress{}; // read so far
};

// Errors: what makes the whole list worthless: no list at all (an encrypted file, a web page, UTF-16), a
// header that must be there and is not, more than max_entries.
[[nodiscard]] Result<List> read(Format format, std::string_view bytes, const Options& options);

[[nodiscard]] std::optional<Format> format_named(std::string_view name);

} // namespace interdict::feed
