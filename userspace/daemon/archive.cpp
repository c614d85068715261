// SPDX-License-Identifier: Apache-2.0
#include "daemon/archive.h"

#include <algorithm>

#include <malloc.h>

#include "base/clock.h"

namespace interdict::daemon {

namespace {

constexpr std::size_t kLines = 20'000; // in one turn of the loop: some 50 ms
constexpr std::int64_t kHour = 3600;

} // namespace

void Archive::set(const ArchiveConfig& config)
{
    config_ = config;
    begin();
}

void Archive::changed()
{
    loop_.post([this] { static_cast<void>(take_retired()); });
}

bool Archive::take_retired()
{
    const auto all = archive_.take_retired(kLines);
    if (!all) {
        told(std::unexpected(all.error()));
        return true;
    }
    if (!*all)
        changed();
    return *all;
}

void Archive::plan()
{
    const auto time = now();
    const auto delay = std::clamp<std::int64_t>(kHour - time % kHour, 1, config_.interval);
    timer_ = loop_.after(std::chrono::seconds(delay), [this] { begin(); });
}

void Archive::begin()
{
    if (timer_)
        loop_.cancel(*timer_);
    timer_.reset();
    if (under_way_)
        return;
    // Steps leave pages of the book in memory, a large one very many.
    if (desk_.book().held() && desk_.book().give_back_cache())
        ::malloc_trim(0);
    if (!take_retired()) {
        // Behind what is still to come; a number may have been given again meanwhile.
        loop_.post([this] { begin(); });
        return;
    }
    if (!desk_.edge().up()) {
        plan();
        return;
    }
    under_way_ = true;
    archive_.begin_look();
    looking_ = std::jthread([this, state = desk_.state(), pins = pins_] {
        const auto looked = [&]() -> Result<std::optional<control::Readings>> {
            INTERDICT_TRY(const auto plane, plane::Plane::adopt(pins, plane::Access::Read));
            INTERDICT_TRY(const auto book, book::Book::open(state.book(), book::Access::Read));
            return control::look(state, plane, book);
        };
        const Looked readings = std::make_shared<const Result<std::optional<control::Readings>>>(looked());
        ::malloc_trim(0); // what was taken for all rules, if one was hit
        loop_.post([this, readings] { end(readings); });
    });
}

void Archive::end(const Looked& looked)
{
    under_way_ = false;
    const auto& readings = *looked;
    if (!readings) {
        told(std::unexpected(readings.error()));
        plan();
        return;
    }
    if (!*readings || !desk_.edge().up()) {
        plan();
        return;
    }
    if (!take_retired()) {
        under_way_ = true;
        loop_.post([this, looked] { end(looked); });
        return;
    }
    const auto time = now();
    const auto taken = archive_.take(**readings, desk_.edge().plane(), time);
    told(taken ? Result<void>() : std::unexpected(taken.error()));
    if (taken && *taken)
        last_ = time;
    roll_up();
    plan();
}

void Archive::roll_up()
{
    const auto rolled = archive_.roll_up(now() - config_.hours);
    if (!rolled)
        told(std::unexpected(rolled.error()));
    else if (*rolled)
        loop_.post([this] { roll_up(); });
}

void Archive::told(const Result<void>& done)
{
    const std::string trouble = done ? "" : done.error().message;
    if (trouble == trouble_)
        return;
    trouble_ = trouble;
    if (!trouble.empty())
        events_.add(Severity::Error, "archive-failed", fmt::format("counts cannot be kept: {}", trouble));
    else
        events_.add(Severity::Info, "archive", "counts are kept again");
}

} // namespace interdict::daemon
