// SPDX-License-Identifier: Apache-2.0
#include "ruleset/ruleset.h"

#include <algorithm>

namespace interdict::ruleset {

const Rule* Ruleset::find(std::uint32_t id) const
{
    const auto found = std::ranges::lower_bound(rules, id, std::less<>{}, &Rule::id);
    return found != rules.end() && found->id() == id ? &*found : nullptr;
}

bool same_record(const interdict_rule& one, const interdict_rule& other)
{
    if (one.id != other.id || one.next != other.next || one.scope != other.scope ||
        one.order != other.order || one.not_before != other.not_before || one.not_after != other.not_after ||
        one.flags != other.flags || one.means != other.means || one.protocol != other.protocol ||
        one.ports_count != other.ports_count ||
        !std::equal(std::begin(one.action), std::end(one.action), std::begin(other.action)))
        return false;
    return std::equal(one.ports, one.ports + one.ports_count, other.ports,
                      [](const interdict_port_range& a, const interdict_port_range& b) {
                          return a.first == b.first && a.last == b.last;
                      });
}

std::string link_chains(Ruleset& ruleset)
{
    for (Rule& rule : ruleset.rules)
        rule.head = true;
    for (Rule& rule : ruleset.rules) {
        if (rule.record.next == 0)
            continue;
        const Rule* const next = ruleset.find(rule.record.next);
        if (!next || !order::same_place(rule.target, next->target) || !next->head)
            return fmt::format(
                "rule {} is followed by {}, which is missing, of another target or of another chain",
                rule.id(), rule.record.next);
        const_cast<Rule*>(next)->head = false;
    }
    std::size_t reached = 0;
    for (const Rule& head : ruleset.rules) {
        if (!head.head)
            continue;
        unsigned length = 0;
        for (const Rule* rule = &head; rule;
             rule = rule->record.next ? ruleset.find(rule->record.next) : nullptr) {
            ++reached;
            if (++length > INTERDICT_RULE_CHAIN_MAX)
                return fmt::format("more than {} rules follow on rule {}", INTERDICT_RULE_CHAIN_MAX,
                                   head.id());
        }
    }
    return reached == ruleset.rules.size() ? std::string() : "rules follow on each other in a ring";
}

} // namespace interdict::ruleset
