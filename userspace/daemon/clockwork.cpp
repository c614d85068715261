// SPDX-License-Identifier: Apache-2.0
#include "daemon/clockwork.h"

#include <algorithm>

#include "base/clock.h"
#include "control/deadlines.h"
#include "daemon/steps.h"

namespace interdict::daemon {

namespace {

// A wrong time is noticed and corrected by then, and an expired order cannot be brought back.
constexpr std::chrono::minutes kDoubt{10};

} // namespace

void Clockwork::doubt()
{
    trusted_ = std::chrono::steady_clock::now() + kDoubt;
    loop_.after(kDoubt, [this] { wind(); });
    wind();
}

void Clockwork::wind()
{
    if (timer_)
        loop_.cancel(*timer_);
    timer_.reset();
    const auto time = now();
    told_ = std::min(told_, time); // the clock was set back
    const auto next = run(time);
    told_ = time;
    if (!next)
        events_.add(Severity::Error, "clock", next.error().message);
    else if (*next)
        timer_ = loop_.at(**next, [this] { wind(); });
}

Result<std::optional<std::int64_t>> Clockwork::run(std::int64_t time)
{
    std::optional<std::int64_t> next;
    const auto comes = [&](std::int64_t when) {
        if (when > time)
            next = std::min(next.value_or(when), when);
    };
    INTERDICT_TRY(const auto moment, desk_.book().orders().next_moment(time));
    if (moment)
        comes(*moment);
    INTERDICT_TRY(const auto begun, desk_.book().orders().took_effect(told_, time));
    for (const auto& order : begun)
        events_.add(Severity::Info, "effective", fmt::format("order {} applies from now on", order),
                    {{"order", order}});
    if (std::chrono::steady_clock::now() >= trusted_)
        INTERDICT_CHECK(expire(time));
    INTERDICT_TRY(const auto deadlines, control::deadlines(desk_.book(), time));
    for (const auto& deadline : deadlines) {
        const auto& delivery = deadline.delivery;
        if (deadline.state == control::Deadline::State::Running)
            comes(delivery.due + 1);
        if (deadline.state == control::Deadline::State::Overdue && delivery.due >= told_)
            events_.add(Severity::Error, "overdue",
                        fmt::format("order {}, change {}: the deadline has passed, and it is not proven",
                                    delivery.order, delivery.change),
                        {{"order", delivery.order}, {"change", delivery.change}});
    }
    return next;
}

Result<void> Clockwork::expire(std::int64_t time)
{
    INTERDICT_TRY(const auto over, desk_.book().orders().ran_out(time));
    for (const auto& order : over) {
        const book::Act act{.actor = "daemon", .reason = "its time is over", .document = {}, .time = 0};
        const auto done = take(desk_, act, desk_.steps(act).set_status(order, order::Status::Expired));
        if (done)
            events_.add(Severity::Info, "expired", fmt::format("order {} has run out", order),
                        {{"order", order}});
        else
            events_.add(Severity::Error, "expired",
                        fmt::format("order {} has run out, but: {}", order, done.error().message),
                        {{"order", order}});
    }
    return {};
}

} // namespace interdict::daemon
