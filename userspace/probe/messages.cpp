// SPDX-License-Identifier: Apache-2.0
#include "probe/messages.h"

#include <algorithm>
#include <initializer_list>

#include "probe/append.h"

namespace interdict::probe {

namespace {

void put(Bytes& out, std::initializer_list<std::uint8_t> bytes) { out.insert(out.end(), bytes); }

void put(Bytes& out, std::string_view text) { out.insert(out.end(), text.begin(), text.end()); }

// Two bytes for the length of what follows until close().
std::size_t open(Bytes& out)
{
    put16(out, 0);
    return out.size();
}

void close(Bytes& out, std::size_t from)
{
    const std::size_t length = out.size() - from;
    out[from - 2] = static_cast<std::uint8_t>(length >> 8);
    out[from - 1] = static_cast<std::uint8_t>(length);
}

void put_extensions(Bytes& out, std::string_view name, bool quic)
{
    put16(out, 0); // server_name (RFC 6066 section 3)
    put16(out, name.size() + 5);
    put16(out, name.size() + 3);
    put8(out, 0);
    put16(out, name.size());
    put(out, name);
    put(out, {0x00, 0x0a, 0, 6, 0, 4, 0x00, 0x1d, 0x00, 0x17});             // supported_groups
    put(out, {0x00, 0x0d, 0, 8, 0, 6, 0x04, 0x03, 0x08, 0x04, 0x04, 0x01}); // signature_algorithms
    put(out, quic ? std::string_view("\x00\x10\x00\x05\x00\x03\x02h3", 9)   // ALPN (RFC 7301)
                  : std::string_view("\x00\x10\x00\x0e\x00\x0c\x02h2\x08http/1.1", 18));
    put(out, {0x00, 0x2b, 0, 3, 2, 0x03, 0x04}); // supported_versions
    put(out, {0x00, 0x2d, 0, 2, 1, 1});          // psk_key_exchange_modes
    put(out, {0x00, 0x33, 0, 38, 0, 36, 0x00, 0x1d, 0, 32});
    for (unsigned i = 0; i < 32; ++i)
        put8(out, i + 1);
    if (quic)
        put(out, {0x00, 0x39, 0, 8, 0x01, 2, 0x67, 0x10, 0x0f, 2, 0x11, 0x22}); // transport parameters
}

} // namespace

void append_hello(Bytes& out, std::string_view name, bool quic)
{
    put(out, {1, 0});
    const std::size_t body = open(out);
    put(out, {3, 3});
    for (unsigned i = 0; i < 32; ++i)
        put8(out, 0xa0 + i);
    // A session id is the mark of TLS 1.3's compatibility mode, which QUIC has none of (RFC 9001
    // section 8.4).
    put8(out, quic ? 0 : 32);
    for (unsigned i = 0; i < (quic ? 0U : 32U); ++i)
        put8(out, 0x40 + i);
    put(out, {0, 6, 0x13, 0x01, 0x13, 0x02, 0x13, 0x03});
    put(out, {1, 0});
    const std::size_t extensions = open(out);
    put_extensions(out, name, quic);
    close(out, extensions);
    close(out, body);
}

void append_record(Bytes& out, std::string_view name)
{
    put(out, {22, 3, 1});
    const std::size_t record = open(out);
    append_hello(out, name, false);
    close(out, record);
}

void append_query(Bytes& out, std::string_view name, std::uint16_t id, bool v6)
{
    put16(out, id);
    put(out, {0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1}); // recursion desired, one question, one additional record
    while (!name.empty()) {
        const std::size_t length = std::min(name.find('.'), name.size());
        put8(out, length);
        put(out, name.substr(0, length));
        name.remove_prefix(std::min(length + 1, name.size()));
    }
    put(out, {0, 0, static_cast<std::uint8_t>(v6 ? 28 : 1), 0, 1});
    put(out, {0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0}); // OPT: 1,232 bytes
}

void append_request(Bytes& out, std::string_view name)
{
    put(out, "GET / HTTP/1.1\r\nHost: ");
    put(out, name);
    put(out, "\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

} // namespace interdict::probe
