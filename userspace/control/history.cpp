// SPDX-License-Identifier: Apache-2.0
#include "control/history.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <unordered_set>

#include "base/file.h"
#include "ruleset/patch.h"

namespace interdict::control {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kDigestDigits = 16; // of 64, in a file's name

std::optional<GenerationFile> parse_name(const fs::path& path)
{
    const std::string stem = path.stem();
    const auto dash = stem.find('-');
    GenerationFile file{.path = path};
    const bool patch = path.extension() == ".patch";
    if ((path.extension() != ".jsonl" && !patch) || dash == std::string::npos)
        return std::nullopt;
    const auto [end, error] = std::from_chars(stem.data(), stem.data() + dash, file.number);
    if (error != std::errc() || end != stem.data() + dash)
        return std::nullopt;
    file.digest = stem.substr(dash + 1);
    if (!patch)
        return file;
    const auto second = file.digest.find('-');
    if (second == std::string::npos || second + 1 == file.digest.size())
        return std::nullopt;
    file.before = file.digest.substr(second + 1);
    file.digest.resize(second);
    return file;
}

} // namespace

std::string file_digest(const std::string& digest) { return digest.substr(0, kDigestDigits); }

fs::path rule_set_file(const fs::path& directory, std::uint64_t number, const std::string& digest)
{
    return directory / "generations" / fmt::format("{}-{}.jsonl", number, file_digest(digest));
}

fs::path patch_file(const fs::path& directory, std::uint64_t number, const std::string& digest,
                    const std::string& before)
{
    return directory / "generations" /
           fmt::format("{}-{}-{}.patch", number, file_digest(digest), file_digest(before));
}

std::vector<GenerationFile> generation_files(const fs::path& directory)
{
    std::vector<GenerationFile> files;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored))
        if (auto file = parse_name(entry.path()))
            files.push_back(*std::move(file));
    return files;
}

const GenerationFile* find_file(const std::vector<GenerationFile>& files, const std::string& digest)
{
    const auto found = std::ranges::find(files, file_digest(digest), &GenerationFile::digest);
    return found == files.end() ? nullptr : &*found;
}

ByDigest by_digest(const std::vector<GenerationFile>& files)
{
    ByDigest index;
    for (const auto& file : files)
        index.emplace(file.digest, &file);
    return index;
}

std::vector<const GenerationFile*> history(const ByDigest& files, const GenerationFile& of)
{
    std::vector<const GenerationFile*> chain{&of};
    while (chain.back()->is_patch() && chain.size() <= files.size()) {
        const auto found = files.find(chain.back()->before);
        if (found == files.end())
            break;
        chain.push_back(found->second);
    }
    return chain;
}

Result<ruleset::Ruleset> read_history(const std::vector<GenerationFile>& files, const GenerationFile& of)
{
    const auto chain = history(by_digest(files), of);
    const auto& base = *chain.back();
    if (base.is_patch())
        return fail("{}: rests on a rule set {}... that is not kept", of.path.string(), base.before);
    INTERDICT_TRY(const auto text, read_file(base.path));
    INTERDICT_TRY(auto rules, ruleset::read_ruleset(text, base.path.string()));
    std::string digest = ruleset::hash_in(text);
    std::vector<ruleset::StoredPatch> patches;
    for (auto file = chain.rbegin() + 1; file != chain.rend(); ++file) {
        const auto& path = (*file)->path;
        INTERDICT_TRY(const auto change, read_file(path));
        INTERDICT_TRY(auto patch, ruleset::read_patch(change, path.string()));
        if (patch.before != digest)
            return fail("{}: does not follow on the rule set {}", path.string(), digest);
        patches.push_back(std::move(patch));
        digest = ruleset::hash_text(change);
    }
    if (patches.empty())
        return rules;
    auto made = ruleset::apply_patches(std::move(rules), patches);
    if (!made)
        return fail("{}: {}", of.path.string(), made.error().message);
    return made;
}

Result<std::vector<ruleset::NamedRule>> find_in_history(const std::vector<GenerationFile>& files,
                                                        const GenerationFile& of,
                                                        std::vector<std::uint32_t> ids)
{
    std::vector<ruleset::NamedRule> found;
    const auto chain = history(by_digest(files), of);
    for (const auto* file : chain) {
        if (ids.empty())
            break;
        INTERDICT_TRY(const auto text, read_file(file->path));
        if (!file->is_patch()) {
            INTERDICT_TRY(auto rest, ruleset::find_rules(text, file->path.string(), ids));
            std::ranges::move(rest, std::back_inserter(found));
            return found;
        }
        INTERDICT_TRY(const auto patch, ruleset::read_patch(text, file->path.string()));
        std::unordered_set<std::uint32_t> said(patch.removed.begin(), patch.removed.end());
        for (const auto& rule : patch.after.rules) {
            said.insert(rule.id());
            if (std::ranges::binary_search(ids, rule.id()))
                found.push_back(ruleset::NamedRule::of(rule, patch.after.orders));
        }
        std::erase_if(ids, [&](std::uint32_t id) { return said.contains(id); });
    }
    if (!ids.empty())
        return fail("{}: rests on a rule set {}... that is not kept", of.path.string(), chain.back()->before);
    return found;
}

Result<std::optional<Changes>> changes_in_history(const std::vector<GenerationFile>& files,
                                                  const GenerationFile& of, const std::string& since)
{
    const auto chain = history(by_digest(files), of);
    const auto end = std::ranges::find(chain, file_digest(since), &GenerationFile::digest);
    if (end == chain.end())
        return std::nullopt;
    Changes changes;
    std::unordered_set<std::uint32_t> said; // by a later one
    for (auto file = chain.begin(); file != end; ++file) {
        const auto& path = (*file)->path;
        INTERDICT_TRY(const auto text, read_file(path));
        INTERDICT_TRY(const auto patch, ruleset::read_patch(text, path.string()));
        for (const auto& rule : patch.after.rules)
            if (said.insert(rule.id()).second)
                changes.rules.push_back(ruleset::NamedRule::of(rule, patch.after.orders));
        for (const auto id : patch.removed)
            if (said.insert(id).second)
                changes.removed.push_back(id);
    }
    return changes;
}

} // namespace interdict::control
