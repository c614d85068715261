// SPDX-License-Identifier: Apache-2.0
#include "daemon/config.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "base/file.h"
#include "harness/temporary.h"
#include "maps/control.h"

using namespace interdict;
using namespace interdict::daemon;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<std::string> paths_of(const ParsedConfig& parsed)
{
    std::vector<std::string> paths;
    for (const auto& problem : parsed.problems)
        paths.push_back(problem.json_path);
    return paths;
}

} // namespace

TEST_CASE("configuration: every key, with comments, relative paths beside the file")
{
    const auto parsed = parse_config(R"({
        "state": "/srv/state", // where the book is
        "pins": "/sys/fs/bpf/x",
        "interfaces": {"eth0": "subscriber", "eth1": "uplink", "eth2.100": "both"},
        "observe": true, "encapsulations": "mpls,gre", "quic_budget": 500,
        "scopes": "scopes.json", "guard": "/etc/guard.json",
        "feeds": [{"name": "court", "format": "csv", "url": "https://lists.example/a.csv", // "quoted" // twice
                   "ca": "ca.pem", "order": "court.json", "interval": "PT30M", "jitter": "PT2M",
                   "match": "exact", "url_policy": "host", "map": {"name": "2", "expires": "until"},
                   "delimiter": ";", "header": true, "wildcards": true, "min_entries": 5,
                   "max_drop_percent": 10, "max_age": "P7D"},
                  {"name": "own", "format": "native", "file": "own.json"}],
        "api": {"socket": "/run/x.sock", "group": "noc", "connections": 9, "rate": 7,
                "tcp": {"listen": "[::1]:8443", "certificate": "c.pem", "key": "k.pem", "tokens": "t.json"}},
        "log": {"level": "debug", "target": "/var/log/x"}
    })",
                                     "/etc/interdict/interdict.json");
    for (const auto& problem : parsed.problems)
        UNSCOPED_INFO(to_string(problem));
    REQUIRE(parsed.ok());
    const Config& config = parsed.config;
    CHECK(config.state == "/srv/state");
    CHECK(config.pins == "/sys/fs/bpf/x");
    CHECK(config.interfaces ==
          std::vector<InterfaceConfig>{{"eth0", INTERDICT_ROLE_SUBSCRIBER},
                                       {"eth1", INTERDICT_ROLE_UPLINK},
                                       {"eth2.100", INTERDICT_ROLE_SUBSCRIBER | INTERDICT_ROLE_UPLINK}});
    CHECK(config.observe == true);
    CHECK(config.encapsulations == (INTERDICT_ENCAP_MPLS | INTERDICT_ENCAP_GRE));
    CHECK(config.quic_budget == 500);
    CHECK(config.scopes == "/etc/interdict/scopes.json");
    CHECK(config.guard == "/etc/guard.json");
    REQUIRE(config.feeds.size() == 2);
    const auto& court = config.feeds[0];
    CHECK(court.format == feed::Format::Csv);
    CHECK(court.source == FeedConfig::Source::Url);
    CHECK(court.from == "https://lists.example/a.csv");
    CHECK(court.order == "/etc/interdict/court.json");
    CHECK(court.interval == 1800);
    CHECK(court.jitter == 120);
    CHECK(court.reading.match == order::Match::Exact);
    CHECK(court.reading.urls == feed::UrlPolicy::Host);
    CHECK(court.reading.columns.name == "2");
    CHECK(court.reading.columns.expires == "until");
    CHECK(court.reading.delimiter == ';');
    CHECK(court.reading.header);
    CHECK(court.reading.wildcards);
    CHECK(court.policy.min_entries == 5);
    CHECK(court.policy.max_drop_percent == 10);
    CHECK(court.policy.max_age == 7 * 86'400);
    CHECK(config.feeds[1].source == FeedConfig::Source::File);
    CHECK(config.feeds[1].from == "/etc/interdict/own.json");
    CHECK(config.feeds[1].jitter == 360);
    CHECK(config.api.socket == "/run/x.sock");
    CHECK(config.api.group == "noc");
    CHECK(config.api.connections == 9);
    CHECK(config.api.rate == 7);
    REQUIRE(config.api.tcp);
    CHECK(config.api.tcp->address == "::1");
    CHECK(config.api.tcp->port == 8443);
    CHECK(config.api.tcp->tokens == "/etc/interdict/t.json");
    CHECK(config.log == LogConfig{"debug", "/var/log/x"});
}

