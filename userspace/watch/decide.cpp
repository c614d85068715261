// SPDX-License-Identifier: Apache-2.0
#include "watch/decide.h"

#include <algorithm>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "watch/evidence.h"

namespace interdict::watch {

namespace {

using book::ProposalKind;

order::Target name_target(const std::string& name)
{
    // The narrowest: what lies below the new name nobody has looked at.
    order::Target target;
    target.name = {.name = name, .match = order::Match::Exact};
    return target;
}

bool covers(const order::NameTarget& target, std::string_view name)
{
    return target.name == name ||
           (target.match == order::Match::Subtree && order::is_below(name, target.name));
}

// One order at one time.
class Decider {
public:
    Decider(const order::Order& order, const Snapshots& snapshots, const Settings& settings,
            const Judge& judge, std::int64_t now)
        : order_(order), snapshots_(snapshots), settings_(settings), judge_(judge), now_(now)
    {
        for (const auto& candidates : settings.candidates)
            if (candidates.order == order.id)
                candidates_.insert(candidates.names.begin(), candidates.names.end());
        for (const auto& item : order.targets)
            if (!item.target.is_name())
                addresses_.push_back(&item);
    }

    Decision decide();

private:
    // An address of a name that lies in an address target of the order.
    struct Service {
        const order::Item* target = nullptr;
        const Snapshot* snapshot = nullptr;
        const Track* track = nullptr;
        std::string address;
    };

    void judge_name(const order::Item& item);
    void judge_address(const order::Item& item);
    void follow_alias(const order::Item& item, const Snapshot& snapshot);
    void follow_services();
    void follow_service(const Service& service);
    void propose_address(const Service& service, const std::string& value, const order::Prefix& address);
    void propose_name_instead(const Service& service, const std::string& value,
                              const guard::Finding& finding);
    void compare_candidates();
    void compare_candidate(const Snapshot& candidate, const Track Snapshot::*track);

    [[nodiscard]] const Snapshot* find(std::string_view name) const;
    [[nodiscard]] const Snapshot* find_serving(std::string_view name) const;
    [[nodiscard]] bool names_possible() const { return (order_.means & order::kNameMeans) != 0; }
    [[nodiscard]] bool named(std::string_view name) const;
    [[nodiscard]] bool addressed(const order::Prefix& address) const;
    [[nodiscard]] std::optional<guard::Finding> hindrance(const order::Item& item) const;
    [[nodiscard]] std::optional<guard::Finding> hindrance_at(const std::string& address) const;
    [[nodiscard]] std::int64_t expiry(const order::Item& item) const;
    void draft(ProposalKind kind, order::Item item, std::string of, std::int64_t since, const Json& evidence,
               std::string summary);
    void note(std::string text)
    {
        if (noted_.insert(text).second)
            out_.notes.push_back(std::move(text));
    }

