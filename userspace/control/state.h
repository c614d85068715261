// SPDX-License-Identifier: Apache-2.0
//
// state.h: the state directory: what the plane cannot say about its rules.
//
//     generations/NUMBER-DIGEST.jsonl   a rule set (ruleset/text.h), written before it is published; last 10
//     generations/NUMBER-DIGEST-BEFORE.patch   what changes the one before in place (ruleset/patch.h),
//     likewise;
//                      rule sets that these begin with are kept for them
//     current          number of the generation that was published last
//     retired.jsonl    last counts of rules that are no more, one a line
//     retiring.jsonl   rules that go with a generation that is being published
//     refused.json     programs that the kernel refused when the plane was brought up, and why
//     scopes.json      the scopes file that was given last, as it was
//     book.db          the order book (book/book.h)
//     guard.json       the guard's settings, the operator's own; never written
//
// Which generation is live only the plane knows; its digest finds the file. A process that dies between two
// steps leaves a file too much or a retiring.jsonl, and the next writer puts that right.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "maps/control.h"
#include "plane/plane.h"
#include "ruleset/ruleset.h"
#include "ruleset/text.h"

namespace interdict::control {

inline constexpr std::size_t kGenerationsKept = 10;

// The 64 hex digits of a generation's digest.
[[nodiscard]] std::string digest_text(const interdict_generation& generation);

// What a change in place that was cut short was to lead to; nothing if none was. The rules of the live
// generation are partly these.
[[nodiscard]] std::optional<interdict_generation> intended(const plane::Plane& plane);

// Which rules are about to go.
struct Retirement {
    std::string before; // digest of the generation that has them
    std::uint64_t number = 0;
    std::string after; // number and digest of the one that has not; empty: the plane is taken down
    const ruleset::Ruleset* rules = nullptr;
    std::string plane;                    // archive.h: plane_name()
    std::vector<plane::LastCount> counts; // so far; all that is left of them if the plane is taken down
};

// Between two rule sets.
struct Changes {
    std::vector<std::uint32_t> removed;    // ids
    std::vector<ruleset::NamedRule> rules; // that have come or are others now
};

using Refusals = std::map<std::string, std::string, std::less<>>; // reasons by stage

class State {
public:
    explicit State(std::filesystem::path directory) : directory_(std::move(directory)) {}

    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
    [[nodiscard]] std::filesystem::path book() const { return directory_ / "book.db"; }
    [[nodiscard]] std::filesystem::path guard_settings() const { return directory_ / "guard.json"; }

    // Makes the directories.
    [[nodiscard]] Result<void> make() const;

    // The rule set of the generation; nothing if no file has its digest. Error: a file has, and is damaged.
    [[nodiscard]] Result<std::optional<ruleset::Ruleset>> rules(const interdict_generation& generation) const;
    // digest: its 64 hex digits.
    [[nodiscard]] Result<std::optional<ruleset::Ruleset>> rules(const std::string& digest) const;

    // Of the rule set of this digest those rules that have one of these ids, in any order; nothing as above.
    // ids: rising. For a few rules of millions it needs neither time nor memory for all.
    [[nodiscard]] Result<std::optional<std::vector<ruleset::NamedRule>>>
    named_rules(const std::string& digest, std::vector<std::uint32_t> ids) const;

    // What leads from the rule set of one digest to that of another, if that is changes in place which are
    // kept; else nothing. Error: damaged files.
    [[nodiscard]] Result<std::optional<Changes>> changes(const std::string& from,
                                                         const std::string& to) const;

    // The rule set that was published under this number last. Errors: none is kept (which are); damaged.
    [[nodiscard]] Result<ruleset::Ruleset> rules(std::uint64_t number) const;

    // Before publishing. text: what ruleset::write_ruleset() says.
    [[nodiscard]] Result<void> keep(std::uint64_t number, const std::string& digest,
                                    std::string_view text) const;

    // Before changing the live generation in place. text: what ruleset::write_patch() says. A power cut takes
    // the plane, too: until it is flushed the file need only outlast the process.
    [[nodiscard]] Result<void> keep_patch(std::uint64_t number, const std::string& digest,
                                          const std::string& before, std::string_view text) const;
    // Afterwards, for a rollback.
    [[nodiscard]] Result<void> flush_patch(std::uint64_t number, const std::string& digest,
                                           const std::string& before) const;

    // How many changes in place lead to the rule set of this digest since it was compiled whole.
    [[nodiscard]] std::size_t patches(const std::string& digest) const;

    // After publishing: writes `current` and removes the oldest files beyond kGenerationsKept, but for those
    // that the others rest on.
    [[nodiscard]] Result<void> settle(std::uint64_t number) const;

    // Before rules go, by a new generation or with the whole plane.
    [[nodiscard]] Result<void> begin_retirement(const Retirement& retirement) const;

    // Appends the counts to retired.jsonl in place of whatever an interrupted attempt wrote there.
    [[nodiscard]] Result<void> retire(std::span<const plane::LastCount> counts) const;

    // A retirement has begun and has not ended.
    [[nodiscard]] bool retiring() const;

    // Nothing has gone after all.
    [[nodiscard]] Result<void> cancel_retirement() const;

    // Finishes what a process that died has begun: takes the last counts from the plane, where they stay
    // until the next generation, or if that is gone the counts noted before. To be called by a writer before
    // it changes anything. Returns how many rules were retired.
    [[nodiscard]] Result<std::size_t> recover(const plane::Plane& plane) const;

    // Which stages the kernel refused when the plane was brought up, and in what words: the plane has only
    // what was loaded. Nothing refused: nothing is kept.
    [[nodiscard]] Result<void> note_refusals(const Refusals& refusals) const;
    // None if nothing readable was kept.
    [[nodiscard]] Refusals refusals() const;

    // Orders name scopes; what they mean must outlive the command that was told. text: as
    // order::parse_scopes() takes it.
    [[nodiscard]] Result<void> keep_scopes(std::string_view text) const;
    // Empty if none were kept. Error: the file does not parse any more.
    [[nodiscard]] Result<std::vector<order::Scope>> scopes() const;
    // Of the file that holds them, to tell whether they are still the same.
    [[nodiscard]] std::string scopes_digest() const;

    // A generation's file, for messages.
    [[nodiscard]] std::filesystem::path file(std::uint64_t number, const std::string& digest) const;

private:
    std::filesystem::path directory_;
};

} // namespace interdict::control
