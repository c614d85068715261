// SPDX-License-Identifier: Apache-2.0
//
// server.h: HTTP on a Unix socket or on TCP with TLS, in front of a router. Who asks is known before a body
// is read, and so is how much of one there may be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "daemon/config.h"
#include "daemon/reply.h"
#include "daemon/tokens.h"

namespace interdict::daemon::api {

// Who asks.
struct Peer {
    Role role = Role::None;
    std::string actor; // "root", "token NAME"
    bool root = false; // may act under another's name, as it may in the book itself
    std::string key;   // whose requests are counted together
};

struct Request {
    std::string method;
    std::string path;
    std::multimap<std::string, std::string> query;
    std::string body;
    std::string accept;
    std::string actor;  // header Interdict-Actor
    std::string host{}; // header Host
    std::string accept_language{};
    Peer peer;

    [[nodiscard]] std::string parameter(const std::string& name) const; // the first, or empty
};

// Takes some of an answer; false: the peer has gone.
using Sink = std::function<bool(std::string_view)>;

struct Answer {
    int status = 200;
    std::string type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers{}; // more of them
    std::function<void(const Sink&)>
        stream{}; // in place of a body: called once, ends the answer by returning
};

// What is known of a request before its body.
struct Admission {
    int status = 0; // of a refusal; 0 = let it in
    std::string code{};
    std::string message{};
    std::size_t body = 0; // bytes that it may have
};

class Router {
public:
    virtual ~Router() = default;
    [[nodiscard]] virtual Admission admit(const std::string& method, const std::string& path,
                                          const Peer& peer) const = 0;
    // Of one that was admitted; from several threads.
    virtual void serve(const Request& request, Answer& answer) = 0;
};

// Who is behind a user id, a token's text (empty: none was sent), or an address, for what anybody may read.
struct Identities {
    std::function<Peer(unsigned uid, unsigned gid, int pid)> of_user{};
    std::function<Peer(std::string_view token)> of_token{};
    std::function<Peer(const std::string& address)> of_address{};
};

struct ServerLimits {
    unsigned connections = 64;
    unsigned rate = 50; // requests of one peer in a second
};

class Server {
public:
    // Replaces a socket that nobody listens on. group: who may connect beside the owner; -1 = nobody. Errors:
    // somebody listens there; the system's.
    [[nodiscard]] static Result<std::unique_ptr<Server>> on_socket(const std::filesystem::path& path,
                                                                   int group, const ServerLimits& limits,
                                                                   Identities who, Router& router);
    // Errors: the address is taken; certificate or key are no good.
    [[nodiscard]] static Result<std::unique_ptr<Server>>
    on_tcp(const TcpConfig& config, const ServerLimits& limits, Identities who, Router& router);
    // Without TLS and without tokens: only for what anybody may read. Error: the address is taken.
    [[nodiscard]] static Result<std::unique_ptr<Server>>
    on_address(const Listen& listen, const ServerLimits& limits, Identities who, Router& router);
    // Ends every connection, and waits for what is being served.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::uint64_t served() const;
    // Answers so far, by status.
    [[nodiscard]] std::map<int, std::uint64_t> answers() const;

private:
    class Http;

    explicit Server(std::unique_ptr<Http> http);

    std::unique_ptr<Http> http_;
};

} // namespace interdict::daemon::api
