// SPDX-License-Identifier: Apache-2.0
#include "harness/hello.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace interdict::harness {

namespace {

constexpr std::uint16_t kServerName = 0;
constexpr std::uint16_t kPadding = 21;
constexpr std::uint16_t kKeyShare = 51;
constexpr std::uint16_t kEncryptedHello = 0xfe0d;
constexpr std::uint16_t kGrease = 0x3a3a;
constexpr unsigned kBeyond = 4000; // added to a length so that it reaches out of any hello

void put16(Bytes& out, std::size_t value)
{
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
}

void append(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }

// Bytes that look like key material and are the same in every run.
Bytes noise(std::size_t size, std::uint32_t seed)
{
    Bytes out(size);
    for (auto& byte : out) {
        seed = seed * 1664525u + 1013904223u;
        byte = static_cast<std::uint8_t>(seed >> 24);
    }
    return out;
}

Bytes extension(std::uint16_t type, const Bytes& content, std::size_t beyond = 0)
{
    Bytes out;
    put16(out, type);
    put16(out, content.size() + beyond);
    append(out, content);
    return out;
}

Bytes server_name(const Hello& hello)
{
    Bytes list;
    for (const auto& name : hello.names) {
        list.push_back(hello.fault == Fault::NameTypeUnknown ? 1 : 0);
        const std::string& text = hello.fault == Fault::NameEmpty ? std::string() : name;
        put16(list, text.size() + (hello.fault == Fault::NameLong ? kBeyond : 0));
        list.insert(list.end(), text.begin(), text.end());
    }
    Bytes content;
    put16(content, list.size() + (hello.fault == Fault::ListLong ? kBeyond : 0));
    append(content, list);
    return extension(kServerName, content, hello.fault == Fault::ExtensionLong ? 0xf000 : 0);
}

Bytes key_share(const Hello& hello)
{
    Bytes shares;
    if (hello.grease) {
        put16(shares, kGrease);
        put16(shares, 1);
        shares.push_back(0);
    }
    put16(shares, hello.key_share > 1000 ? 0x11ec : 0x001d);
    put16(shares, hello.key_share);
    append(shares, noise(hello.key_share, 7));
    Bytes content;
    put16(content, shares.size());
    append(content, shares);
    return extension(kKeyShare, content);
}

Bytes encrypted_hello()
{
    Bytes content{0, 0, 1, 0, 1, 9};
    put16(content, 32);
    append(content, noise(32, 11));
    put16(content, 144);
    append(content, noise(144, 13));
    return extension(kEncryptedHello, content);
}

Bytes extensions(const Hello& hello)
{
    std::vector<Bytes> others;
    if (hello.grease)
        others.push_back(extension(kGrease, {}));
    others.push_back(extension(0x0017, {}));                       // extended_master_secret
    others.push_back(extension(0xff01, {0}));                      // renegotiation_info
    others.push_back(extension(0x000a, {0, 4, 0, 0x1d, 0, 0x17})); // supported_groups
    others.push_back(extension(0x000b, {1, 0}));                   // ec_point_formats
    others.push_back(
        extension(0x0010, {0, 12, 2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'})); // ALPN
    others.push_back(extension(0x000d, {0, 4, 4, 3, 8, 4})); // signature_algorithms
    others.push_back(extension(0x002b, {4, 3, 4, 3, 3}));    // supported_versions
    others.push_back(key_share(hello));
    if (hello.ech)
        others.push_back(encrypted_hello());

    std::vector<Bytes> names;
    if (!hello.names.empty())
        names.assign(hello.duplicate_name ? 2 : 1, server_name(hello));
    const auto at = hello.place == Place::First  ? others.begin()
                    : hello.place == Place::Last ? others.end()
                                                 : std::next(others.begin(), std::ssize(others) / 2);
    others.insert(at, names.begin(), names.end());

    Bytes out;
    for (const auto& one : others)
        append(out, one);
    return out;
}

Bytes message(const Hello& hello, const Bytes& list)
{
    const auto beyond = [&](Fault fault) { return hello.fault == fault ? kBeyond : 0; };
    Bytes body{0x03, 0x03};
    append(body, noise(32, 3));
    body.push_back(static_cast<std::uint8_t>(hello.fault == Fault::SessionIdLong ? 0xff : hello.session_id));
    append(body, noise(hello.session_id, 5));
    const std::size_t suites = hello.ciphers + (hello.grease ? 1 : 0);
    put16(body, suites * 2 + beyond(Fault::CiphersLong) * 4);
    if (hello.grease)
        put16(body, kGrease);
    for (std::size_t i = 0; i < hello.ciphers; ++i)
        put16(body, 0xc02b + i);
    body.push_back(hello.fault == Fault::CompressionLong ? 0xff : 1);
    body.push_back(0);
    if (hello.fault != Fault::NoExtensions) {
        put16(body, list.size() + beyond(Fault::ExtensionsLong));
        append(body, list);
    }

    Bytes out{static_cast<std::uint8_t>(hello.fault == Fault::NotClientHello ? 2 : 1), 0};
    put16(out, hello.fault == Fault::HandshakeShort ? 40 : body.size());
    append(out, body);
    return out;
}

} // namespace

Bytes handshake(const Hello& hello)
{
    Bytes list = extensions(hello);
    if (hello.length) {
        const std::size_t size = message(hello, list).size();
        if (size + 4 > *hello.length)
            throw std::invalid_argument("the hello is longer than the length asked for");
        const Bytes padding = extension(kPadding, Bytes(*hello.length - size - 4));
        // In front, if the name is to be last.
        if (hello.place == Place::Last)
            list.insert(list.begin(), padding.begin(), padding.end());
        else
            append(list, padding);
    }
    return message(hello, list);
}

Bytes records(const Bytes& message, std::initializer_list<std::size_t> cuts, std::uint16_t version)
{
    Bytes out;
    std::size_t offset = 0;
    auto cut = cuts.begin();
    while (offset < message.size()) {
        const std::size_t rest = message.size() - offset;
        const std::size_t length = cut != cuts.end() ? std::min(*cut++, rest) : rest;
        out.push_back(22);
        put16(out, version);
        put16(out, length);
        const auto begin = message.begin() + static_cast<std::ptrdiff_t>(offset);
        out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(length));
        offset += length;
    }
    return out;
}

Bytes records_of(const Bytes& message, std::size_t size, std::uint16_t version)
{
    Bytes out;
    for (std::size_t offset = 0; offset < message.size(); offset += size) {
        const std::size_t end = std::min(offset + size, message.size());
        append(out, records(Bytes(message.begin() + static_cast<std::ptrdiff_t>(offset),
                                  message.begin() + static_cast<std::ptrdiff_t>(end)),
                            {}, version));
    }
    return out;
}

Bytes client_hello(const Hello& hello) { return records(handshake(hello), {}, hello.record_version); }

Bytes client_hello(const std::string& name) { return client_hello(Hello{.names = {name}}); }

Bytes long_hello(const std::string& name, Place place)
{
    return client_hello(Hello{.names = {name}, .place = place, .key_share = 1216, .length = 1900});
}

std::size_t position(const Bytes& stream, const std::string& name)
{
    const auto found = std::search(stream.begin(), stream.end(), name.begin(), name.end());
    if (found == stream.end())
        throw std::invalid_argument("not in the stream in one piece: " + name);
    return static_cast<std::size_t>(found - stream.begin());
}

std::string long_name(std::size_t length, const std::string& suffix, std::size_t label)
{
    std::string front;
    std::size_t rest = length - suffix.size();
    while (rest > 0) {
        // A label and its dot; never leave a single byte, which could only be a dot.
        std::size_t take = std::min(label, rest - 1);
        if (rest - take - 1 == 1)
            --take;
        front += std::string(take, 'a') + ".";
        rest -= take + 1;
    }
    return front + suffix;
}

} // namespace interdict::harness
