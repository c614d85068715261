// SPDX-License-Identifier: Apache-2.0
#include "guard/name_index.h"

#include <algorithm>

namespace interdict::guard {

namespace {

std::string reversed(std::string_view name) { return {name.rbegin(), name.rend()}; }

} // namespace

void NameIndex::add(const order::NameTarget& name, std::uint32_t id)
{
    const bool subtree = name.match == order::Match::Subtree;
    const auto [known, inserted] = names_.try_emplace(name.name, Entry{id, subtree});
    if (!inserted && subtree && !known->second.subtree)
        known->second = {id, true};
}

void NameIndex::seal()
{
    reversed_.reserve(names_.size());
    for (const auto& [name, entry] : names_) {
        reversed_.emplace_back(reversed(name), entry.id);
        for (std::string_view above = order::parent_of(name); !above.empty(); above = order::parent_of(above))
            if (!parents_.insert(above).second)
                break;
    }
    std::ranges::sort(reversed_);
}

std::optional<std::uint32_t> NameIndex::at_or_above(std::string_view name) const
{
    for (std::string_view part = name; !part.empty(); part = order::parent_of(part))
        if (const auto found = names_.find(part);
            found != names_.end() && (part.size() == name.size() || found->second.subtree))
            return found->second.id;
    return std::nullopt;
}

bool NameIndex::any_below(std::string_view name) const { return parents_.contains(name); }

std::vector<std::uint32_t> NameIndex::below(std::string_view name) const
{
    std::vector<std::uint32_t> ids;
    const std::string start = reversed(name) + '.';
    for (auto at =
             std::ranges::lower_bound(reversed_, start, {}, &std::pair<std::string, std::uint32_t>::first);
         at != reversed_.end() && at->first.starts_with(start); ++at)
        ids.push_back(at->second);
    return ids;
}

} // namespace interdict::guard
