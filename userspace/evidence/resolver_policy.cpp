// SPDX-License-Identifier: Apache-2.0
#include "evidence/resolver_policy.h"

#include <algorithm>

namespace interdict::evidence {

namespace {

bool is_above(std::string_view above, std::string_view key)
{
    return key.size() > above.size() && key[above.size()] == '\0' && key.starts_with(above);
}

} // namespace

ResolverPolicy::ResolverPolicy(Selection& selection) : selection_(selection)
{
    for (const auto& [name, match] : selection.source().protected_names)
        add(name, {.kind = Entry::Kind::Protected, .subtree = match == order::Match::Subtree});
    for (const auto place : selection.names()) {
        const auto& target = selection.item(place).target.name;
        add(target.name, {.order = place.order,
                          .subtree = target.match == order::Match::Subtree,
                          .overridden = selection.overridden(place)});
    }
    for (const auto index : selection.orders())
        if (selection.order(index).means & INTERDICT_MEANS(INTERDICT_CHANNEL_DNS))
            for (const auto& exempt : selection.order(index).exempt)
                add(exempt.name, {.order = index,
                                  .kind = Entry::Kind::Exempt,
                                  .subtree = exempt.match == order::Match::Subtree});
    std::ranges::sort(entries_, [&](const Entry& one, const Entry& other) {
        const int order = key(one).compare(key(other));
        return order != 0 ? order < 0 : one.order < other.order;
    });
    resolve(selection);
}

void ResolverPolicy::add(std::string_view name, Entry entry)
{
    entry.key = static_cast<std::uint32_t>(keys_.size());
    entry.length = static_cast<std::uint32_t>(name.size());
    entry.name = name;
    for (std::size_t end = name.size(); end != 0;) {
        const auto dot = name.rfind('.', end - 1);
        const auto start = dot == std::string_view::npos ? 0 : dot + 1;
        keys_.insert(keys_.end(), name.begin() + static_cast<std::ptrdiff_t>(start),
                     name.begin() + static_cast<std::ptrdiff_t>(end));
        if (start != 0)
            keys_.push_back('\0');
        end = start == 0 ? 0 : dot;
    }
    entries_.push_back(entry);
}

std::string_view ResolverPolicy::key(const Entry& entry) const
{
    return {keys_.data() + entry.key, entry.length};
}

void ResolverPolicy::resolve(Selection& selection)
{
    std::vector<Frame> stack;
    const auto without = [](std::vector<Blocker>& list, std::uint32_t order) {
        std::erase_if(list, [&](const Blocker& blocker) { return blocker.order == order; });
    };
    const auto decide = [&](const std::vector<Blocker>& list, bool is_protected) -> Decision {
        if (!list.empty()) {
            const auto longest = std::ranges::max_element(list, [](const Blocker& one, const Blocker& other) {
                return one.node != other.node ? one.node < other.node : one.order > other.order;
            });
            return {Verdict::Block, longest->order};
        }
        const bool spoken_of =
            is_protected || (!stack.empty() && nodes_[stack.back().node].below.verdict != Verdict::None);
        return {spoken_of ? Verdict::Pass : Verdict::None, 0};
    };
    for (std::size_t i = 0; i < entries_.size();) {
        const std::string_view here = key(entries_[i]);
        while (!stack.empty() && !is_above(key(entries_[nodes_[stack.back().node].first]), here))
            stack.pop_back();
        const auto index = static_cast<std::uint32_t>(nodes_.size());
        Node node{.name = entries_[i].name,
                  .parent = stack.empty() ? kNone : stack.back().node,
                  .first = static_cast<std::uint32_t>(i)};
        Frame frame{
            .node = index, .is_protected = !stack.empty() && stack.back().is_protected, .blockers = {}};
        if (!stack.empty())
            frame.blockers = stack.back().blockers;
        std::vector<Blocker> self = frame.blockers;
        for (; i < entries_.size() && key(entries_[i]) == here; ++i, ++node.entries) {
            const Entry& entry = entries_[i];
            if (entry.kind == Entry::Kind::Protected) {
                node.is_protected = true;
                frame.is_protected |= entry.subtree;
                continue;
            }
            without(self, entry.order);
            if (entry.subtree)
                without(frame.blockers, entry.order);
            const Blocker blocker{entry.order, index, entry.overridden};
            if (entry.kind == Entry::Kind::Target) {
                self.push_back(blocker);
                if (entry.subtree)
                    frame.blockers.push_back(blocker);
            }
        }
        const auto held = [](const Blocker& blocker) { return !blocker.overridden; };
        const bool self_protected = node.is_protected || frame.is_protected;
        if (self_protected) {
            for (const auto& blocker : self)
                if (held(blocker) && blocker.node == index)
                    selection.omit(blocker.order, Omission::Held);
            std::erase_if(self, held);
        }
        if (frame.is_protected)
            std::erase_if(frame.blockers, held);
        node.self = decide(self, self_protected);
        node.below = decide(frame.blockers, frame.is_protected);
        nodes_.push_back(node);
        stack.push_back(std::move(frame));
    }
}

unsigned ResolverPolicy::action(Decision decision) const
{
    return order::resolved_action(INTERDICT_CHANNEL_DNS, order(decision).actions[INTERDICT_CHANNEL_DNS]);
}

bool ResolverPolicy::same(Decision one, Decision other) const
{
    if (one.verdict != other.verdict || one.verdict != Verdict::Block || one.order == other.order)
        return one.verdict == other.verdict;
    return action(one) == action(other) && order(one).sinkhole == order(other).sinkhole;
}

void ResolverPolicy::each(std::span<const std::uint32_t> orders, bool closed,
                          const std::function<void(const Record&)>& take) const
{
    std::vector<bool> covered(nodes_.size()); // a subtree of this zone reaches below the node
    std::vector<std::pair<std::string_view, Decision>>
        said; // records above the present node, and what is below
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
        const Node& node = nodes_[i];
        const bool reached = node.parent != kNone && covered[node.parent];
        bool own = node.is_protected;
        bool own_subtree = false;
        for (std::uint32_t k = node.first; k < node.first + node.entries; ++k)
            if (entries_[k].kind == Entry::Kind::Protected ||
                std::ranges::binary_search(orders, entries_[k].order)) {
                own = true;
                own_subtree |= entries_[k].subtree;
            }
        covered[i] = reached || own_subtree;
        if (!reached && !own)
            continue;
        Record record{.name = node.name,
                      .self = node.self,
                      .below = covered[i] ? node.below : Decision{},
                      .inherited = reached ? nodes_[node.parent].below : Decision{},
                      .is_protected = node.is_protected};
        if (!node.is_protected && same(record.self, record.inherited) && same(record.below, record.inherited))
            continue;
        while (!said.empty() && !order::is_below(node.name, said.back().first))
            said.pop_back();
        if (closed && !said.empty() && said.back().second.verdict != Verdict::None) {
            const auto [top, decision] = said.back();
            std::vector<std::string_view> between;
            for (auto name = order::parent_of(node.name); name != top; name = order::parent_of(name))
                between.push_back(name);
            for (auto name = between.rbegin(); name != between.rend(); ++name) {
                take({.name = *name, .self = decision, .below = decision, .inherited = decision});
                said.emplace_back(*name, decision);
            }
        }
        take(record);
        said.emplace_back(node.name, record.below);
    }
}

} // namespace interdict::evidence
