// SPDX-License-Identifier: Apache-2.0
//
// reading.h: byte vectors in, results with the name's text out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>

#include "harness/hello.h"
#include "harness/inspect.h"

namespace interdict::inspect {

using harness::Bytes;

struct Reading {
    inspect_status status = INSPECT_MORE;
    std::string name{};
    bool ech = false;
    bool deframed = false;

    bool operator==(const Reading&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Reading& reading)
{
    constexpr const char* kWords[] = {"more", "name", "no name", "not a hello", "bad"};
    return out << kWords[reading.status] << " \"" << reading.name << '"' << (reading.ech ? " ech" : "")
               << (reading.deframed ? " deframed" : "");
}

// The bytes as the kernel keeps them; what is behind them is `fill`, so that a test can show that it does not
// matter.
inline std::unique_ptr<interdict_bytes> kept(const Bytes& bytes, std::size_t start = 0,
                                             std::uint8_t fill = 0xa5)
{
    auto out = std::make_unique<interdict_bytes>();
    std::fill(std::begin(out->data), std::end(out->data), fill);
    const std::size_t length = std::min<std::size_t>(bytes.size(), INTERDICT_STREAM_MAX - start);
    std::copy_n(bytes.begin(), length, out->data + start);
    return out;
}

inline Reading reading(const inspect_result& result, const interdict_bytes& bytes)
{
    Reading out{.status = result.status, .ech = result.ech != 0, .deframed = result.deframed != 0};
    if (result.status == INSPECT_NAME)
        out.name.assign(reinterpret_cast<const char*>(bytes.data) + result.offset, result.length);
    return out;
}

// The first `available` bytes of a handshake message that is laid at `start`.
inline Reading read_hello(const Bytes& message, std::size_t available, std::size_t start = 0,
                          std::uint8_t fill = 0xa5)
{
    const Bytes there(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(available));
    const auto bytes = kept(there, start, fill);
    const auto end = std::min<std::size_t>(start + available, INTERDICT_STREAM_MAX);
    return reading(
        inspect_hello(bytes.get(), static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(end)),
        *bytes);
}

inline Reading read_hello(const Bytes& message) { return read_hello(message, message.size()); }

// The first `available` bytes of a TCP stream.
inline Reading read_records(const Bytes& stream, std::size_t available)
{
    const auto packet = std::make_unique<struct packet>();
    const Bytes there(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(available));
    const auto bytes = kept(there);
    const auto ready = std::min<std::size_t>(available, INTERDICT_STREAM_MAX);
    const auto result = inspect_records(packet.get(), bytes.get(), static_cast<std::uint32_t>(ready));
    return reading(result, result.deframed ? packet->handshake : *bytes);
}

inline Reading read_records(const Bytes& stream) { return read_records(stream, stream.size()); }

} // namespace interdict::inspect
