// SPDX-License-Identifier: Apache-2.0
#include "unit/inspect/reading.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace interdict::inspect;
using interdict::harness::Fault;
using interdict::harness::handshake;
using interdict::harness::Hello;
using interdict::harness::Place;
using interdict::harness::position;

namespace {

const std::string kName = "www.blocked.example";

void put16(Bytes& out, std::size_t value)
{
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
}

struct Extension {
    std::uint16_t type = 0;
    Bytes content{};
};

Extension server_name(const std::string& name)
{
    Bytes content;
    put16(content, name.size() + 3);
    content.push_back(0);
    put16(content, name.size());
    content.insert(content.end(), name.begin(), name.end());
    return {.type = 0, .content = content};
}

// A hello of nothing but these extensions.
Bytes bare_hello(const std::vector<Extension>& extensions)
{
    Bytes list;
    for (const auto& one : extensions) {
        put16(list, one.type);
        put16(list, one.content.size());
        list.insert(list.end(), one.content.begin(), one.content.end());
    }
    Bytes body{3, 3};
    body.insert(body.end(), 32, 0x11);
    body.push_back(0);
    body.insert(body.end(), {0, 2, 0x13, 0x01, 1, 0});
    put16(body, list.size());
    body.insert(body.end(), list.begin(), list.end());
    Bytes out{1, 0};
    put16(out, body.size());
    out.insert(out.end(), body.begin(), body.end());
    return out;
}

// As many empty extensions of types that nobody uses.
std::vector<Extension> unknown_extensions(std::size_t count)
{
    std::vector<Extension> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back({.type = static_cast<std::uint16_t>(0x4000 + i)});
    return out;
}

// What is read from a beginning may only become more with more bytes. A name that was there stays that name,
// unless what follows it is malformed.
void check_every_prefix(const Bytes& message)
{
    const Reading whole = read_hello(message);
    for (std::size_t length = 0; length < message.size(); ++length) {
        CAPTURE(length, message.size(), whole);
        const Reading part = read_hello(message, length);
        switch (part.status) {
        case INSPECT_MORE:
            break;
        case INSPECT_NAME:
            REQUIRE((whole.status == INSPECT_NAME || whole.status == INSPECT_BAD));
            if (whole.status == INSPECT_NAME)
                REQUIRE(part.name == whole.name);
            break;
        default:
            REQUIRE(part.status == whole.status);
        }
        // What lies behind the end is not looked at.
        REQUIRE(read_hello(message, length, 0, 0x00) == part);
        REQUIRE(read_hello(message, length, 0, 0xff) == part);
    }
}

} // namespace

TEST_CASE("hello: the server name is found first, in the middle and last")
{
    const auto place = GENERATE(Place::First, Place::Middle, Place::Last);
    const Bytes message = handshake({.names = {kName}, .place = place});
    CHECK(read_hello(message) == Reading{.status = INSPECT_NAME, .name = kName});
    check_every_prefix(message);

    // The name is read as soon as its last byte is there, and not before.
    const std::size_t name_end = position(message, kName) + kName.size();
    CHECK(read_hello(message, name_end - 1).status == INSPECT_MORE);
    CHECK(read_hello(message, name_end).name == kName);
}

TEST_CASE("hello: a post-quantum hello of 1,900 bytes, cut at every length")
{
    const Bytes message =
        handshake({.names = {kName}, .place = Place::Last, .key_share = 1216, .length = 1900});
    CHECK(read_hello(message).name == kName);
    check_every_prefix(message);
}

TEST_CASE("hello: that there is no server name is known at the last extension's header, not before")
{
    const Bytes message = handshake({.grease = false, .key_share = 32});
    const std::size_t content = 2 + 2 + 2 + 32; // of key_share, the last one
    CHECK(read_hello(message) == Reading{.status = INSPECT_NO_NAME});
    CHECK(read_hello(message, message.size() - content).status == INSPECT_NO_NAME);
    CHECK(read_hello(message, message.size() - content - 1).status == INSPECT_MORE);
    check_every_prefix(message);
}

TEST_CASE("hello: one that ends after the compression methods has no name")
{
    const Bytes message = handshake({.fault = Fault::NoExtensions});
    CHECK(read_hello(message) == Reading{.status = INSPECT_NO_NAME});
    check_every_prefix(message);
}

TEST_CASE("hello: nothing, and one byte")
{
    CHECK(read_hello(Bytes{}).status == INSPECT_MORE);
    CHECK(read_hello(Bytes{1}).status == INSPECT_MORE);
    CHECK(read_hello(Bytes{2}).status == INSPECT_NOT);
    CHECK(read_hello(Bytes{0}).status == INSPECT_NOT);
}

