// SPDX-License-Identifier: Apache-2.0
//
// What the daemon says about names and orders, and what a reload makes of another guard and other scopes.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>

#include "base/file.h"
#include "client.h"
#include "daemon/api/api.h"
#include "daemon/top.h"
#include "schema.h"

using namespace interdict;
using namespace interdict::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string fault_of_explanation(const Json& json)
{
    static const Json document = Json::parse(daemon::api::openapi());
    return fault_of(json, Json{{"$ref", "#/components/schemas/Explanation"}}, document);
}

} // namespace

TEST_CASE("explain over the API: blocked, below a target, not blocked, lifted; what is asked wrongly")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
    daemon.start();
    CHECK(daemon.get("/v1/explain?name=a.example").json()["error"]["code"] == "no-plane"); // nothing is live
    REQUIRE(daemon.post("/v1/orders", order_file("one", {"a.example", "b.example"})).status == 200);
    auto json = daemon.get("/v1/explain?name=www.A.example").json();
    CHECK(fault_of_explanation(json) == "");
    CHECK(json["query"] == "www.a.example");
    CHECK(json["blocked"] == true);
    CHECK(json["channels"]["tls"]["outcome"] == "blocked");
    REQUIRE(json["rules"].size() == 1);
    CHECK(json["rules"][0]["target"] == "a.example");
    CHECK(json["rules"][0]["orders"][0]["authority"] == "A court");
    CHECK(json["book"][0]["status"] == "active");
    CHECK(json["disagreement"].is_null());
    json = daemon.get("/v1/explain?name=a.example&channel=dns").json();
    CHECK(json["channels"].size() == 1);
    json = daemon.get("/v1/explain?name=a.example&at=2000-01-01T00:00:00Z").json();
    CHECK(json["blocked"] == false); // before the order took effect
    json = daemon.get("/v1/explain?address=192.0.2.7").json();
    CHECK(fault_of_explanation(json) == "");
    CHECK(json["blocked"] == false);
    CHECK(json["rules"].empty());
    REQUIRE(daemon.post("/v1/orders/one/lift?target=b.example").status == 200);
    json = daemon.get("/v1/explain?name=b.example").json();
    CHECK(fault_of_explanation(json) == "");
    CHECK(json["blocked"] == false);
    CHECK(json["book"][0]["state"] == "lifted");
    for (const char* wrong :
         {"", "?name=", "?name=a.example&address=192.0.2.1", "?name=192.0.2.1", "?address=a.example",
          "?name=..", "?name=a.example&channel=smtp", "?name=a.example&at=soon"}) {
        INFO(wrong);
        CHECK(daemon.get(std::string("/v1/explain") + wrong).status == 400);
    }
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("the report of an order over the API, in each format")
{
    Running daemon;
    daemon.start();
    REQUIRE(daemon.post("/v1/orders", order_file("one", {"a.example", "b.example"})).status == 200);
    const auto json = daemon.get("/v1/orders/one/report").json();
    CHECK(json["order"]["id"] == "one");
    CHECK(json["history"][0]["step"] == "add");
    CHECK_THAT(daemon.get("/v1/orders/one/report?format=markdown").body, ContainsSubstring("# Order one"));
    CHECK_THAT(daemon.get("/v1/orders/one/report?format=html").body, ContainsSubstring("<html"));
    CHECK(daemon.get("/v1/orders/none/report").status == 404);
    CHECK(daemon.get("/v1/orders/one/report?format=pdf").status == 400);
    CHECK(daemon.get("/v1/orders/one/report?at=soon").status == 400);
    CHECK(daemon.get("/v1/orders/one/report?rows=-1").status == 400);
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("a reload with another guard holds what is in force; with a bad one all stays as it was")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"}, "guard": "guard.json")");
    REQUIRE(write_file(daemon.folder() / "guard.json", "{}"));
    daemon.start();
    REQUIRE(daemon.post("/v1/orders", order_file("one", {"a.example", "b.example"})).json()["outcome"] ==
            "ok");
    REQUIRE(write_file(daemon.folder() / "guard.json",
                       R"({"own": [{"label": "ours", "names": ["b.example"]}]})"));
    CHECK(daemon.post("/v1/reload").status == 200);
    CHECK(daemon.get("/v1/explain?name=a.example").json()["blocked"] == true);
    CHECK(daemon.get("/v1/explain?name=b.example").json()["blocked"] == false);
    const auto held = daemon.get("/v1/held").json()["held"];
    REQUIRE(held.size() == 1);
    CHECK(held[0]["target"] == "b.example and below");
    REQUIRE(write_file(daemon.folder() / "guard.json", R"({"own": 1})"));
    const auto before = daemon.get("/v1/status").json()["generation"]["number"];
    const auto answer = daemon.post("/v1/reload");
    CHECK(answer.status == 422);
    CHECK_THAT(answer.body, ContainsSubstring("guard.json"));
    CHECK(daemon.get("/v1/status").json()["generation"]["number"] == before);
    CHECK(daemon.get("/v1/health").json()["ok"] == false);
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("a reload with other scopes is live at once; a bad file changes nothing")
{
    const auto scopes = [](const char* interface) {
        return fmt::format(R"({{"scopes": [{{"name": "left", "interfaces": ["{}"]}}]}})", interface);
    };
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"}, "scopes": "scopes.json")");
    REQUIRE(write_file(daemon.folder() / "scopes.json", scopes("sub1")));
    daemon.start();
    const auto order = order_file("one", {"a.example"}, R"(, "scope": ["left"])");
    auto answer = daemon.post("/v1/orders", order);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    const auto before = daemon.get("/v1/status").json()["generation"]["number"].get<int>();
    CHECK(daemon.get("/v1/explain?name=a.example").json()["rules"][0]["scope"] == Json{"left"});
    REQUIRE(write_file(daemon.folder() / "scopes.json", scopes("sub0")));
    CHECK(daemon.post("/v1/reload").status == 200);
    CHECK(daemon.get("/v1/status").json()["generation"]["number"].get<int>() > before);
    // The same again publishes nothing.
    const auto after = daemon.get("/v1/status").json()["generation"]["number"];
    CHECK(daemon.post("/v1/reload").status == 200);
    CHECK(daemon.get("/v1/status").json()["generation"]["number"] == after);
    REQUIRE(write_file(daemon.folder() / "scopes.json", "{"));
    CHECK(daemon.post("/v1/reload").status == 422);
    CHECK(daemon.get("/v1/explain?name=a.example").json()["rules"][0]["scope"] == Json{"left"});
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("top follows changes in place without reading all rules, and says what it says that reads them all")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
    daemon.start();
    Json usual = Json::parse(order_file("usual", {"n0.example"}));
    for (int i = 1; i < 200; ++i)
        usual["orders"][0]["targets"].push_back({{"name", fmt::format("n{}.example", i)}});
    const control::State state(daemon.folder() / "state");
    daemon::Top all;
    daemon::Top hit; // only rules that were hit: none
    const auto look = [&](daemon::Top& top, bool whole) {
        const auto plane = plane::Plane::adopt(daemon.pins(), plane::Access::Read).value();
        auto json = top.look(plane, state, {.rows = 1000, .all = whole}, 0);
        REQUIRE(json);
        json->erase("seconds");
        return *std::move(json);
    };
    const auto same = [&](std::size_t total) {
        daemon::Top fresh;
        const auto whole = look(fresh, true);
        CHECK(look(all, true) == whole);
        CHECK(whole["total"] == total);
        CHECK(whole["rules"].size() == total);
        CHECK(look(hit, false)["total"] == total);
        CHECK(look(hit, false)["rules"].empty());
        return whole;
    };
    const auto changed = [&](const Response& answer) {
        REQUIRE(answer.status == 200);
        CHECK(answer.json()["how"] == "in place");
    };
    REQUIRE(daemon.post("/v1/orders", usual.dump()).status == 200);
    same(200);
    CHECK(hit.reads() == 1);
    changed(daemon.post("/v1/orders", order_file("one", {"a.example", "n7.example"})));
    const auto rules = same(201)["rules"];
    const auto both =
        std::ranges::count_if(rules, [](const Json& rule) { return rule["orders"].size() == 2; });
    CHECK(both == 1); // n7.example
    changed(daemon.post("/v1/orders/usual/lift?target=n8.example"));
    same(200);
    changed(daemon.post("/v1/orders/one/stay", R"({"reason": "appeal"})"));
    // Two that nobody has looked at between.
    changed(daemon.post("/v1/orders", order_file("two", {"b.example", "c.example"})));
    same(201);
    changed(daemon.post("/v1/orders/two/lift"));
    changed(daemon.post("/v1/orders/one/activate"));
    same(200);
    CHECK(hit.reads() == 1);
    REQUIRE(daemon.post("/v1/apply").status == 200); // the same, compiled as a whole or not at all
    same(200);
    REQUIRE(daemon.post("/v1/rollback?to=1").status == 200);
    same(199); // n8 stays lifted
    CHECK(daemon.end(SIGTERM) == 0);
}
