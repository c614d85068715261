// SPDX-License-Identifier: Apache-2.0
#include "control/changes_json.h"

#include <algorithm>

#include "control/state.h"
#include "image/image.h"

namespace interdict::control {

namespace {

constexpr std::size_t kObjects = 1000;

Json rules_json(const std::vector<std::uint32_t>& ids, const ruleset::Ruleset& rules)
{
    Json list = Json::array();
    for (std::size_t i = 0; i < std::min(ids.size(), kObjects); ++i)
        if (const auto* rule = rules.find(ids[i]))
            list.push_back({{"rule", rule->id()},
                            {"target", to_string(rule->target)},
                            {"order", rules.orders[rule->orders.front()].id}});
    return list;
}

// All of the rules that are to be in force: known of whole generations only.
Json rule_set_json(const Plan& plan, const std::optional<interdict_generation>& live)
{
    const auto& candidate = plan.candidate;
    const auto& diff = candidate.diff;
    return {{"digest", plan.unchanged && live ? digest_text(*live) : candidate.digest},
            {"orders", candidate.rules.orders.size()},
            {"rules", candidate.rules.rules.size()},
            {"kept", diff.kept.size()},
            {"targets", {{"used", candidate.image.header.targets}, {"limit", image::Capacity{}.max_targets}}},
            {"scopes_changed", diff.scopes_changed},
            {"answers_changed", diff.answers_changed}};
}

void put_plan(Json& json, const Outcome& outcome, const Edge& edge)
{
    const auto& plan = *outcome.plan;
    const auto& diff = plan.diff();
    const auto live = edge.live();
    json["held"] = held_json(outcome.taken.held);
    json["dry_run"] = outcome.rehearsed;
    json["published"] = outcome.published();
    json["unchanged"] = plan.unchanged;
    json["generation"] = live ? Json(live->number) : Json();
    json["added"] = diff.added.size();
    json["removed"] = diff.removed.size();
    json["changed"] = diff.changed.size();
    json["expired"] = {{"orders", plan.expired().orders}, {"targets", plan.expired().targets}};
    json["diff"] = diff_json(diff, rules_before(plan, edge), plan.after());
    if (!plan.change)
        json["rule_set"] = rule_set_json(plan, live);
}

void put_alone(Json& json, const Outcome& outcome)
{
    json["held"] = held_json(outcome.taken.held);
    json["published"] = false;
    json["not_published"] = outcome.alone.why;
    json["ms"] = times_json(outcome.times);
}

void put_publication(Json& json, const Outcome& outcome, const Edge& edge)
{
    const auto& plan = *outcome.plan;
    const auto& publication = outcome.publication;
    const bool whole = outcome.published() && !outcome.in_place();
    put_plan(json, outcome, edge);
    json["how"] = outcome.published() ? Json(whole ? "generation" : "in place") : Json();
    json["why"] = whole ? Json(publication.instead.empty() ? plan.whole : publication.instead) : Json();
    json["retired"] = publication.retired;
    json["proven"] = publication.proven;
    json["ms"] = times_json(outcome.times);
    json["proven_live"] = publication.proven_live;
}

} // namespace

Json diff_json(const ruleset::Diff& diff, const ruleset::Ruleset& before, const ruleset::Ruleset& after)
{
    return {{"added", rules_json(diff.added, after)},
            {"removed", rules_json(diff.removed, before)},
            {"changed", rules_json(diff.changed, after)}};
}

Json held_json(const std::vector<Held>& held)
{
    Json list = Json::array();
    for (std::size_t i = 0; i < std::min(held.size(), kObjects); ++i) {
        const auto& [order, target, finding, known] = held[i];
        list.push_back({{"order", order},
                        {"target", to_string(target)},
                        {"why", guard::to_string(finding.why)},
                        {"list", finding.list},
                        {"entry", finding.entry},
                        {"reason", finding.reason},
                        {"alternative", finding.alternative},
                        {"known", known}});
    }
    return list;
}

Json times_json(const Times& times)
{
    const auto json = [](const std::optional<double>& time) { return time ? Json(*time) : Json(); };
    return {{"imported", json(times.imported)},
            {"staged", json(times.staged)},
            {"published", json(times.published)},
            {"proven", json(times.proven)}};
}

const ruleset::Ruleset& rules_before(const Plan& plan, const Edge& edge)
{
    return plan.change ? plan.change->rules.before : edge.rules();
}

void put_outcome(Json& json, const Outcome& outcome, const Edge& edge, End end,
                 std::span<const std::string> warnings)
{
    if (outcome.rehearsed)
        put_plan(json, outcome, edge);
    else if (outcome.plan)
        put_publication(json, outcome, edge);
    else
        put_alone(json, outcome);
    put_end(json, outcome.taken.sentence, end, warnings);
}

void put_end(Json& json, const std::string& sentence, End end, std::span<const std::string> warnings)
{
    json["summary"] = sentence;
    json["outcome"] = end == End::Ok ? "ok" : end == End::Degraded ? "degraded" : "refused";
    json["warnings"] = warnings;
}

} // namespace interdict::control
