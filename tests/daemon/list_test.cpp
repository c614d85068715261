// SPDX-License-Identifier: Apache-2.0
//
// Lists that are handed over, and those that the daemon fetches from servers.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>

#include "base/clock.h"
#include "base/file.h"
#include "client.h"
#include "daemon/api/api.h"
#include "feed/server.h"
#include "schema.h"
#include "shield.h"

using namespace interdict;
using namespace interdict::test;
using Catch::Matchers::ContainsSubstring;

namespace {

Response hand_over(const Running& daemon, const std::string& list, const std::string& query = {})
{
    const std::string basis = kListBasis;
    return daemon.post(fmt::format("/v1/feeds/office/list?format=plain&source=list.txt&parts={},{}{}",
                                   basis.size(), list.size(), query),
                       basis + list);
}

const Json& document()
{
    static const Json parsed = Json::parse(daemon::api::openapi());
    return parsed;
}

std::string fault_of_list(const Json& json)
{
    return fault_of(json, Json{{"$ref", "#/components/schemas/ImportOutcome"}}, document());
}

Json entries(const Running& daemon)
{
    return daemon.get("/v1/status").json()["generation"]["targets"]["used"];
}

} // namespace

TEST_CASE("a list that is handed over is judged as by import: taken, shrunken, garbled, of wrong parts")
{
    Running daemon;
    daemon.start();
    auto answer = hand_over(daemon, "a.example\nb.example\nc.example\nhttp://d.example/page\n");
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    CHECK(fault_of_list(answer.json()) == "");
    CHECK(answer.json()["status"] == "taken");
    CHECK(answer.json()["entries"] == 3);
    CHECK(answer.json()["quarantined"] == 1);
    CHECK(answer.json()["items"][0]["line"] == 4);
    CHECK(answer.json()["items"][0]["source"] == "list.txt");
    CHECK(daemon.get("/v1/orders/list").json()["origin"] == "feed office");
    CHECK(daemon.get("/v1/orders/list/history").json()["history"][0]["actor"] == "root");
    const auto quarantine = daemon.folder() / "state/feeds/office/quarantine.jsonl";
    CHECK_THAT(read_file(quarantine).value(), ContainsSubstring("d.example/page"));

    // Refused by the policy: what was quarantined of it is kept all the same.
    answer = hand_over(daemon, "a.example\n*.e.example\n");
    CHECK(answer.status == 409);
    const auto error = answer.json()["error"];
    CHECK(error["code"] == "not-taken");
    CHECK(error["list"]["status"] == "kept");
    CHECK(error["list"]["items"][0]["text"] == "*.e.example");
    CHECK(fault_of(answer.json(), Json{{"$ref", "#/components/schemas/Error"}}, document()) == "");
    CHECK_THAT(read_file(quarantine).value(), ContainsSubstring("*.e.example"));
    auto feed = daemon.get("/v1/feeds").json()["feeds"][0];
    CHECK(feed["entries"] == 3);
    CHECK_THAT(feed["failure"].get<std::string>(), ContainsSubstring("66.7% fewer"));
    CHECK(hand_over(daemon, "<html>", "&max_drop_percent=100").status == 409);
    CHECK(hand_over(daemon, "a.example\n", "&max_drop_percent=100").status == 200);
    CHECK(daemon.get("/v1/feeds").json()["feeds"][0]["failed"].is_null());

    CHECK(hand_over(daemon, "a.example\n", "&max_age=soon").status == 422);
    CHECK(hand_over(daemon, "a.example\n", "&match=all").json()["error"]["message"] ==
          "match: \"all\" is not exact or subtree");
    const std::string path = "/v1/feeds/office/list?format=";
    CHECK(daemon.post(path + "plain&parts=2,3", "1234").status == 422);
    CHECK(daemon.post(path + "plain&parts=4", "1234").status == 422);
    CHECK(daemon.post(path + "plain&parts=99999999999999999999,1", "1234").status == 422);
    CHECK(daemon.post(path + "plain&parts=0,4", "1234").status == 422); // without a legal basis
    CHECK(daemon.post(path + "native&parts=2,2", "{}{}").status == 422);
    CHECK(daemon.post(path + "what&parts=2,2", "{}{}").status == 422);
    CHECK(daemon.post("/v1/feeds/..up/list?format=plain&parts=2,2", "{}{}").status == 422);
    CHECK(daemon.get("/v1/feeds").json()["feeds"].size() == 1);
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("an address that the guard holds keeps the end that it had when it came")
{
    Running daemon;
    daemon.start();
    // 10.0.0.1 may be a subscriber's own.
    REQUIRE(hand_over(daemon, "198.51.100.7\n10.0.0.1\n").json()["outcome"] == "degraded");
    const auto end = [&] {
        Json ends = Json::object();
        const auto order = daemon.get("/v1/orders/list").json();
        for (const auto& target : order["targets"])
            ends[target["target"].get<std::string>()] = target["expires"];
        return ends;
    };
    const auto before = end();
    REQUIRE(before.size() == 2);
    const auto second = now();
    while (now() == second)
        ::usleep(10'000); // another second, and so another end if it were made anew
    REQUIRE(hand_over(daemon, "198.51.100.7\n10.0.0.1\nb.example\n").status == 200);
    auto after = end();
    after.erase("b.example and below");
    CHECK(after == before);
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE(
    "a feed over HTTPS: taken, refused certificates and statuses leave what is in force; a token in its "
    "query is told to the server only")
{
    Running daemon;
    std::string why;
    const auto server = feed::Server::make(why);
    if (!server)
        SKIP(why);
    REQUIRE(write_file(daemon.folder() / "basis.json", kListBasis));
    const auto config = [&](const std::string& ca) {
        daemon.write_config(fmt::format(R"(, "feeds": [{{"name": "web", "format": "plain", "ca": "{}",
            "url": "{}/list.txt?token=correct-horse", "order": "basis.json", "interval": "P1D", "jitter": "PT0S"}}])",
                                        ca, server->url()));
    };
    const auto answers = [&](const nlohmann::json& fault) { server->set({{"faults", {fault}}}); };
    config(server->ca_file());
    answers({{"path", "/list.txt"}, {"kind", "body"}, {"body", "a.example\nb.example\n"}});
    daemon.start();
    std::uint64_t sequence = 0;
    CHECK(daemon.next_event("feed", sequence)["data"]["outcome"] == "ok");
    CHECK(entries(daemon) == 2);
    CHECK(server->requests()[0]["path"] == "/api/list.txt?token=correct-horse");
    answers({{"path", "/list.txt"}, {"kind", "status"}, {"status", 503}});
    CHECK(daemon.post("/v1/feeds/web/fetch").status == 200);
    auto event = daemon.next_event("feed-failed", sequence);
    CHECK_THAT(event["message"].get<std::string>(), ContainsSubstring("answers 503"));
    answers({{"path", "/list.txt"}, {"kind", "cut"}});
    CHECK(daemon.post("/v1/feeds/web/fetch").status == 200);
    daemon.next_event("feed-failed", sequence);
    config((server->folder() / "other.pem").string());
    CHECK(daemon.post("/v1/reload").status == 200);
    answers({{"path", "/list.txt"}, {"kind", "body"}, {"body", "c.example\nd.example\n"}});
    CHECK(daemon.post("/v1/feeds/web/fetch").status == 200);
    event = daemon.next_event("feed-failed", sequence);
    CHECK_THAT(event["message"].get<std::string>(), ContainsSubstring("certificate"));
    CHECK_THAT(event["message"].get<std::string>(), ContainsSubstring("/list.txt?..."));
    CHECK(entries(daemon) == 2);
    daemon.write_config(R"(, "feeds": [{"name": "web", "format": "plain", "order": "basis.json",
        "url": "https://me:correct-horse@lists.example/"}])");
    CHECK(daemon.post("/v1/reload").status == 422);
    for (const auto* path : {"/v1/events?follow=false", "/v1/feeds", "/v1/status", "/v1/journal"})
        CHECK_THAT(daemon.get(path).body, !ContainsSubstring("correct-horse"));
    CHECK(daemon.end(SIGTERM) == 0);
    const auto log = daemon.log();
    CHECK_THAT(log, ContainsSubstring("feed-failed"));
    CHECK_THAT(log, !ContainsSubstring("correct-horse"));
}

