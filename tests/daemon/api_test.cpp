// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>
#include <sys/wait.h>

#include "base/file.h"
#include "client.h"
#include "daemon/api/api.h"
#include "harness/hello.h"
#include "schema.h"

using namespace interdict;
using namespace interdict::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const Json& document()
{
    static const Json parsed = Json::parse(daemon::api::openapi());
    return parsed;
}

// What the description says about the answer of a request.
std::string fault_of_answer(const std::string& method, const std::string& path, const Response& response)
{
    const auto& operation = document()["paths"].at(path).at(method);
    const auto& responses = operation["responses"];
    Json schema = response.status == 200 ? responses["200"]["content"]["application/json"]["schema"]
                                         : Json{{"$ref", "#/components/schemas/Error"}};
    return fault_of(response.json(), schema, document());
}

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

} // namespace

TEST_CASE("every route is in openapi.json with its role, and nothing else is")
{
    std::set<std::string> served;
    for (const auto& route : daemon::api::Api::routes()) {
        INFO(route.path);
        served.insert(lower(route.method) + " " + std::string(route.path));
        REQUIRE(document()["paths"].contains(std::string(route.path)));
        const auto& operations = document()["paths"].at(std::string(route.path));
        REQUIRE(operations.contains(lower(route.method)));
        CHECK(operations[lower(route.method)]["x-role"] == to_string(route.role));
        CHECK(operations[lower(route.method)].contains("requestBody") ==
              (route.body != 0 && route.path.find("/fetch") == std::string_view::npos &&
               route.path != "/v1/reload"));
    }
    std::set<std::string> described;
    for (const auto& [path, operations] : document()["paths"].items())
        for (const auto& [method, operation] : operations.items())
            described.insert(method + " " + path);
    CHECK(described == served);
}

