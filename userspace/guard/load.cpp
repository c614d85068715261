// SPDX-License-Identifier: Apache-2.0
#include "guard/load.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"

namespace interdict::guard {

namespace {

namespace fs = std::filesystem;

order::Problem whole_file(const fs::path& file, std::string message, std::string remedy)
{
    return {.file = file.string(),
            .json_path = "$",
            .value = {},
            .message = std::move(message),
            .remedy = std::move(remedy)};
}

// Seconds since the epoch, 0 if there is no such file.
std::int64_t modified(const fs::path& file)
{
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? status.st_mtim.tv_sec : 0;
}

// A label as a file's name: what is no letter or digit becomes its hex code.
fs::path copy_name(const std::string& label)
{
    std::string name;
    for (const char c : label)
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')
            name += c;
        else
            name += fmt::format("_{:02x}", static_cast<unsigned char>(c));
    return name + ".list";
}

struct Copy {
    std::string text;
    ReadList read;
};

// like: a copy that most often has the same text, and then need not be read entry by entry again.
Result<Copy> read_copy(const fs::path& file, const ListSpec& spec, const Result<Copy>& like = fail("none"))
{
    INTERDICT_TRY(auto text, read_file(file));
    Copy copy;
    copy.read = like && like->text == text ? like->read : read_list(text, spec, file.string());
    copy.read.list.taken = modified(file);
    copy.text = std::move(text);
    return copy;
}

// The problem of a file that is no list at all.
const order::Problem* fatal(const ReadList& read)
{
    if (read.list.entries() != 0)
        return nullptr;
    const auto found = std::ranges::find(read.problems, "$", &order::Problem::json_path);
    return found == read.problems.end() ? nullptr : &*found;
}

Result<void> write_copy(const fs::path& folder, const fs::path& file, const Copy& copy)
{
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return fail_errno(error.value(), "cannot make {}", folder.string());
    INTERDICT_CHECK(write_file(file, copy.text));
    // Its age is the list's, not that of the copy.
    const timespec times[2] = {{.tv_sec = copy.read.list.taken, .tv_nsec = 0},
                               {.tv_sec = copy.read.list.taken, .tv_nsec = 0}};
    if (::utimensat(AT_FDCWD, file.c_str(), times, 0) != 0)
        return fail_errno(errno, "cannot set the time of {}", file.string());
    return {};
}

class Loader {
public:
    Loader(fs::path base, fs::path kept, Keep keep, std::int64_t now)
        : base_(std::move(base)), kept_(std::move(kept)), keep_(keep), now_(now)
    {
    }

    void take(const ListSpec& spec)
    {
        const fs::path file = base_ / spec.file;
        const fs::path good_file = kept_ / copy_name(spec.label);
        ListState state{.label = spec.label, .file = file.string(), .trouble = {}, .problems = {}};
        auto fresh = read_copy(file, spec);
        auto good =
            kept_.empty() ? Result<Copy>(fail("no copies are kept")) : read_copy(good_file, spec, fresh);

        std::string trouble;
        if (!fresh)
            trouble = fresh.error().message;
        else if (const order::Problem* problem = fatal(fresh->read))
            trouble = to_string(*problem);
        else if (auto why = refusal(fresh->read.list, good ? &good->read.list : nullptr, spec))
            trouble = fmt::format("{} {}", file.string(), *why);

        if (!trouble.empty() && !good) {
            problems_.push_back(whole_file(file,
                                           fmt::format("is no good as list \"{}\": {}", spec.label, trouble),
                                           "fetch it anew; there is no last good copy"));
            return;
        }
        Copy& used = trouble.empty() ? *fresh : *good;
        state.kept = !trouble.empty();
        if (state.kept)
            state.trouble = fmt::format("{}; the copy of {} with {} entries goes on", trouble,
                                        format_timestamp(used.read.list.taken), used.read.list.entries());
        else if (keep_ == Keep::Yes && (!good || good->text != fresh->text))
            if (const auto written = write_copy(kept_, good_file, used); !written)
                state.trouble = written.error().message;
        if (spec.max_age != 0 && now_ - used.read.list.taken > spec.max_age) {
            state.stale = true;
            state.trouble += fmt::format(
                "{}list \"{}\" is of {}, older than its max_age of {}", state.trouble.empty() ? "" : "; ",
                spec.label, format_timestamp(used.read.list.taken), format_duration(spec.max_age));
        }
        used.read.list.source = state.file;
        state.problems = std::move(used.read.problems);
        lists_.push_back(std::move(used.read.list));
        states_.push_back(std::move(state));
    }

    std::vector<List> lists_;
    std::vector<ListState> states_;
    std::vector<order::Problem> problems_;

private:
    fs::path base_;
    fs::path kept_;
    Keep keep_;
    std::int64_t now_;
};

} // namespace

bool Loaded::degraded() const
{
    return std::ranges::any_of(states,
                               [](const ListState& s) { return !s.trouble.empty() || !s.problems.empty(); });
}

std::expected<Loaded, std::vector<order::Problem>> load(const fs::path& settings, const fs::path& kept,
                                                        Keep keep, std::int64_t now)
{
    ParsedSettings parsed;
    if (!settings.empty()) {
        const auto text = read_file(settings);
        if (!text)
            return std::unexpected(std::vector{
                whole_file(settings, text.error().message, "name a guard settings file that can be read")});
        parsed = parse_settings(*text, settings.string());
        if (!parsed.ok())
            return std::unexpected(std::move(parsed.problems));
    }
    Loader loader(settings.parent_path(), kept, keep, now);
    for (const ListSpec& spec : parsed.settings.lists)
        loader.take(spec);
    if (!loader.problems_.empty())
        return std::unexpected(std::move(loader.problems_));
    auto guard = Guard::make(parsed.settings, std::move(loader.lists_));
    if (!guard)
        return std::unexpected(std::vector{whole_file(settings, guard.error().message, "name fewer lists")});
    return Loaded{*std::move(guard), std::move(loader.states_)};
}

} // namespace interdict::guard
