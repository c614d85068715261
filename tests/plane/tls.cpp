// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <random>

#include <catch2/catch_test_macros.hpp>

#include "harness/hello.h"
#include "harness/plane.h"

using namespace interdict::harness;

namespace {

const std::string kName = "blocked.example";

Packet one(const Bytes& stream) { return connection() / Payload(stream); }

// The segments in the given order, the SYN first.
std::vector<Packet> flight(const Packet& head, const std::vector<Packet>& pieces,
                           const std::vector<std::size_t>& order)
{
    std::vector<Packet> out{syn(head)};
    for (const std::size_t index : order)
        out.push_back(pieces[index]);
    return out;
}

} // namespace

TEST_CASE("tls: one segment, name first, in the middle and last, over IPv4 and IPv6")
{
    Edge edge(blocking({block_name(kName)}));
    std::uint16_t port = 30000;
    for (const auto place : {Place::First, Place::Middle, Place::Last}) {
        const Bytes stream = client_hello(Hello{.names = {kName}, .place = place});
        edge.expect(one(stream), resets(kName).counting(INTERDICT_TOTAL_TLS_HELLO));
        CHECK(edge.name() == kName);
        edge.expect(Ethernet{} / IPv6{} / Tcp{.source_port = ++port} / Payload(stream),
                    resets(kName).counting(INTERDICT_TOTAL_TLS_HELLO));
    }
    CHECK(edge.packets(kName) == 6);
}

TEST_CASE("tls: any port, by shape")
{
    Edge edge(blocking({block_name(kName)}));
    for (const std::uint16_t port : {1, 22, 80, 443, 853, 8443, 65535})
        edge.expect(Ethernet{} / IPv4{} / Tcp{.destination_port = port} / Payload(client_hello(kName)),
                    resets(kName));
}

TEST_CASE("tls: exact is that name alone, subtree all below it, lookalikes are neither")
{
    Edge edge(blocking({block_name("exact.example", "exact"), block_name(kName)}));
    edge.expect(one(client_hello("exact.example")), resets("exact.example"));
    edge.expect(one(client_hello("www.exact.example")), passes());
    edge.expect(one(client_hello("notexact.example")), passes());
    edge.expect(one(client_hello(kName)), resets(kName));
    edge.expect(one(client_hello("www." + kName)), resets(kName));
    edge.expect(one(client_hello("a.b.c.d.e." + kName)), resets(kName));
    for (const char* other : {"notblocked.example", "blocked.example.net", "blocked.exampl", "locked.example",
                              "example", "blocked-example", "blocked.example2", "blocked.example.example",
                              "xblocked.example", "blocked.sub.example", "b.locked.example"})
        edge.expect(one(client_hello(other)), passes());
}

TEST_CASE("tls: the longest listed suffix counts, alone")
{
    Edge edge(
        blocking({block_name(kName), block_name("www." + kName), block_name("deep.www." + kName, "exact")}));
    edge.expect(one(client_hello("deep.www." + kName)), resets("deep.www." + kName));
    edge.expect(one(client_hello("x.deep.www." + kName)), resets("www." + kName));
    edge.expect(one(client_hello("www." + kName)), resets("www." + kName));
    edge.expect(one(client_hello("ftp." + kName)), resets(kName));
}

TEST_CASE("tls: exempt names of an order pass, with what lies below them if the exemption says so")
{
    Edge edge(blocking(
        {block_name(kName)},
        R"(, "exempt": [{"name": "help.blocked.example"}, {"name": "one.blocked.example", "match": "exact"}])"));
    edge.expect(one(client_hello("help." + kName)), passes_exempt());
    edge.expect(one(client_hello("a.help." + kName)), passes_exempt());
    edge.expect(one(client_hello("one." + kName)), passes_exempt());
    edge.expect(one(client_hello("a.one." + kName)), resets(kName));
    edge.expect(one(client_hello("nohelp." + kName)), resets(kName));
    CHECK(edge.total(INTERDICT_TOTAL_EXEMPTED) == 3);
}

