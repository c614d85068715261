// SPDX-License-Identifier: Apache-2.0
#include "daemon/config.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

#include "control/import.h"
#include "daemon/words.h"
#include "feed/shown_url.h"
#include "order/fields.h"
#include "order/values.h"

namespace interdict::daemon {

namespace {

using order::Fields;
using order::JsonValue;
using order::Path;
using order::Report;
using Type = JsonValue::Type;
namespace fs = std::filesystem;

constexpr std::array<std::string_view, 15> kRootKeys{
    "state", "pins",    "interfaces", "observe", "encapsulations", "quic_budget", "scopes", "guard",
    "feeds", "dynamic", "api",        "metrics", "archive",        "pages",       "log"};
constexpr std::array<std::string_view, 18> kFeedKeys{
    "name",    "format",     "url", "file",      "ca",     "order",  "interval",    "jitter",
    "match",   "url_policy", "map", "delimiter", "header", "origin", "min_entries", "max_drop_percent",
    "max_age", "wildcards"};
constexpr std::array<std::string_view, 5> kShieldKeys{"name", "piracyshield", "interval", "jitter", "report"};
constexpr std::array<std::string_view, 2> kDynamicKeys{"settings", "interval"};
constexpr std::array<std::string_view, 4> kMapKeys{"name", "address", "expires", "ticket"};
constexpr std::array<std::string_view, 5> kApiKeys{"socket", "group", "tcp", "connections", "rate"};
constexpr std::array<std::string_view, 4> kTcpKeys{"listen", "certificate", "key", "tokens"};
constexpr std::array<std::string_view, 1> kMetricsKeys{"listen"};
constexpr std::array<std::string_view, 2> kArchiveKeys{"interval", "hours"};
constexpr std::array<std::string_view, 5> kPagesKeys{"stop", "lookup", "operator", "contact", "rate"};
constexpr std::array<std::string_view, 2> kLogKeys{"level", "target"};
constexpr std::array<std::string_view, 3> kInterfaceRoles{"subscriber", "uplink", "both"};
constexpr std::array<std::string_view, 5> kLevels{"debug", "info", "warning", "error", "off"};
constexpr std::array<std::string_view, 3> kUrlPolicies{"reject", "host", "ignore"};
constexpr std::array<std::string_view, 2> kMatches{"exact", "subtree"};
constexpr std::array<std::string_view, 8> kFormats{"native", "cncpo", "adm",   "rpz",
                                                   "csv",    "plain", "hosts", "adblock"};
constexpr std::size_t kProblemsMax = 1000;
constexpr std::size_t kInterfaceMax = 15; // IFNAMSIZ - 1
constexpr std::size_t kSocketMax = 107;   // of sockaddr_un
constexpr std::int64_t kIntervalMin = 10; // seconds
constexpr std::int64_t kIntervalMax = 30 * 86'400;
constexpr std::int64_t kShieldInterval = 300;
constexpr std::int64_t kShieldDeadline = 1800; // within which an item must be blocked
constexpr std::int64_t kArchiveMin = 1;        // seconds
constexpr std::int64_t kArchiveMax = 3600;
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kQuicBudgetMax = 1'000'000;

class Reader {
public:
    Reader(Report& report, fs::path folder) : report_(report), folder_(std::move(folder)) {}

    Config read(JsonValue root);

private:
    // A file or folder; relative ones stand beside the configuration.
    void path(const Fields& fields, std::string_view key, fs::path& to) const
    {
        if (fields.find(key))
            if (const auto text = fields.require_text(key, "write a path"); !text.empty())
                to = (folder_ / text).lexically_normal();
    }
    // One of a few words; nothing if it is absent or another one.
    static std::optional<std::size_t> word(const Fields& fields, std::string_view key,
                                           std::span<const std::string_view> words)
    {
        const auto value = fields.find(key, Type::String);
        if (!value)
            return std::nullopt;
        const auto found = std::ranges::find(words, value->text());
        if (found != words.end())
            return static_cast<std::size_t>(found - words.begin());
        fields.problem(key, *value, "is not known here", "write " + order::one_of(value->text(), words));
        return std::nullopt;
    }

