// SPDX-License-Identifier: Apache-2.0
//
// The notice that a refused request gets, and how both ends of its connection are closed.
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "harness/http.h"
#include "harness/plane.h"

using namespace interdict::harness;

namespace {

const std::string kName = "blocked.example";
const std::string kResponse = "HTTP/1.1 451 Unavailable For Legal Reasons\r\nContent-Length: 3\r\n"
                              "Connection: close\r\n\r\nNo.";
const Ethernet kBack{.source = "00:00:5e:00:53:02", .destination = "00:00:5e:00:53:01"};

std::string acting(const std::string& action)
{
    return blocking({block_name(kName)}, R"(, "actions": {"http": ")" + action + R"("})");
}

// What the client of a connection sends, and what it gets back.
class Client {
public:
    explicit Client(Edge& edge, Packet link = Ethernet{} / IPv4{}) : edge_(edge), link_(std::move(link))
    {
        static std::uint16_t port = 20000;
        tcp_ = Tcp{.source_port = ++port, .destination_port = 80};
    }

    [[nodiscard]] Packet head() const { return link_ / tcp_; }

    // The server's data up to here have come.
    void acknowledge(std::uint32_t number) { tcp_.acknowledgement = number; }

    [[nodiscard]] Packet data(const Bytes& payload, std::uint8_t flags = flag::Ack | flag::Psh) const
    {
        Packet out = head();
        out.get<Tcp>().flags = flags;
        return out / Payload(payload);
    }

    [[nodiscard]] Packet empty(std::uint8_t flags, std::uint32_t sent = 0) const
    {
        Packet out = head();
        out.get<Tcp>().flags = flags;
        out.get<Tcp>().sequence += sent;
        out.get<Tcp>().options = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
        return out;
    }

    [[nodiscard]] Segment got() const { return read_segment(edge_.output()); }

    // The request is refused with the notice; from now on the client has taken it.
    void refused(const Bytes& payload)
    {
        edge_.expect(data(payload), notices(kName));
        const Segment notice = got();
        CHECK(text(notice.payload) == kResponse);
        CHECK(notice.sequence == tcp_.acknowledgement);
        CHECK(notice.acknowledgement == tcp_.sequence + payload.size());
        acknowledge(notice.sequence + static_cast<std::uint32_t>(kResponse.size()) + 1);
    }

    [[nodiscard]] std::uint32_t sequence() const { return tcp_.sequence; }
    [[nodiscard]] std::uint32_t acknowledged() const { return tcp_.acknowledgement; }

private:
    Edge& edge_;
    Packet link_;
    Tcp tcp_;
};

Expectation closes() { return passes().counting(INTERDICT_TOTAL_CLOSED); }
Expectation ends_here() { return Expectation{.verdict = INTERDICT_VERDICT_DROP}; }

Expectation acknowledges()
{
    Expectation out{.verdict = INTERDICT_VERDICT_NOTICE};
    out.uncounted = true;
    return out.counting(INTERDICT_TOTAL_CLOSED);
}

} // namespace

TEST_CASE(
    "http_answer: the notice, every byte, over IPv4, IPv6 and a VLAN, longer and shorter than the request")
{
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{2}, std::size_t{301}, std::size_t{1023}, std::size_t{1024}}) {
        std::string response(size, 'r');
        for (std::size_t i = 0; i < size; ++i)
            response[i] = static_cast<char>(i * 7);
        Edge edge(blocking({block_name(kName)}), {.answer = notice(response)});
        const Bytes get = request(kName, "User-Agent: " + std::string(400, 'x') + "\r\n");
        const Tcp tcp{
            .source_port = 41000, .destination_port = 80, .options = {8, 10, 1, 2, 3, 4, 5, 6, 7, 8}};
        const Tcp back{.source_port = 80,
                       .destination_port = 41000,
                       .sequence = 5000,
                       .acknowledgement = static_cast<std::uint32_t>(1000 + get.size()),
                       .flags = flag::Psh | flag::Fin | flag::Ack,
                       .window = 0xffff};
        const Packet expected = back / Payload(response);
        edge.expect(Ethernet{} / IPv4{} / tcp / Payload(get),
                    notices(kName).counting(INTERDICT_TOTAL_HTTP_REQUEST));
        CHECK(
            edge.output() ==
            build(kBack / IPv4{.source = "198.51.100.1", .destination = "192.0.2.1", .dont_fragment = true} /
                  expected));
        edge.expect(Ethernet{} / Vlan{.id = 9} / IPv6{} / tcp / Payload(get), notices(kName));
        CHECK(edge.output() ==
              build(kBack / Vlan{.id = 9} / IPv6{.source = "2001:db8:2::1", .destination = "2001:db8:1::1"} /
                    expected));
    }
}

