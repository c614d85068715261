// SPDX-License-Identifier: Apache-2.0
#include "feed/piracyshield.h"

#include <fstream>

#include <catch2/catch_test_macros.hpp>
#include <sys/stat.h>

#include "server.h"

using namespace interdict;
using namespace interdict::feed;
using nlohmann::json;
using Texts = std::vector<std::string>;

namespace {

// Time that only the test moves, and pauses that are noted and not waited for.
struct Clock {
    std::int64_t time = 1'000'000;
    std::vector<std::int64_t> pauses;
    double random = 0.5;
};

World world_of(Clock& clock)
{
    return {.now = [&clock] { return clock.time; },
            .random = [&clock] { return clock.random; },
            .sleep_ms = [&clock](std::int64_t ms) { clock.pauses.push_back(ms); }};
}

Server& server()
{
    std::string why;
    Server* found = Server::get(why);
    if (!found)
        SKIP(why);
    return *found;
}

const Credentials kGood{"isp@example.org", "correct horse"};

PiracyShield session(Server& with, Clock& clock, const Credentials& credentials = kGood,
                     HttpSettings http = {})
{
    if (http.ca_file.empty())
        http.ca_file = with.ca_file();
    return PiracyShield::make({.url = with.url(), .http = http}, credentials, world_of(clock)).value();
}

json lists(const json& fqdn, const json& ipv4 = json::array(), const json& faults = json::array())
{
    return {{"lists", {{"fqdn", fqdn}, {"ipv4", ipv4}, {"ipv6", json::array()}}}, {"faults", faults}};
}

std::string error_of(const auto& result) { return result ? std::string() : result.error().message; }

} // namespace

TEST_CASE("a list is fetched once, checked, and not fetched again while its checksum stands")
{
    Server& with = server();
    Clock clock;
    with.set(lists({"b.example", "a.example"}, {"192.0.2.7"}));
    auto shield = session(with, clock);
    CHECK(shield.ping());
    const auto first = shield.list(Genre::Fqdn, "");
    REQUIRE(first);
    CHECK(first->text == "b.example\na.example");
    CHECK(first->checksum.size() == 64);
    CHECK_FALSE(first->unchanged);
    CHECK(with.paths() ==
          Texts{"/authentication/login", "/ping", "/fqdn/get/all/txt/checksum", "/fqdn/get/all/txt"});
    const auto again = shield.list(Genre::Fqdn, first->checksum);
    REQUIRE(again);
    CHECK(again->unchanged);
    CHECK(with.paths() == Texts{"/fqdn/get/all/txt/checksum"});
    CHECK(shield.list(Genre::Ipv4, "")->text == "192.0.2.7");
    CHECK(clock.pauses.empty());
}

TEST_CASE("an empty list is 5011 and an empty body, and both are needed")
{
    Server& with = server();
    Clock clock;
    auto shield = session(with, clock);
    with.set(lists(json::array()));
    const auto empty = shield.list(Genre::Fqdn, "");
    REQUIRE(empty);
    CHECK(empty->text.empty());
    CHECK(empty->checksum.empty());
    CHECK_FALSE(empty->unchanged);

    // A body without its checksum, and a checksum without its body, are no empty lists.
    with.set(lists({"a.example"}, {},
                   {{{"path", "checksum"},
                     {"kind", "error"},
                     {"status", 400},
                     {"code", "5011"},
                     {"message", "no items"},
                     {"count", 99}}}));
    CHECK(error_of(shield.list(Genre::Fqdn, ""))
              .ends_with("the list of fqdn cannot be trusted: there is a text, and by the checksum there is "
                         "none, 5 times"));
    with.set(lists({"a.example"}, {},
                   {{{"path", "get/all/txt"}, {"kind", "body"}, {"body", std::string(64, '0')}, {"count", 1}},
                    {{"path", "get/all/txt"}, {"kind", "body"}, {"body", ""}, {"count", 1}}}));
    const auto healed = shield.list(Genre::Fqdn, "");
    REQUIRE(healed);
    CHECK(healed->text == "a.example");
}