TEST_CASE(
    "the life of an order over the socket: live, counted, stayed, lifted; every answer as openapi.json says")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"}, "feeds": [{"name": "trial", "format": "plain",
        "file": "list.txt", "order": "basis.json", "interval": "P1D", "jitter": "P1D"}])");
    REQUIRE(write_file(daemon.folder() / "basis.json", kListBasis)); // and no list
    daemon.start();
    const auto expect = [](const char* method, const char* path, const Response& response, long status) {
        INFO(path << " " << response.body);
        CHECK(response.status == status);
        CHECK(fault_of_answer(method, path, response) == "");
        return response.json();
    };
    auto json = expect("get", "/v1/status", daemon.get("/v1/status"), 200);
    CHECK(json["up"] == true);
    CHECK(json["generation"].is_null());
    REQUIRE(json["interfaces"].size() == 1);
    CHECK(json["interfaces"][0]["name"] == "sub0");
    CHECK(json["interfaces"][0]["attached"] == true);
    expect("get", "/v1/health", daemon.get("/v1/health"), 200);

    // Address rules can be hit by a frame of any kind.
    const std::string address = R"({"orders": [{"id": "one", "kind": "court-order", "authority": "A court",
        "reference": "1", "jurisdiction": "ZZ", "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z",
        "comply_within": "P3650D",
        "targets": [{"prefix": "198.51.100.7/32", "expires": "2099-01-01T00:00:00Z"}]}]})";
    json = expect("post", "/v1/orders", daemon.post("/v1/orders?reason=served", address), 200);
    CHECK(json["outcome"] == "ok");
    CHECK(json["published"] == true);
    CHECK(json["generation"] == 1);
    CHECK(json["proven_live"] == true);
    CHECK(json["diff"]["added"].size() == 1);
    CHECK(daemon.get("/v1/orders/one").json()["status"] == "active");

    const auto plane = plane::Plane::adopt(daemon.pins(), plane::Access::Read).value();
    const auto id = json["diff"]["added"][0]["rule"].get<std::uint32_t>();
    lifecycle::Namespace::send(lifecycle::frame_to("198.51.100.7"));
    CHECK(lifecycle::reaches(plane, id, 1));
    json = expect("get", "/v1/top", daemon.get("/v1/top?limit=5"), 200);
    CHECK(json["total"] == 1);
    CHECK(json["hit"] == 1);
    REQUIRE(json["rules"].size() == 1);
    CHECK(json["rules"][0]["packets"] == 1);
    CHECK(json["rules"][0]["orders"] == Json{"one"});
    // Nobody has looked before: that is no rate.
    CHECK(json["seconds"].is_null());
    CHECK(json["rules"][0]["rate"] == 0.0);
    CHECK(comes_to([&] { return !daemon.get("/v1/top").json()["seconds"].is_null(); }));
    lifecycle::Namespace::send(lifecycle::frame_to("198.51.100.7"));
    CHECK(lifecycle::reaches(plane, id, 2));
    json = expect("get", "/v1/top", daemon.get("/v1/top"), 200);
    CHECK(json["seconds"] >= 0.5);
    CHECK(std::abs(json["rules"][0]["rate"].get<double>() * json["seconds"].get<double>() - 1) < 0.001);
    json = expect("get", "/v1/status", daemon.get("/v1/status?orders=true"), 200);
    CHECK(json["generation"]["rules"] == 1);
    REQUIRE(json["orders"].size() == 1);
    CHECK(json["orders"][0]["id"] == "one");
    CHECK(json["orders"][0]["rules"] == 1);
    CHECK(json["orders"][0]["next_expiry"] == "2099-01-01T00:00:00Z");
    CHECK_FALSE(daemon.get("/v1/status").json().contains("orders"));
    json = expect("get", "/v1/totals", daemon.get("/v1/totals"), 200);
    CHECK_FALSE(json["totals"].empty());

    expect("post", "/v1/orders", daemon.post("/v1/orders", address), 409); // it is there already
    json = expect("post", "/v1/orders/{id}/stay",
                  daemon.post("/v1/orders/one/stay", R"({"reason": "appeal"})"), 200);
    CHECK(json["diff"]["removed"].size() == 1);
    CHECK(passes(lifecycle::frame_to("198.51.100.7")));
    json = expect("post", "/v1/orders/{id}/activate", daemon.post("/v1/orders/one/activate"), 200);
    CHECK_FALSE(passes(lifecycle::frame_to("198.51.100.7")));
    json = expect("post", "/v1/orders",
                  daemon.post("/v1/orders", order_file("two", {"a.example", "b.example"})), 200);
    CHECK(json["diff"]["added"].size() == 2);
    json = expect("put", "/v1/orders/{id}",
                  send(daemon.door(), "PUT", "/v1/orders/two", order_file("two", {"b.example", "c.example"})),
                  200);
    CHECK(json["diff"]["added"].size() == 1);
    CHECK(json["diff"]["removed"].size() == 1);
    json = expect("post", "/v1/orders/{id}/lift", daemon.post("/v1/orders/two/lift?target=b.example"), 200);
    CHECK(json["target"] == "b.example and below");
    // Numbers of rules that have gone are named no more.
    json = expect("get", "/v1/top", daemon.get("/v1/top?all=true"), 200);
    CHECK(json["total"] == 2);
    CHECK(json["hit"] == 1);
    REQUIRE(json["rules"].size() == 2);
    CHECK(json["rules"][0]["target"] == "198.51.100.7/32");
    CHECK(json["rules"][1]["target"] == "c.example");
    CHECK(daemon.get("/v1/top?all=true&limit=1").json()["rules"].size() == 1);
    json = expect("post", "/v1/orders/{id}/final", daemon.post("/v1/orders/one/final"), 200);
    json = expect("post", "/v1/apply", daemon.post("/v1/apply"), 200);
    CHECK(json["unchanged"] == true);
    const auto before = daemon.get("/v1/status").json()["generation"]["number"].get<int>();
    json = expect("post", "/v1/apply",
                  daemon.post("/v1/apply?dry_run=true", order_file("three", {"d.example"})), 200);
    CHECK(json["published"] == false);
    CHECK(json["diff"]["added"].size() == 1);
    CHECK(daemon.get("/v1/orders/three").status == 404);
    json = expect("post", "/v1/apply", daemon.post("/v1/apply", order_file("three", {"d.example"})), 200);
    CHECK(json["generation"] == before + 1);
    json = expect("post", "/v1/rollback", daemon.post("/v1/rollback?to=" + std::to_string(before)), 200);
    CHECK(json["left_out"] == 1);
    json = expect("post", "/v1/orders/{id}/lift", daemon.post("/v1/orders/one/lift?reason=revoked"), 200);
    CHECK(passes(lifecycle::frame_to("198.51.100.7")));

    json = expect("post", "/v1/feeds/{name}/fetch", daemon.post("/v1/feeds/trial/fetch"), 200);
    auto sequence = json["after"].get<std::uint64_t>();
    CHECK(daemon.next_event("feed-failed", sequence)["data"]["kept"] == false);
    CHECK(daemon.get("/v1/feeds").json()["feeds"][0]["name"] == "trial");
    expect("get", "/v1/status", daemon.get("/v1/status"), 200);

    for (const char* path : {"/v1/orders", "/v1/held", "/v1/due", "/v1/proposals", "/v1/feeds",
                             "/v1/generations", "/v1/audit", "/v1/audit/verify"})
        expect("get", path, daemon.get(path), 200);
    json = expect("get", "/v1/orders/{id}", daemon.get("/v1/orders/one"), 200);
    CHECK(json["status"] == "lifted");
    CHECK(json["deliveries"][0]["proven"].is_string());
    json = expect("get", "/v1/orders/{id}/history", daemon.get("/v1/orders/one/history"), 200);
    std::vector<std::string> steps;
    for (const auto& line : json["history"])
        steps.push_back(line["step"]);
    CHECK(steps == std::vector<std::string>{"add", "stay", "activate", "final", "lift"});
    CHECK(json["history"][0]["actor"] == "root");
    CHECK(json["history"][0]["reason"] == "served");
    CHECK(json["history"][4]["reason"] == "revoked");
    CHECK(daemon.get("/v1/audit/verify").json()["ok"] == true);
    json = expect("get", "/v1/counters", daemon.get("/v1/counters?order=one"), 200);
    CHECK(Json::parse(daemon.get("/v1/openapi.json").body) == document());
    CHECK(daemon.end(SIGTERM) == 0);
    CHECK(passes(lifecycle::frame_to("192.0.2.1")));
    CHECK(plane.generation()->number == static_cast<std::uint64_t>(before + 3)); // the filter stays
}

