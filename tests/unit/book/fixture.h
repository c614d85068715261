// SPDX-License-Identifier: Apache-2.0
//
// fixture.h: a book in a directory of its own, and orders to put into it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "book/book.h"
#include "harness/temporary.h"

namespace interdict::testing {

class BookDirectory : public Temporary {
public:
    using Temporary::Temporary;

    [[nodiscard]] std::filesystem::path file() const { return path() / "book.db"; }

    [[nodiscard]] book::Book open(book::Access access = book::Access::Write) const
    {
        auto book = book::Book::open(file(), access);
        if (!book)
            FAIL(book.error().message);
        return std::move(*book);
    }
};

// The value, or a failed test with the error's text.
template <class T>
T must(Result<T> result)
{
    if (!result)
        FAIL(result.error().message);
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

template <class T>
std::string error_of(const Result<T>& result)
{
    REQUIRE_FALSE(result);
    return result.error().message;
}

inline constexpr std::int64_t kNoon = 1'900'000'000; // 2030-03-17T17:46:40Z

inline book::Act act(std::int64_t time = kNoon, std::string actor = "anna", std::string reason = {})
{
    return {.actor = std::move(actor), .reason = std::move(reason), .document = {}, .time = time};
}

inline order::Item name(std::string text, order::Match match = order::Match::Subtree,
                        std::int64_t expires = 0)
{
    order::Item item;
    item.target.name = {.name = std::move(text), .match = match};
    item.expires = expires;
    return item;
}

inline order::Item prefix(std::string_view text, std::int64_t expires = kNoon + 86400)
{
    order::Item item;
    const auto parsed = order::parse_prefix(text);
    REQUIRE(parsed);
    item.target.address.prefix = *parsed;
    item.expires = expires;
    return item;
}

inline book::Incoming incoming(std::string id, std::vector<order::Item> targets)
{
    book::Incoming out;
    out.order.id = std::move(id);
    out.order.authority = "Tribunale di Milano";
    out.order.reference = "1/2030";
    out.order.jurisdiction = "IT";
    out.order.issued = 1'899'936'000;
    out.order.effective = kNoon - 3600;
    out.order.targets = std::move(targets);
    return out;
}

} // namespace interdict::testing
