// SPDX-License-Identifier: Apache-2.0
#include "evidence/unbound.h"

#include <algorithm>

namespace interdict::evidence {

namespace {

constexpr unsigned kTtl = 60;

class LocalZones {
public:
    LocalZones(Selection& selection, const ResolverPolicy& policy, Output& out)
        : selection_(selection), policy_(policy), out_(out)
    {
    }

    void write();

private:
    enum class Part { Protected, Pass, Block };

    [[nodiscard]] static Part part_of(const ResolverPolicy::Record& record);
    void one(const ResolverPolicy::Record& record);
    void block_subtree(std::string_view name, Decision decision);
    void block_name(std::string_view name, Decision decision);
    bool sinkhole(std::string_view name, Decision decision);

    Selection& selection_;
    const ResolverPolicy& policy_;
    Output& out_;
};

LocalZones::Part LocalZones::part_of(const ResolverPolicy::Record& record)
{
    if (record.self.verdict == Verdict::Block)
        return Part::Block;
    return record.is_protected ? Part::Protected : Part::Pass;
}

bool LocalZones::sinkhole(std::string_view name, Decision decision)
{
    if (policy_.action(decision) != INTERDICT_ACTION_SINKHOLE)
        return false;
    const auto& addresses = policy_.order(decision).sinkhole;
    if (addresses.ipv4)
        out_.line("local-data: \"{}. {} IN A {}\"", name, kTtl, address_text(*addresses.ipv4));
    if (addresses.ipv6)
        out_.line("local-data: \"{}. {} IN AAAA {}\"", name, kTtl, address_text(*addresses.ipv6));
    return true;
}

void LocalZones::block_subtree(std::string_view name, Decision decision)
{
    const auto& id = policy_.order(decision).id;
    std::string_view type = "always_nxdomain";
    switch (policy_.action(decision)) {
    case INTERDICT_ACTION_REFUSED:
        type = "always_refuse";
        break;
    case INTERDICT_ACTION_DROP:
        type = "always_deny";
        break;
    case INTERDICT_ACTION_SINKHOLE:
        type = "redirect";
        break;
    default:
        break;
    }
    out_.line("local-zone: \"{}.\" {} # {}", name, type, id);
    sinkhole(name, decision);
}

void LocalZones::block_name(std::string_view name, Decision decision)
{
    const auto& id = policy_.order(decision).id;
    out_.line("local-zone: \"{}.\" transparent # {}", name, id);
    if (sinkhole(name, decision))
        return;
    std::string told = id;
    std::ranges::replace_if(
        told, [](char c) { return c == '"' || c == '\'' || c == '\\'; }, '_');
    out_.line("local-data: '{}. {} IN TXT \"{}\"'", name, kTtl, told);
}

void LocalZones::one(const ResolverPolicy::Record& record)
{
    const bool self = record.self.verdict == Verdict::Block;
    const bool below = record.below.verdict == Verdict::Block;
    if (self && below)
        block_subtree(record.name, record.below);
    else if (self)
        block_name(record.name, record.self);
    else
        out_.line("local-zone: \"{}.\" transparent", record.name);
    if (!self && below)
        selection_.omit(record.below.order, Omission::BelowExempt);
}

void LocalZones::write()
{
    const auto part = [&](std::string_view title, Part wanted) {
        out_.line("# {}", title);
        policy_.each(selection_.orders(), false, [&](const ResolverPolicy::Record& record) {
            const bool silent = record.self.verdict == Verdict::None && record.below.verdict == Verdict::None;
            if (!silent && part_of(record) == wanted)
                one(record);
        });
    };
    write_head(selection_, "#", "Unbound local zones, an include file for server:", out_,
               selection_.orders());
    out_.line("server:");
    part("protected", Part::Protected);
    part("exempt", Part::Pass);
    part("blocked", Part::Block);
}

} // namespace

void write_unbound(Selection& selection, const ResolverPolicy& policy, Output& out)
{
    LocalZones(selection, policy, out).write();
}

} // namespace interdict::evidence
