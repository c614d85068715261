// SPDX-License-Identifier: Apache-2.0
//
// The HTTP/1.x reader alone: which hosts it finds in what, and where it stops.
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "unit/inspect/reading.h"

using namespace interdict;
using namespace interdict::inspect;
using namespace std::string_literals;

namespace {

struct Requests {
    std::vector<std::string> names{}; // in the order they were found
    std::size_t heads = 0;            // complete ones
    inspect_http_kind end = INSPECT_HTTP_MORE;
    std::size_t next = 0; // where the next request begins
    bool lost = false;

    bool operator==(const Requests&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Requests& requests)
{
    for (const auto& name : requests.names)
        out << '"' << name << "\" ";
    return out << requests.heads << " heads, end " << requests.end << " at " << requests.next
               << (requests.lost ? " lost" : "");
}

Requests read_http(std::string_view text, std::uint8_t fill = 0xa5)
{
    const auto bytes = kept(harness::bytes(text), 0, fill);
    std::vector<inspect_http_event> events(1000);
    const auto ready = std::min<std::size_t>(text.size(), INTERDICT_STREAM_MAX);
    events.resize(inspect_http(bytes.get(), static_cast<std::uint32_t>(ready), events.data(),
                               static_cast<std::uint32_t>(events.size())));
    Requests out;
    for (const auto& event : events) {
        if (event.kind == INSPECT_HTTP_NAME)
            out.names.emplace_back(text.substr(event.offset, event.length));
        else if (event.kind == INSPECT_HTTP_HEAD)
            ++out.heads;
    }
    out.end = events.back().kind;
    out.next = events.back().offset;
    out.lost = events.back().lost != 0;
    return out;
}

using Names = std::vector<std::string>;

Names names(std::string_view text) { return read_http(text).names; }

std::string get(const std::string& headers) { return "GET / HTTP/1.1\r\n" + headers + "\r\n"; }

} // namespace

TEST_CASE("http: the host of a request, and where the next one begins")
{
    const std::string text = get("Host: a.example\r\nAccept: */*\r\n");
    CHECK(read_http(text) ==
          Requests{.names = {"a.example"}, .heads = 1, .end = INSPECT_HTTP_END, .next = text.size()});
}

TEST_CASE("http: cut anywhere it asks for more, and the bytes behind the cut do not matter")
{
    const std::string text = get("Accept: */*\r\nHost: a.example:80\r\nContent-Length: 0\r\n");
    for (std::size_t length = 1; length < text.size(); ++length) {
        INFO("first " << length << " bytes");
        const auto reading = read_http(text.substr(0, length));
        CHECK(reading.end == INSPECT_HTTP_MORE);
        CHECK(reading == read_http(text.substr(0, length), '\n'));
        CHECK(reading == read_http(text.substr(0, length), ' '));
        // A fold may follow: the name is complete with the first byte of the next line.
        CHECK(reading.names.size() == (length > text.find("Content") ? 1u : 0u));
    }
}

TEST_CASE("http: every Host header counts, not only the first")
{
    CHECK(names(get("Host: a.example\r\nHost: b.example\r\nX: y\r\nhost: c.example\r\n")) ==
          Names{"a.example", "b.example", "c.example"});
}

TEST_CASE("http: what servers tolerate: case, blanks round the colon, tabs, line feeds alone, empty lines")
{
    for (const char* host : {"Host: a.example", "host:a.example", "HOST:\ta.example\t ", "hOsT :  a.example",
                             "Host \t: a.example"}) {
        INFO(host);
        CHECK(names(get(host + "\r\n"s)) == Names{"a.example"});
        CHECK(names("GET / HTTP/1.1\n"s + host + "\n\n") == Names{"a.example"});
    }
    for (const char* line :
         {"\r\n\r\nGET / HTTP/1.1", "\nGET / HTTP/1.1", "GET  \t /  HTTP/1.1 ", "GET\t/\tHTTP/1.1",
          "GET / HTTP/1.0", "GET / http/1.1", "M-SEARCH * HTTP/1.1", "VERSION-CONTROL / HTTP/1.1",
          "ABCDEFGHIJKLMNOPQRSTUVWX / HTTP/1.1", "GET /a b HTTP/1.1", "GET HTTP/1.1"}) {
        INFO(line);
        CHECK(names(line + "\r\nHost: a.example\r\n\r\n"s) == Names{"a.example"});
    }
}

TEST_CASE("http: folded headers: the host may stand in the next line")
{
    CHECK(names(get("Host:\r\n a.example\r\nX: y\r\n")) == Names{"a.example"});
    CHECK(names(get("Host:\r\n \r\n\t a.example  \r\n \r\nX: y\r\n")) == Names{"a.example"});
    CHECK(names(get("X: y\r\n Host: a.example\r\nHost: b.example\r\n")) == Names{"b.example"});
}

TEST_CASE("http: port, brackets and user information are no part of a name")
{
    CHECK(names(get("Host: a.example:8080\r\n")) == Names{"a.example"});
    CHECK(names(get("Host: a.example:\r\n")) == Names{"a.example"});
    CHECK(names(get("Host: a.example.:80\r\n")) == Names{"a.example."});
    CHECK(names(get("Host: [2001:db8::1]:80\r\n")).empty());
    CHECK(names(get("Host:\r\n")).empty());
    // Not a host: left as it is, and no host name to the lookup.
    CHECK(names(get("Host: x@a.example\r\n")) == Names{"x@a.example"});
    CHECK(names(get("Host: a.example/x\r\n")) == Names{"a.example/x"});
    CHECK(names(get("Host: a.example b.example\r\n")) == Names{"a.example b.example"});
}

TEST_CASE("http: the authority of a target in absolute form, and the Host beside it")
{
    const auto request = [](const std::string& target) {
        return "GET " + target + " HTTP/1.1\r\nHost: h.example\r\n\r\n";
    };
    for (const char* target : {"http://a.example", "http://a.example/", "http://a.example:80/x",
                               "HTTP://a.example?x", "https://a.example#x", "http://u:p@a.example/",
                               "http://u@v@a.example:1/@b.example", "coap+tcp://a.example/"}) {
        INFO(target);
        CHECK(names(request(target)) == Names{"a.example", "h.example"});
    }
    for (const char* target :
         {"/http://a.example/", "/?http://a.example/", "*", "//a.example/", "http:/a.example",
          "http//a.example", "1http://a.example/", "://a.example/", "http://[::1]/", "http:///x"}) {
        INFO(target);
        CHECK(names(request(target)) == Names{"h.example"});
    }
}

TEST_CASE("http: CONNECT names a host and ends the reading")
{
    const std::string text = "CONNECT a.example:443 HTTP/1.1\r\n\r\n";
    const auto reading = read_http(text + get("Host: b.example\r\n"));
    CHECK(reading.names == Names{"a.example"});
    CHECK(reading.end == INSPECT_HTTP_END);
    CHECK(reading.lost);
}

TEST_CASE("http: a host elsewhere is none: query, Referer, X-Forwarded-Host, Host without a colon")
{
    CHECK(names("GET /?Host:%20a.example HTTP/1.1\r\nReferer: http://b.example/\r\nX-Forwarded-Host: "
                "c.example\r\n"
                "Hostess: d.example\r\nHost\r\nX-Host: e.example\r\nHos: f.example\r\n\r\n")
              .empty());
}

TEST_CASE("http: bodies are passed over by their length; what is in them is no header")
{
    const std::string body = "Host: in.example\r\n\r\n" + get("Host: too.example\r\n");
    const std::string post =
        "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    const auto reading = read_http(post + body + get("Host: b.example\r\n"));
    CHECK(reading.names == Names{"a.example", "b.example"});
    CHECK(reading.heads == 2);
    // A body that is still to come: the next request begins behind it.
    const auto waiting = read_http(post + "Host");
    CHECK(waiting == Requests{.names = {"a.example"},
                              .heads = 1,
                              .end = INSPECT_HTTP_END,
                              .next = post.size() + body.size()});
}

TEST_CASE(
    "http: where a body ends cannot be told: chunks, lengths that are none, that differ, that are too large")
{
    for (const char* header :
         {"Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\nTransfer-Encoding: x\r\n",
          "Content-Length: 5, 5\r\n", "Content-Length: -1\r\n", "Content-Length: 0x10\r\n",
          "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 99999999999999999999\r\n",
          "Content-Length: 1073741824\r\n", "Content-Length:\r\n"}) {
        INFO(header);
        const auto reading = read_http("POST / HTTP/1.1\r\n" + std::string(header) +
                                       "Host: a.example\r\n\r\n" + get("Host: b.example\r\n"));
        CHECK(reading.names == Names{"a.example"});
        CHECK(reading.end == INSPECT_HTTP_END);
        CHECK(reading.lost);
    }
    CHECK_FALSE(read_http(get("Content-Length: 5\r\nContent-Length: 5\r\n") + "12345").lost);
    CHECK_FALSE(read_http(get("Content-Length: 000000005\r\n") + "12345").lost);
}

TEST_CASE("http: pipelined requests, the last one cut")
{
    const std::string first = get("Host: a.example\r\n");
    const auto reading = read_http(first + "\r\n" + first + "GET /x HTTP/1.1\r\nHost: b.exam");
    CHECK(reading == Requests{.names = {"a.example", "a.example"},
                              .heads = 2,
                              .end = INSPECT_HTTP_MORE,
                              .next = 2 * first.size() + 2});
}

TEST_CASE("http: no request at all, from the first bytes that show it")
{
    for (const char* text :
         {"SSH-2.0-OpenSSH_9.2\r\n", "EHLO mail.example\r\n", "USER name\r\n", "get / HTTP/1.1\r\n",
          "GET\r\n", "GET key\r\n", "OPTIONS rtsp://a.example/ RTSP/1.0\r\nHost: a.example\r\n\r\n",
          "ABCDEFGHIJKLMNOPQRSTUVWXY / HTTP/1.1\r\n", "GETX0", "INVITE sip:a@a.example SIP/2.0\r\n",
          "\r\n\x16\x03", "POST / \r\nHost: a.example\r\n\r\n"}) {
        INFO(text);
        const auto reading = read_http(text);
        CHECK(reading.names.empty());
        CHECK(reading.end == INSPECT_HTTP_NOT);
    }
}

TEST_CASE("http: versions: 0.9 has no headers, 2 is another protocol, others do not exist")
{
    const auto old = read_http("GET /\r\nHost: a.example\r\n\r\n");
    CHECK(old.heads == 1);
    CHECK(old.names.empty());
    CHECK(old.end == INSPECT_HTTP_END);
    CHECK(read_http("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").end == INSPECT_HTTP_TWO);
    CHECK(read_http("GET / HTTP/2.0\r\nHost: a.example\r\n\r\n").end == INSPECT_HTTP_BAD);
    CHECK(read_http("GET / HTTP/0.9\r\nHost: a.example\r\n\r\n").end == INSPECT_HTTP_BAD);
}

TEST_CASE("http: a head that fills the buffer, and more lines than are read")
{
    const std::string begin = "GET / HTTP/1.1\r\nX: ";
    const std::string end = "\r\nHost: a.example\r\n\r\n";
    const std::string just = begin + std::string(INTERDICT_STREAM_MAX - begin.size() - end.size(), 'x') + end;
    CHECK(names(just) == Names{"a.example"});
    CHECK(read_http(begin + std::string(5000, 'x')).end == INSPECT_HTTP_MORE);
    CHECK(read_http(std::string(2046, '\n') + "GET / HTTP/1.1\n").end == INSPECT_HTTP_MORE);
    CHECK(read_http(std::string(3000, '\n')).end == INSPECT_HTTP_BAD);
}
