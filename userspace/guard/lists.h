// SPDX-License-Identifier: Apache-2.0
//
// lists.h: lists of names and prefixes that must stay reachable, and what they are read from.
//
// Pure: text in, values out. load.h opens the files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "order/order.h"
#include "order/problem.h"

namespace interdict::guard {

// What a target that collides with an entry is held for, the weightiest first.
enum class ListKind : std::uint8_t {
    Own,            // the operator's own networks and names
    Infrastructure, // what everybody's access hangs on
    Protected,      // a loaded list
    SpecialPurpose, // RFC 6890
    Shared,         // networks whose addresses carry many sites each; holds addresses, never names
};

struct NameEntry {
    order::NameTarget name; // Subtree: everything below it is protected, too
    std::string note;
};

struct PrefixEntry {
    order::Prefix prefix;
    std::string note; // what it is, e.g. "private use, RFC 1918"; may be empty
};

struct List {
    std::string label{}; // "built-in: root servers", "Cloudflare"
    ListKind kind = ListKind::Protected;
    std::string source{};  // a file, or what the entries were taken from
    std::string because{}; // why it is held, to stand after a semicolon: "without it no name is found"
    std::vector<NameEntry> names{};
    std::vector<PrefixEntry> prefixes{};
    std::int64_t taken = 0; // modification time of the file; 0 for what is built in

    [[nodiscard]] std::size_t entries() const { return names.size() + prefixes.size(); }
};

enum class Format : std::uint8_t {
    Plain, // a name, a prefix or an address a line; # starts a comment. Also Cloudflare's ips-v4 and ips-v6
    Misp,  // a MISP warninglist of type cidr, hostname or string
    Cloudflare, // the API's answer: result.ipv4_cidrs, result.ipv6_cidrs
    Fastly,     // public-ip-list: addresses, ipv6_addresses
    Aws,        // ip-ranges.json: prefixes[].ip_prefix, ipv6_prefixes[].ipv6_prefix
    Google,     // goog.json, cloud.json: prefixes[].ipv4Prefix or ipv6Prefix
    Gcore,      // public-ip-list: addresses, addresses_v6
};

// A list file as the settings name it.
struct ListSpec {
    std::string label;
    std::string file; // relative paths are relative to the settings file
    Format format = Format::Plain;
    bool shared = false;
    std::size_t min_entries = 1;
    unsigned max_drop_percent = 20;    // of the last good copy's entries
    std::int64_t max_age = 0;          // seconds; 0 = any
    std::string because;               // empty = the usual words
    std::vector<std::string> services; // Format::Aws: only these, e.g. "CLOUDFRONT"; empty = all
};

struct ReadList {
    List list;                            // the good entries
    std::vector<order::Problem> problems; // one for each entry that was left out, and for what is missing
};

// text: the whole file. file: its name for messages. A name that is a public suffix protects itself alone:
// what is below it belongs to others. A bare address is one address. A problem with path "$" means that the
// text is no such list at all; then there are no entries.
[[nodiscard]] ReadList read_list(std::string_view text, const ListSpec& spec, const std::string& file);

// Why fresh may not replace good, e.g. "has 12 entries, 95% fewer than the 245 of the last good copy";
// nothing if it may. good: null if there is none.
[[nodiscard]] std::optional<std::string> refusal(const List& fresh, const List* good, const ListSpec& spec);

[[nodiscard]] std::optional<Format> format_named(std::string_view text);
[[nodiscard]] std::string_view to_string(Format format);
[[nodiscard]] std::string_view to_string(ListKind kind);

} // namespace interdict::guard
