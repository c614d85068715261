// SPDX-License-Identifier: Apache-2.0
//
// hello.h: TLS ClientHellos for tests (RFC 8446 section 4.1.2, RFC 6066 section 3), right ones and wrong
// ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "harness/packet.h"

namespace interdict::harness {

// Where the server_name extension stands among the others.
enum class Place { First, Middle, Last };

// One thing that is wrong; all lengths around it stay as a well-formed hello has them.
enum class Fault {
    None,
    NotClientHello,  // handshake type 2
    HandshakeShort,  // the handshake's length says less than the body has
    SessionIdLong,   // the session id's length reaches beyond the hello
    CiphersLong,     // the same for the cipher suites
    CompressionLong, // and the compression methods
    ExtensionsLong,  // and the list of extensions
    ExtensionLong,   // and the server_name extension
    ListLong,        // server_name_list longer than its extension
    NameLong,        // HostName longer than its list
    NameEmpty,       // HostName of no bytes
    NameTypeUnknown, // NameType 1
    NoExtensions,    // the hello ends after the compression methods, as TLS 1.0 allows
};

struct Hello {
    std::vector<std::string> names{}; // HostName entries; none = no server_name extension
    Place place = Place::Middle;
    bool grease = true; // RFC 8701 values as cipher suite, first extension and key share
    bool ech = false;   // encrypted_client_hello, outer form
    std::size_t session_id = 32;
    std::size_t ciphers = 15;
    std::size_t key_share = 32;          // bytes; 1216 = X25519MLKEM768
    std::optional<std::size_t> length{}; // of the whole handshake message, reached by the padding extension
    std::uint16_t record_version = 0x0301;
    bool duplicate_name = false; // the server_name extension twice
    Fault fault = Fault::None;
};

// The handshake message: type, 24-bit length, body. Throws std::invalid_argument if the length cannot be
// reached.
[[nodiscard]] Bytes handshake(const Hello& hello);

// A handshake stream in TLS records. cuts: bytes of each record's fragment but the last, which takes the
// rest.
[[nodiscard]] Bytes records(const Bytes& message, std::initializer_list<std::size_t> cuts,
                            std::uint16_t version = 0x0301);

// Every record carries `size` bytes.
[[nodiscard]] Bytes records_of(const Bytes& message, std::size_t size, std::uint16_t version = 0x0301);

// The hello in one record: what most clients put on the wire.
[[nodiscard]] Bytes client_hello(const Hello& hello);
[[nodiscard]] Bytes client_hello(const std::string& name);

// As Chromium sends it: post-quantum key share, 1,700 bytes and more, two segments on any Ethernet.
[[nodiscard]] Bytes long_hello(const std::string& name, Place place = Place::Last);

// Where the name's bytes begin. Throws std::invalid_argument if it is not there in one piece.
[[nodiscard]] std::size_t position(const Bytes& stream, const std::string& name);

// A name of exactly this many bytes that ends in suffix, in labels of at most `label` bytes.
[[nodiscard]] std::string long_name(std::size_t length, const std::string& suffix, std::size_t label = 63);

} // namespace interdict::harness
