// SPDX-License-Identifier: Apache-2.0
#include "harness/quic.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace interdict::harness {

namespace {

constexpr std::size_t kTag = 16;

struct Scheme {
    std::string_view salt;
    bool second; // labels and packet types of version 2
};

Scheme scheme(std::uint32_t version)
{
    switch (version) {
    case kQuicV1:
    case 0xff000021:
    case 0xff000022:
        return {"38762cf7f55934b34d179ae6a4c80cadccbb7f0a", false};
    case kQuicV2:
        return {"0dede3def700a6db819381be6e269dcbf9bd2ed9", true};
    case 0x709a50c4:
        return {"a707c203a59b47184a1d62ca570406ea7ae3e5d3", true};
    case kQuicDraft29:
    case 0xff000020:
        return {"afbfec289993d24c9e9786f19c6111e04390a899", false};
    case 0xfaceb002:
    case 0xff000017:
    case 0xff00001c:
        return {"c3eef712c72ebb5a11a7d2432bb46365bef9f502", false};
    default:
        throw std::invalid_argument("a QUIC version without keys");
    }
}

bool is_second(std::uint32_t version) { return version == kQuicV2 || version == 0x709a50c4; }

Bytes hmac(const Bytes& key, const Bytes& message)
{
    Bytes out(32);
    unsigned length = 0;
    if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(),
              out.data(), &length))
        throw std::runtime_error("HMAC");
    return out;
}

// RFC 8446 section 7.1; no output here is longer than a digest.
Bytes expand_label(const Bytes& secret, const std::string& label, std::size_t length)
{
    const std::string full = "tls13 " + label;
    Bytes info{static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length),
               static_cast<std::uint8_t>(full.size())};
    info.insert(info.end(), full.begin(), full.end());
    info.push_back(0);
    info.push_back(1);
    Bytes out = hmac(secret, info);
    out.resize(length);
    return out;
}

struct CipherDeleter {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, CipherDeleter>;

Bytes aes_block(const Bytes& key, const Bytes& block)
{
    const Cipher cipher(EVP_CIPHER_CTX_new());
    Bytes out(32);
    int length = 0;
    if (EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) != 1 ||
        EVP_EncryptUpdate(cipher.get(), out.data(), &length, block.data(), 16) != 1)
        throw std::runtime_error("AES");
    out.resize(16);
    return out;
}

Bytes seal(const Bytes& key, const Bytes& nonce, const Bytes& header, const Bytes& plain)
{
    const Cipher cipher(EVP_CIPHER_CTX_new());
    Bytes out(plain.size() + kTag);
    int length = 0;
    if (EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, key.data(), nonce.data()) != 1 ||
        EVP_EncryptUpdate(cipher.get(), nullptr, &length, header.data(), static_cast<int>(header.size())) !=
            1 ||
        EVP_EncryptUpdate(cipher.get(), out.data(), &length, plain.data(), static_cast<int>(plain.size())) !=
            1 ||
        EVP_EncryptFinal_ex(cipher.get(), out.data() + length, &length) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTag, out.data() + plain.size()) != 1)
        throw std::runtime_error("AES-GCM");
    return out;
}

void append(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }

// First byte to source connection id. type: as version 1 numbers them.
Bytes long_header(std::uint8_t type, std::uint32_t version, const Bytes& dcid, const Bytes& scid)
{
    if (is_second(version))
        type = (type + 1) & 3;
    Bytes out{static_cast<std::uint8_t>(0xc0 | type << 4)};
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(version >> shift));
    out.push_back(static_cast<std::uint8_t>(dcid.size()));
    append(out, dcid);
    out.push_back(static_cast<std::uint8_t>(scid.size()));
    append(out, scid);
    return out;
}

Bytes opaque_packet(std::uint8_t type, const Bytes& dcid, std::size_t length)
{
    return joined({long_header(type, kQuicV1, dcid, {}), varint(length), Bytes(length, 0x5a)});
}

} // namespace

Bytes hex(std::string_view digits)
{
    Bytes out;
    int high = -1;
    for (const char c : digits) {
        if (c == ' ' || c == '\n')
            continue;
        const auto value = std::string_view("0123456789abcdef").find(c);
        if (value == std::string_view::npos)
            throw std::invalid_argument("not a hexadecimal digit");
        if (high < 0) {
            high = static_cast<int>(value);
        } else {
            out.push_back(static_cast<std::uint8_t>(high << 4 | static_cast<int>(value)));
            high = -1;
        }
    }
    if (high >= 0)
        throw std::invalid_argument("half a byte");
    return out;
}

std::string to_hex(const Bytes& bytes)
{
    std::string out;
    for (const auto byte : bytes) {
        out += "0123456789abcdef"[byte >> 4];
        out += "0123456789abcdef"[byte & 15];
    }
    return out;
}

