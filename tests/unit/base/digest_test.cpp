// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <catch2/catch_test_macros.hpp>

using namespace interdict;

TEST_CASE("BLAKE2b-256 and SHA-256 of known texts")
{
    CHECK(blake2b_256("") == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    CHECK(blake2b_256("abc") == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("pieces have the digest of the whole")
{
    Blake2b sum;
    sum.add("a");
    sum.add("");
    sum.add("bc");
    CHECK(sum.finish_hex() == blake2b_256("abc"));
}

TEST_CASE("64 lower-case hex digits, nothing else")
{
    CHECK(is_hex_256(std::string(64, 'a')));
    CHECK_FALSE(is_hex_256(std::string(63, 'a')));
    CHECK_FALSE(is_hex_256(std::string(65, 'a')));
    CHECK_FALSE(is_hex_256(std::string(64, 'A')));
    CHECK_FALSE(is_hex_256(std::string(63, 'a') + "g"));
    CHECK_FALSE(is_hex_256(""));
}
