// SPDX-License-Identifier: Apache-2.0
#include "watch/message.h"

#include <initializer_list>

#include <catch2/catch_test_macros.hpp>

using namespace interdict;
using namespace interdict::watch;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes one, const Bytes& other)
{
    one.insert(one.end(), other.begin(), other.end());
    return one;
}

// The header of an answer to one question, and the question: A of "a.test".
Bytes head(std::uint8_t rcode, std::uint8_t answers, std::uint8_t authority = 0, std::uint8_t additional = 0)
{
    return {0x12, 0x34,      0x81, static_cast<std::uint8_t>(0x80 | rcode),
            0,    1,         0,    answers,
            0,    authority, 0,    additional,
            1,    'A',       4,    't',
            'e',  's',       't',  0,
            0,    1,         0,    1};
}

// A record of the name in the question.
Bytes record(std::uint8_t type, const Bytes& data, std::uint8_t length_off = 0)
{
    return Bytes{0xc0, 12, 0, type, 0, 1,
                 0,    0,  1, 44,   0, static_cast<std::uint8_t>(data.size() + length_off)} +
           data;
}

Bytes opt(std::uint8_t upper_rcode, const Bytes& options)
{
    return Bytes{0, 0, 41, 4, 208, upper_rcode, 0, 0, 0, 0, static_cast<std::uint8_t>(options.size())} +
           options;
}

} // namespace

TEST_CASE("message: addresses, with the names in lower case")
{
    const auto message = read_message(head(0, 2) + record(1, {192, 0, 2, 7}) +
                                      record(28, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}));
    REQUIRE(message);
    CHECK(message->rcode == kNoError);
    REQUIRE(message->answers.size() == 2);
    CHECK(message->answers[0].owner == "a.test");
    CHECK(message->answers[0].type == Type::A);
    CHECK(message->answers[0].ttl == 300);
    CHECK(message->answers[0].value == "192.0.2.7");
    CHECK(message->answers[1].type == Type::Aaaa);
    CHECK(message->answers[1].value == "2001:db8::7");
}

TEST_CASE("message: alias, name server, SOA and MX, also compressed; other types are passed over")
{
    const auto message =
        read_message(head(0, 5) + record(5, {1, 'B', 0xc0, 14}) + record(2, {2, 'n', 's', 0xc0, 12}) +
                     record(6, Bytes{1, 'p', 0} + Bytes{1, 'r', 0} + Bytes(20, 0)) +
                     record(15, {0, 10, 1, 'm', 0}) + record(16, {3, 't', 'x', 't'}));
    REQUIRE(message);
    REQUIRE(message->answers.size() == 4);
    CHECK(message->answers[0].value == "b.test");
    CHECK(message->answers[1].value == "ns.a.test");
    CHECK(message->answers[2].value == "p r");
    CHECK(message->answers[3].value == "m");
}

TEST_CASE("message: what is not in the answer section is no answer")
{
    const auto message = read_message(head(3, 0, 1) + record(2, {1, 'n', 0}));
    REQUIRE(message);
    CHECK(message->rcode == kNxDomain);
    CHECK(message->answers.empty());
}

TEST_CASE("message: the extended error, behind another option, and the upper bits of the code")
{
    const auto message =
        read_message(head(3, 0, 0, 1) + opt(1, {0, 10, 0, 2, 9, 9, 0, 15, 0, 4, 0, 16, 'i', 't'}));
    REQUIRE(message);
    CHECK(message->extended_error == 16);
    CHECK(message->rcode == (1u << 4 | 3));
}

TEST_CASE("message: an extended error without its two bytes is none")
{
    const auto message = read_message(head(0, 0, 0, 1) + opt(0, {0, 15, 0, 1, 0}));
    REQUIRE(message);
    CHECK_FALSE(message->extended_error);
}

TEST_CASE("message: refuses what is cut off at every byte")
{
    const Bytes whole = head(0, 2, 0, 1) + record(1, {192, 0, 2, 7}) + record(5, {1, 'b', 0xc0, 14}) +
                        opt(0, {0, 15, 0, 2, 0, 16});
    REQUIRE(read_message(whole));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CAPTURE(length);
        CHECK_FALSE(read_message(std::span(whole).first(length)));
    }
}

TEST_CASE("message: refuses a question, an address of five bytes, a name that points at itself")
{
    Bytes question = head(0, 0);
    question[2] = 1;
    CHECK_FALSE(read_message(question));
    CHECK_FALSE(read_message(head(0, 1) + record(1, {192, 0, 2, 7, 1})));
    CHECK_FALSE(read_message(head(0, 1) + record(5, {0xc0, 36})));
}

TEST_CASE("message: refuses an alias that is longer than its record says")
{
    CHECK_FALSE(read_message(head(0, 1) + record(5, {1, 'b', 0}, 0xfe)));
}

TEST_CASE("message: names of codes")
{
    CHECK(rcode_name(3) == "NXDOMAIN");
    CHECK(rcode_name(5) == "REFUSED");
    CHECK(rcode_name(6) == "RCODE6");
}
