// SPDX-License-Identifier: Apache-2.0
#include "daemon/top.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/clock.h"
#include "control/archive.h"
#include "control/channels.h"
#include "daemon/verdicts.h"

namespace interdict::daemon {

namespace {

constexpr std::chrono::milliseconds kLeast{500}; // between two looks, for a rate
constexpr std::chrono::hours kMost{2};
constexpr std::size_t kNamed = 10'000; // rules

Json names_of(const ruleset::Rule& rule, const ruleset::Ruleset& rules)
{
    Json json = {{"target", target_text(rule)},
                 {"match", rule.target.is_name() ? Json(order::to_string(rule.target.name.match)) : Json()},
                 {"observe", rule.observe()},
                 {"means", rule.record.means},
                 {"orders", Json::array()}};
    for (const auto index : rule.orders)
        json["orders"].push_back(rules.orders[index].id);
    return json;
}

} // namespace

Result<ruleset::Ruleset> Top::read(const control::State& state)
{
    ++reads_;
    INTERDICT_TRY(auto rules, state.rules(digest_));
    if (!rules)
        return fail("{} has no file of the live generation's rules; apply the orders again",
                    state.directory().string());
    return *std::move(rules);
}

std::vector<Top::Row> Top::gather(const plane::Plane& plane, std::uint32_t end, bool all) const
{
    std::vector<Row> rows;
    const auto last = std::min(end, static_cast<std::uint32_t>(present_.size()));
    if (!all) {
        for (const auto& [id, counter] : plane.maps().moved_counters(last))
            if (present_[id])
                rows.push_back({id, counter});
        return rows;
    }
    for (std::uint32_t id = 1; id < last; ++id)
        if (present_[id])
            if (const auto counter = plane.maps().counter(id))
                rows.push_back({id, *counter});
    return rows;
}

double Top::rate(std::vector<Row>& rows, Clock::time_point time) const
{
    const auto fit = std::find_if(samples_.rbegin(), samples_.rend(), [&](const Sample& sample) {
        return time - sample.time >= kLeast && time - sample.time <= kMost;
    });
    if (fit == samples_.rend())
        return 0;
    const double seconds = std::chrono::duration<double>(time - fit->time).count();
    auto before = fit->packets.begin();
    for (auto& row : rows) {
        while (before != fit->packets.end() && before->first < row.id)
            ++before;
        const bool known = before != fit->packets.end() && before->first == row.id;
        const std::uint64_t was = known ? before->second : 0;
        if (row.counter.packets > was)
            row.rate = static_cast<double>(row.counter.packets - was) / seconds;
    }
    return seconds;
}

void Top::keep(const std::vector<Row>& rows, Clock::time_point time)
{
    if (!samples_.empty() && time - samples_.back().time < kLeast)
        return;
    if (samples_.size() == 2)
        samples_.erase(samples_.begin());
    auto& sample = samples_.emplace_back(Sample{.time = time});
    for (const auto& row : rows)
        if (row.counter.packets != 0)
            sample.packets.emplace_back(row.id, row.counter.packets);
}

Result<Json> Top::look(const plane::Plane& plane, const control::State& state, const TopWish& wish,
                       std::int64_t time)
{
    if (const auto name = control::plane_name(plane); name != plane_) {
        samples_.clear();
        plane_ = name;
    }
    const auto live = plane.generation();
    Json json = {{"time", format_timestamp(time)},
                 {"generation", live ? Json(live->number) : Json()},
                 {"observe", plane.observe()},
                 {"total", 0},
                 {"hit", 0},
                 {"seconds", nullptr},
                 {"rules", Json::array()}};
    if (!live)
        return json;
    std::optional<ruleset::Ruleset> rules;
    if (const auto digest = control::digest_text(*live); digest != digest_) {
        digest_ = digest;
        named_.clear();
        auto known = read(state);
        if (!known) {
            digest_.clear();
            return std::unexpected(known.error());
        }
        rules = *std::move(known);
        total_ = rules->rules.size();
        present_.assign(rules->max_id + std::size_t{1}, false);
        for (const auto& rule : rules->rules)
            present_[rule.id()] = true;
    }
    const auto moment = Clock::now();
    auto rows = gather(plane, live->rules, wish.all);
    const double seconds = rate(rows, moment);
    keep(rows, moment);
    const auto before = [](const Row& one, const Row& other) {
        return std::tuple(-one.rate, ~one.counter.packets, one.id) <
               std::tuple(-other.rate, ~other.counter.packets, other.id);
    };
    json["total"] = total_;
    json["hit"] = std::ranges::count_if(rows, [](const Row& row) { return row.counter.packets != 0; });
    if (seconds > 0)
        json["seconds"] = seconds;
    const auto shown = std::min(wish.rows, rows.size());
    const auto sorted = std::min(std::max(shown, kNamed), rows.size());
    std::ranges::partial_sort(rows, rows.begin() + static_cast<std::ptrdiff_t>(sorted), before);
    rows.resize(sorted);
    const bool unknown = std::any_of(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(shown),
                                     [&](const Row& row) { return !named_.contains(row.id); });
    if (unknown) {
        if (!rules) {
            INTERDICT_TRY(rules, read(state));
        }
        named_.clear();
        for (const auto& row : rows)
            if (const auto* rule = rules->find(row.id))
                named_.emplace(row.id, names_of(*rule, *rules));
    }
    rows.resize(shown);
    for (const auto& row : rows) {
        const auto& names = named_.at(row.id);
        json["rules"].push_back(
            {{"rule", row.id},
             {"target", names["target"]},
             {"match", names["match"]},
             {"observe", names["observe"]},
             {"packets", row.counter.packets},
             {"bytes", row.counter.bytes},
             {"channels", control::channel_counts(row.counter, names["means"].get<unsigned>())},
             {"rate", row.rate},
             {"last_seen", time_json(static_cast<std::int64_t>(row.counter.last_seen))},
             {"orders", names["orders"]}});
    }
    return json;
}

} // namespace interdict::daemon