TEST_CASE("http_answer: reset and drop where the order says so, and a reset where it has no notice")
{
    Edge reset(acting("reset"), {.answer = notice(kResponse)});
    reset.expect(Client(reset).data(request(kName)), resets(kName).by(INTERDICT_CHANNEL_HTTP));
    Edge drop(acting("drop"), {.answer = notice(kResponse)});
    drop.expect(Client(drop).data(request(kName)), drops(kName).by(INTERDICT_CHANNEL_HTTP));
    Edge silent(acting("notice"), {.answer = interdict_answer{}});
    silent.expect(Client(silent).data(request(kName)), resets(kName).by(INTERDICT_CHANNEL_HTTP));
}

TEST_CASE("http_answer: a request in the SYN is reset: data alone would answer no SYN")
{
    Edge edge(blocking({block_name(kName)}), {.answer = notice(kResponse)});
    const Client client(edge);
    edge.expect(syn(client.head()) / Payload(request(kName)), resets(kName).by(INTERDICT_CHANNEL_HTTP));
    CHECK(read_segment(edge.output()).flags == (flag::Rst | flag::Ack));
}

TEST_CASE("http_answer: a request in fragments cannot be answered and is dropped")
{
    Edge edge(blocking({block_name(kName)}), {.answer = notice(kResponse)});
    const auto pieces = fragment(Client(edge).data(request(kName)), {32});
    edge.expect(pieces[0], passes());
    edge.expect(pieces[1], drops(kName).by(INTERDICT_CHANNEL_HTTP).counting(INTERDICT_TOTAL_SKIP_ANSWER));
}

TEST_CASE("http_answer: the client closes cleanly, and the server is reset at the very number it waits for")
{
    for (const bool v6 : {false, true}) {
        Edge edge(blocking({block_name(kName)}), {.answer = notice(kResponse)});
        Client client(edge, v6 ? Ethernet{} / IPv6{} : Ethernet{} / IPv4{});
        edge.expect(syn(client.head()), passes());
        edge.expect(client.empty(flag::Ack), passes());
        const Bytes get = request(kName);
        const auto sent = static_cast<std::uint32_t>(get.size());
        client.refused(get);

        const Packet taken = client.empty(flag::Ack, sent);
        edge.expect(taken, closes());
        const Segment reset = client.got();
        CHECK(reset.flags == flag::Rst);
        CHECK(reset.sequence == client.sequence());
        CHECK(reset.acknowledgement == 0);
        CHECK(reset.source_port == client.head().get<Tcp>().source_port);
        CHECK(reset.destination_port == 80);
        CHECK(edge.output().size() == build(taken).size());

        edge.expect(taken, ends_here());
        edge.expect(client.empty(flag::Fin | flag::Ack, sent), acknowledges());
        const Segment last = client.got();
        CHECK(last.flags == flag::Ack);
        CHECK(last.sequence == client.acknowledged());
        CHECK(last.acknowledgement == client.sequence() + sent + 1);
        CHECK(last.payload.empty());
        CHECK(edge.total(INTERDICT_TOTAL_CLOSED) == 2);
        CHECK(edge.packets(kName) == 1);
    }
}

TEST_CASE("http_answer: a FIN that comes first resets the server, and is acknowledged when it comes again")
{
    Edge edge(blocking({block_name(kName)}), {.answer = notice(kResponse)});
    Client client(edge);
    edge.expect(syn(client.head()), passes());
    const Bytes get = request(kName);
    client.refused(get);
    const Packet fin = client.empty(flag::Fin | flag::Ack, static_cast<std::uint32_t>(get.size()));
    edge.expect(fin, closes());
    CHECK(client.got().flags == flag::Rst);
    edge.expect(fin, acknowledges());
    CHECK(client.got().flags == flag::Ack);
}

TEST_CASE("http_answer: a client that resets: the server gets it with the number that it takes")
{
    Edge edge(blocking({block_name(kName)}), {.answer = notice(kResponse)});
    Client client(edge);
    edge.expect(syn(client.head()), passes());
    const Bytes get = request(kName);
    client.refused(get);
    edge.expect(client.empty(flag::Rst, static_cast<std::uint32_t>(get.size())), closes());
    CHECK(client.got().sequence == client.sequence());
}

