// SPDX-License-Identifier: Apache-2.0
#include "feed/shield_source.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/file.h"
#include "order/problem.h"

namespace interdict::feed {

namespace {

using Json = nlohmann::json;

// Reports on an item are taken for 48 hours after it came up.
constexpr std::int64_t kReportsTaken = 172'800;

std::string text_file(Genre genre, std::string_view checksum)
{
    return fmt::format("{}-{}.txt", to_string(genre), checksum);
}

// Reads the members of the configuration; remembers the first fault.
class Members {
public:
    Members(const Json& object, const std::filesystem::path& file) : object_(object), file_(file) {}

    void text(const char* key, std::string& to, bool required = false)
    {
        if (const Json* value = find(key);
            value && value->is_string() && !value->get_ref<const std::string&>().empty())
            to = value->get<std::string>();
        else if (value || required)
            fault(key, value ? "is not a text" : "is missing");
    }

    void path(const char* key, std::filesystem::path& to, bool required = false)
    {
        std::string text_value;
        text(key, text_value, required);
        if (!text_value.empty())
            to = file_.parent_path() / text_value; // an absolute one replaces all before it
    }

    template <class T>
    void number(const char* key, T& to, std::int64_t least, std::int64_t most)
    {
        const Json* value = find(key);
        if (!value)
            return;
        if (value->is_number_integer() && *value >= least && *value <= most)
            to = value->get<T>();
        else
            fault(key, fmt::format("is not a whole number from {} to {}", least, most));
    }

    // Seconds, times scale.
    template <class T>
    void duration(const char* key, T& to, std::int64_t scale)
    {
        const Json* value = find(key);
        if (!value)
            return;
        const auto seconds =
            value->is_string() ? parse_duration(value->get<std::string>()) : Result<std::int64_t>(0);
        if (seconds && *seconds > 0)
            to = *seconds * scale;
        else
            fault(key, "is not a duration such as PT30S");
    }

    // Error: the first fault, or a member that nobody asked for.
    [[nodiscard]] Result<void> finish() const
    {
        if (!fault_.empty())
            return fail("{}: {}", file_.string(), fault_);
        for (const auto& [key, value] : object_.items())
            if (!known_.contains(key))
                return fail("{}: $.{}: is not a known key; see docs/feeds.md", file_.string(),
                            order::printable(key));
        return {};
    }

private:
    const Json* find(const char* key)
    {
        known_.insert(key);
        const auto found = object_.find(key);
        return found == object_.end() ? nullptr : &*found;
    }

    void fault(const char* key, const std::string& message)
    {
        if (fault_.empty())
            fault_ = fmt::format("$.{}: {}", key, message);
    }