TEST_CASE("what cannot be done is said with its status, and nothing happens")
{
    Running daemon;
    daemon.start();
    const auto code_of = [](const Response& response) {
        INFO(response.body);
        CHECK(fault_of(response.json(), {{"$ref", "#/components/schemas/Error"}}, document()) == "");
        return std::pair(response.status, response.json()["error"]["code"].get<std::string>());
    };
    const auto is = [](long status, const char* code) { return std::pair<long, std::string>(status, code); };
    CHECK(code_of(daemon.get("/v1/nothing")) == is(404, "not-found"));
    CHECK(code_of(daemon.get("/")) == is(404, "not-found"));
    CHECK(code_of(daemon.get("/v1/orders/none")) == is(404, "not-found"));
    CHECK(code_of(daemon.get("/v1/orders/none/history")) == is(404, "not-found"));
    CHECK(code_of(daemon.get("/v1/orders?status=odd")) == is(400, "bad-request"));
    CHECK(code_of(daemon.get("/v1/top?limit=-1")) == is(400, "bad-request"));
    CHECK(code_of(daemon.get("/v1/top?limit=10001")) == is(400, "bad-request"));
    CHECK(code_of(daemon.get("/v1/counters")) == is(400, "bad-request"));
    CHECK(code_of(daemon.get("/v1/events?follow=false&after=x")) == is(400, "bad-request"));
    CHECK(code_of(daemon.post("/v1/status")) == is(405, "not-allowed"));
    CHECK(code_of(daemon.get("/v1/apply")) == is(405, "not-allowed"));
    CHECK(code_of(daemon.post("/v1/orders/none/lift")) == is(404, "not-found"));
    CHECK(code_of(daemon.post("/v1/orders/none/lift", "[]")) == is(400, "bad-request"));
    CHECK(code_of(daemon.post("/v1/proposals/7/approve")) == is(404, "not-found"));
    CHECK(code_of(daemon.post("/v1/proposals/x/approve")) == is(404, "not-found"));
    CHECK(code_of(daemon.post("/v1/rollback?to=99")) == is(404, "not-found"));
    CHECK(code_of(daemon.post("/v1/rollback")) == is(422, "invalid"));
    CHECK(code_of(daemon.post("/v1/feeds/none/fetch")) == is(404, "not-found"));
    CHECK(code_of(daemon.post("/v1/orders?document=abc", order_file("a", {"a.example"}))) ==
          is(422, "invalid"));
    CHECK(code_of(daemon.post("/v1/orders?origin=feed%20x", order_file("a", {"a.example"}))) ==
          is(422, "invalid"));
    CHECK(code_of(daemon.post("/v1/orders", "no json")) == is(422, "invalid"));
    const auto odd = daemon.post("/v1/orders", order_file("a", {"a.example", "https://x/"}));
    CHECK(code_of(odd) == is(422, "invalid"));
    CHECK(odd.json()["error"]["problems"][0]["path"] == "$.orders[0].targets[1].name");
    CHECK(code_of(send(daemon.door(), "PUT", "/v1/orders/b", order_file("a", {"a.example"}))) ==
          is(422, "invalid"));
    CHECK(code_of(daemon.post("/v1/interfaces", R"({"add": {"sub0": "lan"}})")) == is(422, "invalid"));
    CHECK(code_of(daemon.post("/v1/interfaces", R"({"add": {"nowhere9": "uplink"}})")) ==
          is(409, "conflict"));
    // Beyond what a body may have: refused before it is read.
    CHECK(code_of(daemon.post("/v1/rollback", std::string((1 << 20) + 1, ' '))) == is(413, "too-large"));
    CHECK(daemon.post("/v1/orders?partial=true", order_file("a", {"a.example", "https://x/"})).status == 200);
    CHECK(daemon.get("/v1/orders").json()["orders"].size() == 1);
    std::size_t steps = 0; // of people; what is noted about the one order is the daemon's
    const Json audit = daemon.get("/v1/audit").json();
    for (const auto& line : audit["lines"])
        steps += line["step"] == "add";
    CHECK(steps == 1);
}

