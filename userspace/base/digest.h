// SPDX-License-Identifier: Apache-2.0
//
// digest.h: hashes of bytes, as hex digits.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace interdict {

// 64 lower-case hex digits.
[[nodiscard]] std::string blake2b_256(std::string_view bytes); // RFC 7693, unkeyed
[[nodiscard]] std::string sha256(std::string_view bytes);      // FIPS 180-4

[[nodiscard]] bool is_hex_256(std::string_view text); // 64 lower-case hex digits

// BLAKE2b-256 of what comes in pieces.
class Blake2b {
public:
    Blake2b();
    Blake2b(Blake2b&&) noexcept;
    Blake2b& operator=(Blake2b&&) noexcept;
    ~Blake2b();

    void add(std::string_view bytes);
    // Of all that was added; nothing may be added after it.
    [[nodiscard]] std::array<unsigned char, 32> finish();
    [[nodiscard]] std::string finish_hex();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace interdict
