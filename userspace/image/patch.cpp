// SPDX-License-Identifier: Apache-2.0
#include "image/patch.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>
#include <unordered_map>

#include "image/answers.h"
#include "image/filter.h"
#include "image/image.h"
#include "image/keys.h"
#include "image/plain.h"
#include "image/view.h"

namespace interdict::image {

namespace {

using ruleset::Rule;

constexpr std::uint32_t kLoadPercent = 90; // beyond, ways to a free slot become long
// Of the filters' bits: one packet in eight would be looked up for nothing.
constexpr double kFillMax = 0.6;

using Words = std::array<std::uint64_t, sizeof(interdict_rule) / 8>;

Words words_of(const interdict_rule& record) { return std::bit_cast<Words>(record); }

interdict_hash hash_of(const Live& live, const order::Target& target)
{
    return target.is_name() ? hash_name(live.name_key, target.name.name)
                            : hash_prefix(live.header.key, target.address.prefix);
}

bool is_unused(const interdict_answer& answer)
{
    return answer.notice_length == 0 && answer.brief_length == 0 && answer.text_length == 0;
}

bool same_answer(const interdict_answer& one, const interdict_answer& other)
{
    return std::memcmp(&one, &other, sizeof one) == 0;
}

// The records of "answers" that rules of this patch point to: those that say the same already, or free ones.
class Answers {
public:
    Answers(const ruleset::Patch& patch, const Live& live) : orders_(patch.after.orders), live_(live) {}

    // Nothing: no room.
    std::optional<std::uint32_t> index(const Rule& rule)
    {
        if (!has_words(rule.record))
            return 0;
        const std::uint32_t order = rule.orders.front();
        if (const auto found = known_.find(order); found != known_.end())
            return found->second;
        const interdict_answer wanted = make_answer(&orders_[order]);
        std::optional<std::uint32_t> place;
        for (std::uint32_t at = 1; at < live_.answers.size(); ++at) {
            if (same_answer(live_.answers[at], wanted)) {
                known_.emplace(order, at);
                return at;
            }
            if (!place && is_unused(live_.answers[at]) && at >= next_)
                place = at;
        }
        if (place) {
            added.emplace_back(*place, wanted);
            known_.emplace(order, *place);
            next_ = *place + 1;
        }
        return place;
    }

    std::vector<std::pair<std::uint32_t, interdict_answer>> added;

private:
    std::span<const ruleset::OrderInfo> orders_;
    const Live& live_;
    std::unordered_map<std::uint32_t, std::uint32_t> known_; // by order
    std::uint32_t next_ = 1;
};

using Chain = std::vector<const Rule*>;

struct Chains {
    Chain before;
    Chain after;
};

order::Target place_of(const order::Target& target)
{
    order::Target place;
    place.name.name = target.name.name;
    place.address.prefix = target.address.prefix;
    return place;
}

void add_chains(const ruleset::Ruleset& rules, std::map<order::Target, Chains>& places, Chain Chains::*chain)
{
    for (const Rule& head : rules.rules) {
        if (!head.head)
            continue;
        Chain& list = places[place_of(head.target)].*chain;
        for (const Rule* rule = &head; rule; rule = rules.find(rule->record.next))
            list.push_back(rule);
    }
}

// Both chains in one: each is what is left if one leaves out the rules of the other.
struct Link {
    std::uint32_t id = 0;
    const Rule* before = nullptr; // null: comes
    const Rule* after = nullptr;  // null: goes
};

std::optional<std::vector<Link>> merged(const Chains& chains)
{
    const auto has = [](const Chain& chain, std::uint32_t id) {
        return std::ranges::find(chain, id, &Rule::id) != chain.end();
    };
    std::vector<Link> links;
    auto old = chains.before.begin();
    auto now = chains.after.begin();
    while (old != chains.before.end() || now != chains.after.end()) {
        if (old != chains.before.end() && !has(chains.after, (*old)->id())) {
            links.push_back({(*old)->id(), *old, nullptr});
            ++old;
        } else if (now != chains.after.end() && !has(chains.before, (*now)->id())) {
            links.push_back({(*now)->id(), nullptr, *now});
            ++now;
        } else if (old != chains.before.end() && now != chains.after.end() && (*old)->id() == (*now)->id()) {
            links.push_back({(*old)->id(), *old, *now});
            ++old;
            ++now;
        } else {
            return std::nullopt;
        }
    }
    return links;
}

class Planner {
public:
    Planner(const ruleset::Patch& patch, const Live& live)
        : source_(patch), live_(live), table_(live.buckets.first(live.header.buckets)), answers_(patch, live)
    {
    }

