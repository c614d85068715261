// SPDX-License-Identifier: Apache-2.0
//
// archive.h: keeps what rules count at a steady pace, and at every full hour. Counters are looked at beside
// the loop and kept on its thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "control/archive.h"
#include "daemon/config.h"
#include "daemon/desk.h"
#include "daemon/events.h"
#include "daemon/loop.h"

namespace interdict::daemon {

class Archive {
public:
    Archive(Loop& loop, Desk& desk, Events& events, std::filesystem::path pins)
        : loop_(loop), desk_(desk), events_(events), pins_(std::move(pins)),
          archive_(desk.book(), desk.state())
    {
    }
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;
    // Waits for a look that is under way.
    ~Archive() = default;

    // On the loop's thread: with a new configuration, too. Keeps at once.
    void set(const ArchiveConfig& config);
    // Rules may have gone.
    void changed();

    // When counts were kept last, 0 = not yet. From any thread.
    [[nodiscard]] std::int64_t last() const { return last_; }

private:
    using Looked = std::shared_ptr<const Result<std::optional<control::Readings>>>;

    void begin();
    void end(const Looked& looked);
    void plan();
    // False: there is more to take; it follows.
    [[nodiscard]] bool take_retired();
    void roll_up();
    // Told once, and again when it is over.
    void told(const Result<void>& done);

    Loop& loop_;
    Desk& desk_;
    Events& events_;
    std::filesystem::path pins_;
    ArchiveConfig config_;
    control::Archive archive_;
    std::optional<TimerId> timer_;
    bool under_way_ = false;
    std::string trouble_;
    std::atomic<std::int64_t> last_ = 0;
    std::jthread looking_;
};

} // namespace interdict::daemon