    void interfaces(const Fields& root, std::vector<InterfaceConfig>& to);
    void feeds(const Fields& root, std::vector<FeedConfig>& to);
    FeedConfig feed(JsonValue value, const Path& at);
    FeedConfig piracy_shield(JsonValue value, const Path& at);
    static void feed_name(const Fields& fields, FeedConfig& feed);
    void dynamic(const Fields& root, std::optional<DynamicConfig>& to);
    void source(const Fields& fields, JsonValue value, const Path& at, FeedConfig& feed);
    void reading(const Fields& fields, const Path& at, FeedConfig& feed);
    void api(const Fields& root, ApiConfig& to);
    TcpConfig tcp(JsonValue value, const Path& at);
    // "127.0.0.1:8443", "[::1]:8443"
    static void listen(const Fields& fields, std::string_view key, std::string& address, std::uint16_t& port);
    static std::optional<Listen> listen(const Fields& fields, std::string_view key);
    void metrics(const Fields& root, MetricsConfig& to);
    void archive(const Fields& root, ArchiveConfig& to);
    void pages(const Fields& root, PagesConfig& to);

    Report& report_;
    fs::path folder_;
};

void Reader::interfaces(const Fields& root, std::vector<InterfaceConfig>& to)
{
    const auto object = root.find("interfaces", Type::Object);
    if (!object)
        return;
    const Path root_path;
    const Path here = root_path.at("interfaces");
    for (const JsonValue member : *object) {
        const Path at = here.at(member.key());
        const std::string name(member.key());
        const bool plain = std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f && c != '/'; });
        if (name.empty() || name.size() > kInterfaceMax || !plain || member.repeated()) {
            report_.problem(
                at, member, member.repeated() ? "is in the list twice" : "is not the name of an interface",
                fmt::format("write each once, as `ip link` does, at most {} bytes", kInterfaceMax));
            continue;
        }
        if (!order::expect_type(member, Type::String, at, report_))
            continue;
        if (const auto role = parse_role(member.text()))
            to.push_back({name, *role});
        else
            report_.problem(at, member, "is not a role",
                            "write " + order::one_of(member.text(), kInterfaceRoles));
    }
}

void Reader::source(const Fields& fields, JsonValue value, const Path& at, FeedConfig& feed)
{
    const auto url = fields.find("url");
    const auto file = fields.find("file");
    if (!url == !file) {
        report_.missing(at, value, url ? "has a url and a file" : "has neither url nor file",
                        "say where the list comes from, once");
        return;
    }
    if (url) {
        feed.from = fields.require_text("url", "write an https:// address");
        // Lists decide what is blocked: nobody on the way may change them.
        // The value is not quoted: it may have a secret, and a reload's problems are in the log.
        if (!feed.from.empty() && !feed.from.starts_with("https://"))
            report_.missing(at.at("url"), *url,
                            fmt::format("\"{}\" is not an https:// address", feed::shown_url(feed.from)),
                            "write https://...");
        else if (feed::names_user(feed.from))
            report_.missing(at.at("url"), *url, "has a user name or a password in it",
                            "fetch such a list by other means and give its file");
        return;
    }
    feed.source = FeedConfig::Source::File;
    fs::path path_value;
    path(fields, "file", path_value);
    feed.from = path_value.string();
}