TEST_CASE("a block of a canary is refused and not in the book; a held target takes two persons")
{
    Running daemon;
    std::filesystem::create_directories(daemon.folder() / "state");
    REQUIRE(write_file(
        daemon.folder() / "state/guard.json",
        R"({"canaries": ["www.isp.example"], "own": [{"label": "ours", "names": ["ours.example"]}]})"));
    daemon.start();
    auto response = daemon.post("/v1/orders", order_file("bad", {"isp.example"}));
    CHECK(response.status == 422);
    CHECK(response.json()["error"]["code"] == "refused");
    CHECK(daemon.get("/v1/orders/bad").status == 404);
    response = daemon.post("/v1/orders", order_file("part", {"ours.example", "theirs.example"}));
    CHECK(response.json()["outcome"] == "degraded");
    REQUIRE(response.json()["held"].size() == 1);
    response = daemon.post_as("ana", "/v1/orders/part/override", R"({"target": "ours.example"})");
    CHECK(response.status == 422); // without a reason
    response = daemon.post_as("ana", "/v1/orders/part/override",
                              R"({"target": "ours.example", "reason": "annex 2"})");
    REQUIRE(response.json()["proposal"] == 1);
    CHECK(daemon.post_as("ana", "/v1/proposals/1/approve").status == 409);
    response = daemon.post_as("bob", "/v1/proposals/1/approve");
    CHECK(response.status == 200);
    CHECK(response.json()["diff"]["added"].size() == 1);
    CHECK(daemon.post_as("bob", "/v1/proposals/1/reject").status == 409);
}

