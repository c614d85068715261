// SPDX-License-Identifier: Apache-2.0
#include "capture/reader.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "bytes.h"

using namespace interdict;
using namespace interdict::capture;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string pcap(bool big, bool nanoseconds, const std::vector<std::string>& packets)
{
    Writer out(big);
    out.u32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4).u16(2).u16(4).u32(0).u32(0).u32(65535).u32(1);
    for (const auto& packet : packets)
        out.u32(1700000000).u32(250).u32(packet.size()).u32(packet.size() + 4).text(packet);
    return out.str();
}

std::string block(std::uint32_t type, const std::string& body, bool big = false)
{
    const std::uint32_t padding = (4 - body.size() % 4) % 4;
    const std::uint32_t length = body.size() + padding + 12;
    return Writer(big).u32(type).u32(length).text(body).zeroes(padding).u32(length).str();
}

std::string section(bool big = false)
{
    return block(0x0a0d0d0a, Writer(big).u32(0x1a2b3c4d).u16(1).u16(0).u32(0xffffffff).u32(0xffffffff).str(),
                 big);
}

std::string interface(std::uint16_t link_type, const std::string& options = {}, bool big = false)
{
    return block(1, Writer(big).u16(link_type).u16(0).u32(0).text(options).str(), big);
}

std::string enhanced(std::uint32_t index, std::uint64_t stamp, const std::string& packet, bool big = false)
{
    return block(6,
                 Writer(big)
                     .u32(index)
                     .u32(stamp >> 32)
                     .u32(stamp & 0xffffffff)
                     .u32(packet.size())
                     .u32(packet.size())
                     .text(packet)
                     .str(),
                 big);
}

std::vector<Frame> frames(Reader& reader, std::vector<std::string>& contents)
{
    std::vector<Frame> out;
    for (;;) {
        const auto frame = reader.next();
        REQUIRE(frame);
        if (!*frame)
            return out;
        contents.emplace_back((*frame)->bytes.begin(), (*frame)->bytes.end());
        out.push_back(**frame);
        out.back().bytes = {};
    }
}

} // namespace