TEST_CASE("tls: means without tls leave hellos alone")
{
    Edge edge(blocking({block_name(kName)}, R"(, "means": ["dns"])"));
    edge.expect(one(client_hello(kName)), passes());
}

TEST_CASE("tls: case does not matter, one final dot is ignored, two are no host name")
{
    Edge edge(blocking({block_name(kName)}));
    edge.expect(one(client_hello("BLOCKED.Example")), resets(kName));
    CHECK(edge.name() == kName);
    edge.expect(one(client_hello("wWw.bLoCkEd.eXaMpLe")), resets(kName));
    edge.expect(one(client_hello(kName + ".")), resets(kName));
    CHECK(edge.name() == kName);
    edge.expect(one(client_hello(kName + "..")), passes_because(INTERDICT_TOTAL_SKIP_NAME));
}

TEST_CASE("tls: names of 253 bytes are read, of 254 are not; labels of 63")
{
    Edge edge(blocking({block_name(kName)}));
    const std::string longest = long_name(253, kName);
    REQUIRE(longest.size() == 253);
    edge.expect(one(client_hello(longest)), resets(kName));
    CHECK(edge.name() == longest);
    edge.expect(one(client_hello(longest + ".")), resets(kName));
    edge.expect(one(client_hello(long_name(254, kName))), passes_because(INTERDICT_TOTAL_SKIP_NAME));
}

TEST_CASE("tls: sixteen labels from the right are looked up; deeper names match by them")
{
    const auto nested = [](int labels) {
        std::string name = kName;
        for (int i = 2; i < labels; ++i)
            name = std::string(1, static_cast<char>('a' + i % 26)) + "." + name;
        return name;
    };
    Edge edge(blocking({block_name(kName), block_name(nested(16)), block_name("x." + nested(29), "exact")}));
    edge.expect(one(client_hello(nested(15))), resets(kName));
    edge.expect(one(client_hello(nested(16))), resets(nested(16)));
    edge.expect(one(client_hello(nested(17))), resets(nested(16)));
    edge.expect(one(client_hello(nested(40))), resets(nested(16)));
    // The whole name is looked up however many labels it has.
    edge.expect(one(client_hello("x." + nested(29))), resets("x." + nested(29)));
}

TEST_CASE("tls: what is not a host name is never one, whatever it holds")
{
    Edge edge(blocking({block_name(kName)}));
    using namespace std::string_literals;
    for (const std::string& odd :
         {"blocked.example\0"s, "\0blocked.example"s, "evil\0.blocked.example"s, ".blocked.example"s,
          "a..blocked.example"s, "a b.blocked.example"s, "*.blocked.example"s, "\xff.blocked.example"s,
          "blocked.example:443"s, "."s, "a/blocked.example"s})
        edge.expect(one(client_hello(odd)), passes_because(INTERDICT_TOTAL_SKIP_NAME));
}

TEST_CASE("tls: an underscore, a hyphen and an address for a name do no harm")
{
    Edge edge(blocking({block_name(kName)}));
    edge.expect(one(client_hello("_x-y._tcp." + kName)), resets(kName));
    edge.expect(one(client_hello("192.0.2.1")), passes());
}

TEST_CASE("tls: no server name, encrypted hello and GREASE")
{
    Edge edge(blocking({block_name(kName)}));
    edge.expect(one(client_hello(Hello{})),
                passes().counting(INTERDICT_TOTAL_TLS_HELLO).counting(INTERDICT_TOTAL_TLS_NO_NAME));
    edge.expect(one(client_hello(Hello{.fault = Fault::NoExtensions})),
                passes().counting(INTERDICT_TOTAL_TLS_HELLO).counting(INTERDICT_TOTAL_TLS_NO_NAME));
    edge.expect(one(client_hello(Hello{.names = {"public.example"}, .place = Place::Last, .ech = true})),
                passes().counting(INTERDICT_TOTAL_TLS_HELLO).counting(INTERDICT_TOTAL_TLS_ECH));
    edge.expect(one(client_hello(Hello{.names = {kName}, .place = Place::Last, .ech = true})),
                resets(kName).counting(INTERDICT_TOTAL_TLS_ECH));
    edge.expect(one(client_hello(Hello{.names = {kName}, .grease = false, .session_id = 0})), resets(kName));
}

