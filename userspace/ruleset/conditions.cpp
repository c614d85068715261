// SPDX-License-Identifier: Apache-2.0
#include "ruleset/conditions.h"

#include <algorithm>
#include <tuple>

namespace interdict::ruleset {

std::int64_t earlier_end(std::int64_t one, std::int64_t other)
{
    if (one == 0 || other == 0)
        return std::max(one, other);
    return std::min(one, other);
}

std::int64_t later_end(std::int64_t one, std::int64_t other)
{
    return one == 0 || other == 0 ? 0 : std::max(one, other);
}

namespace {

Conditions conditions_of(const order::Order& order, std::uint32_t scope, order::Means means)
{
    Conditions conditions{.means = means,
                          .scope = scope,
                          .observe = order.mode == order::Mode::Observe,
                          .not_before = order.effective,
                          .not_after = order.expires};
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        if (means & INTERDICT_MEANS(channel))
            conditions.actions[channel] = order.actions[channel];
    if (means & INTERDICT_MEANS(INTERDICT_CHANNEL_DNS))
        conditions.sinkhole = order.sinkhole;
    return conditions;
}

} // namespace

Conditions name_conditions(const order::Order& order, std::uint32_t scope)
{
    return conditions_of(order, scope, order.means & order::kNameMeans);
}

Conditions address_conditions(const order::Order& order, std::uint32_t scope)
{
    return conditions_of(order, scope, order::kAddressMeans);
}

Entries::Entries(std::span<const order::Order> orders, std::span<const std::uint32_t> scopes)
    : orders_(orders)
{
    std::size_t count = 0;
    for (const order::Order& order : orders)
        count += order.targets.size() + order.exempt.size();
    entries_.reserve(count);
    names_.reserve(orders.size());
    addresses_.reserve(orders.size());

    std::uint32_t sequence = 0;
    for (std::uint32_t index = 0; index < orders.size(); ++index) {
        const order::Order& order = orders[index];
        names_.push_back(name_conditions(order, scopes[index]));
        addresses_.push_back(address_conditions(order, scopes[index]));
        if (!order::gives_rules(order.status))
            continue;
        for (std::uint32_t item = 0; item < order.targets.size(); ++item)
            entries_.push_back(
                {order::place_hash(order.targets[item].target), index, item, sequence++, false});
        for (std::uint32_t item = 0; item < order.exempt.size(); ++item)
            entries_.push_back({order::place_hash(order.exempt[item].name), index, item, sequence++, true});
    }

    std::ranges::sort(entries_, [this](const Entry& one, const Entry& other) {
        if (one.hash != other.hash)
            return one.hash < other.hash;
        const auto place = [this](const Entry& entry) {
            return std::tie(name_of(entry).name, address_of(entry).prefix);
        };
        if (place(one) != place(other))
            return place(one) < place(other);
        return one.sequence < other.sequence;
    });
}

std::span<const Entry> Entries::at_name(std::string_view name) const
{
    const auto [begin, end] =
        std::ranges::equal_range(entries_, order::place_hash(name), std::less<>{}, &Entry::hash);
    const auto is_here = [&](const Entry& entry) { return name_of(entry).name == name; };
    const auto first = std::find_if(begin, end, is_here);
    return {first, std::find_if_not(first, end, is_here)};
}

void Entries::fetch_ahead(std::size_t first) const
{
    constexpr std::size_t kNear = 8; // entries; their names' bytes
    constexpr std::size_t kFar = 16; // likewise; the targets that say where those bytes are
    if (first + kFar >= entries_.size())
        return;
    const Entry& far = entries_[first + kFar];
    const Entry& near = entries_[first + kNear];
    if (!far.exempt)
        __builtin_prefetch(&orders_[far.order].targets[far.item]);
    if (!near.exempt)
        __builtin_prefetch(name_of(near).name.data());
}

std::span<const Entry> Entries::group(std::size_t first) const
{
    std::size_t last = first + 1;
    while (last < entries_.size() && same_place(entries_[first], entries_[last]))
        ++last;
    return all().subspan(first, last - first);
}

const order::NameTarget& Entries::name_of(const Entry& entry) const
{
    const order::Order& order = orders_[entry.order];
    return entry.exempt ? order.exempt[entry.item] : order.targets[entry.item].target.name;
}

const order::AddressTarget& Entries::address_of(const Entry& entry) const
{
    static const order::AddressTarget none;
    return entry.exempt ? none : orders_[entry.order].targets[entry.item].target.address;
}

Conditions Entries::conditions(const Entry& entry) const
{
    if (entry.exempt) {
        Conditions conditions = names_[entry.order];
        conditions.actions = {};
        conditions.sinkhole = {};
        conditions.observe = false;
        return conditions;
    }
    const order::Item& item = orders_[entry.order].targets[entry.item];
    Conditions conditions = (item.target.is_name() ? names_ : addresses_)[entry.order];
    conditions.not_after = earlier_end(conditions.not_after, item.expires);
    return conditions;
}

bool Entries::same_place(const Entry& one, const Entry& other) const
{
    return one.hash == other.hash && name_of(one).name == name_of(other).name &&
           address_of(one).prefix == address_of(other).prefix;
}

} // namespace interdict::ruleset