TEST_CASE("hello: every length that contradicts another is bad, whatever has arrived")
{
    struct Case {
        Fault fault;
        inspect_status status;
    };
    const auto [fault, status] =
        GENERATE(Case{Fault::NotClientHello, INSPECT_NOT}, Case{Fault::HandshakeShort, INSPECT_BAD},
                 Case{Fault::SessionIdLong, INSPECT_BAD}, Case{Fault::CiphersLong, INSPECT_BAD},
                 Case{Fault::CompressionLong, INSPECT_BAD}, Case{Fault::ExtensionsLong, INSPECT_BAD},
                 Case{Fault::ExtensionLong, INSPECT_BAD}, Case{Fault::NameLong, INSPECT_BAD},
                 Case{Fault::NameTypeUnknown, INSPECT_BAD}, Case{Fault::NameEmpty, INSPECT_NAME});
    CAPTURE(static_cast<int>(fault));
    const Bytes message = handshake({.names = {kName}, .session_id = 0, .ciphers = 1, .fault = fault});
    CHECK(read_hello(message).status == status);
    CHECK(read_hello(message).name.empty());
    check_every_prefix(message);
}

TEST_CASE("hello: a server name extension too short for a name is bad")
{
    for (std::size_t length = 0; length < 5; ++length) {
        CAPTURE(length);
        const Bytes message = bare_hello({{.type = 0, .content = Bytes(length, 0)}});
        CHECK(read_hello(message).status == INSPECT_BAD);
        check_every_prefix(message);
    }
}

TEST_CASE("hello: a rest of one to three bytes in the list of extensions is bad")
{
    for (std::size_t rest = 1; rest < 4; ++rest) {
        CAPTURE(rest);
        Bytes message = bare_hello({{.type = 23}});
        message.insert(message.end(), rest, 0);
        message[3] = static_cast<std::uint8_t>(message[3] + rest);
        message[message.size() - rest - 5] =
            static_cast<std::uint8_t>(message[message.size() - rest - 5] + rest);
        CHECK(read_hello(message).status == INSPECT_BAD);
        check_every_prefix(message);
    }
}

TEST_CASE("hello: the first of two server names is the one")
{
    const Bytes twice = bare_hello({server_name("first.example"), server_name("second.example")});
    CHECK(read_hello(twice).name == "first.example");
    check_every_prefix(twice);
    CHECK(read_hello(handshake({.names = {"first.example", "second.example"}})).name == "first.example");
}

TEST_CASE("hello: encrypted_client_hello is reported beside the outer name, before and behind it")
{
    for (const auto place : {Place::First, Place::Last}) {
        const Bytes message = handshake({.names = {kName}, .place = place, .ech = true});
        CHECK(read_hello(message) == Reading{.status = INSPECT_NAME, .name = kName, .ech = true});
        check_every_prefix(message);
    }
    CHECK(read_hello(handshake({.ech = true})) == Reading{.status = INSPECT_NO_NAME, .ech = true});
    CHECK_FALSE(read_hello(handshake({.names = {kName}})).ech);
}

TEST_CASE("hello: as many extensions as the buffer holds are read, with a name and without")
{
    // What is left beside the fixed part and one server_name, in extensions of four bytes.
    constexpr std::size_t kMost = (INTERDICT_STREAM_MAX - 100) / 4;
    for (const std::size_t count :
         {std::size_t{62}, std::size_t{64}, std::size_t{65}, std::size_t{300}, kMost}) {
        CAPTURE(count);
        const Bytes plain = bare_hello(unknown_extensions(count));
        REQUIRE(plain.size() <= INTERDICT_STREAM_MAX);
        CHECK(read_hello(plain).status == INSPECT_NO_NAME);

        auto named = unknown_extensions(count);
        named.push_back(server_name(kName));
        const Bytes message = bare_hello(named);
        REQUIRE(message.size() <= INTERDICT_STREAM_MAX);
        CHECK(read_hello(message).name == kName);
        CHECK(read_hello(message, message.size() - 1).status == INSPECT_MORE);
        if (count < 100)
            check_every_prefix(message);
    }
}

TEST_CASE("hello: it may start anywhere, and the name may end with the buffer")
{
    const Bytes message = handshake({.names = {kName}, .place = Place::Last});
    for (const std::size_t start : {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{1000},
                                    INTERDICT_STREAM_MAX - message.size()}) {
        CAPTURE(start);
        CHECK(read_hello(message, message.size(), start).name == kName);
    }

    const Bytes full = handshake({.names = {kName}, .place = Place::Last, .length = INTERDICT_STREAM_MAX});
    REQUIRE(full.size() == INTERDICT_STREAM_MAX);
    CHECK(read_hello(full).name == kName);
    CHECK(read_hello(full, full.size() - 1).status == INSPECT_MORE);

    const Bytes longer =
        handshake({.names = {kName}, .place = Place::Last, .length = INTERDICT_STREAM_MAX + 1});
    CHECK(read_hello(longer).status == INSPECT_MORE);
}

TEST_CASE("hello: bytes behind the message are not part of it")
{
    Bytes message = handshake({});
    const Bytes next = handshake({.names = {kName}});
    message.insert(message.end(), next.begin(), next.end());
    CHECK(read_hello(message).status == INSPECT_NO_NAME);
}