    const Json& object_;
    const std::filesystem::path& file_;
    std::set<std::string> known_;
    std::string fault_;
};

} // namespace

Result<ShieldConfig> parse_shield_config(std::string_view json, const std::filesystem::path& file)
{
    const Json object = Json::parse(json, nullptr, false);
    if (!object.is_object())
        return fail("{}: is not a JSON object; see docs/feeds.md", file.string());
    ShieldConfig config;
    Members members(object, file);
    std::filesystem::path ca_file;
    members.text("name", config.name);
    members.text("url", config.settings.url, true);
    members.path("credentials", config.credentials, true);
    members.path("order", config.order, true);
    members.path("ca_file", ca_file);
    members.duration("connect_timeout", config.settings.http.connect_timeout_ms, 1000);
    members.duration("timeout", config.settings.http.timeout_ms, 1000);
    members.number("max_body", config.settings.http.max_body, 1, std::int64_t{1} << 30);
    members.number("attempts", config.settings.backoff.attempts, 1, 20);
    members.duration("backoff", config.settings.backoff.base_ms, 1000);
    members.duration("max_backoff", config.settings.backoff.most_ms, 1000);
    members.number("min_entries", config.policy.min_entries, 0, 1'000'000'000);
    members.number("max_drop_percent", config.policy.max_drop_percent, 0, 100);
    config.settings.http.ca_file = ca_file.string();
    INTERDICT_CHECK(members.finish());
    return config;
}

ShieldCursor parse_cursor(std::string_view json)
{
    const Json object = Json::parse(json, nullptr, false);
    ShieldCursor cursor;
    if (!object.is_object())
        return cursor;
    if (const auto sums = object.find("checksums"); sums != object.end() && sums->is_object())
        for (const auto& [genre, sum] : sums->items())
            if (sum.is_string())
                cursor.checksums[genre] = sum.get<std::string>();
    if (const auto tickets = object.find("reported"); tickets != object.end() && tickets->is_array())
        for (const Json& ticket : *tickets)
            if (ticket.is_string())
                cursor.reported.insert(ticket.get<std::string>());
    return cursor;
}

std::string to_string(const ShieldCursor& cursor)
{
    return Json{{"checksums", cursor.checksums}, {"reported", cursor.reported}}.dump(
        -1, ' ', false, Json::error_handler_t::replace);
}

Result<ShieldFetch> fetch(PiracyShield& shield, const ShieldCursor& cursor,
                          const std::filesystem::path& folder)
{
    ShieldFetch out;
    for (const Genre genre : kGenres) {
        const auto index = static_cast<std::size_t>(genre);
        const std::string name(to_string(genre));
        std::string known;
        if (const auto found = cursor.checksums.find(name); found != cursor.checksums.end())
            if (auto kept = read_file(folder / text_file(genre, found->second))) {
                known = found->second;
                out.texts[index] = *std::move(kept);
            }
        INTERDICT_TRY(ShieldList list, shield.list(genre, known));
        out.unchanged[index] = list.unchanged;
        if (!list.unchanged)
            out.texts[index] = std::move(list.text);
        if (!list.checksum.empty())
            out.checksums[name] = std::move(list.checksum);
    }
    return out;
}

Result<void> keep(const ShieldFetch& fetch, const std::filesystem::path& folder)
{
    for (const Genre genre : kGenres) {
        const auto index = static_cast<std::size_t>(genre);
        const auto sum = fetch.checksums.find(std::string(to_string(genre)));
        if (!fetch.unchanged[index] && sum != fetch.checksums.end())
            INTERDICT_CHECK(write_file(folder / text_file(genre, sum->second), fetch.texts[index]));
    }
    return {};
}

void forget_others(const ShieldFetch& fetch, const std::filesystem::path& folder)
{
    std::set<std::string> kept;
    for (const Genre genre : kGenres)
        if (const auto sum = fetch.checksums.find(std::string(to_string(genre)));
            sum != fetch.checksums.end())
            kept.insert(text_file(genre, sum->second));
    std::error_code ignored; // one too many does no harm
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
        if (entry.path().extension() == ".txt" && !kept.contains(entry.path().filename().string()))
            std::filesystem::remove(entry.path(), ignored);
}

std::map<std::string, std::string, std::less<>> tickets_by_value(std::span<const ShieldTicket> tickets)
{
    std::vector<const ShieldTicket*> by_time;
    for (const ShieldTicket& ticket : tickets)
        by_time.push_back(&ticket);
    std::ranges::stable_sort(by_time, {}, &ShieldTicket::created);
    std::map<std::string, std::string, std::less<>> out;
    for (const ShieldTicket* ticket : by_time)
        for (const std::string& value : ticket->values)
            out[value] = ticket->id;
    return out;
}

bool takes_reports(const ShieldTicket& ticket, const ShieldCursor& cursor, std::int64_t now)
{
    return (ticket.status == "open" || ticket.status == "created" || ticket.status == "closed") &&
           now - ticket.created < kReportsTaken && !cursor.reported.contains(ticket.id);
}

} // namespace interdict::feed
