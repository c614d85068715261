// SPDX-License-Identifier: Apache-2.0
#include "ruleset/compile.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_set>

#include <fmt/ranges.h>

#include "order/problem.h"
#include "ruleset/chains.h"
#include "ruleset/conditions.h"
#include "ruleset/ids.h"

namespace interdict::ruleset {

namespace {

constexpr std::size_t kProblemsMax = 20;

class Problems {
public:
    void add(std::string line)
    {
        if (lines_.size() < kProblemsMax)
            lines_.push_back(std::move(line));
        else
            ++unlisted_;
    }

    [[nodiscard]] bool empty() const { return lines_.empty(); }

    [[nodiscard]] Error error() const
    {
        std::string message = fmt::format("{}", fmt::join(lines_, "\n"));
        if (unlisted_ > 0)
            message += fmt::format("\nand {} more", unlisted_);
        return Error{std::move(message)};
    }

private:
    std::vector<std::string> lines_;
    std::size_t unlisted_ = 0;
};

std::string where(const order::Order& order)
{
    return order.file.empty() ? fmt::format("order {}", order.id)
                              : fmt::format("{}: {} ({})", order.file, order.json_path, order.id);
}

std::string known_scopes(const std::vector<order::Scope>& scopes)
{
    std::vector<std::string_view> names;
    for (const order::Scope& scope : scopes)
        names.push_back(scope.name);
    return names.empty() ? "no scopes file was given, or it is empty"
                         : fmt::format("known are {}", fmt::join(names, ", "));
}

std::uint32_t scope_bits(const order::Order& order, const std::vector<order::Scope>& scopes,
                         Problems& problems)
{
    std::uint32_t bits = 0;
    for (const std::string& name : order.scope) {
        const auto found = std::ranges::find(scopes, name, &order::Scope::name);
        if (found == scopes.end())
            problems.add(fmt::format("{}: the scope \"{}\" is not defined; {}", where(order),
                                     order::printable(name), known_scopes(scopes)));
        else
            bits |= 1u << (found - scopes.begin());
    }
    return bits;
}

OrderInfo info_of(const order::Order& order)
{
    return {.id = order.id,
            .kind = order.kind,
            .status = order.status,
            .mode = order.mode,
            .authority = order.authority,
            .reference = order.reference,
            .jurisdiction = order.jurisdiction,
            .issued = order.issued,
            .effective = order.effective,
            .expires = order.expires,
            .comply_by = order.comply_within ? order.effective + *order.comply_within : 0,
            .sinkhole = order.sinkhole,
            .notice = order.notice};
}

Rule rule_of(Draft draft)
{
    Rule rule;
    interdict_rule& record = rule.record;
    const Conditions& conditions = draft.conditions;
    record.scope = conditions.scope;
    record.order = draft.orders.front();
    record.not_before = static_cast<std::uint64_t>(conditions.not_before);
    record.not_after = static_cast<std::uint64_t>(conditions.not_after);
    record.flags = INTERDICT_RULE_PRESENT;
    if (draft.target.is_name() && draft.target.name.match == order::Match::Subtree)
        record.flags |= INTERDICT_RULE_SUBTREE;
    if (conditions.observe)
        record.flags |= INTERDICT_RULE_OBSERVE;
    if (draft.exempt)
        record.flags |= INTERDICT_RULE_EXEMPT;
    record.means = conditions.means;
    std::ranges::copy(conditions.actions, record.action);
    const order::AddressTarget& address = draft.target.address;
    record.protocol = address.protocol;
    record.ports_count = static_cast<std::uint8_t>(address.ports.size());
    for (std::size_t i = 0; i < address.ports.size(); ++i)
        record.ports[i] = {address.ports[i].first, address.ports[i].last};
    rule.target = std::move(draft.target);
    rule.derived_from = std::move(draft.derived_from);
    rule.orders = std::move(draft.orders);
    return rule;
}

std::string too_long(const std::vector<Draft>& chain, std::span<const order::Order> orders,
                     std::uint32_t limit)
{
    std::set<std::string_view> ids;
    for (const Draft& draft : chain)
        for (const std::uint32_t index : draft.orders)
            ids.insert(orders[index].id);
    order::Target place = chain.front().target;
    place.name.match = order::Match::Exact;
    place.address.protocol = 0;
    place.address.ports.clear();
    return fmt::format(
        "{}: {} different rules meet on this target, the kernel reads {}; give the orders {} the same "
        "means, actions, scope, mode and dates, or join them",
        order::to_string(place), chain.size(), limit, fmt::join(ids, ", "));
}

// Rules without ids, chain by chain.
struct Drafted {
    std::vector<Rule> rules;
    std::vector<std::uint32_t> sequence;
    std::vector<bool> chain_goes_on; // the next rule is the next of the same chain
};

Drafted draft_rules(std::span<const order::Order> orders, const Entries& entries, const Limits& limits,
                    Problems& problems)
{
    Drafted drafted;
    drafted.rules.reserve(entries.all().size());
    drafted.sequence.reserve(entries.all().size());
    for (std::size_t first = 0; first < entries.all().size();) {
        entries.fetch_ahead(first);
        const std::span<const Entry> here = entries.group(first);
        std::vector<Draft> chain = build_chain(entries, here);
        if (chain.size() > limits.chain)
            problems.add(too_long(chain, orders, limits.chain));
        for (std::size_t i = 0; i < chain.size(); ++i) {
            drafted.sequence.push_back(chain[i].sequence);
            drafted.chain_goes_on.push_back(i + 1 < chain.size());
            drafted.rules.push_back(rule_of(std::move(chain[i])));
        }
        first += here.size();
    }
    return drafted;
}

void link_drafts(Drafted& drafted)
{
    bool inside = false;
    for (std::size_t i = 0; i < drafted.rules.size(); ++i) {
        drafted.rules[i].head = !inside;
        inside = drafted.chain_goes_on[i];
        if (inside)
            drafted.rules[i].record.next = drafted.rules[i + 1].id();
    }
}

std::vector<Rule> sorted_by_id(std::vector<Rule> rules)
{
    // An id beside its place, so that comparing does not go to the rules, which are far apart.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> by_id;
    by_id.reserve(rules.size());
    for (std::uint32_t index = 0; index < rules.size(); ++index)
        by_id.emplace_back(rules[index].id(), index);
    std::ranges::sort(by_id);
    std::vector<Rule> sorted;
    sorted.reserve(rules.size());
    for (const auto& [id, index] : by_id)
        sorted.push_back(std::move(rules[index]));
    return sorted;
}

} // namespace

Result<Ruleset> compile(std::span<const order::Order> orders, std::vector<order::Scope> scopes,
                        const Ruleset* previous, const Limits& limits)
{
    return compile(orders, std::move(scopes), previous, limits, free_ids(previous));
}

Result<Ruleset> compile(std::span<const order::Order> orders, std::vector<order::Scope> scopes,
                        const Ruleset* previous, const Limits& limits, const IdSource& new_ids)
{
    Problems problems;
    if (scopes.size() > INTERDICT_SCOPES_MAX)
        return fail("{} scopes, the kernel's limit is {}; join some", scopes.size(), INTERDICT_SCOPES_MAX);

    Ruleset ruleset;
    ruleset.scopes = std::move(scopes);
    std::vector<std::uint32_t> bits;
    std::unordered_set<std::string_view> ids;
    for (const order::Order& order : orders) {
        if (!ids.insert(order.id).second)
            problems.add(
                fmt::format("{}: the id is used by two orders; give each an id of its own", where(order)));
        bits.push_back(scope_bits(order, ruleset.scopes, problems));
        ruleset.orders.push_back(info_of(order));
    }

    Drafted drafted = draft_rules(orders, Entries(orders, bits), limits, problems);
    if (!problems.empty())
        return std::unexpected(problems.error());

    std::optional<Translation> translation;
    if (previous)
        translation.emplace(*previous, ruleset.orders, ruleset.scopes);
    assign_ids(drafted.rules, drafted.sequence, previous, translation ? &*translation : nullptr, new_ids);
    link_drafts(drafted);
    ruleset.rules = sorted_by_id(std::move(drafted.rules));
    ruleset.max_id = ruleset.rules.empty() ? 0 : ruleset.rules.back().id();
    if (ruleset.max_id > limits.max_rules)
        return fail("{} rules need ids up to {}, the limit is {}; apply fewer targets or raise the limit",
                    ruleset.rules.size(), ruleset.max_id, limits.max_rules);
    return ruleset;
}

} // namespace interdict::ruleset