void Reader::reading(const Fields& fields, const Path& at, FeedConfig& feed)
{
    auto& options = feed.reading;
    if (const auto match = word(fields, "match", kMatches))
        options.match = *match == 0 ? order::Match::Exact : order::Match::Subtree;
    if (const auto policy = word(fields, "url_policy", kUrlPolicies))
        options.urls = static_cast<feed::UrlPolicy>(*policy);
    options.wildcards = fields.boolean_or("wildcards", false);
    options.header = fields.boolean_or("header", false);
    if (fields.find("origin"))
        options.origin = fields.require_text("origin", "write the name of the zone");
    if (const auto delimiter = fields.find("delimiter", Type::String)) {
        if (delimiter->text().size() == 1)
            options.delimiter = delimiter->text()[0];
        else
            fields.problem("delimiter", *delimiter, "is not one character", "write e.g. ;");
    }
    const auto map = fields.find("map", Type::Object);
    if (!map)
        return;
    const Path here = at.at("map");
    const Fields columns(*map, here, report_, kMapKeys);
    for (auto [key, to] : {std::pair("name", &options.columns.name),
                           {"address", &options.columns.address},
                           {"expires", &options.columns.expires},
                           {"ticket", &options.columns.ticket}})
        if (columns.find(key))
            *to = columns.require_text(key, "write the number or the heading of a column, as a text");
}

void Reader::feed_name(const Fields& fields, FeedConfig& feed)
{
    feed.name = fields.require_text("name", "write a name for the feed, e.g. cncpo");
    if (const auto name = fields.find("name");
        name && !feed.name.empty() && !control::is_feed_name(feed.name))
        fields.problem("name", *name, "is not the name of a feed", "write letters a-z, digits, - _ and .");
}

FeedConfig Reader::piracy_shield(JsonValue value, const Path& at)
{
    FeedConfig feed;
    feed.source = FeedConfig::Source::PiracyShield;
    feed.format = feed::Format::PiracyShield;
    const Fields fields(value, at, report_, kShieldKeys);
    feed_name(fields, feed);
    fs::path file;
    path(fields, "piracyshield", file);
    feed.from = file.string();
    feed.interval = kShieldInterval;
    order::read_duration(fields, "interval", kIntervalMin, feed.interval, kShieldDeadline);
    feed.jitter = feed.interval / 10;
    order::read_duration(fields, "jitter", 0, feed.jitter, kShieldDeadline);
    if (feed.interval + feed.jitter > kShieldDeadline)
        report_.missing(at, value, "is fetched less often than every 30 minutes",
                        "items must be blocked within 30 minutes: write a shorter interval or jitter");
    feed.report = fields.boolean_or("report", false);
    return feed;
}