TEST_CASE("tls: record versions from SSL 3 to TLS 1.3 are accepted")
{
    Edge edge(blocking({block_name(kName)}));
    for (const std::uint16_t version : {0x0300, 0x0301, 0x0303, 0x0304})
        edge.expect(one(client_hello(Hello{.names = {kName}, .record_version = version})), resets(kName));
}

TEST_CASE("tls: the name's last byte is the packet's last byte")
{
    Edge edge(blocking({block_name(kName)}));
    Hello hello{.names = {kName}, .place = Place::Last};
    const Bytes stream = client_hello(hello);
    REQUIRE(position(stream, kName) + kName.size() == stream.size());
    edge.expect(one(stream), resets(kName));
    // The same in the second of two segments.
    const Packet head = connection();
    edge.expect_last(flight(head, segments(head, stream, {stream.size() - 1}), {0, 1}), resets(kName));
}

TEST_CASE("tls: bytes behind the hello in the same segment do not matter")
{
    Edge edge(blocking({block_name(kName)}));
    Bytes stream = client_hello(kName);
    const Bytes change{20, 3, 3, 0, 1, 1};
    stream.insert(stream.end(), change.begin(), change.end());
    edge.expect(one(stream), resets(kName));
}

TEST_CASE("tls: two segments cut at every byte, in order; the deciding one is refused")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes stream = client_hello(Hello{.names = {kName}, .place = Place::Last});
    for (std::size_t cut = 1; cut < stream.size(); ++cut) {
        INFO("cut at " << cut);
        const Packet head = connection();
        edge.expect_last(flight(head, segments(head, stream, {cut}), {0, 1}),
                         resets(kName).counting(INTERDICT_TOTAL_TLS_SPLIT));
    }
    CHECK(edge.packets(kName) == stream.size() - 1);
}

TEST_CASE("tls: two segments cut at every byte, the second first")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes stream = client_hello(Hello{.names = {kName}, .place = Place::Middle});
    for (std::size_t cut = 1; cut < stream.size(); ++cut) {
        INFO("cut at " << cut);
        const Packet head = connection();
        edge.expect_last(flight(head, segments(head, stream, {cut}), {1, 0}), resets(kName));
    }
}

TEST_CASE("tls: a browser's long hello over two segments, without a SYN having been seen")
{
    Edge edge(blocking({block_name(kName)}));
    const Packet head = connection();
    edge.expect_last(segments(head, long_hello(kName), {1400}),
                     resets(kName).counting(INTERDICT_TOTAL_TLS_SPLIT));
    const Packet allowed = connection();
    edge.expect_last(segments(allowed, long_hello("allowed.example"), {1400}), passes());
    CHECK(edge.total(INTERDICT_TOTAL_FLOW_CREATED) == 2);
}

TEST_CASE("tls: four segments in every order")
{
    Edge edge(blocking({block_name(kName)}));
    std::vector<std::size_t> order{0, 1, 2, 3};
    do {
        const Packet head = connection();
        const Bytes stream = long_hello(kName);
        edge.expect_last(flight(head, segments(head, stream, {500, 400, 600}), order), resets(kName));
    } while (std::next_permutation(order.begin(), order.end()));
    CHECK(edge.packets(kName) == 24);
}