    PatchPlan plan()
    {
        patch_.header = live_.header;
        patch_.added = source_.diff.added;
        patch_.removed = source_.diff.removed;
        std::map<order::Target, Chains> places;
        add_chains(source_.before, places, &Chains::before);
        add_chains(source_.after, places, &Chains::after);
        for (const auto& [place, chains] : places)
            if (auto reason = plan_place(place, chains); !reason.empty())
                return {.patch = std::nullopt, .whole = std::move(reason)};
        if (auto reason = check_room(); !reason.empty())
            return {.patch = std::nullopt, .whole = std::move(reason)};
        patch_.answers = std::move(answers_.added);
        return {.patch = std::move(patch_), .whole = {}};
    }

private:
    std::string plan_place(const order::Target& place, const Chains& chains)
    {
        const interdict_hash hash = hash_of(live_, place);
        const std::uint32_t found = table_.find(hash);
        const std::uint32_t expected = chains.before.empty() ? 0 : chains.before.front()->id();
        if (INTERDICT_TARGET_RULE(found) != expected)
            return fmt::format("the live table has rule {} on {}, not {}", INTERDICT_TARGET_RULE(found),
                               to_string(place), expected);
        const auto links = merged(chains);
        if (!links)
            return fmt::format("the order of the rules on {} changes", to_string(place));
        if (links->size() > INTERDICT_RULE_CHAIN_MAX)
            return fmt::format("{} rules would be on {} for a moment, the kernel reads {}", links->size(),
                               to_string(place), INTERDICT_RULE_CHAIN_MAX);
        const PlainSpan span{live_.header.plain_from, live_.header.plain_until};
        const bool plain = chains.after.size() == 1 && span.holds(*chains.after.front());
        if (auto reason = add_records(*links); !reason.empty())
            return reason;
        if (chains.before.empty()) {
            const std::uint32_t rule = chains.after.front()->id() | (plain ? INTERDICT_TARGET_PLAIN : 0);
            patch_.targets.push_back({place, {hash, rule}});
            patch_.additions.push_back({.kind = Step::Kind::Show, .hash = hash});
            ++patch_.header.targets;
            return {};
        }
        if (chains.after.empty()) {
            patch_.removals.push_back({.kind = Step::Kind::Clear, .hash = hash});
            --patch_.header.targets;
            return {};
        }
        return change_chain(place, *links, {hash, found}, plain);
    }

    // Records of rules that come, as they stand between those that go and those that stay.
    std::string add_records(const std::vector<Link>& links)
    {
        for (std::size_t at = 0; at < links.size(); ++at) {
            if (links[at].before)
                continue;
            interdict_rule record = links[at].after->record;
            record.next = at + 1 < links.size() ? links[at + 1].id : 0;
            record.order = INTERDICT_ORDER_NOT_SAID;
            const auto answer = answers_.index(*links[at].after);
            if (!answer)
                return "no room for what refused users are told";
            record.answer = *answer;
            widen(patch_.header, *links[at].after);
            patch_.header.rules = std::max(patch_.header.rules, record.id + 1);
            patch_.records.push_back(record);
        }
        return {};
    }

    // found: the target's slot as it is.
    std::string change_chain(const order::Target& place, const std::vector<Link>& links,
                             const TableEntry& found, bool plain)
    {
        std::vector<Step> additions;
        std::vector<Step> changes;
        std::vector<Step> removals;
        for (std::size_t at = 0; at < links.size(); ++at) {
            const bool starts =
                at == 0 || comes(links[at - 1]) != comes(links[at]) || goes(links[at - 1]) != goes(links[at]);
            if (comes(links[at]) && starts)
                additions.push_back(link(links, at, links[at].id, found.hash));
            if (goes(links[at]) && starts) {
                std::size_t end = at;
                while (end < links.size() && goes(links[end]))
                    ++end;
                removals.push_back(link(links, at, end < links.size() ? links[end].id : 0, found.hash));
            }
            if (links[at].before && links[at].after)
                if (auto reason = change_record(links[at], changes); !reason.empty())
                    return reason;
        }
        if (!changes.empty() && (changes.size() > 1 || !additions.empty() || !removals.empty()))
            return fmt::format("several things change on {} at once", to_string(place));
        if (additions.empty() && changes.empty() && removals.empty())
            return {};
        if (found.rule & INTERDICT_TARGET_PLAIN) {
            auto& first = !additions.empty() ? additions : !changes.empty() ? changes : removals;
            first.insert(first.begin(), head(found.hash, INTERDICT_TARGET_RULE(found.rule)));
        }
        if (plain) {
            const std::uint32_t only = std::ranges::find_if(links, &stays)->id;
            auto& last = !removals.empty() ? removals : !changes.empty() ? changes : additions;
            last.push_back(head(found.hash, only | INTERDICT_TARGET_PLAIN));
        }
        std::ranges::copy(additions, std::back_inserter(patch_.additions));
        std::ranges::copy(changes, std::back_inserter(patch_.changes));
        std::ranges::copy(removals, std::back_inserter(patch_.removals));
        return {};
    }