TEST_CASE("configuration: what holds where nothing is said")
{
    const auto parsed = parse_config("{}", "/etc/interdict/interdict.json");
    REQUIRE(parsed.ok());
    CHECK(parsed.config.state == "/var/lib/interdict");
    CHECK(parsed.config.pins == INTERDICT_PIN_PATH);
    CHECK(parsed.config.api == ApiConfig{});
    CHECK(parsed.config.api.socket == "/run/interdict/interdict.sock");
    CHECK_FALSE(parsed.config.observe);
    CHECK_FALSE(parsed.config.api.tcp);
}

TEST_CASE("configuration: every problem in one pass, with its path and line")
{
    const auto parsed =
        parse_config(R"({"states": "/x", "interfaces": {"eth0": "lan", "a b": "both", "eth9": 1},
        "observe": "yes", "encapsulations": "pigeon", "quic_budget": -1,
        "feeds": [{"name": "Court!", "format": "cvs", "url": "http://x.example/"},
                  {"name": "a", "format": "plain", "file": "x", "url": "https://x.example/", "order": "o.json",
                   "interval": "PT1S", "jitter": "soon", "max_drop_percent": 101},
                  {"name": "a", "format": "native", "file": "x", "order": "o.json"}],
        "api": {"connections": 0, "tcp": {"listen": "example.org:80", "key": "k"}},
        "log": {"level": "loud"}})",
                     "c.json");
    CHECK(paths_of(parsed) == std::vector<std::string>{"$.states",
                                                       "$.interfaces.eth0",
                                                       "$.interfaces[\"a b\"]",
                                                       "$.interfaces.eth9",
                                                       "$.observe",
                                                       "$.encapsulations",
                                                       "$.quic_budget",
                                                       "$.feeds[0].name",
                                                       "$.feeds[0].format",
                                                       "$.feeds[0].url",
                                                       "$.feeds[0]",
                                                       "$.feeds[1]",
                                                       "$.feeds[1].interval",
                                                       "$.feeds[1].jitter",
                                                       "$.feeds[1].max_drop_percent",
                                                       "$.feeds[2].order",
                                                       "$.feeds[2].name",
                                                       "$.api.connections",
                                                       "$.api.tcp.listen",
                                                       "$.api.tcp",
                                                       "$.api.tcp",
                                                       "$.log.level"});
    CHECK(parsed.problems[0].line == 1);
    CHECK(parsed.problems[4].line == 2);
    CHECK(parsed.problems[5].remedy == "write all, none, or some of mpls,gre,ipip,gtpu,vxlan,geneve");
}

