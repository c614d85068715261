// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "daemon/line_ring.h"

using interdict::daemon::LineRing;

TEST_CASE("ring of lines: as many as there is room for, by number and by bytes")
{
    LineRing ring(3, 10);
    CHECK(ring.size() == 0);
    ring.push("abc");
    ring.push("");
    ring.push("defg");
    REQUIRE(ring.size() == 3);
    CHECK(ring.at(0) == "abc");
    CHECK(ring.at(1).empty());
    CHECK(ring.at(2) == "defg");
    ring.push("hi"); // the fourth
    REQUIRE(ring.size() == 3);
    CHECK(ring.at(0).empty());
    CHECK(ring.at(2) == "hi");
    ring.push("0123456789"); // all of it
    REQUIRE(ring.size() == 1);
    CHECK(ring.at(0) == "0123456789");
    ring.push("0123456789x");
    REQUIRE(ring.size() == 1);
    CHECK(ring.at(0) == "0123456789");
    ring.push("y");
    REQUIRE(ring.size() == 1);
    CHECK(ring.at(0) == "y");
}

TEST_CASE("ring of lines: around its end lines are whole, against a plain list")
{
    constexpr std::size_t kLines = 7;
    constexpr std::size_t kBytes = 61;
    LineRing ring(kLines, kBytes);
    std::deque<std::string> plain;
    std::size_t held = 0;
    for (std::size_t i = 0; i < 5000; ++i) {
        const std::string line(i * 37 % 23, static_cast<char>('a' + i % 26));
        ring.push(line);
        plain.push_back(line);
        held += line.size();
        while (plain.size() > kLines || held > kBytes) {
            held -= plain.front().size();
            plain.pop_front();
        }
        REQUIRE(ring.size() == plain.size());
        for (std::size_t k = 0; k < plain.size(); ++k)
            REQUIRE(ring.at(k) == plain[k]);
    }
}
