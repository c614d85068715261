// SPDX-License-Identifier: Apache-2.0
//
// http.h: one HTTPS request at a time. Certificates are always verified and redirects never followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace interdict::feed {

struct HttpSettings {
    std::string ca_file{}; // PEM; empty = the system's
    std::int64_t connect_timeout_ms = 10'000;
    std::int64_t timeout_ms = 60'000;             // of one whole request
    std::size_t max_body = std::size_t{64} << 20; // bytes
    std::function<bool()> cancelled{};            // asked at least once a second; true ends the request
};

struct HttpRequest {
    std::string method = "GET";
    std::string url;      // https:// only
    std::string body{};   // JSON, with POST
    std::string bearer{}; // token, empty = none
};

struct HttpAnswer {
    long status = 0;
    std::string body;
    std::int64_t retry_after = 0; // seconds, 0 = not said
};

class Http {
public:
    [[nodiscard]] static Result<Http> make(const HttpSettings& settings);
    Http(Http&&) noexcept;
    Http& operator=(Http&&) noexcept;
    ~Http();

    // Any status is an answer. Errors, which name the shown_url() and never what was sent: no connection, a
    // certificate that does not hold, a time-out, a body that is too long or was cut off.
    [[nodiscard]] Result<HttpAnswer> send(const HttpRequest& request);

private:
    struct State;
    explicit Http(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace interdict::feed