TEST_CASE("http_answer: a request sent again is answered again, an acknowledgement of older data passes")
{
    Edge edge(blocking({block_name(kName)}), {.answer = notice(kResponse)});
    const Client client(edge);
    const Bytes get = request(kName);
    edge.expect(syn(client.head()), passes());
    edge.expect(client.data(get), notices(kName));
    edge.expect(client.empty(flag::Ack, static_cast<std::uint32_t>(get.size())), passes());
    edge.expect(client.data(get), notices(kName));
    CHECK(text(client.got().payload) == kResponse);
    CHECK(edge.total(INTERDICT_TOTAL_RETRANSMITTED) == 1);
    CHECK(edge.total(INTERDICT_TOTAL_NOTICED) == 2);
    CHECK(edge.packets(kName) == 2);
}

TEST_CASE("http_answer: a request in three segments: the reset has the number of the one that was refused")
{
    Edge edge(blocking({block_name(kName)}), {.answer = notice(kResponse)});
    const Client client(edge);
    const Bytes get = request(kName);
    const auto pieces = segments(client.head(), get, {10, 10});
    edge.expect_last({syn(client.head()), pieces[0], pieces[1], pieces[2]}, notices(kName));
    CHECK(client.got().acknowledgement == client.sequence() + get.size());
    // The pieces that the server has seen may come again, the last one is answered again.
    edge.expect(pieces[1], passes());
    edge.expect(pieces[2], notices(kName));
    Packet taken = client.empty(flag::Ack, static_cast<std::uint32_t>(get.size()));
    taken.get<Tcp>().acknowledgement += static_cast<std::uint32_t>(kResponse.size()) + 1;
    edge.expect(taken, closes());
    CHECK(client.got().sequence == client.sequence() + 20);
}

TEST_CASE("http_answer: the second request of a connection is refused, the first was answered by its server")
{
    Edge edge(blocking({block_name(kName)}), {.answer = notice(kResponse)});
    Client client(edge);
    const Bytes first = request("allowed.example");
    edge.expect(syn(client.head()), passes());
    edge.expect(client.data(first), passes());
    client.acknowledge(client.acknowledged() + 300);
    edge.expect(client.empty(flag::Ack, static_cast<std::uint32_t>(first.size())), passes());
    Packet second = client.head();
    second.get<Tcp>().sequence += static_cast<std::uint32_t>(first.size());
    edge.expect(second / Payload(request(kName)), notices(kName));
    CHECK(client.got().sequence == client.acknowledged());
    client.acknowledge(client.acknowledged() + static_cast<std::uint32_t>(kResponse.size()) + 1);
    edge.expect(client.empty(flag::Ack, static_cast<std::uint32_t>(first.size() + request(kName).size())),
                closes());
    CHECK(client.got().sequence == client.sequence() + first.size());
}

TEST_CASE("http_answer: a lifted rule holds at once, and ports used again start afresh")
{
    const auto rules = blocking({block_name(kName)});
    Edge edge(rules, {.answer = notice(kResponse)});
    Client client(edge);
    edge.expect(syn(client.head()), passes());
    edge.expect(client.data(request(kName)), notices(kName));
    edge.publish(blocking({block_name("another.example")}));
    edge.expect(client.data(request(kName)), passes());
    edge.publish(rules);
    edge.expect(client.data(request(kName)), notices(kName));
    Packet head = client.head();
    head.get<Tcp>().sequence = 700000;
    edge.expect(syn(head), passes());
    head.get<Tcp>().acknowledgement += 100000;
    Packet ack = head;
    ack.get<Tcp>().flags = flag::Ack;
    edge.expect(ack, passes());
    edge.expect(head / Payload(request("allowed.example")), passes());
}

TEST_CASE("http_answer: nothing is closed after a reset or a drop, or where the plane only observes")
{
    for (const char* action : {"reset", "drop"}) {
        Edge edge(acting(action), {.answer = notice(kResponse)});
        Client client(edge);
        edge.expect(syn(client.head()), passes());
        edge.run(client.data(request(kName)));
        client.acknowledge(client.acknowledged() + 100);
        edge.expect(client.empty(flag::Ack, 10), passes());
        CHECK(edge.total(INTERDICT_TOTAL_CLOSED) == 0);
    }
    Edge edge(blocking({block_name(kName)}), {.observe = true, .answer = notice(kResponse)});
    Client client(edge);
    edge.expect(syn(client.head()), passes());
    edge.expect(client.data(request(kName)), observes(kName).by(INTERDICT_CHANNEL_HTTP));
    client.acknowledge(client.acknowledged() + 100);
    edge.expect(client.empty(flag::Ack, 10), passes());
}
