// SPDX-License-Identifier: Apache-2.0
#include "daemon/pages/blocking.h"

#include <algorithm>

#include "order/name.h"
#include "order/prefix.h"

namespace interdict::daemon::pages {

namespace {

constexpr std::size_t kQueryMax = 2048; // bytes

struct Query {
    std::string name; // or
    order::Prefix address;
};

bool reaches(const order::NameTarget& target, std::string_view name)
{
    return target.name == name ||
           (target.match == order::Match::Subtree && order::is_below(name, target.name));
}

bool reaches(const order::Target& target, const Query& query)
{
    return query.name.empty() ? !target.is_name() && target.address.prefix.contains(query.address)
                              : target.is_name() && reaches(target.name, query.name);
}

// Of all that may lie above it in the table of targets.
std::vector<std::uint64_t> places_above(const Query& query)
{
    std::vector<std::uint64_t> places;
    for (std::string_view name = query.name; !name.empty(); name = order::parent_of(name))
        places.push_back(order::place_hash(name));
    if (!query.name.empty())
        return places;
    for (unsigned length = 0; length <= query.address.width(); ++length) {
        order::Target target;
        target.address.prefix = query.address;
        target.address.prefix.length = static_cast<std::uint8_t>(length);
        auto& bytes = target.address.prefix.address;
        for (unsigned bit = length; bit < query.address.width(); ++bit)
            bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> (bit % 8)));
        places.push_back(order::place_hash(target));
    }
    return places;
}

Result<Query> read_query(std::string_view text)
{
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    if (text.empty() || text.size() > kQueryMax)
        return fail("Write the name of a site, such as www.example.org, or an address.");
    if (const auto address = order::parse_address(text))
        return Query{{}, *address};
    if (const auto scheme = text.find("://"); scheme != text.npos)
        text.remove_prefix(scheme + 3);
    text = text.substr(0, text.find_first_of("/?#"));
    if (const auto user = text.rfind('@'); user != text.npos)
        text.remove_prefix(user + 1);
    const auto host = host_alone(text);
    if (const auto address = order::parse_address(host))
        return Query{{}, *address};
    auto name = order::normalise_name(host, order::Match::Exact);
    if (!name)
        return fail("That is neither the name of a site nor an address.");
    return Query{*std::move(name), {}};
}

} // namespace

std::string host_alone(std::string_view host)
{
    if (host.starts_with('[')) // an IPv6 address
        return std::string(host.substr(1, host.find(']') - 1));
    return std::string(host.substr(0, host.find(':')));
}

Result<Looked> look_up(const book::Book& book, std::string_view text, std::int64_t time)
{
    INTERDICT_TRY(const auto query, read_query(text));
    const auto places = places_above(query);
    INTERDICT_TRY(const auto orders, book.orders().in_force_at(places));
    Looked looked{query.name.empty() ? to_string(query.address) : query.name, {}};
    if (const auto length = looked.query.find('/'); length != looked.query.npos)
        looked.query.resize(length);
    for (const auto& order : orders) {
        const bool now = order.effective <= time && (order.expires == 0 || order.expires > time);
        const bool exempt =
            !query.name.empty() && std::ranges::any_of(order.exempt, [&](const order::NameTarget& target) {
                return reaches(target, query.name);
            });
        if (!now || exempt || order.mode == order::Mode::Observe)
            continue;
        const auto item = std::ranges::find_if(order.targets, [&](const order::Item& one) {
            return reaches(one.target, query) && (one.expires == 0 || one.expires > time);
        });
        if (item == order.targets.end())
            continue;
        auto& blocking = looked.blocking.emplace_back(Blocking{order, order.expires});
        blocking.order.targets = {*item};
        if (item->expires != 0 && (blocking.until == 0 || item->expires < blocking.until))
            blocking.until = item->expires;
    }
    return looked;
}

} // namespace interdict::daemon::pages