TEST_CASE("tls: one byte in each segment")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes stream = client_hello(Hello{.names = {kName}, .place = Place::First, .grease = false});
    const std::size_t last = position(stream, kName) + kName.size();
    const Packet head = connection();
    std::vector<Packet> pieces{syn(head)};
    for (std::size_t at = 0; at < stream.size(); ++at)
        pieces.push_back(segment(head, stream, at, 1));
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const auto verdict = edge.run(pieces[i]);
        if (i < last)
            REQUIRE(verdict == INTERDICT_VERDICT_PASS);
        if (verdict != INTERDICT_VERDICT_PASS)
            break;
    }
    CHECK(edge.packets(kName) == 1);
}

TEST_CASE("tls: retransmissions before the verdict change nothing, after it they are refused again")
{
    Edge edge(blocking({block_name(kName)}));
    const Packet head = connection();
    const auto pieces = segments(head, long_hello(kName), {700, 700});
    edge.expect_last({syn(head), pieces[0], syn(head), pieces[0], pieces[1], pieces[0], pieces[1], pieces[2]},
                     resets(kName));
    edge.expect(pieces[2], resets(kName));
    CHECK(edge.run(pieces[2]) == INTERDICT_VERDICT_RESET);
    CHECK(edge.packets(kName) == 3);
}

TEST_CASE("tls: a retransmission cut at other places")
{
    Edge edge(blocking({block_name(kName)}));
    const Packet head = connection();
    const Bytes stream = long_hello(kName);
    edge.expect_last({syn(head), segment(head, stream, 0, 600), segment(head, stream, 0, 300),
                      segment(head, stream, 200, 900), segment(head, stream, 1050, 2000)},
                     resets(kName));
}

TEST_CASE("tls: overlaps with the same bytes are no conflict")
{
    Edge edge(blocking({block_name(kName)}));
    const Packet head = connection();
    const Bytes stream = long_hello(kName);
    edge.expect_last({syn(head), segment(head, stream, 1000, 300), segment(head, stream, 0, 1100),
                      segment(head, stream, 1200, 2000)},
                     resets(kName));
    CHECK(edge.total(INTERDICT_TOTAL_CONFLICT) == 0);
}

TEST_CASE("tls: overlaps with other bytes: either reading is enough")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes real = long_hello(kName);
    const Bytes decoy = long_hello("allowed.example");
    REQUIRE(real.size() == decoy.size());
    const std::size_t cut = position(real, kName) - 20;
    for (const bool real_first : {true, false}) {
        INFO("the real name comes " << (real_first ? "first" : "second"));
        const Packet head = connection();
        const Bytes& first = real_first ? real : decoy;
        const Bytes& second = real_first ? decoy : real;
        const auto before = edge.packets(kName);
        const auto conflicts = edge.total(INTERDICT_TOTAL_CONFLICT);
        // The tail without its last byte twice, in both versions, then the beginning and the last byte.
        edge.run(syn(head));
        edge.run(segment(head, first, cut, first.size() - 1 - cut));
        edge.run(segment(head, second, cut, second.size() - 1 - cut));
        edge.run(segment(head, real, 0, cut));
        const auto verdict = edge.run(segment(head, real, real.size() - 1, 1));
        CHECK(verdict == INTERDICT_VERDICT_RESET);
        CHECK(edge.packets(kName) == before + 1);
        CHECK(edge.total(INTERDICT_TOTAL_CONFLICT) == conflicts + 1);
    }
}

TEST_CASE("tls: records of every size from one byte on, in one segment")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes message = handshake(Hello{.names = {kName}, .key_share = 16});
    for (std::size_t size = 1; size <= 40; ++size) {
        INFO("records of " << size);
        const Bytes stream = records_of(message, size);
        edge.expect(one(stream), resets(kName).counting(INTERDICT_TOTAL_TLS_HELLO));
    }
}

TEST_CASE("tls: two records cut at every byte")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes message = handshake(Hello{.names = {kName}});
    for (std::size_t cut = 1; cut < message.size(); ++cut) {
        INFO("cut at " << cut);
        edge.expect(one(records(message, {cut})), resets(kName));
    }
}