    static bool comes(const Link& link) { return !link.before; }
    static bool goes(const Link& link) { return !link.after; }
    static bool stays(const Link& link) { return link.after; }

    static Step head(interdict_hash hash, std::uint32_t rule)
    {
        return {.kind = Step::Kind::Head, .value = rule, .hash = hash};
    }

    // Whatever leads to links[at] leads to `next` instead.
    static Step link(const std::vector<Link>& links, std::size_t at, std::uint32_t next, interdict_hash hash)
    {
        if (at == 0)
            return head(hash, next);
        return {.kind = Step::Kind::Link, .id = links[at - 1].id, .value = next};
    }

    std::string change_record(const Link& link, std::vector<Step>& changes)
    {
        const interdict_rule& live = live_.rules[link.id];
        interdict_rule record = link.after->record;
        record.next = live.next;
        record.order = live.order;
        const auto answer = answers_.index(*link.after);
        if (!answer)
            return "no room for what refused users are told";
        record.answer = *answer;
        const Words before = words_of(live);
        const Words after = words_of(record);
        unsigned differ = 0;
        for (unsigned word = 0; word < before.size(); ++word) {
            if (before[word] == after[word])
                continue;
            ++differ;
            changes.push_back({.kind = Step::Kind::Record, .id = link.id, .word = word, .bits = after[word]});
        }
        if (differ > 1)
            return fmt::format("rule {} changes in more than one store can say", link.id);
        widen(patch_.header, *link.after);
        return {};
    }

    [[nodiscard]] std::string check_room() const
    {
        const std::uint64_t slots = std::uint64_t{live_.header.buckets} * INTERDICT_BUCKET_SLOTS;
        if (!patch_.targets.empty() && patch_.header.targets * std::uint64_t{100} > slots * kLoadPercent)
            return fmt::format("the live table has {} slots, {} targets are to be in it", slots,
                               patch_.header.targets);
        if (patch_.header.rules > live_.rules.size())
            return fmt::format("the live generation has room for {} rules, not {}", live_.rules.size(),
                               patch_.header.rules);
        if (const double fill = filter_fill(live_.filter, live_.header);
            !patch_.targets.empty() && fill > kFillMax)
            return fmt::format("the live filters are full to {:.0f} %", 100 * fill);
        return {};
    }

    const ruleset::Patch& source_;
    const Live& live_;
    LiveTable table_;
    Answers answers_;
    Patch patch_;
};

} // namespace

std::vector<interdict_rule> Live::chain(const order::Target& target) const
{
    std::vector<interdict_rule> chain;
    std::uint32_t id = View(header, buckets, name_key).find(target);
    while (id != 0 && id < rules.size() && chain.size() < INTERDICT_RULE_CHAIN_MAX) {
        chain.push_back(rules[id]);
        id = rules[id].next;
    }
    return chain;
}

ruleset::IdSource Live::free_ids() const
{
    const auto end = static_cast<std::uint32_t>(rules.size());
    return [rules = rules, end, first = header.rules, at = header.rules, wrapped = false]() mutable {
        for (;;) {
            if (at >= end && !wrapped) {
                wrapped = true;
                at = 1;
            }
            if (at >= (wrapped ? std::min(first, end) : end))
                return 0u;
            const std::uint32_t id = at++;
            if (id != 0 && !(rules[id].flags & INTERDICT_RULE_PRESENT))
                return id;
        }
    };
}

PatchPlan make_patch(const ruleset::Patch& patch, const Live& live) { return Planner(patch, live).plan(); }

} // namespace interdict::image
