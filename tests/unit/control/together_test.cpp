// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "book/book.h"
#include "orders.h"

using namespace interdict;
using namespace interdict::control::test;

TEST_CASE("together: several steps are kept, or none of them")
{
    auto made = book::Book::in_memory();
    REQUIRE(made);
    auto& book = *made;
    const auto add = [&](const char* id) {
        return book.orders().add({.order = order_of(id, {name("one.example")})}, "cli", kAna);
    };

    REQUIRE(book.together([&]() -> Result<bool> {
        INTERDICT_CHECK(add("a"));
        INTERDICT_CHECK(add("b"));
        return true;
    }) == true);
    CHECK(book.journal().last() == 2);

    REQUIRE(book.together([&]() -> Result<bool> {
        INTERDICT_CHECK(add("c"));
        CHECK(book.orders().in_force()->size() == 3);
        return false;
    }) == false);
    CHECK(book.orders().in_force()->size() == 2);
    CHECK(book.journal().last() == 2);

    const auto failed = book.together([&]() -> Result<bool> {
        INTERDICT_CHECK(add("d"));
        INTERDICT_CHECK(add("a")); // there already
        return true;
    });
    CHECK_FALSE(failed);
    CHECK(book.orders().in_force()->size() == 2);

    // A step that fails within does not take the others with it.
    REQUIRE(book.together([&]() -> Result<bool> {
        INTERDICT_CHECK(add("e"));
        CHECK_FALSE(add("a"));
        INTERDICT_CHECK(add("f"));
        return true;
    }) == true);
    CHECK(book.orders().in_force()->size() == 4);
    const auto verified = book.journal().verify();
    REQUIRE(verified);
    CHECK(verified->lines == 4);
    CHECK_FALSE(verified->fault);
}