TEST_CASE("the order of lines may differ between text and checksum")
{
    Server& with = server();
    Clock clock;
    auto shield = session(with, clock);
    // Another order each time, never the one of the checksum.
    with.set(lists({"b.example", "a.example", "c.example"}, {},
                   {{{"path", "get/all/txt"}, {"kind", "rotate"}, {"count", 99}}}));
    const auto list = shield.list(Genre::Fqdn, "");
    REQUIRE(list);
    CHECK(list->text.size() == 29);
    CHECK(clock.pauses.size() == 1);
    // The checksum is of the sorted lines, the text is not sorted.
    with.set(lists({"a.example", "b.example"}, {},
                   {{{"path", "get/all/txt"}, {"kind", "none"}, {"count", 1}},
                    {{"path", "get/all/txt"}, {"kind", "shuffle"}, {"count", 1}}}));
    clock.pauses.clear();
    CHECK(shield.list(Genre::Fqdn, "")->text == "b.example\na.example");
    CHECK(clock.pauses.empty());
}

TEST_CASE("a wrong checksum: another fetch heals it once, and a list that never matches is refused")
{
    Server& with = server();
    Clock clock;
    auto shield = session(with, clock);
    const std::string wrong(64, 'a');
    with.set(
        lists({"a.example"}, {}, {{{"path", "checksum"}, {"kind", "body"}, {"body", wrong}, {"count", 1}}}));
    CHECK(shield.list(Genre::Fqdn, "")->text == "a.example");
    with.set(
        lists({"a.example"}, {}, {{{"path", "checksum"}, {"kind", "body"}, {"body", wrong}, {"count", 99}}}));
    CHECK(error_of(shield.list(Genre::Fqdn, "")) ==
          with.url() + ": the list of fqdn cannot be trusted: the text does not have its checksum, 5 times");
    with.set(lists({"a.example"}, {},
                   {{{"path", "checksum"}, {"kind", "body"}, {"body", "<b>no"}, {"count", 99}}}));
    CHECK(error_of(shield.list(Genre::Fqdn, "")).ends_with("\"<b>no\" is no checksum, 5 times"));
}

TEST_CASE("an expired token is renewed, by the refresh token first and by logging in last")
{
    Server& with = server();
    Clock clock;
    with.set(lists({"a.example"}));
    auto shield = session(with, clock);
    REQUIRE(shield.ping());
    (void)with.requests();

    with.set({{"faults", {{{"path", "/ping"}, {"kind", "expire"}}}}});
    CHECK(shield.ping());
    CHECK(with.paths() == Texts{"/ping", "/authentication/refresh", "/ping"});

    with.set({{"faults", {{{"path", "/ping"}, {"kind", "expire"}, {"refresh", true}}}}});
    CHECK(shield.ping());
    CHECK(with.paths() == Texts{"/ping", "/authentication/refresh", "/authentication/login", "/ping"});

    // Before it ends: at nine tenths of its hour, not a second earlier.
    clock.time += 3239;
    CHECK(shield.ping());
    CHECK(with.paths() == Texts{"/ping"});
    clock.time += 1;
    CHECK(shield.ping());
    CHECK(with.paths() == Texts{"/authentication/refresh", "/ping"});

    with.set({{"faults",
               {{{"path", "/ping"},
                 {"kind", "error"},
                 {"status", 401},
                 {"code", "1003"},
                 {"message", "no"},
                 {"count", 99}}}}});
    CHECK(error_of(shield.ping()).ends_with("/v1/ping: refused as unauthorised, also with a new token"));
}

TEST_CASE("wrong credentials are told without them")
{
    Server& with = server();
    Clock clock;
    auto shield = session(with, clock, {"isp@example.org", "wrong-secret"});
    const std::string error = error_of(shield.ping());
    CHECK(error == with.url() + ": logging in was refused with status 401: 1001 wrong credentials");
    CHECK(clock.pauses.empty());
}

