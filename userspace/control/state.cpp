// SPDX-License-Identifier: Apache-2.0
#include "control/state.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include <fcntl.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "control/channels.h"
#include "control/history.h"
#include "order/order.h"
#include "order/parse.h"
#include "ruleset/patch.h"
#include "ruleset/text.h"

namespace interdict::control {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

Result<void> make_directory(const fs::path& path)
{
    std::error_code error;
    fs::create_directories(path, error);
    if (error)
        return fail_errno(error.value(), "{}: cannot make the state directory; name another with --state",
                          path.string());
    return {};
}

Result<void> remove_file(const fs::path& path)
{
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, "{}: cannot remove", path.string());
    return {};
}

std::uint64_t size_of(const fs::path& path)
{
    std::error_code error;
    const auto size = fs::file_size(path, error);
    return error ? 0 : size;
}

Result<void> write_at(const fs::path& path, std::uint64_t offset, std::string_view text)
{
    const int opened = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (opened < 0)
        return fail_errno(errno, "{}: cannot open", path.string());
    const Fd fd(opened);
    if (::ftruncate(opened, static_cast<off_t>(offset)) != 0)
        return fail_errno(errno, "{}: cannot cut back to {} bytes", path.string(), offset);
    while (!text.empty()) {
        const ssize_t written = ::pwrite(opened, text.data(), text.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail_errno(errno, "{}: cannot write", path.string());
        text.remove_prefix(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    if (::fsync(opened) != 0)
        return fail_errno(errno, "{}: cannot flush to disk", path.string());
    return {};
}

// What retiring.jsonl holds: the header, then a line per rule.
struct Begun {
    std::string before;
    std::uint64_t number = 0;
    std::string after;
    std::uint64_t offset = 0; // end of retired.jsonl before
    std::vector<Json> rules;
};

// Of the channels those that the line has already.
void set_counts(Json& line, const interdict_hits& counter)
{
    if (const auto channels = line.find("channels"); channels != line.end()) {
        unsigned means = 0;
        for (const auto& [name, count] : channels->items())
            means |= INTERDICT_MEANS(order::channel_named(name).value_or(0));
        *channels = channel_counts(counter, means);
    }
    line["packets"] = counter.packets;
    line["bytes"] = counter.bytes;
    if (counter.last_seen != 0)
        line["last_seen"] = format_timestamp(static_cast<std::int64_t>(counter.last_seen));
}

// Nothing, too, if a power cut has left only the file's name: the counts are gone with the plane.
Result<std::optional<Begun>> read_begun(const fs::path& path)
{
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return std::nullopt;
    INTERDICT_TRY(const auto text, read_file(path));
    if (text.find_first_not_of('\0') == text.npos)
        return std::nullopt;
    Begun found;
    std::size_t rules = 0;
    std::string_view rest = text;
    try {
        for (bool header = true; !rest.empty(); header = false) {
            const auto end = std::min(rest.find('\n'), rest.size());
            Json line = Json::parse(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
            if (!header) {
                line.at("rule").get<std::uint32_t>();
                found.rules.push_back(std::move(line));
                continue;
            }
            found.before = line.at("before").get<std::string>();
            found.number = line.at("generation").get<std::uint64_t>();
            found.after = line.at("after").get<std::string>();
            found.offset = line.at("offset").get<std::uint64_t>();
            rules = line.value("rules", rules);
        }
        if (found.rules.size() < rules)
            return fail("{}: damaged: {} of {} rules; move it away", path.string(), found.rules.size(),
                        rules);
    } catch (const Json::exception& error) {
        return fail("{}: damaged: {}; move it away", path.string(), error.what());
    }
    return found;
}

} // namespace

std::string digest_text(const interdict_generation& generation)
{
    std::string text;
    for (const __u8 byte : generation.digest)
        text += fmt::format("{:02x}", byte);
    return text;
}

std::optional<interdict_generation> intended(const plane::Plane& plane)
{
    const auto& maps = plane.maps();
    const auto number = plane::cut_short(maps);
    auto live = plane.generation();
    if (number == 0 || !live)
        return std::nullopt;
    live->number = number;
    std::ranges::copy(maps.control().generation[(maps.live() + 1) % INTERDICT_SLOTS].digest, live->digest);
    return live;
}

Result<void> State::make() const { return make_directory(directory_ / "generations"); }

fs::path State::file(std::uint64_t number, const std::string& digest) const
{
    return rule_set_file(directory_, number, digest);
}

Result<std::optional<ruleset::Ruleset>> State::rules(const interdict_generation& generation) const
{
    return rules(digest_text(generation));
}

Result<std::optional<ruleset::Ruleset>> State::rules(const std::string& digest) const
{
    Result<std::optional<ruleset::Ruleset>> found(std::nullopt);
    const auto files = generation_files(directory_ / "generations");
    for (const auto& candidate : files) {
        if (!digest.starts_with(candidate.digest) || candidate.digest.empty())
            continue;
        auto read = read_history(files, candidate);
        if (read)
            return std::optional(*std::move(read));
        found = std::unexpected(read.error());
    }
    return found;
}

Result<std::optional<std::vector<ruleset::NamedRule>>>
State::named_rules(const std::string& digest, std::vector<std::uint32_t> ids) const
{
    const auto files = generation_files(directory_ / "generations");
    const auto* file = find_file(files, digest);
    if (!file)
        return std::nullopt;
    INTERDICT_TRY(auto found, find_in_history(files, *file, std::move(ids)));
    return std::optional(std::move(found));
}

Result<std::optional<Changes>> State::changes(const std::string& from, const std::string& to) const
{
    const auto files = generation_files(directory_ / "generations");
    const auto* file = find_file(files, to);
    if (!file)
        return std::nullopt;
    return changes_in_history(files, *file, from);
}

Result<ruleset::Ruleset> State::rules(std::uint64_t number) const
{
    const auto files = generation_files(directory_ / "generations");
    const GenerationFile* latest = nullptr;
    fs::file_time_type written;
    std::set<std::uint64_t> kept;
    for (const auto& file : files) {
        std::error_code ignored;
        const auto time = fs::last_write_time(file.path, ignored);
        kept.insert(file.number);
        if (file.number != number || (latest && time <= written))
            continue;
        latest = &file;
        written = time;
    }
    if (!latest)
        return fail("generation {} is not kept in {}; there are: {}", number,
                    (directory_ / "generations").string(),
                    kept.empty() ? "none" : fmt::format("{}", fmt::join(kept, ", ")));
    return read_history(files, *latest);
}

Result<void> State::keep(std::uint64_t number, const std::string& digest, std::string_view text) const
{
    return write_file(file(number, digest), text);
}

Result<void> State::keep_patch(std::uint64_t number, const std::string& digest, const std::string& before,
                               std::string_view text) const
{
    return write_file(patch_file(directory_, number, digest, before), text, 0644, Flush::No);
}

Result<void> State::flush_patch(std::uint64_t number, const std::string& digest,
                                const std::string& before) const
{
    return flush_file(patch_file(directory_, number, digest, before));
}

std::size_t State::patches(const std::string& digest) const
{
    const auto files = generation_files(directory_ / "generations");
    const auto* file = find_file(files, digest);
    return file ? history(by_digest(files), *file).size() - 1 : 0;
}

Result<void> State::note_refusals(const Refusals& refusals) const
{
    const fs::path path = directory_ / "refused.json";
    if (refusals.empty())
        return remove_file(path);
    INTERDICT_CHECK(make());
    return write_file(path, text_of(Json(refusals)) + '\n');
}

Refusals State::refusals() const
{
    const auto text = read_file(directory_ / "refused.json");
    if (!text)
        return {};
    try {
        return Json::parse(*text).get<Refusals>();
    } catch (const Json::exception&) {
        return {};
    }
}

Result<void> State::keep_scopes(std::string_view text) const
{
    INTERDICT_CHECK(make());
    return write_file(directory_ / "scopes.json", text);
}

Result<std::vector<order::Scope>> State::scopes() const
{
    const fs::path path = directory_ / "scopes.json";
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return std::vector<order::Scope>{};
    INTERDICT_TRY(const auto text, read_file(path));
    auto read = order::parse_scopes(text, path.string());
    if (!read.ok())
        return fail("{}; give the scopes again with --scopes", to_string(read.problems.front()));
    return std::move(read.scopes);
}

std::string State::scopes_digest() const
{
    const auto text = read_file(directory_ / "scopes.json");
    return text ? ruleset::hash_text(*text) : std::string();
}

Result<void> State::settle(std::uint64_t number) const
{
    INTERDICT_CHECK(write_file(directory_ / "current", fmt::format("{}\n", number), 0644, Flush::No));
    auto files = generation_files(directory_ / "generations");
    // By number, the live one first; higher numbers are of an earlier plane or were never published.
    std::ranges::sort(files, [&](const auto& one, const auto& other) {
        const auto rank = [&](const auto& file) {
            return std::pair(file.number <= number ? 0 : 1,
                             file.number <= number ? number - file.number : file.number);
        };
        return rank(one) < rank(other);
    });
    const auto index = by_digest(files);
    std::unordered_set<const GenerationFile*> needed;
    for (std::size_t i = 0; i < std::min(kGenerationsKept, files.size()); ++i)
        for (const auto* file : history(index, files[i]))
            if (!needed.insert(file).second)
                break;
    for (const auto& file : files)
        if (!needed.contains(&file))
            INTERDICT_CHECK(remove_file(file.path));
    return {};
}

Result<void> State::begin_retirement(const Retirement& retirement) const
{
    if (retirement.counts.empty())
        return {};
    const Json header = {{"before", retirement.before},
                         {"generation", retirement.number},
                         {"after", retirement.after},
                         {"offset", size_of(directory_ / "retired.jsonl")},
                         {"rules", retirement.counts.size()}};
    std::string text = header.dump() + '\n';
    for (const auto& [id, counter] : retirement.counts) {
        Json line = {{"rule", id}};
        if (const auto* rule = retirement.rules ? retirement.rules->find(id) : nullptr) {
            line["target"] = to_string(rule->target);
            if (rule->exempt())
                line["exempt"] = true;
            for (const auto order : rule->orders)
                line["orders"].push_back(retirement.rules->orders[order].id);
        }
        set_counts(line, counter);
        if (const auto* rule = retirement.rules ? retirement.rules->find(id) : nullptr)
            line["channels"] = channel_counts(counter, rule->record.means);
        if (!retirement.plane.empty())
            line["plane"] = retirement.plane;
        text += line.dump() + '\n';
    }
    return write_file(directory_ / "retiring.jsonl", text, 0644, Flush::No);
}

Result<void> State::retire(std::span<const plane::LastCount> counts) const
{
    const fs::path path = directory_ / "retiring.jsonl";
    INTERDICT_TRY(auto begun, read_begun(path));
    if (!begun)
        return {};
    std::unordered_map<std::uint32_t, interdict_hits> by_id;
    for (const auto& count : counts)
        by_id.emplace(count.id, count.counter);
    const std::string time = format_timestamp(now());
    std::string text;
    for (Json& line : begun->rules) {
        if (const auto found = by_id.find(line["rule"].get<std::uint32_t>()); found != by_id.end())
            set_counts(line, found->second);
        line["time"] = time;
        text += line.dump() + '\n';
    }
    INTERDICT_CHECK(write_at(directory_ / "retired.jsonl", begun->offset, text));
    return remove_file(path);
}

bool State::retiring() const
{
    std::error_code ignored;
    return fs::exists(directory_ / "retiring.jsonl", ignored);
}

Result<void> State::cancel_retirement() const { return remove_file(directory_ / "retiring.jsonl"); }

Result<std::size_t> State::recover(const plane::Plane& plane) const
{
    INTERDICT_TRY(const auto begun, read_begun(directory_ / "retiring.jsonl"));
    if (!begun)
        return 0;
    const auto live = plane.generation();
    const std::string digest = live ? digest_text(*live) : std::string();
    const auto half = intended(plane);
    if (live && digest == begun->before && !half) {
        INTERDICT_CHECK(cancel_retirement());
        return 0;
    }
    std::vector<plane::LastCount> counts;
    // Of a change that was cut short, some of these may be hit until the next generation is published.
    if (live && ((digest == begun->after && live->number == begun->number) ||
                 (half && half->number == begun->number)))
        for (const Json& line : begun->rules) {
            const auto id = line["rule"].get<std::uint32_t>();
            counts.push_back({id, plane.maps().counter(id).value_or(interdict_hits{})});
        }
    INTERDICT_CHECK(retire(counts));
    return begun->rules.size();
}

} // namespace interdict::control
