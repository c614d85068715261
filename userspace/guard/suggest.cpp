// SPDX-License-Identifier: Apache-2.0
#include "guard/suggest.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "order/name.h"

namespace interdict::guard {

namespace {

constexpr std::string_view kBlank = " \t\r";

// Takes the first word off line.
std::string_view word(std::string_view& line)
{
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    const std::string_view first = line.substr(0, line.find_first_of(kBlank));
    line.remove_prefix(first.size());
    return first;
}

bool before(const Sighting& one, const Sighting& other)
{
    // By family first, so that what lies in a prefix stands together.
    return std::tie(one.address.v6, one.address, one.name) <
           std::tie(other.address.v6, other.address, other.name);
}

bool covered(const order::Order& order, const std::string& name)
{
    return std::ranges::any_of(order.targets, [&](const order::Item& item) {
        const auto& target = item.target.name;
        return item.target.is_name() && (target.name == name || (target.match == order::Match::Subtree &&
                                                                 order::is_below(name, target.name)));
    });
}

// What an enforcing order's address is shared by, as far as lists and the order itself say; else empty.
std::string known_sharing(const Guard& guard, const order::Order& order, std::size_t item)
{
    for (const Finding& finding : guard.check_item(order, item))
        if (finding.why == Hold::SharedAddress)
            return finding.reason;
    return {};
}

} // namespace

ParsedSightings parse_sightings(std::string_view text, const std::string& file)
{
    ParsedSightings parsed;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        line = line.substr(0, line.find('#'));
        const auto problem = [&](std::string_view value, std::string message, std::string remedy) {
            parsed.problems.push_back({.file = file,
                                       .json_path = "entry",
                                       .line = number,
                                       .value = order::printable(value),
                                       .message = std::move(message),
                                       .remedy = std::move(remedy)});
        };
        const std::string_view first = word(line);
        if (first.empty())
            continue;
        const auto address = order::parse_address(first);
        if (!address) {
            problem(first, "is not an address", "write ADDRESS NAME..., e.g. 192.0.2.7 www.example.org");
            continue;
        }
        for (std::string_view name = word(line); !name.empty(); name = word(line))
            if (auto read = order::normalise_name(name, order::Match::Exact))
                parsed.sightings.push_back({*address, *std::move(read)});
            else
                problem(name, std::move(read.error().message), std::move(read.error().remedy));
    }
    std::ranges::sort(parsed.sightings, before);
    const auto same = std::ranges::unique(parsed.sightings, [](const Sighting& one, const Sighting& other) {
        return one.address == other.address && one.name == other.name;
    });
    parsed.sightings.erase(same.begin(), same.end());
    return parsed;
}

bool Suggestion::any() const { return std::ranges::any_of(shared, &SharedItem::dropped); }

Suggestion suggest(const Guard& guard, const order::Order& order, std::span<const Sighting> sightings)
{
    Suggestion out;
    // What is asked is what the order would do if it blocked.
    order::Order enforcing = order;
    enforcing.mode = order::Mode::Enforce;
    const bool names = std::ranges::any_of(order.targets, &order::Target::is_name, &order::Item::target);
    std::set<std::string> candidates;
    for (std::size_t item = 0; item < order.targets.size(); ++item) {
        if (order.targets[item].target.is_name())
            continue;
        const order::Prefix& prefix = order.targets[item].target.address.prefix;
        SharedItem shared{.item = item, .why = {}, .own = {}, .others = {}};
        std::set<std::string> domains;
        order::Prefix from = prefix;
        from.length = static_cast<std::uint8_t>(from.width());
        for (auto at = std::ranges::lower_bound(sightings, Sighting{from, {}}, before);
             at != sightings.end() && prefix.contains(at->address); ++at) {
            (covered(order, at->name) ? shared.own : shared.others).push_back(at->name);
            domains.insert(order::registrable_domain(at->name));
        }
        shared.domains = domains.size();
        for (auto* list : {&shared.own, &shared.others}) {
            std::ranges::sort(*list);
            const auto same = std::ranges::unique(*list);
            list->erase(same.begin(), same.end());
        }
        shared.why = known_sharing(guard, enforcing, item);
        if (shared.why.empty() && shared.domains > 1)
            shared.why = fmt::format("{} domains were seen at {}", shared.domains, order::to_string(prefix));
        if (shared.why.empty())
            continue;
        shared.dropped = names || !shared.others.empty();
        if (!names)
            candidates.insert(shared.others.begin(), shared.others.end());
        out.shared.push_back(std::move(shared));
    }
    for (const std::string& name : candidates) {
        order::Order alone;
        alone.targets.push_back({.target = {.name = {name, order::Match::Exact}, .address = {}}});
        if (guard.check(alone).empty())
            out.names.push_back(alone.targets[0].target.name);
    }
    return out;
}

} // namespace interdict::guard