TEST_CASE("long work streams its progress and ends with the result, or with the error")
{
    Running daemon;
    daemon.start();
    auto door = daemon.door();
    door.headers.push_back("Accept: application/x-ndjson");
    std::string names;
    for (int i = 0; i < 20000; ++i)
        names += fmt::format("{}{{\"name\": \"n{}.example\"}}", i == 0 ? "" : ", ", i);
    const auto list = R"({"orders": [{"id": "many", "kind": "court-order", "authority": "A court",
        "reference": "1", "jurisdiction": "ZZ", "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z",
        "targets": [)" +
                      names + "]}]}";
    const auto lines_of = [](const Response& response) {
        std::vector<Json> lines;
        std::istringstream in(response.body);
        for (std::string line; std::getline(in, line);)
            if (!line.empty())
                lines.push_back(Json::parse(line));
        return lines;
    };
    const auto applied = send(door, "POST", "/v1/apply", list);
    INFO(applied.body.substr(0, 1000));
    auto lines = lines_of(applied);
    REQUIRE(lines.size() >= 2);
    CHECK(lines.front()["progress"]["what"] == "writing the book");
    CHECK(lines.back()["result"]["diff"]["added"].size() == 1000); // at most so many are named
    CHECK(lines.back()["result"]["proven"] == 20000);
    lines = lines_of(send(door, "POST", "/v1/orders/none/lift"));
    REQUIRE(lines.size() == 1);
    CHECK(lines.back()["status"] == 404);
    CHECK(lines.back()["error"]["code"] == "not-found");
}

TEST_CASE("events are kept, and told as they come")
{
    Running daemon;
    daemon.start();
    REQUIRE(daemon.post("/v1/orders", order_file("one", {"a.example"})).status == 200);
    const auto body = daemon.get("/v1/events?follow=false&after=0").body;
    std::istringstream in(body);
    std::vector<std::string> kinds;
    std::uint64_t sequence = 0;
    for (std::string line; std::getline(in, line);) {
        const auto event = Json::parse(line);
        CHECK(fault_of(event, {{"$ref", "#/components/schemas/Event"}}, document()) == "");
        CHECK(event["sequence"] == ++sequence);
        kinds.push_back(event["kind"]);
    }
    REQUIRE(kinds.size() >= 2);
    CHECK(kinds.front() == "started");
    CHECK(kinds.back() == "generation");
    CHECK(daemon.get(fmt::format("/v1/events?follow=false&after={}", sequence)).body.empty());
    CHECK_THAT(daemon.log(), ContainsSubstring("generation 1 is live"));
}

TEST_CASE("reload: a good configuration is taken, a bad one leaves the old one with its reason")
{
    Running daemon;
    daemon.start();
    daemon.write_config(R"(, "interfaces": {"sub0": "both"})");
    CHECK(daemon.post("/v1/reload").status == 200);
    auto status = daemon.get("/v1/status").json();
    REQUIRE(status["interfaces"].size() == 1);
    CHECK(status["interfaces"][0]["role"] == "both");
    daemon.write_config(R"(, "interfaces": {"sub0": "lan"})");
    const auto response = daemon.post("/v1/reload");
    CHECK(response.status == 422);
    CHECK(response.json()["error"]["problems"][0]["path"] == "$.interfaces.sub0");
    status = daemon.get("/v1/status").json();
    CHECK(status["interfaces"][0]["role"] == "both");
    CHECK(status["daemon"]["reload"]["ok"] == false);
    CHECK_THAT(status["daemon"]["reload"]["reason"].get<std::string>(),
               ContainsSubstring("$.interfaces.sub0"));
    daemon.write_config(R"(, "interfaces": {"sub0": "uplink", "sub7": "uplink"})");
    REQUIRE(::kill(daemon.pid(), SIGHUP) == 0);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (daemon.get("/v1/status").json()["daemon"]["reload"]["ok"] == false)
        REQUIRE(std::chrono::steady_clock::now() < end);
    status = daemon.get("/v1/status").json();
    CHECK(status["interfaces"][0]["role"] == "uplink");
    CHECK(status["degraded"][0] == "sub7: there is no such interface");
}

TEST_CASE("a second daemon, and a writer beside the daemon, are kept out")
{
    Running daemon;
    daemon.start();
    CHECK(::system(fmt::format("{}/interdictd --config {} 2> {}", INTERDICT_BINARY_DIR,
                               daemon.config().string(), (daemon.folder() / "second").string())
                       .c_str()) != 0);
    CHECK_THAT(read_file(daemon.folder() / "second").value(),
               ContainsSubstring(std::to_string(daemon.pid())));
    CHECK_FALSE(book::Book::open(daemon.folder() / "state/book.db", book::Access::Write));
    CHECK(daemon.get("/v1/health").status == 200);
}
