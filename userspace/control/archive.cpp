// SPDX-License-Identifier: Apache-2.0
#include "control/archive.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/digest.h"

namespace interdict::control {

namespace {

using Json = nlohmann::ordered_json;

constexpr char kPlane[] = "counted.plane";     // whose readings the book has
constexpr char kTime[] = "counted.time";       // when they were taken
constexpr char kRetired[] = "counted.retired"; // bytes of retired.jsonl that were taken
constexpr char kRolled[] = "counted.rolled";   // hours before this are days
constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 86'400;

Result<std::int64_t> number(const book::Counts& counts, std::string_view key)
{
    INTERDICT_TRY(const auto text, counts.value(key));
    std::int64_t value = 0;
    if (text)
        std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
}

// A counter that has fewer than before was zeroed: then all of it is new.
interdict_hits more(const interdict_hits& now, const interdict_hits& before)
{
    if (now.packets < before.packets || now.bytes < before.bytes)
        return now;
    interdict_hits more = now;
    more.packets -= before.packets;
    more.bytes -= before.bytes;
    more.http -= before.http; // modulo 2^32
    more.quic -= before.quic;
    more.dns -= before.dns;
    return more;
}

void add(std::vector<book::CountRecord>& to, const Reading& reading, const interdict_hits& hits,
         std::int64_t hour)
{
    for (const auto& order : reading.orders) {
        auto& one = to.emplace_back();
        one.order = order;
        one.target = reading.target;
        one.hour = hour;
        one.packets = hits.packets;
        one.bytes = hits.bytes;
        for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
            one.channel[channel] = interdict_hits_by(&hits, channel, reading.means);
    }
}

// A line of retired.jsonl.
struct Retired {
    Reading reading;
    std::string plane; // empty: nobody knew
    std::int64_t time = 0;
    bool exempt = false;
};

Result<Retired> read_retired(std::string_view line)
{
    try {
        const Json json = Json::parse(line);
        Retired out;
        out.reading.rule = json.at("rule").get<std::uint32_t>();
        out.reading.target = json.value("target", "");
        out.reading.orders = json.value("orders", std::vector<std::string>{});
        out.reading.hits.packets = json.at("packets").get<std::uint64_t>();
        out.reading.hits.bytes = json.at("bytes").get<std::uint64_t>();
        const Json channels = json.value("channels", Json::object());
        for (const auto& [name, count] : channels.items()) {
            const auto channel = order::channel_named(name);
            if (!channel)
                continue;
            out.reading.means |= INTERDICT_MEANS(*channel);
            if (*channel == INTERDICT_CHANNEL_QUIC || *channel == INTERDICT_CHANNEL_DNS ||
                *channel == INTERDICT_CHANNEL_HTTP)
                *interdict_hits_part(&out.reading.hits, *channel) = count.get<std::uint32_t>();
        }
        out.plane = json.value("plane", "");
        out.exempt = json.value("exempt", false);
        if (const auto time = parse_timestamp(json.value("time", "")))
            out.time = *time;
        return out;
    } catch (const Json::exception& error) {
        return fail("{}", error.what());
    }
}

std::int64_t hour_of(std::int64_t time) { return time - time % kHour; }

} // namespace

std::string plane_name(const plane::Plane& plane)
{
    const auto& key = plane.maps().control().sketch_key;
    return blake2b_256({reinterpret_cast<const char*>(key), sizeof(key)}).substr(0, 16);
}

Result<std::optional<Readings>> look(const State& state, const plane::Plane& plane, const book::Book& book)
{
    const auto live = plane.generation();
    if (!live || intended(plane))
        return std::nullopt;
    Readings out{plane_name(plane), {}};
    std::unordered_map<std::uint32_t, interdict_hits> before;
    INTERDICT_TRY(const auto kept_of, book.counts().value(kPlane));
    if (kept_of == out.plane) {
        INTERDICT_TRY(const auto readings, book.counts().readings());
        for (const auto& reading : readings)
            before.emplace(reading.rule, reading.hits);
    }
    std::vector<std::uint32_t> ids;
    std::unordered_map<std::uint32_t, interdict_hits> moved;
    for (const auto& [id, hits] : plane.maps().moved_counters(live->rules)) {
        const auto known = before.find(id);
        if (known != before.end() && known->second.packets == hits.packets)
            continue;
        ids.push_back(id);
        moved.emplace(id, hits);
    }
    if (ids.empty())
        return out;
    INTERDICT_TRY(auto rules, state.named_rules(digest_text(*live), std::move(ids)));
    if (!rules && plane.maps().live() != live->number)
        return std::nullopt;
    if (!rules)
        return fail("{} has not the rules of generation {}: what they count cannot be kept",
                    state.directory().string(), live->number);
    // A number that no rule has: of one that went, whose last count is in retired.jsonl.
    for (auto& rule : *rules)
        if (!rule.exempt)
            out.moved.push_back({.rule = rule.id,
                                 .hits = moved.at(rule.id),
                                 .means = rule.means,
                                 .target = to_string(rule.target),
                                 .orders = std::move(rule.orders)});
    return out;
}

Result<bool> Archive::take_retired(std::size_t lines)
{
    const auto path = state_.directory() / "retired.jsonl";
    auto counts = book_.counts();
    INTERDICT_TRY(const auto taken, number(counts, kRetired));
    std::error_code none;
    const auto size = std::filesystem::file_size(path, none);
    if (none)
        return true;
    auto at = std::max(static_cast<std::uint64_t>(taken), seen_);
    if (at > size) // somebody has begun a new file
        at = seen_ = 0;
    if (at == size)
        return true;
    std::ifstream file(path, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    std::vector<Retired> retired;
    std::size_t read = 0;
    for (std::string line; read < lines && std::getline(file, line) && !file.eof(); ++read) {
        at += line.size() + 1;
        auto one = read_retired(line);
        if (!one)
            return fail("{}: damaged at byte {}: {}; move it away", path.string(), at, one.error().message);
        gone_.insert(one->reading.rule);
        if (!one->exempt && one->reading.hits.packets != 0)
            retired.push_back(*std::move(one));
    }
    const bool all = read < lines;
    if (retired.empty()) {
        seen_ = at;
        return all;
    }
    INTERDICT_TRY(const auto kept_of, counts.value(kPlane));
    const auto steps = [&]() -> Result<bool> {
        std::vector<book::CountRecord> records;
        for (const auto& [reading, plane, time, exempt] : retired) {
            interdict_hits hits = reading.hits;
            if (!plane.empty() && kept_of == plane) {
                INTERDICT_TRY(const auto before, counts.reading(reading.rule));
                if (before)
                    hits = more(hits, before->hits);
                INTERDICT_CHECK(counts.forget_reading(reading.rule));
            }
            if (hits.packets != 0)
                add(records, reading, hits, hour_of(time));
        }
        INTERDICT_CHECK(counts.add(records));
        INTERDICT_CHECK(counts.set_value(kRetired, std::to_string(at)));
        return true;
    };
    INTERDICT_TRY(const bool kept, book_.together(steps));
    seen_ = at;
    return kept && all;
}

Result<bool> Archive::take(const Readings& readings, const plane::Plane& plane, std::int64_t time)
{
    if (intended(plane) || state_.retiring() || plane_name(plane) != readings.plane)
        return false;
    auto counts = book_.counts();
    INTERDICT_TRY(const auto kept_of, counts.value(kPlane));
    INTERDICT_TRY(const auto last, number(counts, kTime));
    if (readings.moved.empty() && kept_of == readings.plane && hour_of(last) == hour_of(time))
        return true; // nothing that is worth a wait for the disk
    // What came between two times is of the hour in the middle of them: one is at each full hour.
    const auto hour = hour_of(last == 0 || last > time ? time : last + (time - last) / 2);
    const auto steps = [&]() -> Result<bool> {
        if (kept_of != readings.plane)
            INTERDICT_CHECK(counts.forget_readings());
        std::vector<book::CountRecord> records;
        for (const auto& reading : readings.moved) {
            if (gone_.contains(reading.rule))
                continue;
            INTERDICT_TRY(const auto before, counts.reading(reading.rule));
            const auto hits = before ? more(reading.hits, before->hits) : reading.hits;
            add(records, reading, hits, hour);
            INTERDICT_CHECK(counts.set_reading({reading.rule, reading.hits}));
        }
        INTERDICT_CHECK(counts.add(records));
        INTERDICT_CHECK(counts.set_value(kPlane, readings.plane));
        INTERDICT_CHECK(counts.set_value(kTime, std::to_string(time)));
        return true;
    };
    return book_.together(steps);
}

Result<bool> Archive::roll_up(std::int64_t before)
{
    const auto until = before - before % kDay;
    auto counts = book_.counts();
    INTERDICT_TRY(const auto from, number(counts, kRolled));
    if (from >= until)
        return false;
    INTERDICT_TRY(const auto orders, book_.orders().all(false));
    return book_.together([&]() -> Result<bool> {
        for (const auto& record : orders) {
            INTERDICT_TRY(const bool rolled, counts.roll_up(record.order.id, from, until));
            if (rolled)
                return true;
        }
        INTERDICT_CHECK(counts.set_value(kRolled, std::to_string(until)));
        return true;
    });
}

} // namespace interdict::control