TEST_CASE("tls: one-byte records over segments cut inside record headers")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes stream = records_of(handshake(Hello{.names = {kName}, .key_share = 16}), 1);
    for (std::size_t cut = 1; cut < 40; ++cut) {
        const Packet head = connection();
        edge.expect_last(flight(head, segments(head, stream, {cut, 700}), {0, 1, 2}), resets(kName));
    }
}

TEST_CASE("tls: empty records and records of another kind inside the hello end the reading")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes message = handshake(Hello{.names = {kName}});
    Bytes empty = records(message, {20});
    const Bytes header{22, 3, 1, 0, 0};
    empty.insert(empty.begin() + 25, header.begin(), header.end());
    edge.expect(one(empty), passes_because(INTERDICT_TOTAL_SKIP_MALFORMED));
    Bytes alert = records(message, {20});
    alert[25] = 21;
    edge.expect(one(alert), passes_because(INTERDICT_TOTAL_SKIP_MALFORMED));
}

TEST_CASE("tls: contradictory lengths pass and are counted as malformed")
{
    Edge edge(blocking({block_name(kName)}));
    for (const auto fault : {Fault::HandshakeShort, Fault::ExtensionLong, Fault::NameLong,
                             Fault::NameTypeUnknown, Fault::ExtensionsLong}) {
        INFO("fault " << static_cast<int>(fault));
        Hello hello{.names = {kName}, .fault = fault};
        const auto verdict = edge.run(one(client_hello(hello)));
        CHECK(verdict == INTERDICT_VERDICT_PASS);
    }
    CHECK(edge.packets(kName) == 0);
    CHECK(edge.total(INTERDICT_TOTAL_SKIP_MALFORMED) >= 4);
}

TEST_CASE("tls: lengths that promise more than a hello holds never fire and never stay")
{
    Edge edge(blocking({block_name(kName)}));
    for (const auto fault : {Fault::SessionIdLong, Fault::CiphersLong, Fault::CompressionLong})
        CHECK(edge.run(one(client_hello(Hello{.names = {kName}, .fault = fault}))) == INTERDICT_VERDICT_PASS);
    CHECK(edge.packets(kName) == 0);
}

TEST_CASE("tls: an empty name and no ClientHello at all")
{
    Edge edge(blocking({block_name(kName)}));
    CHECK(edge.run(one(client_hello(Hello{.names = {kName}, .fault = Fault::NameEmpty}))) ==
          INTERDICT_VERDICT_PASS);
    edge.expect(one(client_hello(Hello{.names = {kName}, .fault = Fault::NotClientHello})), passes());
    edge.expect(one(bytes("GET / HTTP/1.1\r\nX-Host: blocked.example\r\nHost: allowed.example\r\n\r\n")),
                passes());
    edge.expect(one(bytes("SSH-2.0-blocked.example\r\n")), passes());
    Bytes data = client_hello(kName);
    data[0] = 23;
    edge.expect(one(data), passes());
    data[0] = 22;
    data[1] = 2;
    edge.expect(one(data), passes());
    edge.expect(one(Bytes{22}), passes());
    CHECK(edge.packets(kName) == 0);
}

TEST_CASE("tls: the second of two server names and a second extension are not what a server reads")
{
    Edge edge(blocking({block_name(kName)}));
    edge.expect(one(client_hello(Hello{.names = {kName, "allowed.example"}})), resets(kName));
    edge.expect(one(client_hello(Hello{.names = {kName}, .duplicate_name = true})), resets(kName));
}

TEST_CASE("tls: the name in established traffic is not a hello")
{
    Edge edge(blocking({block_name(kName)}));
    edge.expect(one(bytes(std::string(200, 'x') + kName)), passes());
}

