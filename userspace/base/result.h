// SPDX-License-Identifier: Apache-2.0
//
// result.h: errors as values.
//
// A function that can fail returns Result<T>; its caller adds what it knows with context() and passes the
// error on. What a user finally reads is one line, the outermost statement first:
//     orders/milan.json: $.orders[0].deadline: "soon" is not a timestamp; write e.g. 2022-07-11T00:00:00Z
#pragma once

#include <cerrno>
#include <cstring>
#include <expected>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace interdict {

struct Error {
    std::string message;
    int code = 0; // errno, 0 if no system call failed

    // The same error told from further out: "<outer>: <message>".
    [[nodiscard]] Error context(std::string_view outer) const
    {
        return Error{fmt::format("{}: {}", outer, message), code};
    }

    friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = std::expected<T, Error>;

// An error without an errno, ready to be returned as any Result<T>.
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(fmt::format_string<Args...> format, Args&&... args)
{
    return std::unexpected(Error{fmt::format(format, std::forward<Args>(args)...), 0});
}

// An error from a system call; ": <text of errno>" is appended. Take errno before anything can change it.
// A negative value, as libbpf returns it, means the same errno.
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail_errno(int code, fmt::format_string<Args...> format, Args&&... args)
{
    const int positive = code < 0 ? -code : code;
    return std::unexpected(Error{fmt::format("{}: {}", fmt::format(format, std::forward<Args>(args)...),
                                             std::generic_category().message(positive)),
                                 positive});
}

} // namespace interdict

#define INTERDICT_CONCAT_(a, b) a##b
#define INTERDICT_CONCAT(a, b) INTERDICT_CONCAT_(a, b)
#define INTERDICT_TRY_(temporary, declaration, ...)           \
    auto temporary = (__VA_ARGS__);                           \
    if (!temporary)                                           \
        return std::unexpected(std::move(temporary).error()); \
    declaration = *std::move(temporary)

// INTERDICT_TRY(const auto text, read_file(path)); declares text, or returns the error to the caller.
#define INTERDICT_TRY(declaration, ...) \
    INTERDICT_TRY_(INTERDICT_CONCAT(interdict_try_, __COUNTER__), declaration, __VA_ARGS__)

// INTERDICT_CHECK(publish()); for a Result whose value does not matter, such as Result<void>.
#define INTERDICT_CHECK(...)                                            \
    do {                                                                \
        if (auto interdict_check = (__VA_ARGS__); !interdict_check)     \
            return std::unexpected(std::move(interdict_check).error()); \
    } while (false)
