// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include "harness/hello.h"
#include "harness/plane.h"

using namespace interdict::harness;

namespace {

const std::string kOld = "198.51.100.7/32";
const std::string kNew = "198.51.100.8/32";
const std::string kKept = "198.51.100.9/32";

Packet to(const std::string& prefix)
{
    return Ethernet{} / IPv4{.destination = prefix.substr(0, prefix.find('/'))} / Tcp{};
}

Packet hello(const std::string& name, std::uint16_t port)
{
    return Ethernet{} / IPv4{} / Tcp{.source_port = port} / Payload(client_hello(name));
}

std::string first()
{
    return blocking(
        {block_prefix(kOld), block_prefix(kKept), block_name("old.example"), block_name("kept.example")});
}

std::string second()
{
    return blocking(
        {block_prefix(kNew), block_prefix(kKept), block_name("new.example"), block_name("kept.example")});
}

} // namespace

TEST_CASE("swap: verdicts are those of the generation that is live; what both have keeps its counter")
{
    Edge edge(first());
    edge.expect(to(kOld), drops(kOld));
    edge.expect(to(kNew), passes());
    edge.expect(to(kKept), drops(kKept));
    edge.expect(hello("old.example", 1001), resets("old.example"));
    edge.expect(hello("new.example", 1002), passes());
    edge.expect(hello("kept.example", 1003), resets("kept.example"));

    edge.publish(second());
    edge.expect(to(kOld), passes());
    edge.expect(to(kNew), drops(kNew));
    edge.expect(to(kKept), drops(kKept));
    edge.expect(hello("old.example", 1004), passes());
    edge.expect(hello("new.example", 1005), resets("new.example"));
    edge.expect(hello("kept.example", 1006), resets("kept.example"));
    CHECK(edge.packets(kKept) == 2);
    CHECK(edge.packets("kept.example") == 2);
    CHECK(edge.packets(kNew) == 1);
}

TEST_CASE("swap: a new rule under a number that was used before counts from zero")
{
    Edge edge(blocking({block_prefix(kOld)}));
    edge.expect(to(kOld), drops(kOld));
    edge.publish(blocking({block_prefix(kKept)}));
    edge.publish(blocking({block_prefix(kKept), block_prefix(kNew)}));
    CHECK(edge.packets(kNew) == 0);
    CHECK(edge.packets(kKept) == 0);
    edge.expect(to(kNew), drops(kNew));
}

TEST_CASE("swap: an empty rule set passes everything, a later one blocks again")
{
    Edge edge(first());
    edge.publish(blocking({block_prefix("203.0.113.1/32")}, R"(, "status": "lifted")"));
    edge.expect(to(kKept), passes());
    edge.expect(hello("kept.example", 1001), passes());
    edge.publish(first());
    edge.expect(to(kKept), drops(kKept));
    edge.expect(hello("kept.example", 1002), resets("kept.example"));
}

TEST_CASE(
    "swap: a hello whose segments meet two generations is judged by the one that is live when it is whole")
{
    Edge edge(first());
    const Packet head = Ethernet{} / IPv4{} / Tcp{.source_port = 2001};
    const auto pieces = segments(head, long_hello("new.example"), {1400});
    edge.expect(pieces[0], passes());
    edge.publish(second());
    edge.expect(pieces[1], resets("new.example"));

    const Packet other = Ethernet{} / IPv4{} / Tcp{.source_port = 2002};
    const auto lifted = segments(other, long_hello("new.example"), {1400});
    edge.expect(lifted[0], passes());
    edge.publish(first());
    edge.expect(lifted[1], passes());
}

TEST_CASE("swap: a refused hello in pieces stays refused across swaps that keep its rule, and passes after "
          "the lift")
{
    Edge edge(first());
    const Packet head = Ethernet{} / IPv4{} / Tcp{.source_port = 2003};
    const auto pieces = segments(head, long_hello("www.kept.example"), {1400});
    edge.expect(pieces[0], passes());
    edge.expect(pieces[1], resets("kept.example"));
    edge.publish(second());
    edge.expect(pieces[1], resets("kept.example"));
    edge.publish(first());
    edge.publish(second());
    edge.expect(pieces[1], resets("kept.example"));
    CHECK(edge.packets("kept.example") == 3);
    CHECK(edge.total(INTERDICT_TOTAL_RETRANSMITTED) == 2);
    edge.publish(blocking({block_name("new.example")}));
    edge.expect(pieces[1], passes());
    CHECK(edge.packets("new.example") == 0);
}

TEST_CASE(
    "swap: while generations change, what both block never gets through and what neither blocks always does")
{
    Edge edge(first());
    const Bytes kept = build(to(kKept));
    const Bytes name = build(hello("kept.example", 3001));
    const Bytes harmless = build(to("198.51.100.1/32"));
    std::atomic<bool> stop = false;
    std::atomic<unsigned> swaps = 0;
    std::thread publisher([&] {
        for (unsigned i = 0; i < 40 && !stop; ++i, ++swaps)
            edge.publish(i % 2 ? first() : second());
        stop = true;
    });
    std::uint64_t frames = 0, through = 0, stopped = 0;
    while (!stop) {
        through += edge.run(kept) != INTERDICT_VERDICT_DROP;
        through += edge.run(name) != INTERDICT_VERDICT_RESET;
        stopped += edge.run(harmless) != INTERDICT_VERDICT_PASS;
        frames += 3;
    }
    publisher.join();
    INFO(swaps << " swaps, " << frames << " frames");
    CHECK(swaps == 40);
    CHECK(through == 0);
    CHECK(stopped == 0);
    CHECK(edge.packets(kKept) == frames / 3);
    CHECK(edge.packets("kept.example") == frames / 3);
}
