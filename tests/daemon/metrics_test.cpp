// SPDX-License-Identifier: Apache-2.0
//
// What Prometheus reads: names as documented, numbers as they are, and no more series than was promised.
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>

#include "base/file.h"
#include "client.h"

using namespace interdict;
using namespace interdict::test;
using Catch::Matchers::ContainsSubstring;

namespace {

// By the series' text: name{labels}.
std::map<std::string, double> series_of(const std::string& text)
{
    std::map<std::string, double> series;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        if (!line.empty() && line.front() != '#')
            series[line.substr(0, line.rfind(' '))] = std::stod(line.substr(line.rfind(' ') + 1));
    return series;
}

// "name type", from the # TYPE lines.
std::set<std::string> types_of(const std::string& text)
{
    std::set<std::string> types;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("# TYPE "))
            types.insert(line.substr(7));
    return types;
}

// The same from the tables of docs/metrics.md; on_demand: from the section for single orders.
std::set<std::string> documented(bool on_demand)
{
    const auto text = read_file(INTERDICT_SOURCE_DIR "/docs/metrics.md").value();
    const auto split = text.find("## On demand");
    REQUIRE(split != std::string::npos);
    const std::string part = on_demand ? text.substr(split) : text.substr(0, split);
    std::set<std::string> types;
    const std::regex row(R"(\| `([a-z_]+)` \| (counter|gauge|histogram) \|)");
    for (std::sregex_iterator it(part.begin(), part.end(), row), end; it != end; ++it)
        types.insert((*it)[1].str() + " " + (*it)[2].str());
    return types;
}

const std::string kAddress = R"({"orders": [{"id": "one", "kind": "court-order", "authority": "A court",
    "reference": "1", "jurisdiction": "ZZ", "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z",
    "comply_within": "PT1H", "targets": [{"prefix": "198.51.100.7/32", "expires": "2099-01-01T00:00:00Z"}]}]})";

} // namespace

TEST_CASE("metrics: what is documented is exposed with its type, and nothing else, with a plane and orders "
          "or without")
{
    Running daemon;
    daemon.start();
    CHECK(types_of(daemon.get("/metrics").body) == documented(false));
    CHECK(daemon.get("/metrics?order=one").status == 404);
    REQUIRE(daemon.post("/v1/orders", kAddress).status == 200);
    CHECK(types_of(daemon.get("/metrics").body) == documented(false));
    CHECK(types_of(daemon.get("/metrics?order=one").body) == documented(true));
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("metrics: counters, deadlines, proofs and answers are what happened; single rules on demand alone")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber", "gone0": "uplink"},
        "metrics": {"listen": "127.0.0.1:9469"})");
    daemon.start();
    REQUIRE(daemon.post("/v1/orders", kAddress).status == 200);
    const auto plane = plane::Plane::adopt(daemon.pins(), plane::Access::Read).value();
    for (int i = 0; i < 3; ++i)
        lifecycle::Namespace::send(lifecycle::frame_to("198.51.100.7"));
    CHECK(lifecycle::reaches(plane, 1, 3));
    CHECK(daemon.get("/v1/orders/nobody").status == 404);
    // By its own door there is this one page, for anybody.
    const Door door{.socket = {}, .base = "http://127.0.0.1:9469"};
    CHECK(send(door, "GET", "/v1/status").status == 404);
    CHECK(send(door, "POST", "/metrics").status == 405);
    const auto page = send(door, "GET", "/metrics");
    REQUIRE(page.status == 200);
    auto series = series_of(page.body);
    CHECK(series.at(R"(interdict_verdicts_total{verdict="dropped"})") == 3);
    CHECK(series.at(R"(interdict_hits_total{channel="address"})") == 3);
    CHECK(series.at(R"(interdict_hits_total{channel="tls"})") == 0);
    CHECK(series.at("interdict_frames_total") >= 3);
    CHECK(series.at("interdict_generation") == 1);
    CHECK(series.at(R"(interdict_capacity_used{table="targets"})") == 1);
    CHECK(series.at(R"(interdict_capacity_used{table="rules"})") == 1);
    CHECK(series.at(R"(interdict_capacity_used{table="interfaces"})") == 1);
    CHECK(series.at(R"(interdict_capacity_limit{table="targets"})") == 16 << 20);
    CHECK(series.at(R"(interdict_proofs_total{result="proven"})") == 1);
    CHECK(series.at(R"(interdict_proofs_total{result="failed"})") == 0);
    CHECK(series.at(R"(interdict_proof_rules_total{result="proven"})") == 1);
    CHECK(series.at("interdict_faults") == 1); // gone0
    CHECK(series.at(R"(interdict_orders{status="active"})") == 1);
    CHECK(series.at(R"(interdict_deadlines{state="running"})") == 0);
    CHECK(series.at(R"(interdict_events_total{kind="generation",severity="info"})") == 1);
    CHECK(series.at(R"(interdict_api_answers_total{door="socket",status="404"})") == 1);
    CHECK(series.at("process_resident_memory_bytes") > 1e6);
    CHECK(series.at("process_cpu_seconds_total") > 0);
    CHECK(std::abs(series.at("process_start_time_seconds") - static_cast<double>(::time(nullptr))) < 60);
    CHECK(series.at("interdict_stage_loaded{stage=\"tcp\"}") >= 0);
    CHECK(series.contains(R"(interdict_program_runs_total{program="edge"})"));
    CHECK(series.at("interdict_config_loaded") == 1);
    CHECK_THAT(page.body, !ContainsSubstring("198.51.100.7"));

    series = series_of(daemon.get("/metrics?order=one").body);
    CHECK(
        series.at(
            R"(interdict_rule_packets_total{order="one",target="198.51.100.7/32",rule="1",channel="address"})") ==
        3);
    CHECK(series.at("interdict_rules_shown") == 1);

    // Another configuration, which has faults, and none in its place any more.
    daemon.write_config(R"(, "metrics": {"listen": "127.0.0.1"})");
    CHECK(daemon.post("/v1/reload").status == 422);
    CHECK(series_of(send(door, "GET", "/metrics").body).at("interdict_config_loaded") == 0);
    daemon.write_config(R"(, "metrics": {"listen": "127.0.0.1:9470"})");
    CHECK(daemon.post("/v1/reload").status == 200);
    CHECK(send(door, "GET", "/metrics").status == 0);
    CHECK(send({.socket = {}, .base = "http://127.0.0.1:9470"}, "GET", "/metrics").status == 200);
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE(
    "metrics: a thousand rules more are not one series more; of orders in time the nearest 50 are shown, "
    "of an order's rules 1,000")
{
    Running daemon;
    daemon.start();
    REQUIRE(daemon.post("/v1/orders", order_file("one", {"a.example"})).status == 200);
    const auto before = series_of(daemon.get("/metrics").body).size();
    std::string targets;
    for (int i = 0; i < 1002; ++i)
        targets += fmt::format(R"({}{{"name": "n{}.example", "match": "subtree"}})", i == 0 ? "" : ", ", i);
    REQUIRE(
        daemon
            .post("/v1/orders", R"({"orders": [{"id": "many", "kind": "court-order", "authority": "A court",
        "reference": "2", "jurisdiction": "ZZ", "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z",
        "targets": [)" + targets + "]}]}")
            .status == 200);
    CHECK(series_of(daemon.get("/metrics").body).size() == before);
    auto series = series_of(daemon.get("/metrics?order=many").body);
    CHECK(series.at("interdict_rules_shown") == 1000);
    CHECK(series.at("interdict_rules_not_shown") == 2);
    CHECK(daemon.end(SIGTERM) == 0);
}
