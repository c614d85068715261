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

} // namespace interdict::ruleset
