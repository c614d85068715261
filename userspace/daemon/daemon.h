// SPDX-License-Identifier: Apache-2.0
//
// daemon.h: interdictd: the desk, the loop that it stands in, and the doors to it.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "daemon/api/api.h"
#include "daemon/api/server.h"
#include "daemon/archive.h"
#include "daemon/care.h"
#include "daemon/clockwork.h"
#include "daemon/config.h"
#include "daemon/desk.h"
#include "daemon/doors.h"
#include "daemon/events.h"
#include "daemon/feeds.h"
#include "daemon/keeper.h"
#include "daemon/loop.h"
#include "daemon/notify.h"
#include "daemon/rounds.h"

namespace interdict::daemon {

class Daemon {
public:
    // Adopts the plane that is up, or brings one up, and answers on its socket. SIGTERM and SIGINT end it,
    // SIGHUP reloads. Errors: a configuration with problems, one a line; another writer; a socket that cannot
    // be had.
    [[nodiscard]] static Result<std::unique_ptr<Daemon>> start(const std::filesystem::path& config);
    // The filter goes on as it is.
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    [[nodiscard]] Result<void> run();
    // From any thread.
    void stop() { loop_->stop(); }

    [[nodiscard]] Events& events() { return events_; }
    [[nodiscard]] const Config& config() const { return config_; }

private:
    // How the configuration was taken last.
    struct Reload {
        std::int64_t time = 0;
        std::string trouble; // why it was not
    };

    Daemon(std::filesystem::path file, Config config);

    [[nodiscard]] Result<void> open();
    [[nodiscard]] Result<void> open_doors();
    [[nodiscard]] Reply reload();
    [[nodiscard]] Reply read_again();
    [[nodiscard]] Result<void> take(const Config& config);
    // After any change of the book.
    void changed();
    bool catch_up();
    void keep_clock();
    void keep_watchdog();
    // In systemd's words.
    [[nodiscard]] std::string_view condition() const;
    // From any thread: not older than a second, unless the loop is busy with something longer.
    [[nodiscard]] Json status();
    void publish_status();
    [[nodiscard]] metrics::Sources sources();
    [[nodiscard]] Json own_status() const;

    std::filesystem::path file_;
    Config config_;
    std::int64_t started_;
    Reload reload_;
    Notifier notifier_;
    Events events_;
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<Desk> desk_;
    std::optional<Clockwork> clockwork_;
    std::optional<Feeds> feeds_;
    std::optional<Archive> archive_;
    std::optional<Rounds> rounds_;
    std::optional<Keeper> keeper_;
    std::optional<Care> care_;
    std::string behind_; // why the book is not live
    std::unique_ptr<api::Api> api_;

    std::mutex mutex_; // of the snapshot
    std::shared_ptr<const Json> snapshot_;
    std::chrono::steady_clock::time_point taken_;
    std::map<std::string, std::int64_t> feed_intervals_;

    std::optional<Doors> doors_;
    std::unique_ptr<api::Server> socket_; // before all that they use
    std::unique_ptr<api::Server> tcp_;
};

// Starts and runs one; what a process returns. Problems go to standard error.
[[nodiscard]] int run_daemon(const std::filesystem::path& config);

} // namespace interdict::daemon
