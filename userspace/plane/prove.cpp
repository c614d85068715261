// SPDX-License-Identifier: Apache-2.0
#include "plane/prove.h"

#include <algorithm>

#include "base/clock.h"

namespace interdict::plane {

namespace {

using ruleset::Rule;

constexpr std::size_t kBatch = 4096;

std::string describe(const probe::Packet& packet)
{
    if (packet.channel != INTERDICT_CHANNEL_ADDRESS)
        return fmt::format("{}{} over {}", packet.below ? probe::kBelow : "", packet.name,
                           order::channel_name(packet.channel));
    return fmt::format("{} {}, {} port {}", packet.from_remote ? "from" : "to", to_string(packet.remote),
                       order::protocol_name(packet.protocol, packet.remote.v6), packet.remote_port);
}

std::string_view verdict_name(interdict_verdict verdict)
{
    switch (verdict) {
    case INTERDICT_VERDICT_DROP:
        return "dropped";
    case INTERDICT_VERDICT_RESET:
        return "reset";
    case INTERDICT_VERDICT_ANSWER:
        return "answered";
    case INTERDICT_VERDICT_NOTICE:
        return "answered with a notice";
    default:
        return "passed";
    }
}

std::string describe(const probe::Probe& probe, const Outcome& outcome)
{
    std::string text = describe(probe.packet);
    if (probe.at)
        text += fmt::format(" at {}", format_timestamp(probe.at));
    text += fmt::format(": {}", verdict_name(outcome.verdict));
    if (outcome.rule && outcome.rule != probe.rule)
        text += fmt::format(" by rule {}", outcome.rule);
    switch (outcome.finding) {
    case Finding::Passed:
        return text + ", though the rule is on it";
    case Finding::Acted:
        return text + (probe.expect == probe::Expect::Silent ? ", though the rule is not in force"
                                                             : ", though it must pass");
    case Finding::Answer:
        return text + fmt::format(", though the rule asks for {}", order::action_name(probe.action));
    case Finding::Shortcut:
        return text + ", but not on the short way for plain rules";
    default:
        return text;
    }
}

// What the probes of one rule have shown.
struct Shown {
    bool tried = false;
    bool right = false; // by a probe inside the window
    bool other = false;
    bool wrong = false;
};

class Trial {
public:
    Trial(Prover& prover, const ruleset::Ruleset& ruleset, const ProofLimits& limits, Proof& proof)
        : prover_(prover), ruleset_(ruleset), limits_(limits), proof_(proof), maker_(ruleset, now())
    {
    }

    Result<void> rules(std::span<const Rule* const> rules)
    {
        shown_.resize(rules.size());
        std::size_t first = 0; // probes that try every rule once
        for (const Rule* rule : rules) {
            made_.clear();
            maker_.append(*rule, made_);
            proof_.possible += made_.size();
            first += !made_.empty();
        }
        const std::size_t room = limits_.probes;
        planned_ = std::min(room, proof_.possible);
        const std::size_t once = first > room ? (first + room - 1) / std::max<std::size_t>(room, 1) : 1;
        INTERDICT_CHECK(walk(rules, once, true));
        if (first < room && proof_.possible > first) {
            const std::size_t rest = proof_.possible - first;
            INTERDICT_CHECK(walk(rules, (rest + room - first - 1) / (room - first), false));
        }
        return {};
    }

    // Sorts the rules into the lists of the proof.
    void conclude(std::span<const Rule* const> rules)
    {
        const std::int64_t time = now();
        for (std::size_t i = 0; i < rules.size(); ++i) {
            const auto& record = rules[i]->record;
            const bool idle = static_cast<std::int64_t>(record.not_before) > time ||
                              (record.not_after && static_cast<std::int64_t>(record.not_after) <= time);
            const Shown& shown = shown_[i];
            auto& list = shown.wrong    ? proof_.failed
                         : !shown.tried ? proof_.untried
                         : shown.right  ? (idle ? proof_.waiting : proof_.proven)
                         : shown.other  ? proof_.covered
                                        : proof_.failed;
            list.push_back(rules[i]->id());
        }
    }

private:
    // Every n-th rule: its first probe, or all but the first.
    Result<void> walk(std::span<const Rule* const> rules, std::size_t n, bool first)
    {
        for (std::size_t i = 0; i < rules.size(); i += n) {
            made_.clear();
            maker_.append(*rules[i], made_);
            if (made_.empty() && first) {
                shown_[i].wrong = true;
                fail_rule(*rules[i], fmt::format("{}: no subscriber of its family is in its scopes",
                                                 to_string(rules[i]->target)));
            }
            for (std::size_t k = first ? 0 : 1;
                 k < (first ? std::min<std::size_t>(made_.size(), 1) : made_.size()); ++k) {
                batch_.push_back(made_[k]);
                owners_.push_back(i);
            }
            if (batch_.size() >= kBatch)
                INTERDICT_CHECK(flush(rules));
        }
        return flush(rules);
    }

