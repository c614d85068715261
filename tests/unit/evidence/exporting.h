// SPDX-License-Identifier: Apache-2.0
//
// exporting.h: an export of some orders as lines, without its head.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "evidence/resolver_policy.h"
#include "evidence/rpz.h"
#include "evidence/unbound.h"
#include "unit/ruleset/builder.h"

namespace interdict::evidence::test {

using ruleset::test::kEnd;
using ruleset::test::kStart;
using ruleset::test::make_order;
using Lines = std::vector<std::string>;

// What one export is made of.
struct Given {
    std::vector<order::Order> orders;
    std::vector<std::string> protected_names{}; // "=a.example" alone, else with all below
    std::vector<Place> held{};
    std::vector<Place> overridden{};
    Edition edition{.generation = 7, .at = kStart + 100, .scope = {}};

    [[nodiscard]] Selection select(Carrier carrier) const
    {
        names_.clear();
        for (const auto& name : protected_names)
            names_.push_back(ruleset::test::name_of(name));
        return {Source{orders, names_, held, overridden}, edition, carrier};
    }

    mutable std::vector<order::NameTarget> names_{};
};

inline Lines lines_of(const std::string& text)
{
    Lines lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

// Without comments and with " ; order" or " # order" cut off.
inline Lines bare(const std::string& text)
{
    Lines lines;
    for (std::string line : lines_of(text)) {
        for (const char* mark : {" ; ", " # "})
            line = line.substr(0, line.find(mark));
        if (!line.empty() && line[0] != ';' && line[0] != '#' && line[0] != '/')
            lines.push_back(line);
    }
    return lines;
}

inline std::string rpz_text(const Given& given, bool addresses = false)
{
    auto selection = given.select(addresses ? Carrier::AnswerFilter : Carrier::Resolver);
    const ResolverPolicy policy(selection);
    const auto zone = one_zone(selection, "rpz.test", 7);
    return to_text([&](Output& out) { return write_rpz(selection, policy, zone, addresses, out); }).value();
}

// The records of the zone, without SOA and NS.
inline Lines records(const Given& given, bool addresses = false)
{
    Lines lines = bare(rpz_text(given, addresses));
    lines.erase(lines.begin(), lines.begin() + 6);
    return lines;
}

inline std::string unbound_text(const Given& given)
{
    auto selection = given.select(Carrier::Resolver);
    const ResolverPolicy policy(selection);
    return to_text([&](Output& out) -> Result<void> {
               write_unbound(selection, policy, out);
               return {};
           })
        .value();
}

inline Lines local_zones(const Given& given)
{
    Lines lines = bare(unbound_text(given));
    lines.erase(lines.begin());
    return lines;
}

} // namespace interdict::evidence::test
