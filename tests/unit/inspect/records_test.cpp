// SPDX-License-Identifier: Apache-2.0
#include "unit/inspect/reading.h"

#include <random>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace interdict::inspect;
using interdict::harness::handshake;
using interdict::harness::Place;
using interdict::harness::records;
using interdict::harness::records_of;

namespace {

const std::string kName = "www.blocked.example";

Bytes message(Place place = Place::Middle) { return handshake({.names = {kName}, .place = place}); }

Bytes operator+(Bytes left, const Bytes& right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Bytes record(std::uint8_t type, const Bytes& content, std::uint16_t version = 0x0303)
{
    return Bytes{type, static_cast<std::uint8_t>(version >> 8), static_cast<std::uint8_t>(version),
                 static_cast<std::uint8_t>(content.size() >> 8), static_cast<std::uint8_t>(content.size())} +
           content;
}

Bytes slice(const Bytes& bytes, std::size_t from, std::size_t to)
{
    return {bytes.begin() + static_cast<std::ptrdiff_t>(from),
            bytes.begin() + static_cast<std::ptrdiff_t>(to)};
}

// Every beginning of the stream says "more" or the same name.
void check_every_prefix(const Bytes& stream, const std::string& name)
{
    for (std::size_t length = 0; length < stream.size(); ++length) {
        const Reading part = read_records(stream, length);
        CAPTURE(length, stream.size(), part);
        REQUIRE((part.status == INSPECT_MORE || part.status == INSPECT_NAME));
        if (part.status == INSPECT_NAME)
            REQUIRE(part.name == name);
    }
}

} // namespace

TEST_CASE("records: a hello in one record, cut at every length")
{
    const Bytes stream = records(message(), {});
    CHECK(read_records(stream) == Reading{.status = INSPECT_NAME, .name = kName});
    check_every_prefix(stream, kName);
}

TEST_CASE("records: fragments of every size, down to one byte each")
{
    const auto place = GENERATE(Place::First, Place::Last);
    const Bytes whole = message(place);
    for (std::size_t size = 1; size <= whole.size(); ++size) {
        const Bytes stream = records_of(whole, size);
        CAPTURE(size, whole.size(), stream.size());
        REQUIRE(stream.size() <= INTERDICT_STREAM_MAX);
        REQUIRE(read_records(stream).name == kName);
        if (size < 8)
            check_every_prefix(stream, kName);
    }
}

TEST_CASE("records: two fragments, cut at every byte")
{
    const Bytes whole = message(Place::Last);
    for (std::size_t cut = 1; cut < whole.size(); ++cut) {
        CAPTURE(cut);
        REQUIRE(read_records(records(whole, {cut})).name == kName);
    }
}

TEST_CASE("records: random fragments")
{
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Bytes whole = message(Place::Last);
    for (int round = 0; round < 200; ++round) {
        Bytes stream;
        for (std::size_t at = 0; at < whole.size();) {
            const std::size_t size = std::min<std::size_t>(1 + random() % 60, whole.size() - at);
            stream = stream + record(22, slice(whole, at, at + size));
            at += size;
        }
        REQUIRE(read_records(stream).name == kName);
    }
}

TEST_CASE("records: any minor version, but the major one is 3")
{
    for (const std::uint16_t version : {0x0300, 0x0301, 0x0303, 0x0304, 0x03ff})
        CHECK(read_records(records(message(), {10}, version)).name == kName);
    for (const std::uint16_t version : {0x0001, 0x0200, 0x0401, 0xfeff})
        CHECK(read_records(records(message(), {10}, version)).status == INSPECT_NOT);
}

TEST_CASE("records: what does not begin as a hello is not one, from the first byte that shows it")
{
    CHECK(read_records(Bytes{}).status == INSPECT_MORE);
    CHECK(read_records(Bytes{23}).status == INSPECT_NOT);
    CHECK(read_records(Bytes{22}).status == INSPECT_MORE);
    CHECK(read_records(Bytes{22, 2}).status == INSPECT_NOT);
    CHECK(read_records(Bytes{22, 3, 1, 0, 50}).status == INSPECT_MORE);
    CHECK(read_records(Bytes{22, 3, 1, 0, 50, 2}).status == INSPECT_NOT);
    CHECK(read_records(Bytes{'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P'}).status == INSPECT_NOT);
}

TEST_CASE("records: another record between the fragments is bad")
{
    const Bytes whole = message(Place::Last);
    const Bytes first = record(22, slice(whole, 0, 100)), last = record(22, slice(whole, 100, whole.size()));
    for (const std::uint8_t type : {20, 21, 23, 24, 0, 255}) {
        CAPTURE(static_cast<int>(type));
        CHECK(read_records(first + record(type, {1}) + last).status == INSPECT_BAD);
        // Even where its content has not come yet.
        CHECK(read_records(first + slice(record(type, {1}), 0, 5)).status == INSPECT_BAD);
    }
}

TEST_CASE("records: an empty fragment is bad, first and in between")
{
    const Bytes whole = message(Place::Last);
    CHECK(read_records(record(22, {}) + record(22, whole)).status == INSPECT_NOT);
    CHECK(read_records(record(22, slice(whole, 0, 100)) + record(22, {}) +
                       record(22, slice(whole, 100, whole.size())))
              .status == INSPECT_BAD);
}

TEST_CASE("records: what follows a whole hello does not matter: early data, change_cipher_spec, anything")
{
    const Bytes whole = message(Place::Last);
    const Bytes after = record(20, {1}) + record(23, Bytes(200, 0x5a));
    CHECK(read_records(record(22, whole) + after).name == kName);
    CHECK(read_records(records(whole, {100}) + after).name == kName);
    CHECK(read_records(records_of(whole, 7) + after).name == kName);
    CHECK(read_records(records(whole, {100}) + Bytes(40, 0xff)).name == kName);
    check_every_prefix(records(whole, {100}) + after, kName);

    const Bytes nameless = handshake({});
    CHECK(read_records(records(nameless, {100}) + after).status == INSPECT_NO_NAME);
}

TEST_CASE("records: a name that is whole before a bad record counts")
{
    const Bytes whole = message(Place::First);
    const std::size_t name_end = interdict::harness::position(whole, kName) + kName.size();
    const Bytes stream = record(22, slice(whole, 0, 50)) + record(22, slice(whole, 50, name_end));
    CHECK(read_records(stream).name == kName);
    CHECK(read_records(stream + record(23, {1})).name == kName);
}

TEST_CASE("records: lengths up to 16,640, and not one more")
{
    const auto with_length = [](std::size_t length) {
        Bytes stream = record(22, message());
        stream[3] = static_cast<std::uint8_t>(length >> 8);
        stream[4] = static_cast<std::uint8_t>(length);
        return stream;
    };
    CHECK(read_records(with_length(16640)).name == kName);
    CHECK(read_records(with_length(16641)).status == INSPECT_NOT);
    CHECK(read_records(with_length(0xffff)).status == INSPECT_NOT);

    const Bytes whole = message(Place::Last);
    const auto second = [&](std::size_t length) {
        Bytes rest = with_length(length);
        rest.resize(5);
        return record(22, slice(whole, 0, 100)) + rest + slice(whole, 100, whole.size());
    };
    CHECK(read_records(second(16640)).name == kName);
    CHECK(read_records(second(16641)).status == INSPECT_BAD);
}

TEST_CASE("records: a record that ends inside its header or before its content needs more")
{
    const Bytes whole = message(Place::Last);
    const Bytes stream = records(whole, {100, 50});
    for (std::size_t length = 105; length <= 110; ++length) {
        CAPTURE(length);
        CHECK(read_records(stream, length).status == INSPECT_MORE);
    }
}

TEST_CASE("records: a buffer full of one-byte fragments needs more and reads no further")
{
    const Bytes longer = handshake({.names = {kName}, .place = Place::Last, .length = 2000});
    const Bytes stream = records_of(longer, 1);
    REQUIRE(stream.size() > INTERDICT_STREAM_MAX);
    CHECK(read_records(stream).status == INSPECT_MORE);
}
