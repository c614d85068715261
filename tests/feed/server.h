// SPDX-License-Identifier: Apache-2.0
//
// server.h: piracyshield_server.py as a child of the test, with a folder of its own.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "feed/http.h"

namespace interdict::feed {

class Server {
public:
    // One for all tests of the program. why: the reason if it cannot run here.
    [[nodiscard]] static Server* get(std::string& why);
    // One of the caller's own, in the network namespace that it is in.
    [[nodiscard]] static std::unique_ptr<Server> make(std::string& why);

    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + port_ + "/api"; }
    [[nodiscard]] std::filesystem::path folder() const { return folder_; }
    [[nodiscard]] std::string ca_file() const { return (folder_ / "ca.pem").string(); }

    // Replaces what the members name, and forgets faults and requests.
    void set(nlohmann::json state);
    // Since the last call: {"path", "body", "token"} each.
    [[nodiscard]] nlohmann::json requests();
    // The paths of them, without /api/v1.
    [[nodiscard]] std::vector<std::string> paths();

private:
    Server() = default;
    [[nodiscard]] std::string start();

    std::filesystem::path folder_;
    std::string port_;
    int input_ = -1;
    int child_ = -1;
    std::optional<Http> http_;
};

} // namespace interdict::feed
