// SPDX-License-Identifier: Apache-2.0
#include "capture/ethernet.h"

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace interdict::capture;

namespace {

using Bytes = std::vector<std::uint8_t>;

const Bytes kV4{0x45, 1, 2, 3};
const Bytes kV6{0x60, 1, 2, 3};

Bytes operator+(Bytes left, const Bytes& right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

// EtherType and payload of the mapped frame, or why there is none.
std::string map(std::uint32_t link_type, const Bytes& bytes, const Bytes& payload = kV4)
{
    EthernetMapper mapper;
    const auto frame = mapper.map(link_type, bytes);
    if (!frame)
        return std::string(to_string(frame.error()));
    if (frame->size() < 14)
        return "no header";
    if (Bytes(frame->begin() + 14, frame->end()) != payload)
        return "other payload";
    const unsigned type = (*frame)[12] << 8 | (*frame)[13];
    return type == 0x0800 ? "v4" : type == 0x86dd ? "v6" : std::to_string(type);
}

} // namespace

TEST_CASE("Ethernet stays as it is, even if shorter than its header")
{
    EthernetMapper mapper;
    for (const std::size_t size : {0, 5, 60}) {
        const Bytes frame(size, 7);
        const auto mapped = mapper.map(1, frame);
        REQUIRE(mapped);
        CHECK(mapped->data() == frame.data());
        CHECK(mapped->size() == size);
    }
}

TEST_CASE("raw IP is told apart by its version, under all its numbers")
{
    for (const std::uint32_t type : {12, 14, 101, 228, 229}) {
        CHECK(map(type, kV4) == "v4");
        CHECK(map(type, kV6, kV6) == "v6");
        CHECK(map(type, {0x00, 1}) == "not a data frame");
        CHECK(map(type, {}) == "link header cut short");
    }
}

TEST_CASE("BSD loopback in both byte orders, with every family number of IPv6")
{
    for (const std::uint32_t type : {0, 108}) {
        CHECK(map(type, Bytes{2, 0, 0, 0} + kV4) == "v4");
        CHECK(map(type, Bytes{0, 0, 0, 2} + kV4) == "v4");
        for (const std::uint8_t family : {10, 23, 24, 28, 30}) {
            CHECK(map(type, Bytes{family, 0, 0, 0} + kV6, kV6) == "v6");
            CHECK(map(type, Bytes{0, 0, 0, family} + kV6, kV6) == "v6");
        }
        CHECK(map(type, Bytes{7, 0, 0, 0} + kV4) == "not a data frame");
        CHECK(map(type, Bytes{2, 0, 0, 2} + kV4) == "not a data frame");
        CHECK(map(type, {2, 0, 0}) == "link header cut short");
    }
}

TEST_CASE("Linux cooked captures, versions 1 and 2")
{
    const Bytes v1(14, 0);
    CHECK(map(113, v1 + Bytes{0x08, 0x00} + kV4) == "v4");
    CHECK(map(113, v1 + Bytes{0x86, 0xdd} + kV6, kV6) == "v6");
    CHECK(map(113, v1 + Bytes{0x81, 0x00} + kV4) == std::to_string(0x8100));
    CHECK(map(113, v1 + Bytes{0x00, 0x04, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0} + kV4) == "v4");
    CHECK(map(113, v1 + Bytes{0x00, 0x0c} + kV4) == "not a data frame");
    CHECK(map(113, Bytes(15, 0)) == "link header cut short");
    CHECK(map(276, Bytes{0x08, 0x00} + Bytes(18, 0) + kV4) == "v4");
    CHECK(map(276, Bytes(19, 0)) == "link header cut short");
    Bytes netlink = v1 + Bytes{0x08, 0x00} + kV4;
    netlink[2] = 824 >> 8;
    netlink[3] = 824 & 0xff;
    CHECK(map(113, netlink) == "not a data frame");
}

TEST_CASE("PPP with and without address and control, with a short protocol, and as HDLC")
{
    for (const std::uint32_t type : {9, 50}) {
        CHECK(map(type, Bytes{0xff, 3, 0, 0x21} + kV4) == "v4");
        CHECK(map(type, Bytes{0, 0x21} + kV4) == "v4");
        CHECK(map(type, Bytes{0x21} + kV4) == "v4");
        CHECK(map(type, Bytes{0, 0x57} + kV6, kV6) == "v6");
        CHECK(map(type, Bytes{0x02, 0x81} + kV4) == std::to_string(0x8847));
        CHECK(map(type, Bytes{0xff, 3, 0xc0, 0x21} + kV4) == "not a data frame");
        CHECK(map(type, Bytes{0x0f, 0, 8, 0} + kV4) == "v4");
        CHECK(map(type, {0xff}) == "link header cut short");
    }
    CHECK(map(104, Bytes{0x0f, 0, 0x08, 0x00} + kV4) == "v4");
    CHECK(map(104, Bytes{0x8f, 0, 0x80, 0x35} + kV4) == "not a data frame");
    CHECK(map(104, Bytes{0xff, 3, 0, 0x21} + kV4) == "v4");
    CHECK(map(104, {0x0f, 0, 8}) == "link header cut short");
}

TEST_CASE("PPPoE, MPLS, LLC over ATM, NFLOG, PPI and PKTAP")
{
    const Bytes session{0x11, 0, 0, 1, 0, 6, 0, 0x21};
    CHECK(map(51, session + kV4, session + kV4) == std::to_string(0x8864));
    const Bytes discovery{0x11, 9, 0, 0, 0, 0};
    CHECK(map(51, discovery, discovery) == std::to_string(0x8863));
    CHECK(map(219, kV4) == std::to_string(0x8847));
    CHECK(map(100, Bytes{0xaa, 0xaa, 3, 0, 0, 0, 8, 0} + kV4) == "v4");
    CHECK(map(100, Bytes{0x42, 0x42, 3, 0, 0, 0, 8, 0} + kV4) == "not a data frame");
    CHECK(map(239, Bytes{2, 0, 0, 0, 5, 0, 1, 0, 7, 0, 0, 0, 8, 0, 9, 0} + kV4) == "v4");
    CHECK(map(239, Bytes{2, 0, 0, 0, 3, 0, 9, 0}) == "not a data frame");
    CHECK(map(192, Bytes{0, 0, 8, 0, 101, 0, 0, 0} + kV4) == "v4");
    CHECK(map(192, Bytes{0, 0, 8, 0, 192, 0, 0, 0} + kV4) == "link header cut short");
    CHECK(map(258, Bytes{12, 0, 0, 0, 1, 0, 0, 0, 101, 0, 0, 0} + kV4) == "v4");
}

TEST_CASE("PPP and HDLC with a direction, FDDI, PFLOG and enc")
{
    CHECK(map(166, Bytes{0x00, 0x03, 0x00, 0x21} + kV4) == "v4");
    CHECK(map(166, Bytes{0x01, 0x00, 0x57} + kV6, kV6) == "v6");
    CHECK(map(166, {0x01}) == "link header cut short");
    CHECK(map(204, Bytes{0x01, 0xff, 0x03, 0x00, 0x21} + kV4) == "v4");
    CHECK(map(204, Bytes{0x00, 0x00, 0x57} + kV6, kV6) == "v6");
    CHECK(map(204, Bytes{0x00, 0xc0, 0x21} + kV4) == "not a data frame");
    CHECK(map(205, Bytes{0x00, 0x0f, 0x00, 0x08, 0x00} + kV4) == "v4");
    CHECK(map(205, {}) == "link header cut short");
    const Bytes addresses(12, 7);
    CHECK(map(10, Bytes{0x50} + addresses + Bytes{0xaa, 0xaa, 3, 0, 0, 0, 8, 0} + kV4) == "v4");
    CHECK(map(10, Bytes{0x41} + addresses + Bytes{0xaa, 0xaa, 3, 0, 0, 0, 8, 0} + kV4) == "not a data frame");
    CHECK(map(10, Bytes{0x50} + addresses + Bytes{0xaa}) == "link header cut short");
    CHECK(map(117, Bytes{61, 2} + Bytes(62, 0) + kV4) == "v4");
    CHECK(map(117, Bytes{100, 24} + Bytes(98, 0) + kV6, kV6) == "v6");
    CHECK(map(117, Bytes{100, 2} + Bytes(97, 0)) == "link header cut short");
    CHECK(map(117, Bytes{0} + kV4) == "link header cut short");
    CHECK(map(109, Bytes(12, 0) + kV4) == "v4");
    CHECK(map(109, Bytes(11, 0)) == "link header cut short");
}

TEST_CASE("802.11 data frames, bare and behind radiotap; protected and management frames are not mapped")
{
    const Bytes llc{0xaa, 0xaa, 3, 0, 0, 0, 8, 0};
    const Bytes rest(22, 0);
    const Bytes radiotap{0, 0, 9, 0, 2, 0, 0, 0, 0};
    const Bytes padded{0, 0, 9, 0, 2, 0, 0, 0, 0x20};
    CHECK(map(105, Bytes{0x08, 0x01} + rest + llc + kV4) == "v4");
    CHECK(map(127, radiotap + Bytes{0x08, 0x01} + rest + llc + kV4) == "v4");
    CHECK(map(105, Bytes{0x08, 0x03} + rest + Bytes(6, 0) + llc + kV4) == "v4");
    CHECK(map(105, Bytes{0x88, 0x01} + rest + Bytes(2, 0) + llc + kV4) == "v4");
    CHECK(map(105, Bytes{0x88, 0x81} + rest + Bytes(6, 0) + llc + kV4) == "v4");
    CHECK(map(127, padded + Bytes{0x88, 0x01} + rest + Bytes(4, 0) + llc + kV4) == "v4");
    CHECK(map(105, Bytes{0x88, 0x01} + rest + Bytes{0x80, 0} + Bytes(14, 0) + llc + kV4) == "v4");
    CHECK(map(105, Bytes{0x08, 0x41} + rest + llc + kV4) == "encrypted");
    CHECK(map(105, Bytes{0x80, 0x00} + rest + llc + kV4) == "not a data frame");
    CHECK(map(105, Bytes{0x48, 0x01} + rest + llc + kV4) == "not a data frame");
    CHECK(map(105, Bytes(23, 8)) == "link header cut short");
    CHECK(map(127, {0, 0, 200, 0, 0, 0, 0, 0}) == "link header cut short");
}

TEST_CASE("an unknown link type is named as such") { CHECK(map(149, kV4) == "link type not known"); }

TEST_CASE("every link type takes input of any length without reading past it")
{
    EthernetMapper mapper;
    std::uint32_t seed = 1;
    for (std::uint32_t type = 0; type < 300; ++type) {
        for (std::size_t size = 0; size < 64; ++size) {
            // Exactly as long as it claims, so that a sanitizer sees a step beyond.
            Bytes bytes(size);
            for (auto& byte : bytes) {
                seed = seed * 1664525u + 1013904223u;
                byte = static_cast<std::uint8_t>(seed >> 24);
            }
            const auto mapped = mapper.map(type, bytes);
            CHECK((!mapped || mapped->size() <= size + 14));
        }
    }
}
