// SPDX-License-Identifier: Apache-2.0
//
// Requests that nobody should send, at volume: each is refused or answered, none brings the daemon down, and
// none changes anything.
#include <csignal>
#include <random>
#include <sys/un.h>
#include <sys/wait.h>

#include <catch2/catch_test_macros.hpp>

#include "client.h"
#include "daemon/api/api.h"

using namespace interdict;
using namespace interdict::test;

namespace {

constexpr int kRounds = 4000;

std::vector<std::string> good_requests()
{
    std::vector<std::string> requests;
    for (const auto& route : daemon::api::Api::routes()) {
        if (route.path == "/v1/events")
            continue; // does not end
        std::string path(route.path);
        while (path.find('{') != path.npos)
            path.replace(path.find('{'), path.find('}') - path.find('{') + 1, "x1");
        const std::string body =
            route.body == 0 ? "" : R"({"reason": "why", "target": "a.example", "to": 1})";
        requests.push_back(fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}",
                                       route.method, path, body.size(), body));
        requests.push_back(fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
                                       "chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
                                       route.method, path, body.size(), body));
    }
    return requests;
}

// One of the ways in which bytes go wrong.
std::string spoiled(std::string text, std::mt19937& random, const std::vector<std::string>& others)
{
    const auto below = [&](std::size_t most) { return most == 0 ? 0 : random() % most; };
    static const std::vector<std::string> kPieces{"\r\n",
                                                  "\r\n\r\n",
                                                  "\0",
                                                  "%00",
                                                  "%",
                                                  "%zz",
                                                  "../",
                                                  "//",
                                                  "?",
                                                  "&=&",
                                                  "Content-Length: 99999999999999999999\r\n",
                                                  "Content-Length: -1\r\n",
                                                  "Transfer-Encoding: chunked\r\n",
                                                  "Range: bytes=0-0,1-1,-9\r\n",
                                                  "Content-Encoding: gzip\r\n",
                                                  "Content-Type: multipart/form-data; boundary=x\r\n",
                                                  "Expect: 100-continue\r\n",
                                                  "Connection: close\r\n",
                                                  "HTTP/9.9",
                                                  "\xff\xfe",
                                                  "{\"a\":[[[[[[",
                                                  "ffffffffffffffff\r\n"};
    for (std::size_t times = 1 + below(4); times > 0; --times)
        switch (below(6)) {
        case 0:
            text.resize(below(text.size() + 1));
            break;
        case 1:
            if (!text.empty())
                text[below(text.size())] = static_cast<char>(random());
            break;
        case 2:
            text.insert(below(text.size() + 1), kPieces[below(kPieces.size())]);
            break;
        case 3:
            text.erase(below(text.size() + 1), below(40));
            break;
        case 4:
            text.insert(below(text.size() + 1), std::string(below(20000), 'a'));
            break;
        default:
            text += others[below(others.size())];
        }
    return text;
}

} // namespace

TEST_CASE("malformed requests at volume never bring the daemon down, and change nothing")
{
    Running daemon;
    daemon.start();
    const auto requests = good_requests();
    std::mt19937 random(20221107);
    const std::string socket = daemon.door().socket;
    int answered = 0;
    for (int round = 0; round < kRounds; ++round) {
        const auto text = spoiled(requests[random() % requests.size()], random, requests);
        const auto answer = talk(socket, text);
        REQUIRE(answer != "cannot connect");
        answered += answer.starts_with("HTTP/1.1 ");
    }
    CHECK(answered > kRounds / 4);
    CHECK(daemon.get("/v1/health").status == 200);
    CHECK(daemon.get("/v1/orders").json()["orders"].empty());
    CHECK(daemon.get("/v1/audit/verify").json()["ok"] == true);
    CHECK(daemon.end(SIGTERM) == 0); // by itself, in good order
}

TEST_CASE("a head that is too long, a body beyond its limit in chunks, a path of 8 KB: each has its answer")
{
    Running daemon;
    daemon.start();
    const std::string socket = daemon.door().socket;
    const auto status = [](const std::string& answer) { return answer.substr(0, 12); };
    CHECK(status(talk(socket, "GET /v1/health HTTP/1.1\r\nX: " + std::string(20000, 'a') + "\r\n\r\n")) ==
          "HTTP/1.1 431");
    CHECK(status(talk(socket, "GET /" + std::string(8000, 'a') + " HTTP/1.1\r\n\r\n")) == "HTTP/1.1 404");
    CHECK(status(talk(socket, "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n")) == "HTTP/1.1 414");
    std::string chunks = "POST /v1/rollback HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 300; ++i)
        chunks += "2000\r\n" + std::string(0x2000, ' ') + "\r\n";
    const auto answer = talk(socket, chunks + "0\r\n\r\n");
    CHECK_FALSE(answer.starts_with("HTTP/1.1 200"));
    CHECK(status(talk(socket, "GET /v1/health HTTP/1.1\r\n\r\nGET /v1/held HTTP/1.1\r\n\r\n")) ==
          "HTTP/1.1 200");
    CHECK(daemon.get("/v1/health").status == 200);
}

TEST_CASE("more connections than there are seats are told so, and find a seat when one is free")
{
    Running daemon;
    daemon.write_config("", R"(, "connections": 2)");
    daemon.start();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    // A seat is taken once it has had an answer; the one of start()'s last question may not be free yet.
    const auto seated = [&] {
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        std::ranges::copy(daemon.door().socket, address.sun_path);
        const std::string request = "GET /v1/held HTTP/1.1\r\n\r\n";
        const std::string wanted = "HTTP/1.1 200";
        for (;;) {
            Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
            REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
            std::string answer(wanted.size(), '\0');
            if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0 &&
                ::recv(fd.get(), answer.data(), answer.size(), MSG_PEEK | MSG_WAITALL) > 0 &&
                answer == wanted)
                return fd;
            REQUIRE(std::chrono::steady_clock::now() < end);
        }
    };
    {
        const Fd one = seated();
        const Fd two = seated();
        CHECK(talk(daemon.door().socket, "").starts_with("HTTP/1.1 503"));
    }
    while (daemon.get("/v1/health").status != 200)
        REQUIRE(std::chrono::steady_clock::now() < end);
}

TEST_CASE("who asks too often is told to wait, and others are not")
{
    Running daemon;
    daemon.write_config("", R"(, "rate": 5)");
    daemon.start();
    int refused = 0;
    for (int i = 0; i < 100; ++i)
        refused += daemon.get("/v1/held").status == 429;
    CHECK(refused > 0);
    CHECK(refused < 100);
}
