// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <memory>

#include <catch2/catch_test_macros.hpp>

using namespace interdict;

namespace {

Result<int> half(int value)
{
    if (value % 2 != 0)
        return fail("{} is odd", value);
    return value / 2;
}

Result<int> quarter(int value)
{
    INTERDICT_TRY(const int once, half(value));
    INTERDICT_TRY(const int twice, half(once));
    return twice;
}

Result<void> must_halve(int value)
{
    INTERDICT_CHECK(half(value));
    return {};
}

Result<std::unique_ptr<int>> boxed(int value)
{
    if (value == 0)
        return fail("nothing to box");
    return std::make_unique<int>(value);
}

Result<int> unboxed(int value)
{
    INTERDICT_TRY(const auto box, boxed(value));
    return *box;
}

} // namespace

TEST_CASE("fail formats its message and has no errno")
{
    const Result<int> result = fail("{}: used {} of {}", "targets", 5, 4);
    REQUIRE(!result);
    CHECK(result.error() == Error{"targets: used 5 of 4", 0});
}

TEST_CASE("fail_errno appends the errno's text and keeps its number, also when negative")
{
    const Result<int> plain = fail_errno(ENOENT, "{}: cannot open", "a.json");
    CHECK(plain.error() == Error{"a.json: cannot open: No such file or directory", ENOENT});
    const Result<int> negative = fail_errno(-ENOENT, "{}: cannot open", "a.json");
    CHECK(negative.error() == plain.error());
}

TEST_CASE("context puts the outer statement first and keeps the errno")
{
    const Error error{"not a number", EINVAL};
    CHECK(error.context("a.json").context("import") == Error{"import: a.json: not a number", EINVAL});
}

TEST_CASE("INTERDICT_TRY declares the value or returns the first error")
{
    CHECK(quarter(12) == 3);
    CHECK(quarter(7).error().message == "7 is odd");
    CHECK(quarter(6).error().message == "3 is odd");
}

TEST_CASE("INTERDICT_TRY moves a value that cannot be copied")
{
    CHECK(unboxed(9) == 9);
    CHECK(unboxed(0).error().message == "nothing to box");
}

TEST_CASE("INTERDICT_CHECK passes an error on and drops the value")
{
    CHECK(must_halve(2).has_value());
    CHECK(must_halve(3).error().message == "3 is odd");
}
