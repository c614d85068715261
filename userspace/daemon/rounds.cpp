// SPDX-License-Identifier: Apache-2.0
#include "daemon/rounds.h"

#include "base/clock.h"
#include "book/book.h"
#include "order/problem.h"

namespace interdict::daemon {

namespace {

constexpr std::int64_t kFirstRound = 1; // seconds after the start

} // namespace

Rounds::~Rounds() = default; // the thread is asked to stop, and waited for

void Rounds::set(const std::optional<DynamicConfig>& config)
{
    if (config == config_)
        return;
    loop_.cancel(timer_);
    config_ = config;
    if (config_ && !under_way_)
        plan(kFirstRound);
}

void Rounds::plan(std::int64_t delay)
{
    timer_ = loop_.after(std::chrono::seconds(delay), [this] {
        if (const auto begun = begin({}); !begun)
            events_.add(Severity::Error, "round-failed", begun.error().message);
    });
}

Result<void> Rounds::begin(const watch::Wish& wish)
{
    if (!config_)
        return fail("names are not watched: the configuration has no \"dynamic\"");
    if (under_way_)
        return fail("a round is under way");
    loop_.cancel(timer_);
    under_way_ = true;
    worker_ =
        std::jthread([this, config = *config_, state = desk_.state(), wish](const std::stop_token& stop) {
            const Outcome round = std::make_shared<Result<watch::Round>>(work(config, state, wish, stop));
            loop_.post([this, round] { end(*round); });
        });
    return {};
}

// On a thread of its own.
Result<watch::Round> Rounds::work(const DynamicConfig& config, const control::State& state,
                                  const watch::Wish& wish, const std::stop_token& stop)
{
    const auto parsed = watch::load_settings(config.settings);
    if (!parsed.ok())
        return fail("{}", to_string(parsed.problems.front()));
    INTERDICT_TRY(auto book, book::Book::open(state.book(), book::Access::Read));
    const auto& settings = parsed.settings;
    // The guard may be another one by the time that it is asked.
    watch::Watcher watcher(book, settings, [this](const order::Order& order) {
        return loop_.call([&] { return desk_.guard().check(order); }).value_or(std::vector<guard::Finding>());
    });
    watcher.ask_through([&](std::span<const watch::Question> questions) {
        return watch::ask(settings.resolvers, questions, settings.pace, {},
                          [&] { return stop.stop_requested(); });
    });
    watcher.write_through([this](const watch::Watcher::Write& write) -> Result<void> {
        auto written = loop_.call([&] { return write(desk_.book()); });
        return written ? *std::move(written) : fail("the daemon is stopping");
    });
    return watcher.check(wish, now());
}

void Rounds::end(const Result<watch::Round>& round)
{
    under_way_ = false;
    if (round)
        tell(*round);
    else
        events_.add(Severity::Error, "round-failed",
                    fmt::format("the names of orders were not checked: {}", round.error().message));
    if (config_)
        plan(config_->interval);
    changed_();
}

void Rounds::tell(const watch::Round& round)
{
    Json proposals = Json::array();
    for (const auto& [id, fresh, proposal, summary] : round.proposed) {
        proposals.push_back(id);
        if (fresh)
            events_.add(Severity::Info, "proposal",
                        fmt::format("proposal {}: {} {} under order {}: {}; a person decides", id,
                                    book::to_string(proposal.kind), to_string(proposal.item.target),
                                    proposal.order, summary),
                        {{"proposal", id},
                         {"kind", book::to_string(proposal.kind)},
                         {"order", proposal.order},
                         {"target", to_string(proposal.item.target)}});
    }
    for (const auto& resolver : round.resolvers)
        if (resolver.asked != 0 && resolver.votes == 0)
            events_.add(Severity::Warning, "warning",
                        fmt::format("the resolver {} had no say on any of {} names: {}", resolver.text,
                                    resolver.asked, resolver.fault));
    events_.add(round.checked == 0 ? Severity::Debug : Severity::Info, "round",
                fmt::format("{} names of orders checked, {} without a quorum, {} left for the next round",
                            round.checked, round.undecided, round.left),
                {{"checked", round.checked},
                 {"undecided", round.undecided},
                 {"recent", round.recent},
                 {"left", round.left},
                 {"degraded", round.degraded()},
                 {"proposals", std::move(proposals)},
                 {"notes", round.notes}});
}

} // namespace interdict::daemon
