// SPDX-License-Identifier: Apache-2.0
#include "control/office.h"

#include "base/clock.h"

namespace interdict::control {

Result<guard::Guard> open_guard(const State& state, const std::filesystem::path& settings, guard::Keep keep,
                                const Listener& listener)
{
    std::filesystem::path file = settings;
    std::error_code ignored;
    if (file.empty() && std::filesystem::exists(state.guard_settings(), ignored))
        file = state.guard_settings();
    auto loaded = guard::load(file, state.directory() / "guard", keep, now());
    if (!loaded) {
        std::string problems;
        for (const auto& problem : loaded.error())
            problems += fmt::format("{}{}", problems.empty() ? "" : "\n", to_string(problem));
        return fail("{}", problems);
    }
    for (const auto& list : loaded->states)
        if (!list.trouble.empty())
            listener.warn(fmt::format("the guard's list {}: {}", list.label, list.trouble));
    return std::move(loaded->guard);
}

Result<Office> Office::open(const State& state, book::Access access,
                            const std::filesystem::path& guard_settings, const Listener& listener)
{
    if (access == book::Access::Write)
        INTERDICT_CHECK(state.make());
    INTERDICT_TRY(auto book, book::Book::open(state.book(), access));
    const auto keep = access == book::Access::Write ? guard::Keep::Yes : guard::Keep::No;
    INTERDICT_TRY(auto guard, open_guard(state, guard_settings, keep, listener));
    return Office(state, std::move(book), std::move(guard));
}

Result<Office> Office::rehearsal(const State& state, const std::filesystem::path& guard_settings,
                                 const Listener& listener)
{
    INTERDICT_TRY(auto book, book::Book::in_memory());
    INTERDICT_TRY(auto guard, open_guard(state, guard_settings, guard::Keep::No, listener));
    return Office(state, std::move(book), std::move(guard));
}

} // namespace interdict::control
