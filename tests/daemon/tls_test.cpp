// SPDX-License-Identifier: Apache-2.0
//
// The API over TCP: TLS and tokens, or nothing.
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <sys/wait.h>

#include "base/file.h"
#include "client.h"
#include "daemon/tokens.h"

using namespace interdict;
using namespace interdict::test;

TEST_CASE("over TCP a token's role decides; without one, or without TLS, nothing is answered")
{
    Running daemon;
    const std::string folder = daemon.folder();
    if (lifecycle::shell(
            fmt::format("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
                        "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout {0}/key.pem "
                        "-out {0}/cert.pem",
                        folder)) != 0)
        SKIP("openssl cannot make a certificate");
    daemon::Tokens tokens;
    const auto reader = tokens.add("noc", daemon::Role::Read, 1).value();
    const auto operate = tokens.add("desk", daemon::Role::Operate, 1).value();
    const auto approve = tokens.add("legal", daemon::Role::Approve, 1).value();
    REQUIRE(tokens.save(daemon.folder() / "tokens.json"));
    daemon.write_config("", R"(, "rate": 100000, "tcp": {"listen": "127.0.0.1:8443",
        "certificate": "cert.pem", "key": "key.pem", "tokens": "tokens.json"})");
    daemon.start();
    const auto with = [&](const std::string& token) {
        return Door{
            .socket = {}, .base = "https://localhost:8443", .ca = folder + "/cert.pem", .token = token};
    };
    CHECK(send(with(reader), "GET", "/v1/status").status == 200);
    CHECK(send(with(""), "GET", "/v1/status").status == 401);
    CHECK(send(with(reader + "x"), "GET", "/v1/status").status == 401);
    CHECK(send(with("interdict_"), "GET", "/v1/nothing").status == 401); // not even what there is
    const auto order = order_file("one", {"a.example"});
    CHECK(send(with(reader), "POST", "/v1/orders", order).status == 403);
    CHECK(daemon.get("/v1/orders/one").status == 404);
    auto as_root = with(operate);
    as_root.headers.push_back("Interdict-Actor: root"); // not for tokens
    CHECK(send(as_root, "POST", "/v1/orders", order).status == 200);
    CHECK(daemon.get("/v1/orders/one/history").json()["history"][0]["actor"] == "token desk");
    CHECK(send(with(operate), "POST", "/v1/reload").status == 403);
    CHECK(send(with(approve), "POST", "/v1/reload").status == 200);
    // A token that is taken away opens nothing from then on.
    REQUIRE(tokens.remove("noc"));
    REQUIRE(tokens.save(daemon.folder() / "tokens.json"));
    CHECK(send(with(reader), "GET", "/v1/status").status == 401);
    CHECK(send(with(approve), "GET", "/v1/status").status == 200);
    auto plain = with(approve);
    plain.base = "http://localhost:8443";
    CHECK(send(plain, "GET", "/v1/status").status == 0);
    auto stranger = with(approve);
    stranger.ca = "/dev/null";
    CHECK(send(stranger, "GET", "/v1/status").status == 0);
    // Neither the log nor the state have a token's text.
    CHECK(daemon.log().find(approve) == std::string::npos);
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("on the socket the group may read, root may all, and nobody else may connect")
{
    Running daemon;
    daemon.write_config("", R"(, "rate": 100000, "group": "daemon")");
    daemon.start();
    // As user nobody, with or without the group: the exit code says what came of it.
    const auto as = [&](const std::string& group, const std::string& request) {
        const auto command = fmt::format(
            "chmod 755 {0}; setpriv --reuid nobody --regid {1} --clear-groups curl -s -o /dev/null -w "
            "'%{{http_code}}' --unix-socket {0}/sock {2} > {0}/code",
            daemon.folder().string(), group, request);
        static_cast<void>(lifecycle::shell(command));
        return read_file(daemon.folder() / "code").value();
    };
    CHECK(as("daemon", "http://x/v1/status") == "200");
    CHECK(as("daemon", "-X POST http://x/v1/reload") == "403");
    CHECK(as("daemon", "-H 'Interdict-Actor: root' -X POST http://x/v1/apply") == "403");
    CHECK(as("nogroup", "http://x/v1/status") == "000");
}
