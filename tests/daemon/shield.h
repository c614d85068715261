// SPDX-License-Identifier: Apache-2.0
//
// shield.h: a daemon's connector to Piracy Shield, and the server that it talks to.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "client.h"
#include "feed/server.h"

namespace interdict::test {

inline constexpr char kTicket[] = "0123456789abcdef0123456789abcdef";

// A connector's configuration, its password beside it, and a server with these lists.
struct Shield {
    std::string why;
    std::unique_ptr<feed::Server> server = feed::Server::make(why);

    void set(const nlohmann::json& fqdn, const nlohmann::json& more = nlohmann::json::object())
    {
        nlohmann::json state = {
            {"lists", {{"fqdn", fqdn}, {"ipv4", {"198.51.100.7"}}, {"ipv6", nlohmann::json::array()}}},
            {"tickets",
             {{{"ticket_id", kTicket},
               {"fqdn", fqdn},
               {"ipv4", nlohmann::json::array()},
               {"ipv6", nlohmann::json::array()},
               {"status", "open"},
               {"metadata", {{"created_at", format_timestamp(now())}}}}}}};
        state.update(more);
        server->set(state);
    }

    void configure(const Running& daemon, const std::string& more = {}) const
    {
        REQUIRE(write_file(daemon.folder() / "basis.json", kListBasis));
        REQUIRE(write_file(daemon.folder() / "secret",
                           R"({"email": "isp@example.org", "password": "correct horse"})", 0600));
        REQUIRE(write_file(daemon.folder() / "shield.json",
                           fmt::format(R"({{"url": "{}", "credentials": "secret", "order": "basis.json",
                               "ca_file": "{}", "attempts": 1{}}})",
                                       server->url(), server->ca_file(), more)));
    }
};

} // namespace interdict::test
