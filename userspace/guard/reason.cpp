// SPDX-License-Identifier: Apache-2.0
#include "guard/reason.h"

#include <utility>

#include <fmt/format.h>

namespace interdict::guard {

namespace {

constexpr std::size_t kNamesShown = 3;

Hold hold_of(ListKind kind)
{
    switch (kind) {
    case ListKind::Own:
        return Hold::Own;
    case ListKind::Infrastructure:
        return Hold::Infrastructure;
    case ListKind::Protected:
        return Hold::Protected;
    case ListKind::SpecialPurpose:
        return Hold::SpecialPurpose;
    case ListKind::Shared:
        return Hold::SharedAddress;
    }
    return Hold::Protected;
}

// "a.example, b.example and 3 more", empty if the order names none.
std::string names_of(const order::Order& order)
{
    std::string out;
    std::size_t names = 0;
    for (const auto& item : order.targets)
        if (item.target.is_name() && ++names <= kNamesShown)
            out += (names == 1 ? "" : ", ") + item.target.name.name;
    if (names > kNamesShown)
        out += fmt::format(" and {} more", names - kNamesShown);
    return out;
}

std::string on_terms(const order::Item& item)
{
    const auto& address = item.target.address;
    return fmt::format(
        "; if only the address will do: {}\"exclusive\": true if nobody else has a site there, or "
        "\"sharing_acknowledged\" with the grounds",
        address.ports.empty() ? "with protocol and ports, and " : "");
}

std::string quoted(const List& list, const std::string& note)
{
    return note.empty() ? fmt::format("\"{}\"", list.label) : fmt::format("\"{}\" ({})", list.label, note);
}

Finding finding(std::size_t item, Hold why, std::string reason, std::string alternative)
{
    return {.item = item,
            .why = why,
            .list = {},
            .entry = {},
            .reason = std::move(reason),
            .alternative = std::move(alternative)};
}

} // namespace

const std::string& Reasons::by_name()
{
    if (!by_name_.empty())
        return by_name_;
    const std::string names = names_of(order_);
    by_name_ = names.empty()
                   ? "name the sites that are meant: rules on names (dns, tls, quic, http) leave the others "
                     "at the address alone"
                   : fmt::format("leave it to the rules on the order's own names: {}", names);
    return by_name_;
}

Finding Reasons::collision(std::size_t item, const List& list, const NameEntry& entry, Relation relation)
{
    const auto& target = target_of(item).name;
    const std::string& name = entry.name.name;
    const std::string where = quoted(list, entry.note);
    Finding found{.item = item,
                  .why = hold_of(list.kind),
                  .list = list.label,
                  .entry = order::to_string(entry.name),
                  .reason = {},
                  .alternative = {}};
    switch (relation) {
    case Relation::Is:
        found.reason = fmt::format("{} is an entry of {}; {}", target.name, where, list.because);
        break;
    case Relation::Inside:
        found.reason =
            fmt::format("{} lies below {}, an entry of {}; {}", target.name, name, where, list.because);
        break;
    case Relation::Around:
        found.reason = fmt::format("{} and below includes {}, an entry of {}; {}", target.name, name, where,
                                   list.because);
        found.alternative = fmt::format("\"match\": \"exact\" for {} alone, or exempt {}", target.name, name);
        break;
    }
    return found;
}

Finding Reasons::collision(std::size_t item, const List& list, const PrefixEntry& entry, Relation relation,
                           Sharing sharing)
{
    const order::Item& held = order_.targets[item];
    const std::string target = order::to_string(held.target.address.prefix);
    const std::string prefix = order::to_string(entry.prefix);
    const std::string where = quoted(list, entry.note);
    Finding found{.item = item,
                  .why = hold_of(list.kind),
                  .list = list.label,
                  .entry = prefix,
                  .reason = {},
                  .alternative = {}};
    switch (relation) {
    case Relation::Is:
        found.reason = fmt::format("{} is an entry of {}; {}", target, where, list.because);
        break;
    case Relation::Inside:
        found.reason = fmt::format("{} lies in {}, an entry of {}; {}", target, prefix, where, list.because);
        break;
    case Relation::Around:
        found.reason = fmt::format("{} includes {}, an entry of {}; {}", target, prefix, where, list.because);
        break;
    }
    if (relation == Relation::Around)
        found.alternative =
            fmt::format("only the addresses that serve the site, without {}; or {}", prefix, by_name());
    else if (list.kind == ListKind::SpecialPurpose)
        found.alternative = "compare the address with the order's text";
    else
        found.alternative = by_name();
    if (list.kind == ListKind::Shared && sharing == Sharing::Acknowledge)
        found.alternative += on_terms(held);
    return found;
}

Finding Reasons::admitted_sharing(std::size_t item, Sharing sharing)
{
    const order::Item& held = order_.targets[item];
    return finding(
        item, Hold::SharedAddress,
        fmt::format("the order itself says that others have sites at {}: a block on it takes them away, "
                    "too",
                    order::to_string(held.target.address.prefix)),
        by_name() + (sharing == Sharing::Acknowledge ? on_terms(held) : ""));
}

Finding Reasons::too_wide(std::size_t item, unsigned longest)
{
    const auto& prefix = target_of(item).address.prefix;
    return finding(item, Hold::WideAddress,
                   fmt::format("{} is wider than /{}, the most that the operator lets an order name at once",
                               order::to_string(prefix), longest),
                   fmt::format("the addresses that serve the site, one by one; or {}", by_name()));
}

Finding Reasons::without_end(std::size_t item) const
{
    return finding(
        item, Hold::NoExpiry,
        fmt::format("{} has no end: addresses change hands, and whoever gets this one next would be "
                    "blocked for what another did",
                    order::to_string(target_of(item).address.prefix)),
        "\"expires\" on the target or the order; it can be renewed");
}

Finding Reasons::single_label(std::size_t item) const
{
    const std::string& name = target_of(item).name.name;
    return finding(
        item, Hold::SingleLabel,
        fmt::format("{} is a single label: a whole top-level domain, or no name of the Internet at all",
                    name),
        "the full names of the hosts that are meant");
}

Finding Reasons::public_suffix(std::size_t item, bool registry) const
{
    const std::string& name = target_of(item).name.name;
    if (registry)
        return finding(
            item, Hold::PublicSuffix,
            fmt::format("{} is a public suffix of the registry: everybody may register names below it, "
                        "and no site that an order can mean is at it",
                        name),
            "the full names of the hosts that are meant");
    return finding(
        item, Hold::PublicSuffix,
        fmt::format("{} is a public suffix: below it are the sites of a provider's customers", name),
        fmt::format("the customer's own name below it, or \"match\": \"exact\" for {} alone", name));
}

} // namespace interdict::guard
