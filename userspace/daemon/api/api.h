// SPDX-License-Identifier: Apache-2.0
//
// api.h: the routes of version 1. What changes anything is done on the loop's thread, and its caller waits;
// what only reads is read here, from a book and a plane opened for reading.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "book/book.h"
#include "daemon/api/server.h"
#include "daemon/desk.h"
#include "daemon/events.h"
#include "daemon/loop.h"
#include "daemon/top.h"
#include "watch/watcher.h"

namespace interdict::daemon::api {

// The openapi.json that is served.
[[nodiscard]] std::string_view openapi();

// A number in the query; `otherwise` if there is none.
[[nodiscard]] std::expected<std::int64_t, Failure> number_in(const Request& request, const std::string& key,
                                                             std::int64_t otherwise, std::int64_t most);

class Api : public Router {
public:
    // What the daemon does beside the desk. All but `status` are called on the loop's thread.
    struct Actions {
        std::function<Json()> status;
        std::function<Reply()> reload;
        std::function<Reply(const std::string& feed)> fetch;
        std::function<Json()> feeds; // Feeds::schedule()
        std::function<Result<void>(const watch::Wish&)> round;
        std::function<void(const Request&, Answer&)> metrics; // on the caller's thread
        std::function<void()> changed; // after every request that may have changed something
    };
    // Parameters of the path, by their order in it.
    using Parameters = std::span<const std::string>;
    using Read = Reply (Api::*)(const Request&, Parameters);
    using Write = Reply (Api::*)(const Request&, Parameters, const book::Act&);
    // Reads the body on the caller's thread; what comes of it is done on the loop's.
    using Prepared = std::expected<std::function<Reply()>, Failure>;
    using Prepare = Prepared (Api::*)(const Request&, Parameters, const book::Act&, const Progress&);

    struct Route {
        std::string_view method;
        std::string_view path; // "/v1/orders/{id}"
        Role role = Role::Read;
        std::size_t body = 0; // bytes
        Read read = nullptr;
        Write write = nullptr; // on the loop's thread
        Prepare prepare = nullptr;
    };
    [[nodiscard]] static std::span<const Route> routes();

    Api(Loop& loop, Desk& desk, Events& events, Actions actions, std::filesystem::path pins);

    [[nodiscard]] Admission admit(const std::string& method, const std::string& path,
                                  const Peer& peer) const override;
    void serve(const Request& request, Answer& answer) override;

private:
    Reply health(const Request&, Parameters);
    Reply status(const Request&, Parameters);
    Reply orders(const Request&, Parameters);
    Reply order(const Request&, Parameters);
    Reply history(const Request&, Parameters);
    Reply held(const Request&, Parameters);
    Reply due(const Request&, Parameters);
    Reply proposals(const Request&, Parameters);
    Reply feeds(const Request&, Parameters);
    Reply generations(const Request&, Parameters);
    Reply totals(const Request&, Parameters);
    Reply top(const Request&, Parameters);
    Reply counters(const Request&, Parameters);
    Reply explain(const Request&, Parameters);
    Reply audit(const Request&, Parameters);
    Reply audit_verify(const Request&, Parameters);

    Prepared add(const Request&, Parameters, const book::Act&, const Progress&);
    Prepared vary(const Request&, Parameters, const book::Act&, const Progress&);
    Prepared apply(const Request&, Parameters, const book::Act&, const Progress&);
    Prepared list(const Request&, Parameters, const book::Act&, const Progress&);
    Reply activate(const Request&, Parameters, const book::Act&);
    Reply stay(const Request&, Parameters, const book::Act&);
    Reply make_final(const Request&, Parameters, const book::Act&);
    Reply lift(const Request&, Parameters, const book::Act&);
    Reply expire(const Request&, Parameters, const book::Act&);
    Reply override_held(const Request&, Parameters, const book::Act&);
    Reply approve(const Request&, Parameters, const book::Act&);
    Reply reject(const Request&, Parameters, const book::Act&);
    Reply rollback(const Request&, Parameters, const book::Act&);
    Reply document(const Request&, Parameters, const book::Act&);
    Reply fetch(const Request&, Parameters, const book::Act&);
    Reply check_names(const Request&, Parameters, const book::Act&);
    Reply reload(const Request&, Parameters, const book::Act&);
    Reply set_interfaces(const Request&, Parameters, const book::Act&);

    [[nodiscard]] Result<book::Book> book() const;
    // The pinned plane, for reading; opened anew when another one has taken its place.
    [[nodiscard]] Result<std::shared_ptr<const plane::Plane>> plane();
    [[nodiscard]] Reply change(const Route& route, const Request& request, Parameters parameters,
                               const Progress& progress);
    void stream_change(const Route& route, const Request& request, std::vector<std::string> parameters,
                       Answer& answer);
    void report(const Request& request, const std::string& order, Answer& answer);
    void stream_events(const Request& request, Answer& answer);

    Loop& loop_;
    Desk& desk_;
    Events& events_;
    Actions actions_;
    std::filesystem::path state_;
    std::filesystem::path pins_;

    std::mutex mutex_; // what follows
    std::shared_ptr<const plane::Plane> plane_;

    std::mutex rules_mutex_; // what follows, and memory for all rules
    Top top_;
};

} // namespace interdict::daemon::api
