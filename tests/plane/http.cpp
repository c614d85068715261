// SPDX-License-Identifier: Apache-2.0
//
// Which HTTP requests are refused, and what of the others is counted. Answers and what becomes of the
// connection: http_answer.cpp.
#include <algorithm>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "harness/hello.h"
#include "harness/http.h"
#include "harness/plane.h"

using namespace interdict::harness;

namespace {

const std::string kName = "blocked.example";
const std::string kOther = "allowed.example"; // as long as the blocked one
const std::string kResponse = "HTTP/1.1 451 Unavailable For Legal Reasons\r\nContent-Length: 3\r\n\r\nNo.";

// Without a connection of a client that reads answers, only the judging shows: by reset.
std::string rules(const std::string& action = "reset")
{
    return blocking({block_name(kName)}, R"(, "actions": {"http": ")" + action + R"("})");
}

Expectation refuses(const std::string& target = kName) { return resets(target).by(INTERDICT_CHANNEL_HTTP); }

Packet one(const Bytes& stream) { return connection(80) / Payload(stream); }
Packet one(const std::string& stream) { return one(bytes(stream)); }

Bytes joined(std::initializer_list<Bytes> parts)
{
    Bytes out;
    for (const auto& part : parts)
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

} // namespace

TEST_CASE("http: a request in one segment, on any port, over IPv4 and IPv6")
{
    Edge edge(rules());
    for (const std::uint16_t port : {1, 80, 443, 8080, 65535}) {
        edge.expect(connection(port) / Payload(request(kName)),
                    refuses().counting(INTERDICT_TOTAL_HTTP_REQUEST));
        CHECK(edge.name() == kName);
    }
    edge.expect(Ethernet{} / Vlan{.id = 7} / IPv6{} / Tcp{.destination_port = 80} /
                    Payload(request("www." + kName)),
                refuses());
    edge.expect(one(request(kOther)), passes().counting(INTERDICT_TOTAL_HTTP_REQUEST));
    CHECK(edge.name() == kOther);
    CHECK(edge.total(INTERDICT_TOTAL_HTTP_NO_HOST) == 0);
}

TEST_CASE("http: means without http leave requests alone, and http alone leaves hellos alone")
{
    Edge tls(blocking({block_name(kName)}, R"(, "means": ["tls", "dns"])"));
    tls.expect(one(request(kName)), passes());
    CHECK(tls.total(INTERDICT_TOTAL_HTTP_REQUEST) == 0);
    Edge http(blocking({block_name(kName)}, R"(, "means": ["http"], "actions": {"http": "reset"})"));
    http.expect(one(client_hello(kName)), passes());
    http.expect(one(request(kName)), refuses());
}

TEST_CASE("http: exact, subtree, exempt and observed names")
{
    Edge edge(
        orders({order({block_name(kName), block_name("exact.example", "exact")},
                      R"(, "exempt": [{"name": "help.blocked.example"}], "actions": {"http": "reset"})"),
                order({block_name("watched.example")}, R"(, "mode": "observe")", "test-2")}));
    edge.expect(one(request("a.b." + kName)), refuses());
    edge.expect(one(request("exact.example")), refuses("exact.example"));
    edge.expect(one(request("www.exact.example")), passes());
    edge.expect(one(request("help." + kName)), passes_exempt());
    edge.expect(one(request("watched.example")), observes("watched.example").by(INTERDICT_CHANNEL_HTTP));
    edge.expect(one(request("not" + kName)), passes());
}

TEST_CASE("http: what servers tolerate")
{
    Edge edge(rules());
    for (const char* text : {"GET / HTTP/1.1\nhost:blocked.example\n\n",
                             "\r\n\r\nGET / HTTP/1.1\r\nHost: blocked.example\r\n\r\n",
                             "\nGET / HTTP/1.1\r\nHost: blocked.example\r\n\r\n",
                             "GET  /   HTTP/1.1\r\nHOST:\t blocked.example \r\n\r\n",
                             "GET\t/\tHTTP/1.1\r\nHost : blocked.example\r\n\r\n",
                             "PROPFIND / HTTP/1.0\r\nHost: BLOCKED.Example\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost:\r\n blocked.example\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: blocked.example.:80\r\n\r\n",
                             "GET /a b HTTP/1.1\r\nX: y\r\nHost: blocked.example:8080\r\n\r\n"}) {
        INFO(text);
        edge.expect(one(text), refuses());
    }
}

TEST_CASE("http: every Host header is judged")
{
    Edge edge(rules());
    edge.expect(one(request(kOther, "Host: " + kName + "\r\n")), refuses());
    edge.expect(one(request(kName, "Host: " + kOther + "\r\n")), refuses());
    edge.expect(one(request(kOther, "Host: " + kOther + "\r\n")), passes());
}

TEST_CASE("http: absolute form and CONNECT")
{
    Edge edge(rules());
    edge.expect(one(request(kOther, "", "GET http://user:pw@blocked.example:80/x HTTP/1.1")), refuses());
    edge.expect(one(request(kName, "", "GET http://allowed.example/x HTTP/1.1")), refuses());
    edge.expect(one(request(kOther, "", "GET http://allowed.example@x.example/blocked.example HTTP/1.1")),
                passes());
    edge.expect(one("CONNECT blocked.example:443 HTTP/1.1\r\n\r\n"), refuses());
    edge.expect(one("CONNECT allowed.example:443 HTTP/1.1\r\n\r\n"), passes());
}

TEST_CASE("http: a name elsewhere in a request is not its host")
{
    Edge edge(rules());
    edge.expect(one(request(kOther,
                            "Referer: http://blocked.example/\r\nX-Forwarded-Host: blocked.example\r\n"
                            "Origin: http://blocked.example\r\nX: y\r\n Host: blocked.example\r\n",
                            "GET /?Host:%20blocked.example HTTP/1.1")),
                passes());
    edge.expect(one("POST / HTTP/1.1\r\nHost: allowed.example\r\nContent-Length: 26\r\n\r\nHost: "
                    "blocked.example\r\n\r\n"),
                passes());
    edge.expect(one("POST / HTTP/1.1\r\nHost: allowed.example\r\nTransfer-Encoding: chunked\r\n\r\n2a\r\n"
                    "GET / HTTP/1.1\r\nHost: blocked.example\r\n\r\n"),
                passes());
}

TEST_CASE("http: what is no host name passes and is counted; an address in brackets is none")
{
    Edge edge(rules());
    for (const char* host :
         {"a b", "x@blocked.example", "blocked.example/", "..", "blocked..example", "b\xff"}) {
        INFO(host);
        edge.expect(one(request(host)), passes_because(INTERDICT_TOTAL_SKIP_NAME));
    }
    edge.expect(one(request("[2001:db8::1]:80")), passes());
    edge.expect(one(request("198.51.100.1")), passes());
    CHECK(edge.total(INTERDICT_TOTAL_HTTP_NO_HOST) == 0);
}

TEST_CASE(
    "http: requests without a host, malformed ones, HTTP/2 and what is no request, each counted as such")
{
    Edge edge(rules());
    edge.expect(one("GET /blocked.example\r\n"), passes().counting(INTERDICT_TOTAL_HTTP_NO_HOST));
    edge.expect(one("GET / HTTP/1.0\r\nAccept: */*\r\n\r\n"),
                passes().counting(INTERDICT_TOTAL_HTTP_NO_HOST));
    edge.expect(one(request("")), passes().counting(INTERDICT_TOTAL_HTTP_NO_HOST));
    CHECK(edge.total(INTERDICT_TOTAL_HTTP_REQUEST) == 3);
    edge.expect(one("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), passes_because(INTERDICT_TOTAL_SKIP_HTTP2));
    edge.expect(one(request(kName, "", "GET / HTTP/3.0")), passes_because(INTERDICT_TOTAL_SKIP_HTTP));
    for (const char* text : {"SSH-2.0-blocked.example\r\n", "EHLO blocked.example\r\n",
                             "USER blocked.example\r\n", "get / HTTP/1.1\r\nHost: blocked.example\r\n\r\n",
                             "OPTIONS * RTSP/1.0\r\nHost: blocked.example\r\n\r\n"})
        edge.expect(one(text), passes());
    CHECK(edge.total(INTERDICT_TOTAL_HTTP_REQUEST) == 3);
    CHECK(edge.packets(kName) == 0);
}

TEST_CASE("http: two segments cut at every byte, in order and the second first")
{
    Edge edge(rules());
    const Bytes stream = request(kName, "Accept: */*\r\n");
    // The name is complete with the first byte of the line behind it.
    const std::size_t known = position(stream, kName) + kName.size() + 3;
    for (std::size_t cut = 1; cut < stream.size(); ++cut) {
        INFO("cut at " << cut);
        const Packet head = connection(80);
        const auto pieces = segments(head, stream, {cut});
        if (cut < known)
            edge.expect_last({syn(head), pieces[0], pieces[1]}, refuses());
        else
            edge.expect_last({syn(head), pieces[0]}, refuses());
        const Packet other = connection(80);
        const auto turned = segments(other, stream, {cut});
        edge.expect_last({syn(other), turned[1], turned[0]}, refuses());
    }
    CHECK(edge.packets(kName) == 2 * (stream.size() - 1));
}

TEST_CASE("http: one byte in each segment, with and without a SYN having been seen")
{
    Edge edge(rules());
    const Bytes stream = request(kName);
    const std::size_t known = position(stream, kName) + kName.size() + 2;
    for (const bool opened : {true, false}) {
        const Packet head = connection(80);
        if (opened)
            edge.run(syn(head));
        for (std::size_t at = 0; at < known; ++at)
            REQUIRE(edge.run(segment(head, stream, at, 1)) == INTERDICT_VERDICT_PASS);
        CHECK(edge.run(segment(head, stream, known, 1)) == INTERDICT_VERDICT_RESET);
        // The rest of a refused request does not get through, nor does its last piece once more.
        CHECK(edge.run(segment(head, stream, known + 1, 1)) == INTERDICT_VERDICT_RESET);
        CHECK(edge.run(segment(head, stream, known, 1)) == INTERDICT_VERDICT_RESET);
    }
    CHECK(edge.packets(kName) == 6);
}

TEST_CASE("http: overlapping segments that differ: either reading is enough")
{
    Edge edge(rules());
    const Bytes real = request(kName);
    const Bytes decoy = request(kOther);
    REQUIRE(real.size() == decoy.size());
    const std::size_t cut = position(real, kName);
    const std::size_t end = cut + kName.size();
    for (const bool real_first : {true, false}) {
        const Packet head = connection(80);
        edge.run(syn(head));
        edge.run(segment(head, real, 0, cut));
        CHECK(edge.run(segment(head, real_first ? real : decoy, cut, end - cut)) == INTERDICT_VERDICT_PASS);
        CHECK(edge.run(segment(head, real_first ? decoy : real, cut, end - cut)) == INTERDICT_VERDICT_PASS);
        CHECK(edge.run(segment(head, real, end, 100)) == INTERDICT_VERDICT_RESET);
    }
    // A decoy that is whole: the real host comes after it.
    const Packet head = connection(80);
    edge.run(syn(head));
    edge.run(segment(head, real, 0, cut));
    edge.run(segment(head, decoy, cut, end - cut));
    CHECK(edge.run(segment(head, real, end, 100)) == INTERDICT_VERDICT_PASS);
    CHECK(edge.run(segment(head, real, cut, end - cut)) == INTERDICT_VERDICT_RESET);
    const Packet whole = connection(80);
    edge.run(syn(whole));
    CHECK(edge.run(whole / Payload(decoy)) == INTERDICT_VERDICT_PASS);
    CHECK(edge.run(whole / Payload(real)) == INTERDICT_VERDICT_RESET);
}

TEST_CASE("http: pipelined requests: any of them, in one segment or cut anywhere")
{
    Edge edge(rules());
    const Bytes plain = request(kOther);
    edge.expect(one(joined({plain, plain, request(kName)})), refuses());
    edge.expect(one(joined({request(kName), plain})), refuses());
    edge.expect(one(joined({plain, bytes("\r\n"), plain})), passes());
    const Bytes stream = joined({plain, plain, request(kName)});
    for (std::size_t cut = 1; cut + 2 < stream.size(); ++cut) {
        INFO("cut at " << cut);
        const Packet head = connection(80);
        const auto pieces = segments(head, stream, {cut});
        edge.expect_last({syn(head), pieces[0], pieces[1]}, refuses());
    }
}

TEST_CASE("http: every request is counted once, however it is cut")
{
    Edge edge(rules());
    const Bytes plain = request(kOther);
    const Bytes stream = joined({plain, plain, plain});
    std::uint64_t count = 0;
    for (std::size_t cut = 1; cut < stream.size(); cut += 3) {
        INFO("cut at " << cut);
        const Packet head = connection(80);
        edge.expect(std::vector<Packet>{syn(head)}, passes());
        edge.expect(segments(head, stream, {cut}), passes());
        count += 3;
        CHECK(edge.total(INTERDICT_TOTAL_HTTP_REQUEST) == count);
    }
}

TEST_CASE("http: later requests of a connection that stays open, before and after the server has answered")
{
    Edge edge(rules());
    for (const bool answered : {true, false}) {
        Packet head = connection(80);
        const Bytes stream = joined({request(kOther), request(kOther), request(kName)});
        const std::size_t size = request(kOther).size();
        edge.expect(syn(head), passes());
        edge.expect(segment(head, stream, 0, size), passes());
        head.get<Tcp>().acknowledgement += answered ? 200 : 0;
        edge.expect(segment(head, stream, size, size), passes());
        head.get<Tcp>().acknowledgement += answered ? 200 : 0;
        edge.expect(segment(head, stream, 2 * size, 20), passes());
        edge.expect(segment(head, stream, 2 * size + 20, 200), refuses());
    }
}

TEST_CASE("http: a body in segments of its own is passed over, the request behind it is not")
{
    Edge edge(rules());
    const Bytes body = joined({request(kName), request(kName), request(kName)});
    const Bytes post =
        request(kOther, "Content-Length: " + std::to_string(body.size()) + "\r\n", "POST / HTTP/1.1");
    const Bytes stream = joined({post, body, request(kName)});
    const std::size_t size = request(kName).size();
    for (const bool opened : {true, false})
        for (const bool answered : {true, false}) {
            INFO("SYN seen " << opened << ", answered early " << answered);
            Packet head = connection(80);
            if (opened)
                edge.expect(syn(head), passes());
            edge.expect(segment(head, stream, 0, post.size()), passes());
            head.get<Tcp>().acknowledgement += answered ? 25 : 0;
            for (std::size_t i = 0; i < 2; ++i)
                edge.expect(segment(head, stream, post.size() + i * size, size), passes());
            // The end of the body and the next request in one segment.
            edge.expect(segment(head, stream, post.size() + 2 * size, 2 * size), refuses());
        }
}

TEST_CASE("http: a head longer than the buffer: lines that do not matter make room, however long they are")
{
    Edge edge(rules());
    std::string many;
    for (int i = 0; i < 300; ++i)
        many += "X-Padding-" + std::to_string(i) + ": " + std::string(30, 'x') + "\r\n";
    const std::string host = "Host: " + kName + "\r\n";
    for (const std::string& more : {many + host, "X: " + std::string(9000, 'x') + "\r\n" + host,
                                    "X:\r\n " + std::string(6000, 'y') + "\r\n z\r\nY: z\r\n" + host})
        for (const std::size_t size : {std::size_t{536}, std::size_t{1400}, std::size_t{1460}}) {
            INFO(more.substr(0, 20) << " in segments of " << size);
            const Bytes stream = request(kOther, more);
            const Packet head = connection(80);
            edge.run(syn(head));
            std::size_t at = 0;
            while (at < stream.size() && edge.run(segment(head, stream, at, size)) == INTERDICT_VERDICT_PASS)
                at += size;
            CHECK(at < stream.size());
            CHECK(at + size > position(stream, kName) + kName.size());
        }
    CHECK(edge.packets(kName) == 9);
    const Bytes innocent = request(kOther, many + "Referer: http://" + kName + "\r\n");
    const Packet head = connection(80);
    edge.expect(segments(head, innocent, {1400, 1400, 1400, 1400, 1400, 1400, 1400, 1400}), passes());
    CHECK(edge.packets(kName) == 9);
}

TEST_CASE("http: a first line longer than the buffer, and a piece beyond it, pass and are counted")
{
    Edge edge(rules());
    const Bytes stream = request(kName, "", "GET /" + std::string(5000, 'x') + " HTTP/1.1");
    const Packet head = connection(80);
    const auto pieces = segments(head, stream, {1400, 1400});
    edge.expect({syn(head), pieces[0], pieces[1]}, passes());
    edge.expect(pieces[2], passes_because(INTERDICT_TOTAL_SKIP_LONG));
}

TEST_CASE("http: pipelined requests for several blocked names: each rule counts once, the first decides")
{
    const std::string other = "second.example";
    Edge edge(blocking({block_name(kName), block_name(other)}));
    Bytes stream;
    for (const auto& host : {kOther, kName, other, kName, "www." + other}) {
        const Bytes next = request(host);
        stream.insert(stream.end(), next.begin(), next.end());
    }
    CHECK(edge.run(one(stream)) == INTERDICT_VERDICT_NOTICE);
    CHECK(edge.name() == kName);
    CHECK(edge.packets(kName) == 1);
    CHECK(edge.packets(other) == 1);
    CHECK(edge.total(INTERDICT_TOTAL_HIT_HTTP) == 1);
    CHECK(edge.total(INTERDICT_TOTAL_NOTICED) == 1);
    CHECK(edge.total(INTERDICT_TOTAL_HTTP_REQUEST) == 5);
}

TEST_CASE("http: many pipelined requests that are cut across segments")
{
    Edge edge(rules());
    Bytes stream;
    for (int i = 0; i < 200; ++i)
        stream = joined({stream, request(kOther, "X: " + std::to_string(i) + "\r\n")});
    const std::uint64_t plain = 200;
    stream = joined({stream, request(kName)});
    const Packet head = connection(80);
    std::vector<std::size_t> sizes(stream.size() / 700, 700);
    const auto pieces = segments(head, stream, sizes);
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i)
        edge.expect(pieces[i], passes());
    edge.expect(pieces.back(), refuses());
    CHECK(edge.total(INTERDICT_TOTAL_HTTP_REQUEST) == plain + 1);
}

TEST_CASE("http: the rest of a TLS connection is not read as requests, nor an HTTP upload as a hello")
{
    Edge edge(rules());
    const Packet head = connection(443);
    const Bytes hello = client_hello(kOther);
    edge.expect(syn(head), passes());
    edge.expect(segment(head, hello, 0, hello.size()), passes());
    const Bytes both = joined({hello, request(kName)});
    edge.expect(segment(head, both, hello.size(), 500), passes());
}
