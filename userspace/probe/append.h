// SPDX-License-Identifier: Apache-2.0
// append.h: numbers in network byte order, at the end of a message.
#pragma once

#include <cstdint>
#include <vector>

namespace interdict::probe {

inline void put8(std::vector<std::uint8_t>& out, std::size_t value)
{
    out.push_back(static_cast<std::uint8_t>(value));
}

inline void put16(std::vector<std::uint8_t>& out, std::size_t value)
{
    put8(out, value >> 8);
    put8(out, value);
}

inline void put32(std::vector<std::uint8_t>& out, std::size_t value)
{
    put16(out, value >> 16);
    put16(out, value);
}

} // namespace interdict::probe