    const order::Order& order_;
    const Snapshots& snapshots_;
    const Settings& settings_;
    const Judge& judge_;
    std::int64_t now_;
    std::set<std::string> candidates_;
    std::vector<const order::Item*> addresses_;
    std::set<std::string> noted_;
    std::set<order::Target> proposed_; // successors
    Decision out_;
};

const Snapshot* Decider::find(std::string_view name) const
{
    const auto found = snapshots_.find(name);
    return found == snapshots_.end() ? nullptr : &found->second;
}

// Alive and not at a banner: where that stands is no successor of anything.
const Snapshot* Decider::find_serving(std::string_view name) const
{
    const Snapshot* snapshot = find(name);
    return snapshot && snapshot->state == Agreed::State::Alive && snapshot->taken.checks == 0 ? snapshot
                                                                                              : nullptr;
}

bool Decider::named(std::string_view name) const
{
    return std::ranges::any_of(order_.targets,
                               [&](const order::Item& item) {
                                   return item.target.is_name() && covers(item.target.name, name);
                               }) ||
           std::ranges::any_of(order_.exempt, [&](const auto& exempt) { return covers(exempt, name); });
}

bool Decider::addressed(const order::Prefix& address) const
{
    return std::ranges::any_of(
        addresses_, [&](const order::Item* item) { return item->target.address.prefix.contains(address); });
}

std::optional<guard::Finding> Decider::hindrance(const order::Item& item) const
{
    order::Order one = order_;
    one.targets = {item};
    one.exempt.clear();
    one.mode = order::Mode::Enforce; // what may be measured need not be what may be blocked
    auto findings = judge_(one);
    return findings.empty() ? std::nullopt : std::optional(std::move(findings.front()));
}

// What speaks against taking an address for one service's own.
std::optional<guard::Finding> Decider::hindrance_at(const std::string& address) const
{
    const auto prefix = order::parse_address(address);
    if (!prefix)
        return std::nullopt;
    order::Item item;
    item.target.address.prefix = *prefix;
    item.expires = now_ + 86'400;
    return hindrance(item);
}

std::int64_t Decider::expiry(const order::Item& item) const
{
    if (item.expires == 0 || order_.expires == 0)
        return std::max(item.expires, order_.expires);
    return std::min(item.expires, order_.expires);
}

void Decider::draft(ProposalKind kind, order::Item item, std::string of, std::int64_t since,
                    const Json& evidence, std::string summary)
{
    if (kind == ProposalKind::Successor && !proposed_.insert(item.target).second)
        return;
    Draft draft;
    draft.since = since;
    draft.summary = std::move(summary);
    draft.proposal.kind = kind;
    draft.proposal.order = order_.id;
    draft.proposal.item = std::move(item);
    draft.proposal.of = std::move(of);
    draft.proposal.evidence = text_of(evidence);
    out_.drafts.push_back(std::move(draft));
}

void Decider::judge_name(const order::Item& item)
{
    const Snapshot* snapshot = find(item.target.name.name);
    if (!snapshot)
        return;
    if (lasts(snapshot->taken, settings_.settled)) {
        auto evidence = evidence_of("banner", *snapshot, settings_, settings_.settled);
        evidence["banner"] = to_json(snapshot->taken);
        evidence["banner"]["kind"] = to_string(snapshot->taken_kind);
        evidence["banner"]["label"] = snapshot->taken_by;
        evidence["banner"]["by"] = snapshot->taken_how;
        draft(ProposalKind::Suspend, item, {}, snapshot->taken.since, evidence,
              fmt::format("{} is {}: {}, {}", to_string(item.target), to_string(snapshot->taken_kind),
                          snapshot->taken_by, snapshot->taken_how));
    } else if (lasts(snapshot->gone, settings_.dead)) {
        auto evidence = evidence_of("gone", *snapshot, settings_, settings_.dead);
        evidence["gone"] = to_json(snapshot->gone);
        evidence["rcode"] = snapshot->rcode;
        draft(ProposalKind::Lift, item, {}, snapshot->gone.since, evidence,
              fmt::format("{} is dead: {} since {}, {} checks", to_string(item.target), snapshot->rcode,
                          format_timestamp(snapshot->gone.since), snapshot->gone.checks));
    } else if (order_.dynamic) {
        follow_alias(item, *snapshot);
    }
}

void Decider::judge_address(const order::Item& item)
{
    const auto* banner = find_banner(item.target.address.prefix, settings_.banners);
    if (!banner)
        return;
    const Json evidence = {{"finding", "banner"},
                           {"banner", {{"kind", to_string(banner->kind)}, {"label", banner->label}}},
                           {"observed", format_timestamp(now_)}};
    draft(ProposalKind::Suspend, item, {}, 0, evidence,
          fmt::format("{} is {}: {}", to_string(item.target), to_string(banner->kind), banner->label));
}

void Decider::follow_alias(const order::Item& item, const Snapshot& snapshot)
{
    const std::string& name = item.target.name.name;
    if (!find_serving(name) || !at_rest(snapshot.canonical, settings_.settled))
        return;
    const auto ends = present(snapshot.canonical);
    if (ends.size() != 1 || !is_new(snapshot.canonical, *ends.begin()))
        return;
    const std::string& end = *ends.begin();
    if (registered_domain(end) == registered_domain(name) || named(end))
        return;
    auto addresses = present(snapshot.ipv4);
    addresses.merge(present(snapshot.ipv6));
    if (addresses.empty())
        return;
    for (const auto& address : addresses)
        if (const auto shared = hindrance_at(address)) {
            note(fmt::format("{} is now an alias of {}, at {}, which is no address of its own: {}", name, end,
                             address, shared->reason));
            return;
        }
    const order::Item successor{.target = name_target(end)};
    if (const auto held = hindrance(successor)) {
        note(fmt::format("{} is now an alias of {}, which would be held: {}", name, end, held->reason));
        return;
    }
    auto evidence = evidence_of("alias moved", snapshot, settings_, settings_.settled);
    evidence["after"] = {{end, to_json(snapshot.canonical.values.at(end))}};
    draft(ProposalKind::Successor, successor, to_string(item.target), snapshot.canonical.values.at(end).first,
          evidence, fmt::format("{} is now an alias of {}", name, end));
}

// Every address that a name of the order ever had inside an address target of it.
void Decider::follow_services()
{
    std::set<std::string> names = candidates_;
    for (const auto& item : order_.targets)
        if (item.target.is_name())
            names.insert(item.target.name.name);
    std::map<order::Prefix, std::vector<const order::Item*>> single;
    std::vector<const order::Item*> wide;
    for (const auto* item : addresses_) {
        const auto& prefix = item->target.address.prefix;
        if (prefix.length == prefix.width())
            single[prefix].push_back(item);
        else
            wide.push_back(item);
    }
    for (const auto& name : names) {
        const Snapshot* snapshot = find_serving(name);
        if (!snapshot)
            continue;
        for (const Track* track : {&snapshot->ipv4, &snapshot->ipv6})
            for (const auto& [value, seen] : track->values) {
                const auto address = order::parse_address(value);
                if (!address)
                    continue;
                if (const auto found = single.find(*address); found != single.end())
                    for (const auto* item : found->second)
                        follow_service({item, snapshot, track, value});
                for (const auto* item : wide)
                    if (item->target.address.prefix.contains(*address))
                        follow_service({item, snapshot, track, value});
            }
    }
}

void Decider::follow_service(const Service& service)
{
    const std::int64_t until = expiry(*service.target);
    if (!at_rest(*service.track, settings_.settled) || (until != 0 && until <= now_))
        return;
    for (const auto& value : present(*service.track)) {
        const auto address = order::parse_address(value);
        if (!address || !is_new(*service.track, value) || addressed(*address))
            continue;
        propose_address(service, value, *address);
    }
}

void Decider::propose_address(const Service& service, const std::string& value, const order::Prefix& address)
{
    order::Item successor{.target = service.target->target, .expires = expiry(*service.target)};
    successor.target.address.prefix = address;
    if (const auto held = hindrance(successor)) {
        propose_name_instead(service, value, *held);
        return;
    }
    const Snapshot& snapshot = *service.snapshot;
    auto evidence = evidence_of("address moved", snapshot, settings_, settings_.settled);
    const auto& before = service.track->values.at(service.address);
    evidence["before"] = {{service.address, to_json(before)}};
    evidence["after"] = {{value, to_json(service.track->values.at(value))}};
    evidence["left"] = before.last != service.track->last;
    draft(ProposalKind::Successor, successor, to_string(service.target->target),
          service.track->values.at(value).first, evidence,
          fmt::format("{}, at {} before, is now at {}", snapshot.name, service.address, value));
}

// An address that carries others too is no successor; the service's own name is the narrower means.
void Decider::propose_name_instead(const Service& service, const std::string& value,
                                   const guard::Finding& finding)
{
    const Snapshot& snapshot = *service.snapshot;
    const std::string moved = fmt::format("{}, at {} before, is now at {}, which would be held: {}",
                                          snapshot.name, service.address, value, finding.reason);
    if (named(snapshot.name)) {
        note(moved + "; the order names it already");
        return;
    }
    if (!names_possible()) {
        note(moved + "; the order's means are addresses alone");
        return;
    }
    const order::Item successor{.target = name_target(snapshot.name)};
    if (const auto held = hindrance(successor)) {
        note(fmt::format("{}; its name would be held, too: {}", moved, held->reason));
        return;
    }
    auto evidence = evidence_of("address moved", snapshot, settings_, settings_.settled);
    evidence["before"] = {{service.address, to_json(service.track->values.at(service.address))}};
    evidence["after"] = {{value, to_json(service.track->values.at(value))}};
    evidence["guard"] = to_json(finding);
    draft(ProposalKind::Successor, successor, to_string(service.target->target),
          service.track->values.at(value).first, evidence, moved + "; its name instead");
}

void Decider::compare_candidates()
{
    if (!names_possible())
        return;
    for (const auto& name : candidates_) {
        const Snapshot* candidate = find_serving(name);
        if (!candidate || named(name))
            continue;
        compare_candidate(*candidate, &Snapshot::ipv4);
        compare_candidate(*candidate, &Snapshot::ipv6);
    }
}

void Decider::compare_candidate(const Snapshot& candidate, const Track Snapshot::*track)
{
    const Track& own = candidate.*track;
    if (!at_rest(own, settings_.settled))
        return;
    for (const auto& value : present(own)) {
        const order::Item* match = nullptr;
        const Seen* seen = nullptr;
        for (const auto& item : order_.targets) {
            if (item.target.is_name()) {
                const Snapshot* other = find(item.target.name.name);
                const auto found = other ? (other->*track).values.find(value) : own.values.end();
                if (!other || found == (other->*track).values.end())
                    continue;
                seen = &found->second;
            } else if (const auto address = order::parse_address(value);
                       !address || !item.target.address.prefix.contains(*address)) {
                continue;
            }
            match = &item;
            break;
        }
        if (!match)
            continue;
        const std::string same =
            fmt::format("{} is at {}, as {}", candidate.name, value, to_string(match->target));
        if (const auto shared = hindrance_at(value)) {
            note(fmt::format("{}, which is no address of its own: {}", same, shared->reason));
            continue;
        }
        const order::Item successor{.target = name_target(candidate.name)};
        if (const auto held = hindrance(successor)) {
            note(fmt::format("{}; it would be held: {}", same, held->reason));
            return;
        }
        auto evidence = evidence_of("same address", candidate, settings_, settings_.settled);
        evidence["address"] = value;
        evidence["target"] = to_string(match->target);
        if (seen)
            evidence["target_seen_there"] = to_json(*seen);
        evidence["candidate_seen_there"] = to_json(own.values.at(value));
        draft(ProposalKind::Successor, successor, to_string(match->target), own.values.at(value).first,
              evidence, same);
        return;
    }
}

Decision Decider::decide()
{
    for (const auto& item : order_.targets)
        if (item.target.is_name())
            judge_name(item);
        else
            judge_address(item);
    if (order_.dynamic) {
        follow_services();
        compare_candidates();
    }
    return std::move(out_);
}

} // namespace

Decision decide(const order::Order& order, const Snapshots& snapshots, const Settings& settings,
                const Judge& judge, std::int64_t now)
{
    return Decider(order, snapshots, settings, judge, now).decide();
}

bool was_decided(const Draft& draft, std::span<const book::Proposal> proposals)
{
    return std::ranges::any_of(proposals, [&](const book::Proposal& other) {
        return other.state != book::ProposalState::Open && other.kind == draft.proposal.kind &&
               other.order == draft.proposal.order && other.item.target == draft.proposal.item.target &&
               other.decided >= draft.since;
    });
}

} // namespace interdict::watch