FeedConfig Reader::feed(JsonValue value, const Path& at)
{
    for (const JsonValue member : value)
        if (member.key() == "piracyshield")
            return piracy_shield(value, at);
    FeedConfig feed;
    const Fields fields(value, at, report_, kFeedKeys);
    if (!fields.is_object())
        return feed;
    feed_name(fields, feed);
    if (fields.require("format", Type::String, "write the format of the list, e.g. plain"))
        if (const auto format = word(fields, "format", kFormats))
            feed.format = *feed::format_named(kFormats[*format]);
    source(fields, value, at, feed);
    path(fields, "ca", feed.ca);
    path(fields, "order", feed.order);
    const bool native = feed.format == feed::Format::Native;
    if (native && fields.find("order"))
        report_.problem(at.at("order"), *fields.find("order"), "stands beside native orders",
                        "leave it out: they carry their own legal basis");
    else if (!native && !fields.find("order"))
        report_.missing(at, value, "has no order",
                        "name the file with the list's legal basis (docs/feeds.md)");
    order::read_duration(fields, "interval", kIntervalMin, feed.interval, kIntervalMax);
    feed.jitter = feed.interval / 10;
    order::read_duration(fields, "jitter", 0, feed.jitter, kIntervalMax);
    reading(fields, at, feed);
    order::read_number(fields, "min_entries", 0, 1'000'000'000, feed.policy.min_entries);
    order::read_number(fields, "max_drop_percent", 0, 100, feed.policy.max_drop_percent);
    if (fields.find("max_age")) {
        std::int64_t age = 0;
        order::read_duration(fields, "max_age", 1, age, std::int64_t{3650} * 86'400);
        feed.policy.max_age = age;
    }
    return feed;
}

void Reader::feeds(const Fields& root, std::vector<FeedConfig>& to)
{
    root.each("feeds", [&](JsonValue entry, const Path& at) {
        auto read = feed(entry, at);
        if (!read.name.empty() && std::ranges::find(to, read.name, &FeedConfig::name) != to.end())
            report_.missing(
                at.at("name"), entry, "is already the name of another feed",
                "give each feed a name of its own: it lifts what its list does not have any more");
        to.push_back(std::move(read));
    });
}

void Reader::dynamic(const Fields& root, std::optional<DynamicConfig>& to)
{
    const auto object = root.find("dynamic", Type::Object);
    if (!object)
        return;
    const Path root_path;
    const Path here = root_path.at("dynamic");
    const Fields fields(*object, here, report_, kDynamicKeys);
    to.emplace();
    path(fields, "settings", to->settings);
    if (!fields.find("settings"))
        report_.missing(here, *object, "has no settings",
                        "name the file that says whom to ask (docs/dynamic-orders.md)");
    order::read_duration(fields, "interval", kIntervalMin, to->interval, kIntervalMax);
}

// "127.0.0.1:8443", "[::1]:8443"
void Reader::listen(const Fields& fields, std::string_view key, std::string& address, std::uint16_t& to)
{
    const auto value = fields.require(key, Type::String, "write e.g. 192.0.2.1:8443 or [::1]:8443");
    if (!value)
        return;
    const std::string text(value->text());
    const auto colon = text.rfind(':');
    std::string host = text.substr(0, colon);
    const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (brackets)
        host = host.substr(1, host.size() - 2);
    in6_addr bytes = {};
    const bool good = ::inet_pton(brackets ? AF_INET6 : AF_INET, host.c_str(), &bytes) == 1;
    const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), to);
    if (!good || error != std::errc{} || end != port.data() + port.size() || to == 0)
        fields.problem(key, *value, "is not an address with a port",
                       "write e.g. 192.0.2.1:8443 or [::1]:8443");
    address = host;
}

std::optional<Listen> Reader::listen(const Fields& fields, std::string_view key)
{
    if (!fields.find(key))
        return std::nullopt;
    Listen to;
    listen(fields, key, to.address, to.port);
    return to;
}

void Reader::metrics(const Fields& root, MetricsConfig& to)
{
    const auto object = root.find("metrics", Type::Object);
    if (!object)
        return;
    const Path root_path;
    const Path here = root_path.at("metrics");
    to.listen = listen(Fields(*object, here, report_, kMetricsKeys), "listen");
}

void Reader::archive(const Fields& root, ArchiveConfig& to)
{
    const auto object = root.find("archive", Type::Object);
    if (!object)
        return;
    const Path root_path;
    const Path here = root_path.at("archive");
    const Fields fields(*object, here, report_, kArchiveKeys);
    order::read_duration(fields, "interval", kArchiveMin, to.interval, kArchiveMax);
    order::read_duration(fields, "hours", kDay, to.hours, 3650 * kDay);
}

