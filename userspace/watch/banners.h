// SPDX-License-Identifier: Apache-2.0
//
// banners.h: hosts that show a seizure notice or a parking page, and what stands there.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "order/prefix.h"

namespace interdict::watch {

enum class Takeover : std::uint8_t { Seized, Parked };

// One operator of such hosts. A name stands for itself and all below it.
struct Banner {
    std::string label;
    Takeover kind = Takeover::Seized;
    std::vector<std::string> name_servers{}; // a zone on these alone is theirs
    std::vector<std::string> names{};        // an alias to one of these is theirs
    std::vector<order::Prefix> prefixes{};   // a name with addresses in these alone is theirs
};

// Name servers of United States agencies that seize domains, and of large parking services.
[[nodiscard]] const std::vector<Banner>& built_in_banners();

// What a name looks like from outside; addresses as text without a length.
struct Standing {
    std::set<std::string> name_servers;
    std::set<std::string> canonical; // where its aliases end; the name itself if there is none
    std::set<std::string> addresses;
};

struct BannerHit {
    const Banner* banner = nullptr;
    std::string by; // "name servers ns1.seized.example, ns2.seized.example"
};

// The first banner that has the whole of the name servers, aliases or addresses; a part does not suffice.
[[nodiscard]] std::optional<BannerHit> find_banner(const Standing& standing,
                                                   const std::vector<Banner>& banners);

// The first banner that has the whole prefix.
[[nodiscard]] const Banner* find_banner(const order::Prefix& prefix, const std::vector<Banner>& banners);

[[nodiscard]] std::string_view to_string(Takeover kind); // "seized", "parked"

} // namespace interdict::watch
