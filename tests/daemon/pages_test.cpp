// SPDX-License-Identifier: Apache-2.0
//
// The stop page and the look-up, over HTTP.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>

#include "base/file.h"
#include "client.h"

using namespace interdict;
using namespace interdict::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr char kPages[] = R"(, "pages": {"stop": "127.0.0.1:8080", "lookup": "[::1]:8081", "rate": 1000,
    "operator": "Example Fibre", "contact": "https://isp.example/blocked"})";

constexpr char kOrders[] = R"({"orders": [
    {"id": "names", "kind": "court-order", "authority": "A <court>", "reference": "1/2022", "jurisdiction": "ZZ",
     "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z", "means": ["dns", "http"],
     "notice": {"blocked_by": "https://isp.example/by", "complaint": "https://court.example/appeal"},
     "exempt": [{"name": "mail.a.example", "match": "exact"}],
     "targets": [{"name": "a.example", "match": "subtree"}, {"name": "exact.example", "match": "exact"},
                 {"name": "short.example", "match": "subtree", "expires": "2098-01-01T00:00:00Z"}]},
    {"id": "addresses", "kind": "administrative-order", "authority": "An office", "reference": "2",
     "jurisdiction": "ZZ", "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z",
     "targets": [{"prefix": "198.51.100.0/25", "expires": "2099-01-01T00:00:00Z", "exclusive": true},
                 {"prefix": "2001:db8:5::/48", "expires": "2099-01-01T00:00:00Z", "exclusive": true}]},
    {"id": "later", "kind": "court-order", "authority": "A court", "reference": "3", "jurisdiction": "ZZ",
     "issued": "2022-01-01", "effective": "2098-01-01T00:00:00Z",
     "targets": [{"name": "later.example", "match": "subtree"}]},
    {"id": "observed", "kind": "court-order", "authority": "A court", "reference": "4", "jurisdiction": "ZZ",
     "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z", "mode": "observe",
     "targets": [{"name": "observed.example", "match": "subtree"}]}]})";

// Head and body of the answer, as curl has them.
std::string curl(const Running& daemon, const std::string& arguments)
{
    const auto out = (daemon.folder() / "out").string();
    static_cast<void>(lifecycle::shell(fmt::format("curl -s -i -m 20 {} > {}", arguments, out)));
    return read_file(out).value();
}

Json looked(const std::string& query)
{
    return send({.socket = {}, .base = "http://[::1]:8081"}, "GET", "/lookup.json?name=" + query).json();
}

} // namespace

