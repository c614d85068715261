// SPDX-License-Identifier: Apache-2.0
#include "watch/watcher.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "watch/evidence.h"

namespace interdict::watch {

namespace {

constexpr std::size_t kBatch = 1000; // names asked for at a time

void add_prefixes(const order::Sinkhole& sinkhole, std::vector<order::Prefix>& into)
{
    if (sinkhole.ipv4)
        into.push_back(*sinkhole.ipv4);
    if (sinkhole.ipv6)
        into.push_back(*sinkhole.ipv6);
}

void count_votes(const Survey& survey, Round& round)
{
    for (std::size_t i = 0; i < survey.views.size(); ++i) {
        auto& resolver = round.resolvers[i];
        const View& view = survey.views[i];
        ++resolver.asked;
        resolver.votes += view.verdict != Verdict::None;
        if (view.verdict == Verdict::None && resolver.fault.empty())
            resolver.fault = view.why;
    }
}

// An open one's evidence is written anew, and journalled, once a day.
constexpr std::int64_t kFresh = 86'400;

std::int64_t observed(const book::Proposal& proposal)
{
    const auto evidence = Json::parse(proposal.evidence, nullptr, false);
    if (!evidence.is_object() || !evidence.contains("observed"))
        return 0;
    const auto& time = evidence["observed"];
    return time.is_string() ? parse_timestamp(time.get<std::string>()).value_or(0) : 0;
}

bool same(const book::Proposal& one, const book::Proposal& other)
{
    return one.kind == other.kind && one.order == other.order && one.item.target == other.item.target;
}

// Why the guard holds the target, if the order has it already.
std::optional<std::string> held_already(std::span<const book::ItemRecord> held,
                                        const book::Proposal& proposal)
{
    for (const auto& item : held)
        if (item.order == proposal.order && item.item.target == proposal.item.target)
            return item.held_by;
    return std::nullopt;
}

} // namespace

bool Round::degraded() const
{
    return std::ranges::any_of(
        resolvers, [](const Resolver& resolver) { return resolver.asked != 0 && resolver.votes == 0; });
}

Watched watched_names(std::span<const order::Order> orders, const Settings& settings)
{
    Watched names;
    const auto add = [&](const std::string& name, const std::string& order) {
        auto& ids = names[name];
        if (ids.empty() || ids.back() != order)
            ids.push_back(order);
    };
    for (const auto& order : orders) {
        for (const auto& item : order.targets)
            if (item.target.is_name())
                add(item.target.name.name, order.id);
        for (const auto& candidates : settings.candidates)
            if (order.dynamic && candidates.order == order.id)
                for (const auto& name : candidates.names)
                    add(name, order.id);
    }
    return names;
}

Result<std::vector<order::Order>> Watcher::orders_of(const Wish& wish) const
{
    INTERDICT_TRY(auto orders, book_.orders().in_force());
    if (wish.order.empty())
        return orders;
    std::erase_if(orders, [&](const order::Order& order) { return order.id != wish.order; });
    if (orders.empty())
        return fail("no order {} is in force; see: interdict order list", wish.order);
    return orders;
}

std::vector<std::string> Watcher::choose(const Watched& names, const Memory& memory, const Wish& wish,
                                         std::int64_t time, Round& round) const
{
    std::vector<std::pair<std::int64_t, std::string>> due; // last try, name
    for (const auto& [name, orders] : names) {
        const auto found = memory.snapshots().find(name);
        const std::int64_t tried = found == memory.snapshots().end() ? 0 : found->second.tried;
        if (!wish.all && tried != 0 && time - tried < settings_.interval)
            ++round.recent;
        else
            due.emplace_back(tried, name);
    }
    std::ranges::sort(due);
    if (due.size() > settings_.names_per_check) {
        round.left = due.size() - settings_.names_per_check;
        due.resize(settings_.names_per_check);
    }
    std::vector<std::string> chosen;
    for (auto& [tried, name] : due)
        chosen.push_back(std::move(name));
    return chosen;
}

Method Watcher::method_for(std::span<const order::Order> orders) const
{
    Method method{.resolvers = settings_.resolvers, .mx = settings_.mx, .stop_pages = settings_.stop_pages};
    for (const auto& order : orders)
        add_prefixes(order.sinkhole, method.stop_pages);
    return method;
}

Result<void> Watcher::look(std::span<const std::string> names, const Method& method, std::int64_t time,
                           Memory& memory, Round& round, const std::function<void(std::size_t)>& heard) const
{
    const Ask ask = ask_ ? ask_ : [&](std::span<const Question> questions) {
        const std::size_t answers = questions.size() * settings_.resolvers.size();
        return watch::ask(settings_.resolvers, questions, settings_.pace,
                          [&](std::size_t done) { heard(names.size() * done / answers); });
    };
    INTERDICT_TRY(const auto surveys, survey(names, method, ask));
    for (const auto& one : surveys) {
        count_votes(one, round);
        const Snapshot before = memory.of(one.name);
        Snapshot after = observe(before, one, time, settings_);
        ++round.checked;
        round.undecided += after.checked != time;
        for (const auto& change : after.changes)
            if (change.time == time && before.checked != time)
                round.changes.emplace_back(one.name, change);
        memory.set(std::move(after));
    }
    return {};
}

Result<void> Watcher::propose(std::span<const order::Order> orders, const Memory& memory, const Wish& wish,
                              std::int64_t time, Round& round)
{
    INTERDICT_TRY(const auto known, book_.proposals().all());
    INTERDICT_TRY(const auto held, book_.orders().held());
    for (const auto& order : orders) {
        auto decision = decide(order, memory.snapshots(), settings_, judge_, time);
        for (auto& text : decision.notes)
            round.notes.push_back(fmt::format("{}: {}", order.id, text));
        for (auto& draft : decision.drafts) {
            if (was_decided(draft, known))
                continue;
            Round::Proposed proposed{.proposal = std::move(draft.proposal),
                                     .summary = std::move(draft.summary)};
            proposed.proposal.proposer = kActor;
            proposed.proposal.proposed = time;
            const auto open = std::ranges::find_if(known, [&](const book::Proposal& other) {
                return other.state == book::ProposalState::Open && same(other, proposed.proposal);
            });
            proposed.fresh = open == known.end();
            if (!proposed.fresh)
                proposed.id = open->id;
            if (const auto reason = held_already(held, proposed.proposal)) {
                round.notes.push_back(fmt::format("{}: {}: the order has it already, held: {}", order.id,
                                                  proposed.summary, *reason));
                continue;
            }
            if (!wish.dry_run && (proposed.fresh || time - observed(*open) >= kFresh)) {
                INTERDICT_CHECK(write_([&](book::Book& book) -> Result<void> {
                    INTERDICT_TRY(proposed.id,
                                  book.proposals().propose(proposed.proposal, {.actor = std::string(kActor),
                                                                               .reason = proposed.summary,
                                                                               .document = {},
                                                                               .time = time}));
                    return {};
                }));
            }
            round.proposed.push_back(std::move(proposed));
        }
    }
    return {};
}

Result<Round> Watcher::check(const Wish& wish, std::int64_t time,
                             const std::function<void(std::size_t, std::size_t)>& progress)
{
    INTERDICT_TRY(const auto orders, orders_of(wish));
    INTERDICT_TRY(auto memory, Memory::load(book_.counts()));
    Round round;
    for (const auto& server : settings_.resolvers)
        round.resolvers.push_back({.text = to_string(server), .fault = {}});
    const auto names = watched_names(orders, settings_);
    if (wish.order.empty())
        memory.keep_only(names);
    const auto chosen = choose(names, memory, wish, time, round);
    const Method method = method_for(orders);
    for (std::size_t at = 0; at < chosen.size(); at += kBatch) {
        const std::span batch(chosen.begin() + static_cast<std::ptrdiff_t>(at),
                              std::min(kBatch, chosen.size() - at));
        INTERDICT_CHECK(look(batch, method, time, memory, round, [&](std::size_t done) {
            if (progress)
                progress(at + done, chosen.size());
        }));
        const auto voting = std::ranges::count_if(
            round.resolvers, [](const Round::Resolver& resolver) { return resolver.votes != 0; });
        if (std::cmp_less(voting, settings_.quorum)) {
            const auto mute = std::ranges::find(round.resolvers, 0u, &Round::Resolver::votes);
            return fail("{} of {} resolvers answered, {} must agree: nothing was checked; {}: {}", voting,
                        settings_.resolvers.size(), settings_.quorum, mute->text, mute->fault);
        }
        if (!wish.dry_run)
            INTERDICT_CHECK(write_([&](book::Book& book) {
                auto kept = book.counts();
                return memory.save(kept);
            }));
    }
    INTERDICT_CHECK(propose(orders, memory, wish, time, round));
    return round;
}

} // namespace interdict::watch