    Result<void> flush(std::span<const Rule* const> rules)
    {
        INTERDICT_TRY(const auto outcomes, prover_.run(batch_));
        for (std::size_t i = 0; i < batch_.size(); ++i)
            note(*rules[owners_[i]], shown_[owners_[i]], batch_[i], outcomes[i]);
        proof_.probes += batch_.size();
        batch_.clear();
        owners_.clear();
        if (limits_.progress)
            limits_.progress(proof_.probes, planned_);
        return {};
    }

    void note(const Rule& rule, Shown& shown, const probe::Probe& probe, const Outcome& outcome)
    {
        shown.tried = true;
        if (outcome.finding == Finding::Right) {
            ++proof_.right;
            shown.right |= probe.expect != probe::Expect::Silent;
            return;
        }
        if (outcome.finding == Finding::Other || (rule.exempt() && other_orders(rule, outcome.rule))) {
            shown.other = true;
            return;
        }
        shown.wrong = true;
        fail_rule(rule, describe(probe, outcome));
    }

    // An exemption is only from its own orders.
    bool other_orders(const Rule& exemption, std::uint32_t id) const
    {
        const Rule* rule = ruleset_.find(id);
        return rule && std::ranges::none_of(rule->orders, [&](std::uint32_t order) {
                   return std::ranges::binary_search(exemption.orders, order);
               });
    }

    void fail_rule(const Rule& rule, std::string text)
    {
        if (proof_.failures.size() < limits_.failures)
            proof_.failures.push_back({rule.id(), std::move(text)});
    }

    Prover& prover_;
    const ruleset::Ruleset& ruleset_;
    const ProofLimits& limits_;
    Proof& proof_;
    probe::ProbeMaker maker_;
    std::size_t planned_ = 0;
    std::vector<Shown> shown_;        // beside the rules
    std::vector<probe::Probe> made_;  // of one rule
    std::vector<probe::Probe> batch_; // to be run
    std::vector<std::size_t> owners_; // beside the batch: index of the rule
};

Result<Prover*> ready(Plane& plane, Generation which, std::uint64_t& generation)
{
    INTERDICT_TRY(Prover* const prover, plane.prover());
    INTERDICT_CHECK(prover->select(plane.maps(), which));
    generation = plane.maps().live() + (which == Generation::Staged ? 1 : 0);
    return prover;
}

Result<Proof> prove_rules(Plane& plane, Generation which, const ruleset::Ruleset& ruleset,
                          std::span<const Rule* const> rules, const ProofLimits& limits)
{
    Proof proof;
    INTERDICT_TRY(Prover* const prover, ready(plane, which, proof.generation));
    proof.dry_run = plane.observe();
    Trial trial(*prover, ruleset, limits, proof);
    INTERDICT_CHECK(trial.rules(rules));
    trial.conclude(rules);
    return proof;
}

} // namespace

Result<Proof> prove(Plane& plane, Generation which, const ruleset::Ruleset& ruleset,
                    std::span<const std::uint32_t> ids, const ProofLimits& limits)
{
    std::vector<const Rule*> rules;
    rules.reserve(ids.size());
    for (const std::uint32_t id : ids) {
        rules.push_back(ruleset.find(id));
        if (!rules.back())
            return fail("the rule set has no rule {}", id);
    }
    return prove_rules(plane, which, ruleset, rules, limits);
}

Result<Proof> prove(Plane& plane, Generation which, const ruleset::Ruleset& ruleset,
                    const ProofLimits& limits)
{
    std::vector<const Rule*> rules;
    rules.reserve(ruleset.rules.size());
    for (const Rule& rule : ruleset.rules)
        rules.push_back(&rule);
    return prove_rules(plane, which, ruleset, rules, limits);
}

Result<Canaries> check_canaries(Plane& plane, Generation which, const ruleset::Ruleset& ruleset,
                                std::span<const order::Target> targets)
{
    Canaries canaries;
    INTERDICT_TRY(Prover* const prover, ready(plane, which, canaries.generation));
    probe::ProbeMaker maker(ruleset, now());
    std::vector<probe::Probe> batch;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        maker.append_canary(targets[i], batch);
        if (batch.size() < kBatch && i + 1 < targets.size())
            continue;
        INTERDICT_TRY(const auto outcomes, prover->run(batch));
        for (std::size_t k = 0; k < batch.size(); ++k)
            if (outcomes[k].finding != Finding::Right)
                canaries.blocked.push_back({outcomes[k].rule, describe(batch[k], outcomes[k])});
        canaries.probes += batch.size();
        batch.clear();
    }
    return canaries;
}

} // namespace interdict::plane
