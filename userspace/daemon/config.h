// SPDX-License-Identifier: Apache-2.0
//
// config.h: the daemon's one file, /etc/interdict/interdict.json; docs/daemon.md says what every key means.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feed/policy.h"
#include "feed/read.h"
#include "maps/pins.h"
#include "order/problem.h"

namespace interdict::daemon {

struct InterfaceConfig {
    std::string name;
    std::uint32_t role = 0; // interdict_role bits

    friend bool operator==(const InterfaceConfig&, const InterfaceConfig&) = default;
};

// A list that is taken again and again.
struct FeedConfig {
    enum class Source : std::uint8_t { Url, File, PiracyShield };

    std::string name;
    feed::Format format = feed::Format::Plain;
    Source source = Source::Url;
    std::string from;            // the URL, or the file; of Piracy Shield the connector's configuration
    std::filesystem::path ca;    // PEM; empty = the system's
    std::filesystem::path order; // the template
    std::int64_t interval = 3600;
    std::int64_t jitter = 360; // at most so much later, in seconds, by chance
    bool report = false;       // Piracy Shield: tell the authority what is proven, and what is held
    feed::Policy policy;
    feed::Options reading; // what does not change from one fetch to the next
};

// The daemon's rounds of the watch.
struct DynamicConfig {
    std::filesystem::path settings; // of the watch
    std::int64_t interval = 600;    // from one round to the next, seconds

    friend bool operator==(const DynamicConfig&, const DynamicConfig&) = default;
};

struct TcpConfig {
    std::string address; // "192.0.2.1", "::1"
    std::uint16_t port = 0;
    std::filesystem::path certificate; // PEM, with its chain
    std::filesystem::path key;         // PEM
    std::filesystem::path tokens;

    friend bool operator==(const TcpConfig&, const TcpConfig&) = default;
};

struct ApiConfig {
    std::filesystem::path socket = "/run/interdict/interdict.sock";
    std::string group; // may read; empty = root alone
    std::optional<TcpConfig> tcp;
    unsigned connections = 64; // at a time
    unsigned rate = 50;        // requests in a second, of one peer

    friend bool operator==(const ApiConfig&, const ApiConfig&) = default;
};

// Of what anybody may read.
struct Listen {
    std::string address; // "192.0.2.1", "::1"
    std::uint16_t port = 0;

    friend bool operator==(const Listen&, const Listen&) = default;
};

struct MetricsConfig {
    std::optional<Listen> listen; // beside the socket of the API

    friend bool operator==(const MetricsConfig&, const MetricsConfig&) = default;
};

// What rules count is kept in the book.
struct ArchiveConfig {
    std::int64_t interval = 300;      // seconds from one time to the next
    std::int64_t hours = 90 * 86'400; // seconds that hours are kept; older counts are of whole days

    friend bool operator==(const ArchiveConfig&, const ArchiveConfig&) = default;
};

// Pages for subscribers (docs/pages.md).
struct PagesConfig {
    std::optional<Listen> stop;
    std::optional<Listen> lookup;
    std::string who;     // the operator's name, empty = not said
    std::string contact; // URL, mailto: or tel: of whom to complain to, empty = not said
    unsigned rate = 5;   // requests of one client in a second

    friend bool operator==(const PagesConfig&, const PagesConfig&) = default;
};

struct LogConfig {
    std::string level = "info";
    std::string target = "stderr"; // or a file

    friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

struct Config {
    std::filesystem::path state = "/var/lib/interdict";
    std::filesystem::path pins = INTERDICT_PIN_PATH;
    std::vector<InterfaceConfig> interfaces;
    std::optional<bool> observe;
    std::optional<std::uint32_t> encapsulations; // interdict_encapsulation bits
    std::optional<std::uint32_t> quic_budget;
    std::filesystem::path scopes; // empty: those that were given last
    std::filesystem::path guard;  // empty: guard.json in the state directory
    std::vector<FeedConfig> feeds;
    std::optional<DynamicConfig> dynamic; // none: names are not watched
    ApiConfig api;
    MetricsConfig metrics;
    ArchiveConfig archive;
    PagesConfig pages;
    LogConfig log;
};

struct ParsedConfig {
    Config config;
    std::vector<order::Problem> problems;

    [[nodiscard]] bool ok() const { return problems.empty(); }
};

inline constexpr char kConfigFile[] = "/etc/interdict/interdict.json";

// json: the whole text; from "//" to the end of a line is a comment. Relative paths are taken from the folder
// of `file`. Every problem in one pass; opens nothing.
[[nodiscard]] ParsedConfig parse_config(std::string_view json, const std::filesystem::path& file);

// The same, and all files that it names are read and checked: guard, scopes, templates, certificates.
[[nodiscard]] ParsedConfig load_config(const std::filesystem::path& file);

// Comments are made spaces: places in the text stay what they are.
[[nodiscard]] std::string without_comments(std::string_view json);

} // namespace interdict::daemon