TEST_CASE("a server that never answers does not keep the daemon from ending")
{
    Running daemon;
    Shield shield;
    if (!shield.server)
        SKIP(shield.why);
    shield.configure(daemon);
    shield.set({"a.example"},
               {{"faults", {{{"path", "/login"}, {"kind", "slow"}, {"seconds", 600}, {"count", 1}}}}});
    daemon.write_config(
        R"(, "feeds": [{"name": "shield", "piracyshield": "shield.json", "jitter": "PT0S"}])");
    daemon.start();
    while (shield.server->paths() != std::vector<std::string>{"/authentication/login"})
        ::usleep(1000);
    CHECK(daemon.post("/v1/feeds/shield/fetch").status == 200); // under way: not begun twice
    const auto began = std::chrono::steady_clock::now();
    CHECK(daemon.end(SIGTERM) == 0);
    // A request may take a minute.
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(30));
}

TEST_CASE("Piracy Shield is polled: blocked, lifted, told to the authority; faults leave what is in force")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
    Shield shield;
    if (!shield.server)
        SKIP(shield.why);
    shield.configure(daemon);
    shield.set({"a.example", "b.example"}, {{"items",
                                             {{kTicket,
                                               {{{"value", "a.example"}, {"status", "pending"}},
                                                {{"value", "unknown.example"}, {"status", "pending"}}}}}}});
    daemon.write_config(R"(, "interfaces": {"sub0": "subscriber"},
        "feeds": [{"name": "shield", "piracyshield": "shield.json", "report": true, "jitter": "PT0S"}])");
    daemon.start();
    std::uint64_t sequence = 0;
    auto event = daemon.next_event("feed", sequence);
    CHECK(event["message"] ==
          "feed shield: taken: 3 entries (0 before), 3 added, 0 lifted, 0 orders unchanged");
    event = daemon.next_event("reported", sequence);
    CHECK(event["data"]["processed"] == 1);
    CHECK(event["data"]["failed"] == Json::array());
    CHECK(entries(daemon) == 3);
    std::string told;
    for (const auto& request : shield.server->requests())
        if (request["path"].get<std::string>().find("/set/processed") != std::string::npos)
            told += request["body"]["value"];
    CHECK(told == "a.example");
    CHECK(daemon.get("/v1/orders/list").json()["origin"] == "feed shield");
    // At most 30 minutes later, jitter included.
    const auto next = parse_timestamp(daemon.get("/v1/feeds").json()["feeds"][0]["next"].get<std::string>());
    CHECK(*next - now() <= 1800);

    // Only checksums are asked for again.
    shield.set({"a.example", "b.example"});
    CHECK(daemon.post("/v1/feeds/shield/fetch").status == 200);
    daemon.next_event("reported", sequence);
    const auto paths = shield.server->paths();
    CHECK(std::ranges::find(paths, "/fqdn/get/all/txt") == paths.end());
    CHECK(std::ranges::find(paths, "/fqdn/get/all/txt/checksum") != paths.end());
    shield.set({"a.example", "c.example"});
    CHECK(daemon.post("/v1/feeds/shield/fetch").status == 200);
    event = daemon.next_event("feed", sequence);
    CHECK_THAT(event["message"].get<std::string>(), ContainsSubstring("1 added, 1 lifted"));
    daemon.next_event("reported", sequence);
    shield.set({"a.example"}, {{"faults", {{{"path", "/fqdn/"}, {"kind", "status"}, {"status", 500}}}}});
    CHECK(daemon.post("/v1/feeds/shield/fetch").status == 200);
    event = daemon.next_event("feed-failed", sequence);
    CHECK_THAT(event["message"].get<std::string>(), ContainsSubstring("with 3 entries stays in force"));
    CHECK(entries(daemon) == 3);

    // The password is neither logged nor kept in the state.
    CHECK(daemon.log().find("correct horse") == std::string::npos);
    CHECK(lifecycle::shell(fmt::format("grep -rq 'correct horse' {}/state", daemon.folder().string())) != 0);
    CHECK(daemon.end(SIGTERM) == 0);
}