void Reader::pages(const Fields& root, PagesConfig& to)
{
    const auto object = root.find("pages", Type::Object);
    if (!object)
        return;
    const Path root_path;
    const Path here = root_path.at("pages");
    const Fields fields(*object, here, report_, kPagesKeys);
    to.stop = listen(fields, "stop");
    to.lookup = listen(fields, "lookup");
    if (fields.find("operator"))
        to.who = fields.require_text("operator", "write the operator's name as subscribers know it");
    if (const auto contact = fields.find("contact")) {
        to.contact = fields.require_text("contact", "write where subscribers complain");
        const auto starts = [&](const char* scheme) { return to.contact.starts_with(scheme); };
        if (!to.contact.empty() && !starts("https://") && !starts("http://") && !starts("mailto:") &&
            !starts("tel:"))
            fields.problem("contact", *contact, "is not an address that a browser can open",
                           "write https://..., mailto:... or tel:...");
    }
    order::read_number(fields, "rate", 1, 10'000, to.rate);
    if (to.stop && to.stop == to.lookup)
        fields.problem("lookup", *fields.find("lookup"), "is the address of the stop page, too",
                       "give it another port: the stop page answers to every name and path");
}

TcpConfig Reader::tcp(JsonValue value, const Path& at)
{
    TcpConfig to;
    const Fields fields(value, at, report_, kTcpKeys);
    if (!fields.is_object())
        return to;
    listen(fields, "listen", to.address, to.port);
    for (auto [key, file] :
         {std::pair("certificate", &to.certificate), {"key", &to.key}, {"tokens", &to.tokens}}) {
        path(fields, key, *file);
        if (!fields.find(key))
            report_.missing(at, value, fmt::format("has no {}", key),
                            "over TCP nothing is answered without TLS and tokens: name the file");
    }
    return to;
}

void Reader::api(const Fields& root, ApiConfig& to)
{
    const auto object = root.find("api", Type::Object);
    if (!object)
        return;
    const Path root_path;
    const Path here = root_path.at("api");
    const Fields fields(*object, here, report_, kApiKeys);
    path(fields, "socket", to.socket);
    if (to.socket.string().size() > kSocketMax)
        fields.problem("socket", *fields.find("socket"), "is too long for a socket",
                       fmt::format("write a path of at most {} bytes", kSocketMax));
    if (fields.find("group"))
        to.group = fields.require_text("group", "write the group whose members may read");
    order::read_number(fields, "connections", 1, 1024, to.connections);
    order::read_number(fields, "rate", 1, 1'000'000, to.rate);
    if (const auto value = fields.find("tcp", Type::Object))
        to.tcp = tcp(*value, here.at("tcp"));
}

Config Reader::read(JsonValue value)
{
    Config config;
    const Path root;
    const Fields fields(value, root, report_, kRootKeys);
    path(fields, "state", config.state);
    path(fields, "pins", config.pins);
    interfaces(fields, config.interfaces);
    if (fields.find("observe"))
        config.observe = fields.boolean_or("observe", false);
    if (const auto words = fields.find("encapsulations", Type::String)) {
        if (const auto bits = parse_encapsulations(words->text()))
            config.encapsulations = *bits;
        else
            fields.problem("encapsulations", *words, "is not a list of encapsulations",
                           "write all, none, or some of mpls,gre,ipip,gtpu,vxlan,geneve");
    }
    if (fields.find("quic_budget")) {
        std::uint32_t budget = 0;
        order::read_number(fields, "quic_budget", 0, kQuicBudgetMax, budget);
        config.quic_budget = budget;
    }
    path(fields, "scopes", config.scopes);
    path(fields, "guard", config.guard);
    feeds(fields, config.feeds);
    dynamic(fields, config.dynamic);
    api(fields, config.api);
    metrics(fields, config.metrics);
    archive(fields, config.archive);
    pages(fields, config.pages);
    if (const auto object = fields.find("log", Type::Object)) {
        const Path here = root.at("log");
        const Fields log(*object, here, report_, kLogKeys);
        if (const auto level = word(log, "level", kLevels))
            config.log.level = kLevels[*level];
        if (log.find("target"))
            config.log.target = log.require_text("target", "write stderr or the path of a file");
    }
    return config;
}

} // namespace

std::string without_comments(std::string_view json)
{
    std::string text(json);
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (quoted && text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && text.compare(i, 2, "//") == 0)
            for (; i < text.size() && text[i] != '\n'; ++i)
                text[i] = ' ';
    }
    return text;
}

ParsedConfig parse_config(std::string_view json, const fs::path& file)
{
    const std::string text = without_comments(json);
    Report report(text, file.string(), kProblemsMax);
    ParsedConfig parsed;
    order::JsonTree tree;
    if (read_tree(text, tree, report))
        parsed.config = Reader(report, file.parent_path()).read(tree.root());
    parsed.problems = report.take_problems();
    return parsed;
}

} // namespace interdict::daemon
