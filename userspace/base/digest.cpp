// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <algorithm>
#include <span>

#include <sodium.h>

namespace interdict {

namespace {

constexpr std::size_t kBytes = 32;

std::string hex(std::span<const unsigned char> bytes)
{
    std::string out(2 * bytes.size() + 1, '\0');
    sodium_bin2hex(out.data(), out.size(), bytes.data(), bytes.size());
    out.pop_back();
    return out;
}

const unsigned char* bytes_of(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

} // namespace

struct Blake2b::State {
    crypto_generichash_state sum;
};

Blake2b::Blake2b() : state_(std::make_unique<State>())
{
    crypto_generichash_init(&state_->sum, nullptr, 0, kBytes);
}

Blake2b::Blake2b(Blake2b&&) noexcept = default;
Blake2b& Blake2b::operator=(Blake2b&&) noexcept = default;
Blake2b::~Blake2b() = default;

void Blake2b::add(std::string_view bytes)
{
    crypto_generichash_update(&state_->sum, bytes_of(bytes), bytes.size());
}

std::array<unsigned char, 32> Blake2b::finish()
{
    std::array<unsigned char, kBytes> sum{};
    crypto_generichash_final(&state_->sum, sum.data(), sum.size());
    return sum;
}

std::string Blake2b::finish_hex() { return hex(finish()); }

std::string blake2b_256(std::string_view bytes)
{
    Blake2b sum;
    sum.add(bytes);
    return sum.finish_hex();
}

std::string sha256(std::string_view bytes)
{
    std::array<unsigned char, crypto_hash_sha256_BYTES> sum{};
    crypto_hash_sha256(sum.data(), bytes_of(bytes), bytes.size());
    return hex(sum);
}

bool is_hex_256(std::string_view text)
{
    return text.size() == 2 * kBytes && text.find_first_not_of("0123456789abcdef") == text.npos;
}

} // namespace interdict
