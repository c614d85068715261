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

// Beside its counts.
Json names_of(const ruleset::NamedRule& rule)
{
    return {{"target", target_text(rule.target)},
            {"match", rule.target.is_name() ? Json(order::to_string(rule.target.name.match)) : Json()},
            {"observe", rule.observe},
            {"means", rule.means},
            {"orders", rule.orders}};
}

std::unexpected<Error> lost(const control::State& state)
{
    return fail("{} has no file of the live generation's rules; apply the orders again",
                state.directory().string());
}

} // namespace

Result<void> Top::follow(const control::State& state, const std::string& digest)
{
    if (digest == digest_)
        return {};
    if (!digest_.empty()) {
        INTERDICT_TRY(const auto changes, state.changes(digest_, digest));
        if (changes) {
            take(*changes);
            digest_ = digest;
            return {};
        }
    }
    ++reads_;
    digest_.clear();
    named_.clear();
    INTERDICT_TRY(const auto rules, state.rules(digest));
    if (!rules)
        return lost(state);
    total_ = rules->rules.size();
    present_.assign(rules->max_id + std::size_t{1}, false);
    for (const auto& rule : rules->rules)
        present_[rule.id()] = true;
    digest_ = digest;
    return {};
}

void Top::take(const control::Changes& changes)
{
    for (const auto id : changes.removed) {
        named_.erase(id);
        if (id >= present_.size() || !present_[id])
            continue;
        present_[id] = false;
        --total_;
    }
    for (const auto& rule : changes.rules) {
        if (rule.id >= present_.size())
            present_.resize(rule.id + std::size_t{1});
        total_ += present_[rule.id] ? 0 : 1;
        present_[rule.id] = true;
        if (const auto known = named_.find(rule.id); known != named_.end())
            known->second = names_of(rule);
    }
}

// Those that are shown, and with them the next ones.
Result<void> Top::name(const control::State& state, const std::vector<Row>& rows, std::size_t shown)
{
    const auto known = [&](const Row& row) { return named_.contains(row.id); };
    if (std::all_of(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(shown), known))
        return {};
    ++reads_;
    named_.clear();
    std::vector<std::uint32_t> ids;
    ids.reserve(rows.size());
    for (const auto& row : rows)
        ids.push_back(row.id);
    std::ranges::sort(ids);
    INTERDICT_TRY(const auto rules, state.named_rules(digest_, std::move(ids)));
    if (!rules)
        return lost(state);
    for (const auto& rule : *rules)
        named_.emplace(rule.id, names_of(rule));
    return {};
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
    INTERDICT_CHECK(follow(state, control::digest_text(*live)));
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
    INTERDICT_CHECK(name(state, rows, shown));
    rows.resize(shown);
    for (const auto& row : rows) {
        const auto found = named_.find(row.id);
        if (found == named_.end())
            return fail("rule {} is not in the file of the live generation's rules; apply the orders again",
                        row.id);
        const auto& names = found->second;
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
