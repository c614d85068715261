// SPDX-License-Identifier: Apache-2.0
#include "evidence/selection.h"

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "order/problem.h"

namespace interdict::evidence {

namespace {

struct Words {
    std::string_view slug;
    std::string_view text;
};

// In the order of enum Omission.
constexpr std::array kWords = {
    Words{"status", "the order gives no rules in its present state"},
    Words{"not-yet", "not in effect yet"},
    Words{"expired", "expired"},
    Words{"observed", "only observed"},
    Words{"other-scope", "the order applies in a scope that this export is not for"},
    Words{"other-means", "the order asks for other means than this format has"},
    Words{"held", "held by the guard"},
    Words{"conditional", "limited to a protocol or ports, which this format cannot say"},
    Words{"too-long", "too long with the zone's name"},
    Words{"below-exempt", "below an exemption that is exact; this format lets them pass with it"},
};

bool contains(std::span<const Place> sorted, Place place)
{
    return std::ranges::binary_search(sorted, place);
}

bool can_carry(Carrier carrier, const order::Order& order, bool name)
{
    const bool by_dns = order.means & INTERDICT_MEANS(INTERDICT_CHANNEL_DNS);
    switch (carrier) {
    case Carrier::Resolver:
        return name && by_dns;
    case Carrier::AnswerFilter:
        return !name || by_dns;
    case Carrier::Router:
        return !name;
    case Carrier::Record:
        return true;
    }
    return false;
}

bool applies(const order::Order& order, const std::string& scope)
{
    return order.scope.empty() || std::ranges::find(order.scope, scope) != order.scope.end();
}

} // namespace

Selection::Selection(const Source& source, Edition edition, Carrier carrier)
    : source_(source), edition_(std::move(edition))
{
    for (std::uint32_t i = 0; i < source_.orders.size(); ++i)
        add_order(i, carrier);
}

void Selection::change_at(std::int64_t time)
{
    if (time > edition_.at && (next_change_ == 0 || time < next_change_))
        next_change_ = time;
}

void Selection::add_order(std::uint32_t index, Carrier carrier)
{
    const auto& order = source_.orders[index];
    const auto all = order.targets.size();
    if (!order::gives_rules(order.status))
        return omit(index, Omission::Status, all);
    change_at(order.effective);
    change_at(order.expires);
    if (order.effective > edition_.at)
        return omit(index, Omission::NotYet, all);
    if (order.expires != 0 && order.expires <= edition_.at)
        return omit(index, Omission::Expired, all);
    if (carrier != Carrier::Record && order.mode == order::Mode::Observe)
        return omit(index, Omission::Observed, all);
    if (carrier != Carrier::Record && !applies(order, edition_.scope))
        return omit(index, Omission::OtherScope, all);
    bool any = false;
    for (std::uint32_t i = 0; i < all; ++i) {
        const auto& item = order.targets[i];
        const bool name = item.target.is_name();
        change_at(item.expires);
        if (item.expires != 0 && item.expires <= edition_.at) {
            omit(index, Omission::Expired);
        } else if (contains(source_.held, {index, i})) {
            omit(index, Omission::Held);
        } else if (!can_carry(carrier, order, name)) {
            omit(index, Omission::OtherMeans);
        } else {
            (name ? names_ : addresses_).push_back({index, i});
            any = true;
        }
    }
    if (any)
        orders_.push_back(index);
}

bool Selection::overridden(Place place) const { return contains(source_.overridden, place); }

void Selection::omit(std::uint32_t order, Omission why, std::size_t targets)
{
    if (targets != 0)
        omitted_[{order, why}] += targets;
}

std::string_view to_string(Omission why) { return kWords.at(static_cast<std::size_t>(why)).text; }

std::string_view slug(Omission why) { return kWords.at(static_cast<std::size_t>(why)).slug; }

std::string address_text(const order::Prefix& address)
{
    const std::string text = to_string(address);
    return text.substr(0, text.find('/'));
}

void write_head(const Selection& selection, std::string_view comment, std::string_view what, Output& out,
                std::span<const std::uint32_t> orders)
{
    const auto& edition = selection.edition();
    out.line("{} {}, made by interdict from generation {} as of {}", comment, what, edition.generation,
             format_timestamp(edition.at));
    if (selection.next_change() != 0)
        out.line("{} out of date from {}: then something begins or ends", comment,
                 format_timestamp(selection.next_change()));
    if (!edition.scope.empty())
        out.line("{} for the scope {} only", comment, order::printable(edition.scope));
    for (const auto index : orders) {
        const auto& order = selection.order(index);
        out.line("{} order {}: {}, {}", comment, order.id, order::printable(order.authority, 200),
                 order::printable(order.reference, 200));
    }
    for (const auto& [key, targets] : selection.omitted())
        if (std::ranges::binary_search(orders, key.first) ||
            !std::ranges::binary_search(selection.orders(), key.first))
            out.line("{} left out of order {}: {} target{}, {}", comment, selection.order(key.first).id,
                     targets, targets == 1 ? "" : "s", to_string(key.second));
}

} // namespace interdict::evidence