TEST_CASE("configuration: Piracy Shield is fetched at least every 30 minutes, jitter included")
{
    const auto parse = [](const std::string& more) {
        return parse_config(R"({"feeds": [{"name": "ps", "piracyshield": "ps.json")" + more + "}]}",
                            "/etc/interdict/c.json");
    };
    const auto usual = parse("");
    REQUIRE(usual.ok());
    const auto& feed = usual.config.feeds[0];
    CHECK(feed.source == FeedConfig::Source::PiracyShield);
    CHECK(feed.format == feed::Format::PiracyShield);
    CHECK(feed.from == "/etc/interdict/ps.json");
    CHECK(feed.interval == 300);
    CHECK(feed.jitter == 30);
    CHECK_FALSE(feed.report);
    CHECK(parse(R"(, "report": true)").config.feeds[0].report);
    CHECK(parse(R"(, "interval": "PT25M", "jitter": "PT5M")").ok());
    CHECK(paths_of(parse(R"(, "interval": "PT25M", "jitter": "PT301S")")) ==
          std::vector<std::string>{"$.feeds[0]"});
    CHECK(paths_of(parse(R"(, "interval": "PT31M")")) == std::vector<std::string>{"$.feeds[0].interval"});
    CHECK(paths_of(parse(R"(, "url": "https://x.example/")")) == std::vector<std::string>{"$.feeds[0].url"});
}

TEST_CASE("configuration: the watch needs its settings")
{
    const auto parsed =
        parse_config(R"({"dynamic": {"settings": "watch.json", "interval": "PT5M"}})", "/e/c");
    REQUIRE(parsed.ok());
    CHECK(parsed.config.dynamic == DynamicConfig{"/e/watch.json", 300});
    CHECK(paths_of(parse_config(R"({"dynamic": {"interval": "PT1S"}})", "/e/c")) ==
          std::vector<std::string>{"$.dynamic", "$.dynamic.interval"});
    CHECK_FALSE(parse_config("{}", "/e/c").config.dynamic);
}

TEST_CASE("configuration: a feed's address with a password in it is refused, an @ behind the host is not")
{
    const auto problems = [](const std::string& url) {
        return paths_of(parse_config(
            R"({"feeds": [{"name": "a", "format": "plain", "order": "o.json", "url": ")" + url + R"("}]})",
            "c.json"));
    };
    CHECK(problems("https://me:secret@lists.example/a") == std::vector<std::string>{"$.feeds[0].url"});
    CHECK(problems("https://me@lists.example") == std::vector<std::string>{"$.feeds[0].url"});
    CHECK(problems("https://lists.example/a@b?c=d@e").empty());
    CHECK(problems("https://lists.example?c=d@e").empty());
}

TEST_CASE("configuration: what is refused of a feed's address is told without its secrets")
{
    for (const std::string url : {"https://me:secret@lists.example/a", "http://me:secret@lists.example/a",
                                  "http://lists.example/a?token=secret", "me:secret@lists.example"}) {
        INFO(url);
        const auto parsed = parse_config(
            R"({"feeds": [{"name": "a", "format": "plain", "order": "o.json", "url": ")" + url + R"("}]})",
            "c.json");
        REQUIRE(parsed.problems.size() == 1);
        CHECK(parsed.problems[0].line == 1);
        const auto text = order::to_string(parsed.problems[0]);
        CHECK_FALSE(text.contains("secret"));
        CHECK(text.contains("$.feeds[0].url"));
    }
}

TEST_CASE("configuration: text that is no JSON, and a comment that is none, are told with their line")
{
    const auto cut = parse_config("{\n  // all of it\n  \"state\": ", "c.json");
    REQUIRE(cut.problems.size() == 1);
    CHECK(cut.problems[0].line == 3);
    CHECK(parse_config("{} / comment", "c.json").problems.size() == 1);
    CHECK(parse_config("[]", "c.json").problems.size() == 1);
    CHECK(without_comments("{\"a\": \"x//y\\\"//\"} // z") == "{\"a\": \"x//y\\\"//\"}     ");
}

TEST_CASE("configuration: a socket's path has to fit into its address")
{
    const std::string longest(106, 'a');
    CHECK(parse_config(R"({"api": {"socket": "/)" + longest + "\"}}", "c.json").ok());
    CHECK_FALSE(parse_config(R"({"api": {"socket": "/a)" + longest + "\"}}", "c.json").ok());
}

TEST_CASE("configuration: files that it names are checked as the daemon will read them")
{
    const testing::Temporary folder;
    REQUIRE(write_file(folder / "guard.json", R"({"canary": []})"));
    REQUIRE(write_file(folder / "basis.json", R"({"id": "x"})"));
    REQUIRE(write_file(folder / "ps.json",
                       R"({"url": "https://x.example", "credentials": "open", "order": "basis.json"})"));
    REQUIRE(write_file(folder / "open", R"({"email": "a", "password": "b"})", 0644));
    REQUIRE(write_file(folder / "watch.json", R"({"resolver": []})"));
    REQUIRE(write_file(folder / "c.json", R"({
        "state": "state", "guard": "guard.json", "scopes": "none.json",
        "feeds": [{"name": "a", "format": "plain", "file": "a.txt", "order": "basis.json"},
                  {"name": "ps", "piracyshield": "ps.json"}],
        "dynamic": {"settings": "watch.json"},
        "api": {"group": "no-such-group-here",
                "tcp": {"listen": "127.0.0.1:1", "certificate": "c", "key": "k", "tokens": "t"}}})"));
    const auto parsed = load_config(folder / "c.json");
    const auto paths = paths_of(parsed);
    const auto has = [&](const std::string& file, const std::string& path) {
        return std::ranges::any_of(parsed.problems, [&](const auto& problem) {
            return problem.file == (folder / file) && problem.json_path == path;
        });
    };
    CHECK(has("guard.json", "$.canary"));
    CHECK(has("c.json", "$.scopes"));
    CHECK(has("basis.json", "$.kind"));
    CHECK(has("c.json", "$.feeds[1].piracyshield")); // others may read the password
    CHECK(has("watch.json", "$.resolver"));
    CHECK(has("c.json", "$.api.group"));
    CHECK(has("c.json", "$.api.tcp.certificate"));
    CHECK(has("c.json", "$.api.tcp.key"));
    CHECK(has("c.json", "$.api.tcp.tokens"));
    const auto missing = load_config(folder / "nowhere.json");
    REQUIRE(missing.problems.size() == 1);
    CHECK_THAT(missing.problems[0].message, ContainsSubstring("nowhere.json"));
}

TEST_CASE("configuration: metrics, archive and pages, and what is wrong with them")
{
    const auto parsed = parse_config(R"({"metrics": {"listen": "[::1]:9469"},
        "archive": {"interval": "PT1H", "hours": "P1D"},
        "pages": {"stop": "192.0.2.80:80", "lookup": "192.0.2.80:81", "operator": "Example Fibre",
                  "contact": "tel:+390212345", "rate": 9}})",
                                     "/etc/interdict/interdict.json");
    REQUIRE(paths_of(parsed).empty());
    const auto& config = parsed.config;
    CHECK(config.metrics.listen == Listen{"::1", 9469});
    CHECK(config.archive == ArchiveConfig{3600, 86'400});
    CHECK(config.pages.stop == Listen{"192.0.2.80", 80});
    CHECK(config.pages.lookup == Listen{"192.0.2.80", 81});
    CHECK(config.pages.who == "Example Fibre");
    CHECK(config.pages.contact == "tel:+390212345");
    CHECK(config.pages.rate == 9);
    const auto none = parse_config("{}", "/etc/interdict/interdict.json").config;
    CHECK_FALSE(none.metrics.listen);
    CHECK_FALSE(none.pages.stop);
    CHECK(none.archive.interval == 300);

    const auto wrong = parse_config(R"({"metrics": {"listen": "localhost:1"}, "archive": {"interval": "PT2H"},
        "pages": {"stop": "192.0.2.80:80", "lookup": "192.0.2.80:80", "contact": "javascript:x", "rate": 0}})",
                                    "/etc/interdict/interdict.json");
    auto paths = paths_of(wrong);
    std::ranges::sort(paths);
    CHECK(paths == std::vector<std::string>{"$.archive.interval", "$.metrics.listen", "$.pages.contact",
                                            "$.pages.lookup", "$.pages.rate"});
}
