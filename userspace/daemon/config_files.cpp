// SPDX-License-Identifier: Apache-2.0
//
// config_files.cpp: what the configuration names, read as the daemon will read it.
#include <iterator>

#include <grp.h>

#include "base/clock.h"
#include "base/file.h"
#include "daemon/config.h"
#include "daemon/tokens.h"
#include "feed/shield_source.h"
#include "feed/template.h"
#include "guard/load.h"
#include "order/parse.h"
#include "watch/settings.h"

namespace interdict::daemon {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kConfigMax = std::size_t{4} << 20; // bytes

class Files {
public:
    Files(const fs::path& file, std::vector<order::Problem>& problems) : file_(file), problems_(problems) {}

    void check(const Config& config)
    {
        check_guard(config);
        if (!config.scopes.empty())
            if (const auto text = read("$.scopes", config.scopes))
                add(order::parse_scopes(*text, config.scopes.string()).problems);
        for (std::size_t i = 0; i < config.feeds.size(); ++i)
            check_feed(config.feeds[i], fmt::format("$.feeds[{}]", i));
        if (config.dynamic && !config.dynamic->settings.empty())
            check_dynamic(*config.dynamic);
        if (!config.api.group.empty() && !::getgrnam(config.api.group.c_str()))
            add("$.api.group", config.api.group, "is not a group of this machine",
                "write one of /etc/group, or leave it out: then root alone may read");
        if (config.api.tcp)
            check_tcp(*config.api.tcp);
    }

private:
    void add(std::vector<order::Problem> more) { std::ranges::move(more, std::back_inserter(problems_)); }
    void add(std::string path, std::string value, std::string message, std::string remedy)
    {
        problems_.push_back({.file = file_.string(),
                             .json_path = std::move(path),
                             .value = std::move(value),
                             .message = std::move(message),
                             .remedy = std::move(remedy)});
    }
    std::optional<std::string> read(const std::string& path, const fs::path& file)
    {
        auto text = read_file(file);
        if (text)
            return *std::move(text);
        add(path, file.string(), fmt::format("cannot be read: {}", text.error().message),
            "name a file that the daemon may read");
        return std::nullopt;
    }

    void check_guard(const Config& config)
    {
        auto settings = config.guard;
        std::error_code ignored;
        if (settings.empty() && fs::exists(config.state / "guard.json", ignored))
            settings = config.state / "guard.json";
        if (auto loaded = guard::load(settings, config.state / "guard", guard::Keep::No, now()); !loaded)
            add(std::move(loaded.error()));
    }

    // Secrets, too: a daemon that finds out when it fetches is a daemon that blocks too late.
    void check_shield(const FeedConfig& feed, const std::string& path)
    {
        const auto text = read(path + ".piracyshield", feed.from);
        if (!text)
            return;
        const auto config = feed::parse_shield_config(*text, feed.from);
        if (!config)
            return add(path + ".piracyshield", feed.from, config.error().message,
                       "docs/feeds.md has its keys");
        if (const auto basis = read(path + ".piracyshield", config->order))
            if (auto parsed = feed::parse_template(*basis, config->order.string()); !parsed)
                add(std::move(parsed.error()));
        if (const auto secret = feed::read_credentials(config->credentials); !secret)
            add(path + ".piracyshield", config->credentials.string(), secret.error().message,
                "docs/feeds.md says how the file must be");
    }

    void check_dynamic(const DynamicConfig& dynamic) { add(watch::load_settings(dynamic.settings).problems); }

    void check_feed(const FeedConfig& feed, const std::string& path)
    {
        if (feed.source == FeedConfig::Source::PiracyShield && !feed.from.empty())
            return check_shield(feed, path);
        if (feed.order.empty())
            return;
        if (const auto text = read(path + ".order", feed.order))
            if (auto basis = feed::parse_template(*text, feed.order.string()); !basis)
                add(std::move(basis.error()));
    }

    void check_tcp(const TcpConfig& tcp)
    {
        read("$.api.tcp.certificate", tcp.certificate);
        read("$.api.tcp.key", tcp.key);
        if (const auto tokens = Tokens::load(tcp.tokens); !tokens)
            add("$.api.tcp.tokens", tcp.tokens.string(), tokens.error().message,
                "make the first one: interdict token add NAME --file FILE");
    }

    const fs::path& file_;
    std::vector<order::Problem>& problems_;
};

} // namespace

ParsedConfig load_config(const fs::path& file)
{
    const auto text = read_file(file, kConfigMax);
    if (!text) {
        ParsedConfig parsed;
        parsed.problems.push_back({.file = file.string(),
                                   .json_path = "$",
                                   .value = {},
                                   .message = text.error().message,
                                   .remedy = "write one; docs/daemon.md has a sample"});
        return parsed;
    }
    auto parsed = parse_config(*text, file);
    Files(file, parsed.problems).check(parsed.config);
    return parsed;
}

} // namespace interdict::daemon