Bytes joined(std::initializer_list<Bytes> parts)
{
    Bytes out;
    for (const auto& part : parts)
        append(out, part);
    return out;
}

Bytes varint(std::uint64_t value, std::size_t size)
{
    if (!size)
        size = value < 1U << 6 ? 1 : value < 1U << 14 ? 2 : value < 1U << 30 ? 4 : 8;
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<std::uint8_t>(value >> 8 * (size - 1 - i));
    out[0] = static_cast<std::uint8_t>(out[0] | (size == 8 ? 3 : size == 4 ? 2 : size == 2 ? 1 : 0) << 6);
    return out;
}

InitialKeys initial_keys(std::uint32_t version, const Bytes& cid)
{
    const auto [salt, second] = scheme(version);
    const std::string prefix = second ? "quicv2 " : "quic ";
    InitialKeys out;
    out.initial_secret = hmac(hex(salt), cid);
    out.client_secret = expand_label(out.initial_secret, "client in", 32);
    out.key = expand_label(out.client_secret, prefix + "key", 16);
    out.iv = expand_label(out.client_secret, prefix + "iv", 12);
    out.header_key = expand_label(out.client_secret, prefix + "hp", 16);
    return out;
}

Bytes padding_frames(std::size_t count) { return Bytes(count, 0); }

Bytes ping_frame() { return {0x01}; }

Bytes ack_frame(std::size_t ranges, bool ecn)
{
    Bytes out = joined(
        {{static_cast<std::uint8_t>(ecn ? 3 : 2)}, varint(1000), varint(20, 2), varint(ranges), varint(0)});
    for (std::size_t i = 0; i < ranges; ++i)
        append(out, joined({varint(1, 4), varint(2)}));
    if (ecn)
        append(out, joined({varint(1), varint(2, 8), varint(300)}));
    return out;
}

Bytes crypto_frame(std::uint64_t offset, const Bytes& data, std::size_t size)
{
    return joined({{0x06}, varint(offset, size), varint(data.size(), size), data});
}

Bytes crypto_part(const Bytes& stream, std::size_t offset, std::size_t length)
{
    if (offset > stream.size() || length > stream.size() - offset)
        throw std::invalid_argument("no such part of the stream");
    const auto from = stream.begin() + static_cast<std::ptrdiff_t>(offset);
    return crypto_frame(offset, Bytes(from, from + static_cast<std::ptrdiff_t>(length)));
}

Bytes close_frame(bool application, const std::string& reason)
{
    Bytes out = application ? joined({{0x1d}, varint(1)}) : joined({{0x1c}, varint(0x100), varint(6)});
    return joined({out, varint(reason.size()), bytes(reason)});
}

Bytes protect(const Initial& initial)
{
    const InitialKeys keys = initial_keys(initial.version, initial.keys_of.value_or(initial.dcid));
    Bytes header = joined({long_header(0, initial.version, initial.dcid, initial.scid),
                           varint(initial.token.size()), initial.token});
    header[0] = static_cast<std::uint8_t>(header[0] | initial.reserved << 2 | (initial.number_length - 1));
    Bytes plain = initial.frames;
    const std::size_t around = header.size() + 2 + initial.number_length + kTag;
    if (plain.size() + around < initial.size)
        plain.resize(initial.size - around, 0);
    append(header, varint(initial.length.value_or(initial.number_length + plain.size() + kTag), 2));
    const std::size_t number_at = header.size();
    for (std::size_t i = initial.number_length; i-- > 0;)
        header.push_back(static_cast<std::uint8_t>(initial.number >> 8 * i));
    Bytes nonce = keys.iv;
    for (std::size_t i = 0; i < 4; ++i)
        nonce[11 - i] ^= static_cast<std::uint8_t>(initial.number >> 8 * i);
    Bytes out = joined({header, seal(keys.key, nonce, header, plain)});
    if (out.size() < number_at + 20)
        throw std::invalid_argument("too short for header protection");
    const auto sample = out.begin() + static_cast<std::ptrdiff_t>(number_at) + 4;
    const Bytes mask = aes_block(keys.header_key, Bytes(sample, sample + 16));
    out[0] ^= mask[0] & 0x0f;
    for (std::size_t i = 0; i < initial.number_length; ++i)
        out[number_at + i] ^= mask[1 + i];
    return out;
}

Bytes initial(const Bytes& frames, std::uint32_t number)
{
    return protect({.frames = frames, .number = number, .size = 1200});
}

Bytes zero_rtt(const Bytes& dcid, std::size_t length) { return opaque_packet(1, dcid, length); }

Bytes handshake_packet(const Bytes& dcid, std::size_t length) { return opaque_packet(2, dcid, length); }

Bytes retry_packet(const Bytes& dcid, const Bytes& scid, const Bytes& token)
{
    return joined({long_header(3, kQuicV1, dcid, scid), token, Bytes(kTag, 0x77)});
}

} // namespace interdict::harness