TEST_CASE("pcap in both byte orders and both precisions gives the same frames")
{
    for (const bool big : {false, true}) {
        for (const bool nanoseconds : {false, true}) {
            const TemporaryFile file(pcap(big, nanoseconds, {"first frame.", "the second"}));
            auto reader = Reader::open(file.path());
            REQUIRE(reader);
            std::vector<std::string> contents;
            const auto got = frames(*reader, contents);
            REQUIRE(contents == std::vector<std::string>{"first frame.", "the second"});
            CHECK(got[0].number == 1);
            CHECK(got[1].number == 2);
            CHECK(got[0].seconds == 1700000000);
            CHECK(got[0].nanoseconds == (nanoseconds ? 250u : 250'000u));
            CHECK(got[0].original_length == 16);
            CHECK(got[0].link_type == 1);
            CHECK_FALSE(reader->note());
        }
    }
}

TEST_CASE("pcap that is cut short inside a packet gives the whole frames and a note, at every length")
{
    const std::string whole = pcap(false, false, {"first frame.", "the second"});
    const std::size_t second = pcap(false, false, {"first frame."}).size();
    for (std::size_t size = second + 1; size < whole.size(); ++size) {
        const TemporaryFile file(whole.substr(0, size));
        auto reader = Reader::open(file.path());
        REQUIRE(reader);
        std::vector<std::string> contents;
        frames(*reader, contents);
        REQUIRE(contents == std::vector<std::string>{"first frame."});
        REQUIRE(reader->note());
        CHECK_THAT(*reader->note(), ContainsSubstring("ends inside packet 2; the 1 before it are whole"));
    }
}

TEST_CASE("pcap without packets gives none and no note")
{
    const TemporaryFile file(pcap(false, false, {}));
    auto reader = Reader::open(file.path());
    REQUIRE(reader);
    std::vector<std::string> contents;
    CHECK(frames(*reader, contents).empty());
    CHECK_FALSE(reader->note());
}

TEST_CASE("pcapng with interfaces of different link types gives each frame its own")
{
    for (const bool big : {false, true}) {
        const TemporaryFile file(section(big) + interface(0, {}, big) + interface(1, {}, big) +
                                 enhanced(1, 1700000000'000250, "ether", big) +
                                 block(0x0bad, "an unknown block", big) +
                                 enhanced(0, 2'000'000, "loop", big));
        auto reader = Reader::open(file.path());
        REQUIRE(reader);
        std::vector<std::string> contents;
        const auto got = frames(*reader, contents);
        REQUIRE(contents == std::vector<std::string>{"ether", "loop"});
        CHECK(got[0].link_type == 1);
        CHECK(got[1].link_type == 0);
        CHECK(got[0].seconds == 1700000000);
        CHECK(got[0].nanoseconds == 250'000);
        CHECK(got[1].number == 2);
    }
}

TEST_CASE("pcapng time stamps honour resolution and offset, decimal and binary")
{
    const std::string nano =
        Writer().u16(9).u16(1).text(std::string("\x09\0\0\0", 4)).u16(14).u16(8).u32(100).u32(0).str();
    const std::string binary = Writer().u16(9).u16(1).text(std::string("\x81\0\0\0", 4)).str();
    const TemporaryFile file(section() + interface(1, nano) + interface(1, binary) +
                             enhanced(0, 5'000000007, "a") + enhanced(1, 3, "b"));
    auto reader = Reader::open(file.path());
    REQUIRE(reader);
    std::vector<std::string> contents;
    const auto got = frames(*reader, contents);
    REQUIRE(got.size() == 2);
    CHECK(got[0].seconds == 105);
    CHECK(got[0].nanoseconds == 7);
    CHECK(got[1].seconds == 1);
    CHECK(got[1].nanoseconds == 500'000'000);
}

TEST_CASE("pcapng simple packets belong to the first interface; a new section starts with none")
{
    const TemporaryFile file(section() + interface(101) + block(3, Writer().u32(3).text("abc").str()) +
                             section() + interface(113) + block(3, Writer().u32(9).text("cut.").str()));
    auto reader = Reader::open(file.path());
    REQUIRE(reader);
    std::vector<std::string> contents;
    const auto got = frames(*reader, contents);
    REQUIRE(contents == std::vector<std::string>{"abc", "cut."});
    CHECK(got[0].link_type == 101);
    CHECK(got[1].link_type == 113);
    CHECK(got[1].original_length == 9);
}

TEST_CASE("pcapng that is cut short gives the whole frames and a note, at every length")
{
    const std::string head = section() + interface(1) + enhanced(0, 0, "whole");
    const std::string last = enhanced(0, 0, "the cut one");
    for (std::size_t size = 1; size < last.size(); ++size) {
        const TemporaryFile file(head + last.substr(0, size));
        auto reader = Reader::open(file.path());
        REQUIRE(reader);
        std::vector<std::string> contents;
        frames(*reader, contents);
        REQUIRE(contents == std::vector<std::string>{"whole"});
        REQUIRE(reader->note());
    }
}

TEST_CASE("a damaged pcapng is an error that names file and packet, after the frames before")
{
    struct Damage {
        std::string block;
        std::string message;
    };
    const std::vector<Damage> cases{
        {enhanced(7, 0, "x"), "interface 7, which is not described"},
        {block(6, Writer().u32(0).u32(0).u32(0).u32(4000).u32(4000).text("x").str()), "4000 captured bytes"},
        {block(6, "short"), "packet block of"},
        {Writer().u32(6).u32(13).zeroes(20).str(), "a block of 13 bytes"},
        {Writer().u32(6).u32(0xfffffff0).zeroes(20).str(), "a block of 4294967280 bytes"},
        {Writer().u32(0x0bad).u32(16).u32(0).u32(20).str(), "two lengths differ"},
        {block(1, "abc"), "interface description"},
    };
    for (const auto& damage : cases) {
        const TemporaryFile file(section() + interface(1) + enhanced(0, 0, "whole") + damage.block);
        auto reader = Reader::open(file.path());
        REQUIRE(reader);
        const auto first = reader->next();
        REQUIRE((first && *first));
        const auto second = reader->next();
        REQUIRE_FALSE(second);
        CHECK_THAT(second.error().message, ContainsSubstring(file.path().string() + ": packet 2: ") &&
                                               ContainsSubstring(damage.message));
        const auto third = reader->next();
        CHECK((third && !*third));
    }
}

TEST_CASE("what is not a capture is refused with the remedy")
{
    CHECK_THAT(Reader::open("/nonexistent/a.pcap").error().message,
               ContainsSubstring("/nonexistent/a.pcap: cannot be opened: No such file or directory"));
    CHECK_THAT(Reader::open("/").error().message, ContainsSubstring("cannot be read"));
    CHECK_THAT(Reader::open(TemporaryFile("").path()).error().message, ContainsSubstring("is empty"));
    CHECK_THAT(Reader::open(TemporaryFile("\x1f\x8b\x08 gzip").path()).error().message,
               ContainsSubstring("gunzip"));
    CHECK_THAT(
        Reader::open(TemporaryFile("{\"orders\": []}, far too long for a header").path()).error().message,
        ContainsSubstring("not a capture"));
}
