// SPDX-License-Identifier: Apache-2.0
#include "ruleset/judge.h"

#include <algorithm>

namespace interdict::ruleset {

namespace {

bool in_force(const interdict_rule& rule, const Circumstances& circumstances)
{
    const auto time = static_cast<std::uint64_t>(std::max<std::int64_t>(circumstances.time, 0));
    return (rule.scope == 0 || (rule.scope & circumstances.scopes)) && rule.not_before <= time &&
           (rule.not_after == 0 || time < rule.not_after);
}

bool holds_packet(const interdict_rule& rule, const Packet& packet)
{
    if (rule.protocol != 0 && rule.protocol != packet.protocol)
        return false;
    return rule.ports_count == 0 ||
           (packet.port && std::any_of(rule.ports, rule.ports + rule.ports_count, [&](const auto& range) {
                return range.first <= *packet.port && *packet.port <= range.last;
            }));
}

// True if the search ends here.
bool take(const Rule& rule, Judgement& judgement)
{
    if (rule.exempt()) {
        judgement.outcome = Judgement::Outcome::Exempt;
    } else if (rule.observe()) {
        judgement.observed.push_back(&rule);
        return false;
    } else {
        judgement.outcome = Judgement::Outcome::Fire;
    }
    judgement.rule = &rule;
    return true;
}

std::string folded(std::string_view name)
{
    std::string out(name);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + ('a' - 'A'));
    if (out.size() > 1 && out.ends_with('.'))
        out.pop_back();
    return out;
}

} // namespace

Judge::Judge(const Ruleset& ruleset) : ruleset_(ruleset)
{
    names_.reserve(ruleset.rules.size());
    for (const Rule& rule : ruleset.rules) {
        if (!rule.head)
            continue;
        if (rule.target.is_name())
            names_.emplace(rule.target.name.name, rule.id());
        else
            prefixes_.emplace(rule.target.address.prefix, rule.id());
    }
}

Judgement Judge::name(std::string_view name, unsigned channel, const Circumstances& circumstances) const
{
    Judgement judgement;
    const std::string full = folded(name);
    if (full.empty() || full.size() > INTERDICT_NAME_MAX)
        return judgement;
    auto labels = 1 + std::ranges::count(full, '.');
    for (std::string_view suffix = full; !suffix.empty(); suffix = order::parent_of(suffix), --labels) {
        const bool whole = suffix.size() == full.size();
        if (!whole && labels > INTERDICT_LABELS_MAX)
            continue;
        for (const Rule* rule : on_name(suffix)) {
            const interdict_rule& record = rule->record;
            if ((record.means & INTERDICT_MEANS(channel)) &&
                (whole || (record.flags & INTERDICT_RULE_SUBTREE)) && in_force(record, circumstances) &&
                take(*rule, judgement))
                return judgement;
        }
    }
    return judgement;
}

Judgement Judge::address(const Packet& packet, const Circumstances& circumstances) const
{
    Judgement judgement;
    order::Prefix prefix = packet.address;
    for (unsigned length = prefix.width(); length > 0; --length) {
        prefix.length = static_cast<std::uint8_t>(length);
        for (const Rule* rule : on_prefix(prefix)) {
            const interdict_rule& record = rule->record;
            if ((record.means & order::kAddressMeans) && holds_packet(record, packet) &&
                in_force(record, circumstances) && take(*rule, judgement))
                return judgement;
        }
        const unsigned bit = length - 1;
        prefix.address[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> bit % 8));
    }
    return judgement;
}

std::vector<const Rule*> Judge::on_name(std::string_view name) const
{
    const auto found = names_.find(name);
    return found == names_.end() ? std::vector<const Rule*>() : chain(found->second);
}

std::vector<const Rule*> Judge::on_prefix(const order::Prefix& prefix) const
{
    const auto found = prefixes_.find(prefix);
    return found == prefixes_.end() ? std::vector<const Rule*>() : chain(found->second);
}

std::vector<const Rule*> Judge::chain(std::uint32_t id) const
{
    std::vector<const Rule*> rules;
    while (const Rule* rule = rules.size() < INTERDICT_RULE_CHAIN_MAX ? ruleset_.find(id) : nullptr) {
        rules.push_back(rule);
        id = rule->record.next;
    }
    return rules;
}

Judgement judge(const Ruleset& ruleset, std::string_view name, unsigned channel,
                const Circumstances& circumstances)
{
    return Judge(ruleset).name(name, channel, circumstances);
}

Judgement judge(const Ruleset& ruleset, const Packet& packet, const Circumstances& circumstances)
{
    return Judge(ruleset).address(packet, circumstances);
}

} // namespace interdict::ruleset
