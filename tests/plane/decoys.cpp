// SPDX-License-Identifier: Apache-2.0
//
// What circumvention tools send beside the real ClientHello so that a filter reads something else (domain:
// zapret's fake, fakedsplit and disorder). No decoy may hide the name, and none may get an innocent
// connection refused.
#include <catch2/catch_test_macros.hpp>

#include "harness/hello.h"
#include "harness/plane.h"

using namespace interdict::harness;

namespace {

const std::string kName = "blocked.example";
const std::string kOther = "allowed.example"; // as long as the blocked one

struct Hellos {
    Bytes real = long_hello(kName);
    Bytes decoy = long_hello(kOther);
    std::size_t cut = 700; // somewhere before the end; both have the same length

    Hellos() { REQUIRE(real.size() == decoy.size()); }
};

// Runs all frames; the number of refusals, each of which its rule must have counted.
std::size_t refusals(Edge& edge, const std::vector<Packet>& frames)
{
    const auto before = edge.packets(kName);
    std::size_t refused = 0;
    for (const auto& frame : frames)
        refused += edge.run(frame) != INTERDICT_VERDICT_PASS;
    CHECK(edge.packets(kName) == before + refused);
    return refused;
}

} // namespace

TEST_CASE("decoys: a whole permitted hello before the real one, which comes whole")
{
    Edge edge(blocking({block_name(kName)}));
    const Hellos hello;
    const Packet head = connection();
    CHECK(refusals(edge, {syn(head), head / Payload(hello.decoy), head / Payload(hello.real)}) == 1);
}

TEST_CASE("decoys: a whole permitted hello before the real one in two segments, in order and not")
{
    Edge edge(blocking({block_name(kName)}));
    const Hellos hello;
    for (const bool in_order : {true, false}) {
        INFO((in_order ? "in order" : "second half first"));
        const Packet head = connection();
        const Packet first = segment(head, hello.real, 0, hello.cut);
        const Packet second = segment(head, hello.real, hello.cut, hello.real.size() - hello.cut);
        CHECK(refusals(edge, {syn(head), head / Payload(hello.decoy), in_order ? first : second,
                              in_order ? second : first}) >= 1);
    }
}

TEST_CASE("decoys: the same decoy before and after each half")
{
    Edge edge(blocking({block_name(kName)}));
    const Hellos hello;
    const Packet head = connection();
    const std::size_t rest = hello.real.size() - hello.cut;
    const Packet decoy1 = segment(head, hello.decoy, 0, hello.cut);
    const Packet decoy2 = segment(head, hello.decoy, hello.cut, rest);
    CHECK(refusals(edge, {syn(head), decoy1, segment(head, hello.real, 0, hello.cut), decoy1, decoy2,
                          segment(head, hello.real, hello.cut, rest), decoy2}) >= 1);
}

TEST_CASE("decoys: rubbish at the hello's place, before and after it")
{
    Edge edge(blocking({block_name(kName)}));
    const Hellos hello;
    const Bytes rubbish(hello.real.size(), 0);
    const std::size_t rest = hello.real.size() - hello.cut;
    const Packet head = connection();
    CHECK(refusals(edge, {syn(head), segment(head, hello.real, 0, hello.cut),
                          segment(head, rubbish, hello.cut, rest),
                          segment(head, hello.real, hello.cut, rest)}) >= 1);
    const Packet again = connection();
    CHECK(refusals(edge, {syn(again), segment(again, rubbish, 0, hello.cut),
                          segment(again, hello.real, 0, hello.cut),
                          segment(again, hello.real, hello.cut, rest)}) >= 1);
}

TEST_CASE("decoys: numbers far outside the window, and a reset, make nothing forgotten")
{
    Edge edge(blocking({block_name(kName)}));
    const Hellos hello;
    const std::size_t rest = hello.real.size() - hello.cut;
    const Packet head = connection();
    const Packet far = segment(head, Bytes(70000, 0x16), 66000, 500);
    CHECK(refusals(edge, {syn(head), far, segment(head, hello.real, 0, hello.cut), far,
                          segment(head, hello.real, hello.cut, rest)}) == 1);
}

TEST_CASE("decoys: an innocent connection with contradicting bytes of its own is not refused")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes one = long_hello(kOther);
    const Bytes two = long_hello("another.example");
    REQUIRE(one.size() == two.size());
    const Packet head = connection();
    const std::size_t rest = one.size() - 700;
    CHECK(refusals(edge, {syn(head), segment(head, one, 0, 700), segment(head, two, 0, 700),
                          segment(head, one, 700, rest), segment(head, two, 700, rest)}) == 0);
}
