// SPDX-License-Identifier: Apache-2.0
#include "daemon/changes_json.h"

#include <algorithm>

namespace interdict::daemon {

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

} // namespace

Json diff_json(const ruleset::Diff& diff, const ruleset::Ruleset& before, const ruleset::Ruleset& after)
{
    return {{"added", rules_json(diff.added, after)},
            {"removed", rules_json(diff.removed, before)},
            {"changed", rules_json(diff.changed, after)}};
}

Json held_json(const std::vector<control::Held>& held)
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

Json times_json(const control::Times& times)
{
    const auto json = [](const std::optional<double>& time) { return time ? Json(*time) : Json(); };
    return {{"imported", json(times.imported)},
            {"staged", json(times.staged)},
            {"published", json(times.published)},
            {"proven", json(times.proven)}};
}

const ruleset::Ruleset& rules_before(const control::Plan& plan, const control::Edge& edge)
{
    return plan.change ? plan.change->rules.before : edge.rules();
}

void put_publication(Json& json, const control::Plan& plan, const control::Publication& publication,
                     const control::Edge& edge, const control::Times& times)
{
    const auto live = edge.live();
    const bool published = publication.number != 0;
    const bool in_place = plan.change && publication.instead.empty();
    json["published"] = published;
    json["generation"] = live ? Json(live->number) : Json();
    json["how"] = published ? Json(in_place ? "in place" : "generation") : Json();
    json["why"] = !published || in_place
                      ? Json()
                      : Json(publication.instead.empty() ? plan.whole : publication.instead);
    json["diff"] = diff_json(plan.diff(), rules_before(plan, edge), plan.after());
    json["retired"] = publication.retired;
    json["proven"] = publication.proven;
    json["ms"] = times_json(times);
}

} // namespace interdict::daemon