TEST_CASE("back-off: full jitter, doubled and bounded; what the server asks for comes on top")
{
    const Backoff backoff{.attempts = 9, .base_ms = 1000, .most_ms = 10'000};
    CHECK(backoff.wait_ms(1, 1.0) == 1000);
    CHECK(backoff.wait_ms(2, 1.0) == 2000);
    CHECK(backoff.wait_ms(4, 1.0) == 8000);
    CHECK(backoff.wait_ms(5, 1.0) == 10'000);
    CHECK(backoff.wait_ms(60, 1.0) == 10'000);
    CHECK(backoff.wait_ms(3, 0.25) == 1000);
    CHECK(backoff.wait_ms(3, 0.0) == 0);

    Server& with = server();
    Clock clock;
    with.set({{"faults",
               {{{"path", "/ping"}, {"kind", "status"}, {"status", 500}, {"count", 3}},
                {{"path", "/ping"}, {"kind", "status"}, {"status", 503}, {"retry_after", 7}}}}});
    auto shield = session(with, clock);
    CHECK(shield.ping());
    CHECK(clock.pauses == std::vector<std::int64_t>{500, 1000, 2000, 11'000});

    clock.pauses.clear();
    with.set({{"faults", {{{"path", "/ping"}, {"kind", "status"}, {"status", 500}, {"count", 99}}}}});
    CHECK(error_of(shield.ping()).ends_with("/v1/ping: status 500 after 5 attempts"));
    CHECK(clock.pauses.size() == 4);
}

TEST_CASE("slow, cut and garbled answers are tried again, and then told")
{
    Server& with = server();
    Clock clock;
    with.set({{"faults",
               {{{"path", "/ping"}, {"kind", "cut"}},
                {{"path", "/ping"}, {"kind", "body"}, {"body", "{\"sta"}}}}});
    auto shield = session(with, clock);
    CHECK(shield.ping());
    CHECK(clock.pauses.size() == 2);

    with.set({{"faults", {{{"path", "/ping"}, {"kind", "body"}, {"body", "{\"sta\x01"}, {"count", 99}}}}});
    CHECK(error_of(shield.ping())
              .ends_with("status 200 and no answer in the form of the API: \"{\"sta\\x01\""));

    with.set({{"faults", {{{"path", "/ping"}, {"kind", "slow"}, {"seconds", 2}, {"count", 1}}}}});
    auto hasty = session(with, clock, kGood, {.timeout_ms = 400});
    CHECK(hasty.ping());
}

TEST_CASE("a body beyond the limit is refused")
{
    Server& with = server();
    Clock clock;
    with.set(lists({std::string(2000, 'a') + ".example"}));
    auto shield = session(with, clock, kGood, {.max_body = 1000});
    CHECK(error_of(shield.list(Genre::Fqdn, ""))
              .ends_with("the answer is longer than 1000 bytes, the most that is read"));
}

TEST_CASE("the certificate is verified, and only https is spoken")
{
    Server& with = server();
    Clock clock;
    auto shield = session(with, clock, kGood, {.ca_file = (with.folder() / "other.pem").string()});
    with.set(json::object());
    CHECK_FALSE(error_of(shield.ping()).empty());
    CHECK(with.requests().empty());
    CHECK(error_of(PiracyShield::make({.url = "http://127.0.0.1/api"}, kGood, world_of(clock))) ==
          "\"http://127.0.0.1/api\" is not an https:// URL; a password never goes over anything else");
}

TEST_CASE("tickets and their items")
{
    Server& with = server();
    Clock clock;
    with.set({{"tickets",
               {{{"ticket_id", "t1"},
                 {"fqdn", {"a.example"}},
                 {"ipv4", {"192.0.2.7"}},
                 {"ipv6", json::array()},
                 {"status", "open"},
                 {"metadata", {{"created_at", "2026-04-01T20:00:00+02:00"}}}}}},
              {"items", {{"t1", {{{"value", "a.example"}, {"status", "pending"}}}}}}});
    auto shield = session(with, clock);
    const auto tickets = shield.tickets();
    REQUIRE(tickets);
    REQUIRE(tickets->size() == 1);
    CHECK(tickets->at(0).id == "t1");
    CHECK(tickets->at(0).status == "open");
    CHECK(tickets->at(0).created == 1775066400);
    CHECK(tickets->at(0).values == Texts{"a.example", "192.0.2.7"});
    const auto items = shield.items("t1");
    REQUIRE(items);
    REQUIRE(items->size() == 1);
    CHECK(items->at(0).value == "a.example");
    CHECK(items->at(0).status == "pending");
    CHECK(error_of(shield.items("t2")).ends_with("/v1/ticket/item/get/all: error 4001: no such ticket"));
}

TEST_CASE("reports: processed only with the time of the proof; late and refused ones are told")
{
    Server& with = server();
    Clock clock;
    json items = json::array();
    for (const char* value : {"proven.example", "held.example", "had.example", "late.example"})
        items.push_back({{"value", value}, {"status", "pending"}});
    with.set({{"items", {{"t1", items}}}});
    auto shield = session(with, clock);
    REQUIRE(shield.ping());
    (void)with.requests();
    const std::vector<Outcome> outcomes{{.value = "proven.example", .proven = 1775066400, .note = ""},
                                        {.value = "held.example", .note = "held by the guard"},
                                        {.value = "had.example", .note = "", .already_blocked = true},
                                        {.value = "nowhere.example", .proven = 1775066400, .note = ""}};
    const auto done = shield.report(outcomes);
    REQUIRE(done);
    CHECK(done->processed == 1);
    CHECK(done->unprocessed == 2);
    CHECK(done->late.empty());
    CHECK(done->failed == Texts{"nowhere.example: error 5001: no such item"});
    const json sent = with.requests();
    REQUIRE(sent.size() == 4);
    CHECK(sent[0]["path"] == "/api/v1/ticket/item/set/processed");
    CHECK(sent[0]["body"] == json{{"value", "proven.example"}, {"timestamp", "2026-04-01T18:00:00Z"}});
    CHECK(sent[1]["path"] == "/api/v1/ticket/item/set/unprocessed");
    CHECK(sent[1]["body"] ==
          json{{"value", "held.example"}, {"reason", "UNDEFINED"}, {"note", "held by the guard"}});
    CHECK(sent[2]["body"] == json{{"value", "had.example"}, {"reason", "ALREADY_BLOCKED"}});

    with.set({{"faults",
               {{{"path", "set/processed"},
                 {"kind", "error"},
                 {"status", 400},
                 {"code", "5010"},
                 {"message", "too late"}}}}});
    const std::vector<Outcome> late{{.value = "late.example", .proven = 1775066400, .note = ""}};
    CHECK(shield.report(late)->late == Texts{"late.example"});
}

TEST_CASE("credentials: only from a file that nobody else can read")
{
    Server& with = server();
    const auto path = with.folder() / "credentials.json";
    std::ofstream(path) << R"({"email": "isp@example.org", "password": "secret"})";
    ::chmod(path.c_str(), 0640);
    CHECK(error_of(read_credentials(path)) ==
          path.string() +
              ": has the mode 0640, so others than its owner can read the password; "
              "chmod 0600 " +
              path.string());
    ::chmod(path.c_str(), 0600);
    const auto read = read_credentials(path);
    REQUIRE(read);
    CHECK(read->email == "isp@example.org");
    CHECK(read->password == "secret");
    std::ofstream(path) << R"({"email": "isp@example.org", "secret": "secret"})";
    const std::string error = error_of(read_credentials(path));
    CHECK(error == path.string() + ": is not {\"email\": \"...\", \"password\": \"...\"}");
    CHECK_FALSE(error_of(read_credentials(with.folder())).empty());
    CHECK_FALSE(error_of(read_credentials(with.folder() / "nowhere")).empty());
}
