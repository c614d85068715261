// SPDX-License-Identifier: Apache-2.0
//
// history.h: the files of rule sets and of changes in place that lead from one to the next. For state.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "control/state.h"
#include "ruleset/ruleset.h"
#include "ruleset/text.h"

namespace interdict::control {

struct GenerationFile {
    std::filesystem::path path;
    std::uint64_t number = 0;
    std::string digest{}; // its first digits
    std::string before{}; // of a patch: likewise, of what it changes; empty: a whole rule set

    [[nodiscard]] bool is_patch() const { return !before.empty(); }
};

// The digits of a digest that are in a file's name.
[[nodiscard]] std::string file_digest(const std::string& digest);

// directory: of the state.
[[nodiscard]] std::filesystem::path rule_set_file(const std::filesystem::path& directory,
                                                  std::uint64_t number, const std::string& digest);
[[nodiscard]] std::filesystem::path patch_file(const std::filesystem::path& directory, std::uint64_t number,
                                               const std::string& digest, const std::string& before);

// directory: of the generations.
[[nodiscard]] std::vector<GenerationFile> generation_files(const std::filesystem::path& directory);

// The one of the rule set of this digest; null if it is not kept.
[[nodiscard]] const GenerationFile* find_file(const std::vector<GenerationFile>& files,
                                              const std::string& digest);

// There may be a thousand patches between two whole rule sets.
using ByDigest = std::unordered_map<std::string_view, const GenerationFile*>;
[[nodiscard]] ByDigest by_digest(const std::vector<GenerationFile>& files);

// The patches that lead to this file's rule set, latest first, and the whole one that they begin with. It is
// missing at the end if it is not kept.
[[nodiscard]] std::vector<const GenerationFile*> history(const ByDigest& files, const GenerationFile& of);

[[nodiscard]] Result<ruleset::Ruleset> read_history(const std::vector<GenerationFile>& files,
                                                    const GenerationFile& of);

// Each rule as the latest of the files that say something of it has it. ids: rising.
[[nodiscard]] Result<std::vector<ruleset::NamedRule>>
find_in_history(const std::vector<GenerationFile>& files, const GenerationFile& of,
                std::vector<std::uint32_t> ids);

// What the patches since the rule set of the digest `since` say; nothing if they do not lead back to it.
[[nodiscard]] Result<std::optional<Changes>> changes_in_history(const std::vector<GenerationFile>& files,
                                                                const GenerationFile& of,
                                                                const std::string& since);

} // namespace interdict::control
