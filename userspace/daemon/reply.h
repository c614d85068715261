// SPDX-License-Identifier: Apache-2.0
//
// reply.h: what becomes of a request: an object, or why not.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "control/stepper.h"

namespace interdict::daemon {

using Json = nlohmann::ordered_json;

struct Failure {
    int status = 500;    // HTTP's
    std::string code;    // a word for machines: docs/api.md
    std::string message; // one line
    Json problems = Json::array();
    Json list{};          // of a list that was not taken: import_json()
    bool in_book = false; // the step is, though it is not live

    // {"error": {"message", "code", "problems"}}, with "list" if there is one
    [[nodiscard]] Json json() const
    {
        Json error = {{"message", message}, {"code", code}, {"problems", problems}};
        if (!list.is_null())
            error["list"] = list;
        return {{"error", std::move(error)}};
    }
};

using Reply = std::expected<Json, Failure>;

[[nodiscard]] inline std::unexpected<Failure> failure(int status, std::string code, std::string message)
{
    return std::unexpected(Failure{status, std::move(code), std::move(message)});
}

[[nodiscard]] inline std::unexpected<Failure> not_found(std::string message)
{
    return failure(404, "not-found", std::move(message));
}

// A step that cannot be taken as things are.
[[nodiscard]] inline std::unexpected<Failure> conflict(const Error& error)
{
    return failure(409, "conflict", error.message);
}

[[nodiscard]] inline std::unexpected<Failure> internal(const Error& error)
{
    return failure(500, "internal", error.message);
}

[[nodiscard]] inline std::unexpected<Failure> failure(const control::Setback& setback)
{
    using Why = control::Setback::Why;
    const auto& message = setback.error.message;
    auto failed = setback.why == Why::Missing   ? not_found(message)
                  : setback.why == Why::Refused ? failure(422, "refused", message)
                  : setback.why == Why::NotLive ? failure(500, "not-live", message)
                  : setback.why == Why::Broken  ? internal(setback.error)
                                                : conflict(setback.error);
    failed.error().in_book = setback.in_book;
    return failed;
}

} // namespace interdict::daemon
