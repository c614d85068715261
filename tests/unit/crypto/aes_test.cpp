// SPDX-License-Identifier: Apache-2.0
//
// AES-128: the examples of FIPS 197, of NIST SP 800-38A and of the GCM specification.
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <memory>

#include "harness/quic.h"
#include "harness/quic_reader.h"

using namespace interdict::harness;

namespace {

std::string encrypt(const std::string& key, const std::string& block)
{
    Bytes state = hex(block);
    reader_aes(hex(key).data(), state.data());
    return to_hex(state);
}

struct CounterDeleter {
    void operator()(reader_counter* counter) const { reader_counter_delete(counter); }
};

class Counter {
public:
    Counter(const Bytes& key, const Bytes& nonce) : counter_(reader_counter_new(key.data(), nonce.data())) {}

    Bytes block(std::uint32_t index)
    {
        Bytes out(16);
        reader_counter_block(counter_.get(), index, out.data());
        return out;
    }

private:
    std::unique_ptr<reader_counter, CounterDeleter> counter_;
};

// The same block the plain way.
Bytes plain_block(const Bytes& key, const Bytes& nonce, std::uint32_t index)
{
    const std::uint32_t counter = index + 2;
    Bytes out = nonce;
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(counter >> shift));
    reader_aes(key.data(), out.data());
    return out;
}

} // namespace

TEST_CASE("aes: FIPS 197 appendices B and C.1")
{
    CHECK(encrypt("2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734") ==
          "3925841d02dc09fbdc118597196a0b32");
    CHECK(encrypt("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff") ==
          "69c4e0d86a7b0430d8cdb78070b4c55a");
}

TEST_CASE("aes: SP 800-38A section F.1.1")
{
    const std::string key = "2b7e151628aed2a6abf7158809cf4f3c";
    CHECK(encrypt(key, "6bc1bee22e409f96e93d7e117393172a") == "3ad77bb40d7a3660a89ecaf32466ef97");
    CHECK(encrypt(key, "ae2d8a571e03ac9c9eb76fac45af8e51") == "f5d3d58503b9699de785895a96fdbaaf");
    CHECK(encrypt(key, "30c81c46a35ce411e5fbc1191a0a52ef") == "43b1cd7f598ece23881b00e3ed030688");
    CHECK(encrypt(key, "f69f2445df4f9b17ad2b417be66c3710") == "7b0c785e27e8ad3f8223207104725dd4");
}

TEST_CASE("aes: counter mode as GCM has it, test case 3 of the specification")
{
    Counter counter(hex("feffe9928665731c6d6a8f9467308308"), hex("cafebabefacedbaddecaf888"));
    const Bytes plain = hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72");
    const Bytes expected = hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e");
    for (std::uint32_t i = 0; i < 2; ++i) {
        const Bytes stream = counter.block(i);
        for (std::size_t k = 0; k < 16; ++k)
            CHECK((stream[k] ^ plain[16 * i + k]) == expected[16 * i + k]);
    }
}

TEST_CASE("aes: what two rounds share holds over the counter's last byte and is made anew behind it")
{
    const Bytes key = hex("8b1a0bc121284290a29e0971b5cd045d"), nonce = hex("91f73e2351d8fa91660e909f");
    Counter counter(key, nonce);
    for (std::uint32_t index = 0; index < 1024; ++index)
        REQUIRE(counter.block(index) == plain_block(key, nonce, index));
    for (const std::uint32_t index : {3u, 253u, 254u, 253u, 65533u, 0u})
        CHECK(counter.block(index) == plain_block(key, nonce, index));
}
