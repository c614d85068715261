// SPDX-License-Identifier: Apache-2.0
//
// The authority's credentials, while everything goes wrong with its server.
#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>

#include <catch2/catch_test_macros.hpp>
#include <sys/stat.h>

#include "shield.h"

using namespace interdict;
using namespace interdict::test;
using nlohmann::json;

namespace {

// What the test's server takes, and how its tokens begin.
constexpr std::array<std::string_view, 3> kSecrets{"correct horse", "ACCESS-", "REFRESH-"};

void check_silent(const std::string& where, const std::string& text)
{
    INFO(where);
    CHECK_FALSE(text.empty());
    for (const auto secret : kSecrets) {
        INFO(secret);
        const auto same = [](char a, char b) { return std::toupper(a) == std::toupper(b); };
        const bool found = std::ranges::search(text, secret, same).size() != 0;
        CHECK_FALSE(found);
    }
}

} // namespace

TEST_CASE("a feed's password and tokens are in no log, event, answer, metric, argument, file or redirect, "
          "whatever the server answers")
{
    Running daemon;
    Shield shield;
    Shield elsewhere;
    if (!shield.server || !elsewhere.server)
        SKIP(shield.why + elsewhere.why);
    // The other host is one that would be trusted.
    const auto both =
        read_file(shield.server->ca_file()).value() + read_file(elsewhere.server->ca_file()).value();
    REQUIRE(write_file(daemon.folder() / "both.pem", both));
    shield.configure(daemon, R"(, "ca_file": "both.pem")");
    const json items = {{kTicket, json::array()}};
    shield.set({"a.example"}, {{"items", items}});
    elsewhere.set({"b.example"});
    daemon.write_config(R"(, "metrics": {"listen": "127.0.0.1:9469"},
        "feeds": [{"name": "shield", "piracyshield": "shield.json", "report": true, "jitter": "PT0S"}])");
    auto config = read_file(daemon.config()).value();
    const std::string log = R"("log": {)";
    config.replace(config.find(log), log.size(), log + R"("level": "debug", )");
    REQUIRE(write_file(daemon.config(), config));
    daemon.start();
    std::uint64_t sequence = 0;
    daemon.next_event("feed", sequence);
    daemon.next_event("reported", sequence);
    const auto logged_in = shield.server->requests();
    REQUIRE(logged_in[0]["body"]["password"] == kSecrets[0]);
    REQUIRE(logged_in[1]["token"].get<std::string>().starts_with(kSecrets[1]));

    const auto fails = [&] {
        CHECK(daemon.post("/v1/feeds/shield/fetch").status == 200);
        const auto event = daemon.next_event("feed-failed", sequence);
        return event["message"].get<std::string>();
    };
    const auto to = elsewhere.server->url() + "/v1/authentication/login";
    const std::vector<json> faults = {
        {{"path", "/login"}, {"kind", "echo"}, {"status", 401}},
        {{"path", "/login"}, {"kind", "echo"}, {"status", 500}},
        {{"path", "/login"}, {"kind", "reflect"}},
        {{"path", "/login"}, {"kind", "redirect"}, {"status", 302}, {"location", to}},
        {{"path", "/login"}, {"kind", "redirect"}, {"status", 307}, {"location", to}},
        {{"path", "/login"}, {"kind", "cut"}},
        {{"path", "/checksum"}, {"kind", "echo"}, {"status", 401}, {"count", 9}},
        {{"path", "/checksum"}, {"kind", "echo"}, {"status", 400}},
        {{"path", "/checksum"}, {"kind", "reflect"}},
        {{"path", "/checksum"}, {"kind", "redirect"}, {"status", 308}, {"location", to}},
        {{"path", "/ticket/item/"}, {"kind", "echo"}, {"status", 400}, {"count", 9}},
    };
    for (const auto& fault : faults) {
        INFO(fault.dump());
        shield.set({"a.example"}, {{"items", items}, {"faults", {fault}}});
        if (fault["path"] == "/ticket/item/") {
            CHECK(daemon.post("/v1/feeds/shield/fetch").status == 200);
            daemon.next_event("report-failed", sequence);
        } else {
            fails();
        }
        CHECK(elsewhere.server->requests() == json::array());
    }
    // Before anything is sent.
    static_cast<void>(shield.server->requests());
    const auto good = read_file(daemon.folder() / "shield.json").value();
    shield.configure(daemon, fmt::format(R"(, "ca_file": "{}/other.pem")", shield.server->folder().string()));
    CHECK(fails().find("certificate") != std::string::npos);
    CHECK(shield.server->requests() == json::array());
    REQUIRE(write_file(daemon.folder() / "shield.json", good));
    REQUIRE(::chmod((daemon.folder() / "secret").c_str(), 0644) == 0);
    CHECK(fails().find("0644") != std::string::npos);
    REQUIRE(write_file(daemon.folder() / "secret", R"({"pass word": "correct horse")", 0600));
    REQUIRE(::chmod((daemon.folder() / "secret").c_str(), 0600) == 0);
    CHECK(fails().find("is not {") != std::string::npos);
    const auto reload = daemon.post("/v1/reload");
    CHECK(reload.status == 422);
    check_silent("reload", reload.body);

    for (const char* path :
         {"/v1/status", "/v1/feeds", "/v1/events?after=0&follow=false", "/v1/audit", "/v1/orders", "/v1/held",
          "/v1/orders/list", "/v1/orders/list/history", "/v1/orders/list/report", "/v1/generations"})
        check_silent(path, daemon.get(path).body);
    const auto metrics = send({.socket = {}, .base = "http://127.0.0.1:9469"}, "GET", "/metrics");
    CHECK(metrics.status == 200);
    check_silent("metrics", metrics.body);
    check_silent("log", daemon.log());
    for (const char* file : {"cmdline", "environ"})
        check_silent(file, read_file(fmt::format("/proc/{}/{}", daemon.pid(), file)).value());
    CHECK(daemon.end(SIGTERM) == 0);
    for (const auto& file : std::filesystem::recursive_directory_iterator(daemon.folder() / "state"))
        if (file.is_regular_file() && file.file_size() != 0)
            check_silent(file.path(), read_file(file.path()).value());
}
