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

// The upper rungs of the ladder: dns, then tls, quic and http, then the address with ports, then the address.
std::string by_name(const order::Order& order)
{
    const std::string names = names_of(order);
    return names.empty()
               ? "name the sites that are meant: rules on names (dns, tls, quic, http) leave the others "
                 "at the address alone"
               : fmt::format("leave it to the rules on the order's own names: {}", names);
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

Finding collision(const order::Order& order, std::size_t item, const List& list, const NameEntry& entry,
                  Relation relation)
{
    const auto& target = order.targets[item].target.name;
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

Finding collision(const order::Order& order, std::size_t item, const List& list, const PrefixEntry& entry,
                  Relation relation, Sharing sharing)
{
    const order::Item& held = order.targets[item];
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
            fmt::format("only the addresses that serve the site, without {}; or {}", prefix, by_name(order));
    else if (list.kind == ListKind::SpecialPurpose)
        found.alternative = "compare the address with the order's text";
    else
        found.alternative = by_name(order);
    if (list.kind == ListKind::Shared && sharing == Sharing::Acknowledge)
        found.alternative += on_terms(held);
    return found;
}

Finding admitted_sharing(const order::Order& order, std::size_t item, Sharing sharing)
{
    const order::Item& held = order.targets[item];
    return finding(
        item, Hold::SharedAddress,
        fmt::format("the order itself says that others have sites at {}: a block on it takes them away, "
                    "too",
                    order::to_string(held.target.address.prefix)),
        by_name(order) + (sharing == Sharing::Acknowledge ? on_terms(held) : ""));
}

Finding too_wide(const order::Order& order, std::size_t item, unsigned longest)
{
    const auto& prefix = order.targets[item].target.address.prefix;
    return finding(item, Hold::WideAddress,
                   fmt::format("{} is wider than /{}, the most that the operator lets an order name at once",
                               order::to_string(prefix), longest),
                   fmt::format("the addresses that serve the site, one by one; or {}", by_name(order)));
}

Finding without_end(const order::Order& order, std::size_t item)
{
    return finding(
        item, Hold::NoExpiry,
        fmt::format("{} has no end: addresses change hands, and whoever gets this one next would be "
                    "blocked for what another did",
                    order::to_string(order.targets[item].target.address.prefix)),
        "\"expires\" on the target or the order; it can be renewed");
}

Finding single_label(const order::Order& order, std::size_t item)
{
    const std::string& name = order.targets[item].target.name.name;
    return finding(
        item, Hold::SingleLabel,
        fmt::format("{} is a single label: a whole top-level domain, or no name of the Internet at all",
                    name),
        "the full names of the hosts that are meant");
}

Finding public_suffix(const order::Order& order, std::size_t item, bool registry)
{
    const std::string& name = order.targets[item].target.name.name;
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
