// SPDX-License-Identifier: Apache-2.0
#include "watch/banners.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "order/order.h"

namespace interdict::watch {

namespace {

bool any_name_covers(const std::vector<std::string>& names, std::string_view name)
{
    return std::ranges::any_of(
        names, [&](const std::string& listed) { return name == listed || order::is_below(name, listed); });
}

bool any_prefix_covers(const std::vector<order::Prefix>& prefixes, const order::Prefix& inner)
{
    return std::ranges::any_of(prefixes, [&](const auto& prefix) { return prefix.contains(inner); });
}

template <class Covers>
bool all_covered(const std::set<std::string>& values, Covers covers)
{
    return !values.empty() && std::ranges::all_of(values, covers);
}

std::optional<std::string> match(const Banner& banner, const Standing& standing)
{
    if (all_covered(standing.name_servers,
                    [&](const std::string& name) { return any_name_covers(banner.name_servers, name); }))
        return fmt::format("name servers {}", fmt::join(standing.name_servers, ", "));
    if (all_covered(standing.canonical,
                    [&](const std::string& name) { return any_name_covers(banner.names, name); }))
        return fmt::format("alias of {}", fmt::join(standing.canonical, ", "));
    if (all_covered(standing.addresses, [&](const std::string& text) {
            const auto address = order::parse_address(text);
            return address && any_prefix_covers(banner.prefixes, *address);
        }))
        return fmt::format("addresses {}", fmt::join(standing.addresses, ", "));
    return std::nullopt;
}

} // namespace

const std::vector<Banner>& built_in_banners()
{
    // Only hosts that serve nothing but banners: a registrar's or a cloud's name servers would catch live
    // sites.
    static const std::vector<Banner> list{
        {.label = "United States agencies (seized.gov)", .name_servers = {"seized.gov"}},
        {.label = "United States Homeland Security Investigations", .name_servers = {"seizedservers.com"}},
        {.label = "United States Secret Service", .name_servers = {"usssdomainseizure.com"}},
        {.label = "Sedo", .kind = Takeover::Parked, .name_servers = {"sedoparking.com"}},
        {.label = "Bodis", .kind = Takeover::Parked, .name_servers = {"bodis.com"}},
        {.label = "ParkingCrew", .kind = Takeover::Parked, .name_servers = {"parkingcrew.net"}},
        {.label = "ParkLogic", .kind = Takeover::Parked, .name_servers = {"parklogic.com"}},
        {.label = "Afternic",
         .kind = Takeover::Parked,
         .name_servers = {"ns1.afternic.com", "ns2.afternic.com"}},
    };
    return list;
}

std::optional<BannerHit> find_banner(const Standing& standing, const std::vector<Banner>& banners)
{
    for (const auto& banner : banners)
        if (auto by = match(banner, standing))
            return BannerHit{&banner, *std::move(by)};
    return std::nullopt;
}

const Banner* find_banner(const order::Prefix& prefix, const std::vector<Banner>& banners)
{
    const auto found = std::ranges::find_if(
        banners, [&](const Banner& banner) { return any_prefix_covers(banner.prefixes, prefix); });
    return found == banners.end() ? nullptr : &*found;
}

std::string_view to_string(Takeover kind) { return kind == Takeover::Seized ? "seized" : "parked"; }

} // namespace interdict::watch