TEST_CASE("tls: a hello longer than the buffer passes once the buffer is full, and is counted")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes stream = client_hello(Hello{.names = {kName}, .place = Place::Last, .length = 9000});
    const Packet head = connection();
    const auto before = edge.total(INTERDICT_TOTAL_SKIP_LONG);
    for (const auto& piece : segments(head, stream, {1400, 1400, 1400, 1400, 1400, 1400}))
        CHECK(edge.run(piece) == INTERDICT_VERDICT_PASS);
    CHECK(edge.total(INTERDICT_TOTAL_SKIP_LONG) == before + 1);
    CHECK(edge.packets(kName) == 0);
}

TEST_CASE("tls: a hello of just the buffer's length is read")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes stream = client_hello(Hello{.names = {kName}, .place = Place::Last, .length = 4096 - 5});
    REQUIRE(stream.size() == 4096);
    const Packet head = connection();
    edge.expect_last(flight(head, segments(head, stream, {1400, 1400}), {0, 1, 2}), resets(kName));
}

TEST_CASE("tls: sequence numbers that wrap around zero")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes stream = long_hello(kName);
    for (const std::uint32_t start : {0xffffffffu, 0xfffffff0u, 0xfffffc00u, 0u}) {
        Packet head = connection();
        head.get<Tcp>().sequence = start;
        edge.expect_last(flight(head, segments(head, stream, {700, 700}), {2, 0, 1}), resets(kName));
    }
}

TEST_CASE("tls: payload in the SYN")
{
    Edge edge(blocking({block_name(kName)}));
    Packet head = connection();
    const Bytes stream = client_hello(kName);
    Packet opening = syn(head);
    edge.expect(opening / Payload(stream), resets(kName));
    Packet second = connection();
    edge.expect_last({syn(second) / Payload(Bytes(stream.begin(), stream.begin() + 100)),
                      segment(second, stream, 100, 2000)},
                     resets(kName));
}

TEST_CASE("tls: interleaved connections, equal but for one field, do not mix")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes real = long_hello(kName);
    const Bytes other = long_hello("allowed.example");
    const std::vector<Packet> heads{
        Ethernet{} / IPv4{} / Tcp{},
        Ethernet{} / IPv4{} / Tcp{.source_port = 40001},
        Ethernet{} / IPv4{} / Tcp{.destination_port = 444},
        Ethernet{} / IPv4{.source = "192.0.2.2"} / Tcp{},
        Ethernet{} / IPv4{.destination = "198.51.100.2"} / Tcp{},
        Ethernet{} / Vlan{.id = 1} / IPv4{} / Tcp{},
        Ethernet{} / Vlan{.id = 2} / IPv4{} / Tcp{},
        Ethernet{} / IPv6{} / Tcp{},
    };
    for (std::size_t i = 0; i < heads.size(); ++i)
        CHECK(edge.run(segment(heads[i], i % 2 ? real : other, 0, 1400)) == INTERDICT_VERDICT_PASS);
    for (std::size_t i = 0; i < heads.size(); ++i) {
        INFO("connection " << i);
        CHECK(edge.run(segment(heads[i], i % 2 ? real : other, 1400, 2000)) ==
              (i % 2 ? INTERDICT_VERDICT_RESET : INTERDICT_VERDICT_PASS));
    }
    CHECK(edge.packets(kName) == heads.size() / 2);
}

TEST_CASE("tls: a port that is used again starts afresh")
{
    Edge edge(blocking({block_name(kName)}));
    Packet head = connection();
    const Bytes other = long_hello("allowed.example");
    edge.run(syn(head));
    CHECK(edge.run(segment(head, other, 0, 1400)) == INTERDICT_VERDICT_PASS);
    head.get<Tcp>().sequence = 77'000'000;
    edge.expect_last(flight(head, segments(head, long_hello(kName), {1400}), {0, 1}), resets(kName));
}

TEST_CASE("tls: an uplink interface does not read hellos of the world")
{
    Edge edge(blocking({block_name(kName)}), {.role = INTERDICT_ROLE_UPLINK});
    edge.expect(one(client_hello(kName)), passes());
}