TEST_CASE(
    "stop page: 451 with who and why for any path and method of a blocked name, 404 for every other name")
{
    Running daemon(kPages);
    daemon.start();
    const auto taken = daemon.post("/v1/orders?partial=true", kOrders);
    INFO(taken.body);
    REQUIRE(taken.status == 200);
    const auto page = curl(daemon, "-H 'Host: www.A.example:80' 'http://127.0.0.1:8080/x?y=1'");
    CHECK_THAT(page, ContainsSubstring("HTTP/1.1 451"));
    CHECK_THAT(page, ContainsSubstring("Link: <https://isp.example/by>; rel=\"blocked-by\""));
    CHECK_THAT(page, ContainsSubstring("Content-Security-Policy: default-src 'none'; style-src 'sha256-"));
    CHECK_THAT(page, ContainsSubstring("Cache-Control: no-store"));
    CHECK_THAT(page, ContainsSubstring("Content-Type: text/html; charset=utf-8"));
    CHECK_THAT(page, ContainsSubstring("<b>www.a.example</b>"));
    CHECK_THAT(page, ContainsSubstring("A &lt;court&gt;"));
    CHECK_THAT(page, ContainsSubstring("1/2022"));
    CHECK_THAT(page, ContainsSubstring("DNS queries, unencrypted web pages"));
    CHECK_THAT(page, ContainsSubstring("https://court.example/appeal"));
    CHECK_THAT(page, !ContainsSubstring("Set-Cookie"));
    CHECK_THAT(page, !ContainsSubstring("<script"));
    CHECK_THAT(curl(daemon, "-X POST -d a=b -H 'Host: a.example' http://127.0.0.1:8080/"),
               ContainsSubstring("HTTP/1.1 451"));
    CHECK_THAT(curl(daemon, "-I -H 'Host: a.example' http://127.0.0.1:8080/"),
               ContainsSubstring("HTTP/1.1 451"));
    CHECK_THAT(curl(daemon, "-H 'Host: [2001:db8:5::1]:80' http://127.0.0.1:8080/"),
               ContainsSubstring("HTTP/1.1 451"));
    for (const char* other : {"mail.a.example", "www.exact.example", "b.example", "later.example",
                              "observed.example", "198.51.100.128", "<x>", ""})
        CHECK_THAT(curl(daemon, fmt::format("-H 'Host: {}' http://127.0.0.1:8080/", other)),
                   ContainsSubstring("HTTP/1.1 404"));
    CHECK_THAT(daemon.log(), !ContainsSubstring("a.example"));
    REQUIRE(daemon.post("/v1/orders/names/stay").status == 200);
    CHECK_THAT(curl(daemon, "-H 'Host: a.example' http://127.0.0.1:8080/"),
               ContainsSubstring("HTTP/1.1 404"));
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE(
    "look-up: blocked or not, by which order, until when, by which means; a query is never more than text")
{
    Running daemon(kPages);
    daemon.start();
    REQUIRE(daemon.post("/v1/orders?partial=true", kOrders).status == 200);
    auto json = looked("https://user@www.a.example:8080/path");
    CHECK(json["name"] == "www.a.example");
    CHECK(json["blocked"] == true);
    REQUIRE(json["orders"].size() == 1);
    CHECK(json["orders"][0]["authority"] == "A <court>");
    CHECK(json["orders"][0]["target"] == "a.example and below");
    CHECK(json["orders"][0]["means"] == Json{"dns", "http"});
    CHECK(json["orders"][0]["until"].is_null());
    CHECK(json["contact"] == "https://isp.example/blocked");
    CHECK(looked("short.example")["orders"][0]["until"] == "2098-01-01T00:00:00Z");
    CHECK(looked("198.51.100.127")["orders"][0]["means"] == Json{"address"});
    CHECK(looked("2001:db8:5:ffff::1")["blocked"] == true);
    CHECK(looked("exact.example")["blocked"] == true);
    for (const char* free : {"www.exact.example", "mail.a.example", "198.51.100.128", "2001:db8:6::1",
                             "xa.example", "later.example", "observed.example"})
        CHECK(looked(free)["blocked"] == false);
    for (const char* wrong : {"", "%20", "a..b", "%3Cscript%3E", "%00"})
        CHECK(looked(wrong)["error"]["code"] == "bad-request");

    const Door door{.socket = {}, .base = "http://[::1]:8081"};
    CHECK(send(door, "GET", "/").status == 200);
    CHECK(send(door, "GET", "/v1/status").status == 404);
    CHECK(send(door, "POST", "/").status == 405);
    const auto page = send(door, "GET", "/?name=%22%3E%3Cscript%3Ealert(1)%3C/script%3E");
    CHECK(page.status == 400);
    CHECK_THAT(page.body, !ContainsSubstring("<script"));
    CHECK_THAT(page.body, ContainsSubstring("&lt;script"));
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("look-up: who asks too often is told to wait; a new configuration takes its addresses and words")
{
    Running daemon(R"(, "pages": {"lookup": "127.0.0.1:8081", "rate": 1})");
    daemon.start();
    const Door door{.socket = {}, .base = "http://127.0.0.1:8081"};
    CHECK(send(door, "GET", "/").status == 200);
    CHECK(send(door, "GET", "/").status == 429);
    daemon.write_config(
        R"(, "pages": {"lookup": "127.0.0.1:8081", "rate": 1000, "operator": "Example Fibre"})");
    REQUIRE(daemon.post("/v1/reload").status == 200);
    for (int i = 0; i < 20; ++i)
        CHECK(send(door, "GET", "/").status == 200);
    CHECK_THAT(send(door, "GET", "/").body, ContainsSubstring("Example Fibre"));
    daemon.write_config(R"(, "pages": {"stop": "203.0.113.1:80", "lookup": "127.0.0.1:8081"})");
    CHECK(daemon.post("/v1/reload").status == 422); // not an address of this machine
    daemon.write_config("");
    REQUIRE(daemon.post("/v1/reload").status == 200);
    CHECK(send(door, "GET", "/").status == 0);
    CHECK(daemon.end(SIGTERM) == 0);
}
