// SPDX-License-Identifier: Apache-2.0
#include "order/prefix.h"

#include <string>

#include <catch2/catch_test_macros.hpp>

using namespace interdict::order;

TEST_CASE("prefixes: text and back")
{
    for (const char* text : {"192.0.2.7/32", "192.0.2.0/24", "128.0.0.0/1", "2001:db8::/32",
                             "2001:db8::7/128", "8000::/1", "192.0.2.128/25", "::/96"}) {
        const auto prefix = parse_prefix(text);
        REQUIRE(prefix);
        CHECK(to_string(*prefix) == text);
    }
    CHECK(to_string(*parse_prefix("2001:DB8:0:0::/32")) == "2001:db8::/32");
}

TEST_CASE("prefixes: what is refused")
{
    for (const char* text :
         {"", "/", "/8", "10/8", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/ 8", "10.0.0.0/8 ", "::/0",
          "0.0.0.0/0", "10.0.0.1/8", "10.0.0.0/33", "fe80::1%eth0/128", "::ffff:10.0.0.0/104"})
        CHECK_FALSE(parse_prefix(text));
    CHECK_FALSE(parse_prefix(std::string_view("10.0.0.0\0/8", 11)));
}

TEST_CASE("containment: bits beyond a byte's end count")
{
    const auto contains = [](const char* outer, const char* inner) {
        return parse_prefix(outer)->contains(*parse_prefix(inner));
    };
    CHECK(contains("192.0.2.0/25", "192.0.2.127/32"));
    CHECK_FALSE(contains("192.0.2.0/25", "192.0.2.128/32"));
    CHECK(contains("192.0.2.0/24", "192.0.2.0/24"));
    CHECK_FALSE(contains("192.0.2.0/24", "192.0.2.0/23"));
    CHECK(contains("2001:db8:8000::/33", "2001:db8:ffff::/48"));
    CHECK_FALSE(contains("2001:db8:8000::/33", "2001:db8:7fff::/48"));
    CHECK_FALSE(contains("::/8", "0.0.0.0/8"));
}
