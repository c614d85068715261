// SPDX-License-Identifier: Apache-2.0
//
// SHA-256: the examples that NIST publishes with FIPS 180-4, and lengths around the ends of blocks.
#include <catch2/catch_test_macros.hpp>

#include "harness/quic.h"
#include "harness/quic_reader.h"

using namespace interdict::harness;

namespace {

std::string digest(const Bytes& message)
{
    Bytes out(32);
    reader_sha256(message.data(), message.size(), out.data());
    return to_hex(out);
}

} // namespace

TEST_CASE("sha256: FIPS 180-4 examples of no, one and two blocks")
{
    CHECK(digest({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(digest(bytes("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(digest(bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(digest(
              bytes("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
                    "lmnopqrsmnopqrstnopqrstu")) ==
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

TEST_CASE("sha256: a million times the letter a")
{
    CHECK(digest(Bytes(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
