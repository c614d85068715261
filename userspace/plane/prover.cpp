// SPDX-License-Identifier: Apache-2.0
#include "plane/prover.h"

#include <algorithm>
#include <array>

#include <linux/bpf.h>
#include <netinet/in.h>
#include <time.h>

#include "plane/interfaces.h"
#include "plane/run.h"

namespace interdict::plane {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr MapId kSharedTables[] = {MapId::NameKeys, MapId::Filter,     MapId::Targets,     MapId::Rules,
                                   MapId::Answers,  MapId::VlanScopes, MapId::PrefixScopes};

// The programs' own clock.
std::uint64_t coarse_nanoseconds()
{
    timespec time = {};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * kSecond + static_cast<std::uint64_t>(time.tv_nsec);
}

bool over_tcp(const probe::Packet& packet)
{
    return packet.channel == INTERDICT_CHANNEL_TLS || packet.channel == INTERDICT_CHANNEL_HTTP ||
           (packet.channel == INTERDICT_CHANNEL_ADDRESS && packet.protocol == IPPROTO_TCP);
}

struct Reply {
    interdict_verdict verdict = INTERDICT_VERDICT_DROP;
    probe::Answer answer{};
};

// What an action comes to. Where there is nothing to answer it is a drop.
Reply reply_of(const probe::Probe& probe)
{
    using Kind = probe::Answer::Kind;
    switch (probe.action) {
    case INTERDICT_ACTION_RESET:
        if (over_tcp(probe.packet))
            return {INTERDICT_VERDICT_RESET, {Kind::Reset}};
        return {};
    case INTERDICT_ACTION_NXDOMAIN:
        return {INTERDICT_VERDICT_ANSWER, {Kind::Dns, 3}};
    case INTERDICT_ACTION_REFUSED:
        return {INTERDICT_VERDICT_ANSWER, {Kind::Dns, 5}};
    case INTERDICT_ACTION_SINKHOLE:
        return {INTERDICT_VERDICT_ANSWER, {Kind::Dns, 0}};
    case INTERDICT_ACTION_NOTICE:
        return {INTERDICT_VERDICT_NOTICE, {Kind::Http, 451}};
    default:
        return {};
    }
}

std::uint32_t xdp_action(interdict_verdict verdict)
{
    return verdict == INTERDICT_VERDICT_PASS   ? XDP_PASS
           : verdict == INTERDICT_VERDICT_DROP ? XDP_DROP
                                               : XDP_TX;
}

bool is_reply(const RunResult& result, const Reply& reply)
{
    if (result.report.verdict != reply.verdict || result.action != xdp_action(reply.verdict))
        return false;
    if (reply.answer.kind == probe::Answer::Kind::None)
        return true;
    const auto answer = probe::read_answer(result.frame);
    return answer.kind == reply.answer.kind && answer.code == reply.answer.code;
}

// counted: hits of the probe's rule by this frame.
Outcome judge(const probe::Probe& probe, const RunResult& result, std::uint64_t counted)
{
    Outcome outcome;
    outcome.verdict = static_cast<interdict_verdict>(result.report.verdict);
    const bool acted = result.action != XDP_PASS;
    outcome.rule = acted || counted ? result.report.rule : 0;
    const bool mine = acted && result.report.rule == probe.rule;
    switch (probe.expect) {
    case probe::Expect::Act:
        outcome.finding =
            mine    ? is_reply(result, reply_of(probe)) && counted == 1 ? Finding::Right : Finding::Answer
            : acted ? Finding::Other
                    : Finding::Passed;
        break;
    case probe::Expect::Observe:
        outcome.finding = counted == 1 && !mine ? Finding::Right : acted ? Finding::Other : Finding::Passed;
        break;
    case probe::Expect::Pass:
        outcome.finding = acted ? Finding::Acted : Finding::Right;
        break;
    case probe::Expect::Silent:
        outcome.finding = mine || (probe.rule && counted) ? Finding::Acted : Finding::Right;
        break;
    }
    return outcome;
}

} // namespace

Result<Prover> Prover::make(const Maps& plane, bool verbose)
{
    Prover prover;
    INTERDICT_TRY(auto maps, Maps::beside(plane));
    prover.maps_ = std::make_unique<Maps>(std::move(maps));
    INTERDICT_TRY(prover.programs_, Programs::load(*prover.maps_, verbose));
    return prover;
}

Result<Prover> Prover::open(const Pins& pins)
{
    Prover prover;
    INTERDICT_TRY(auto maps, Maps::open(pins, Access::Write));
    prover.maps_ = std::make_unique<Maps>(std::move(maps));
    INTERDICT_TRY(prover.programs_, Programs::open(pins));
    return prover;
}

Result<void> Prover::pin(const Pins& pins)
{
    INTERDICT_CHECK(pins.make());
    INTERDICT_CHECK(programs_.pin(pins));
    return maps_->pin(pins);
}

Result<void> Prover::same_programs(const Programs& programs) const
{
    INTERDICT_TRY(const auto mine, programs_.tags());
    INTERDICT_TRY(const auto others, programs.tags());
    if (mine != others)
        return fail("the programs that proofs run through are not those of the plane; take it down and up "
                    "again: interdict down");
    return {};
}

Result<void> Prover::same_tables(const Maps& plane) const
{
    for (const MapId id : kSharedTables) {
        INTERDICT_TRY(const auto mine, map_info(maps_->fd(id)));
        INTERDICT_TRY(const auto others, map_info(plane.fd(id)));
        if (mine.id != others.id)
            return fail(
                "proofs have another map {} than the plane; take it down and up again: interdict down",
                spec(id).name);
    }
    return {};
}

Result<void> Prover::select(const Maps& plane, Generation which)
{
    const interdict_control& of = plane.control();
    const std::uint64_t live = plane.live();
    const std::uint64_t number = which == Generation::Live ? live : live + 1;
    const std::uint32_t slot = number % INTERDICT_SLOTS;
    const interdict_generation header = of.generation[slot];
    if (number == 0)
        return fail("no generation is live; apply orders: interdict apply FILE...");
    if (header.number != number)
        return fail("generation {} is not staged", number);
    if (header.rules)
        INTERDICT_CHECK(maps_->fold_counters(header.rules - 1));

    // Conversations of an earlier run, should their ends be drawn again.
    INTERDICT_CHECK(maps_->empty(MapId::Flows));
    INTERDICT_CHECK(maps_->empty(MapId::Opens));
    interdict_control& control = maps_->control();
    control.generation[slot] = header;
    control.live = number;
    control.flags = (of.flags & INTERDICT_CONTROL_ATOMIC) | INTERDICT_CONTROL_REPORT;
    control.encapsulations = of.encapsulations;
    control.tai_offset = of.tai_offset;
    control.second_start = 0;
    control.tick = 0;
    control.quic_budget = UINT32_MAX;
    std::array<std::uint32_t, INTERDICT_SLOTS> everywhere;
    everywhere.fill(UINT32_MAX);
    return set_interface(control, kTestInterface, INTERDICT_ROLE_SUBSCRIBER, everywhere);
}

// The programs believe a second for as long as it lasts, by the coarse clock.
void Prover::set_clock(std::int64_t at)
{
    interdict_control& control = maps_->control();
    control.second = static_cast<std::uint64_t>(at);
    control.second_start = at ? coarse_nanoseconds() : 0;
    control.tick = 0;
}

std::uint64_t Prover::counted(std::uint32_t rule) const
{
    return rule ? maps_->counter(rule % INTERDICT_COUNTERS_PER_MAP)->packets : 0;
}

Result<std::vector<Outcome>> Prover::run(std::span<const probe::Probe> probes)
{
    INTERDICT_TRY(auto runner, Runner::open(*maps_, programs_.entry()));
    INTERDICT_TRY(auto synthesiser, probe::Synthesiser::make());
    interdict_control& control = maps_->control();
    interdict_interface* interface = find_interface(control, kTestInterface);
    if (!interface)
        return fail("no generation was chosen for the proofs");

    std::vector<Outcome> outcomes;
    outcomes.reserve(probes.size());
    // The interface is given a role again below, so it never loses its entry.
    for (const probe::Probe& probe : probes) {
        const auto frame = synthesiser.frame(probe.packet);
        interface->role = probe.packet.from_remote ? INTERDICT_ROLE_UPLINK : INTERDICT_ROLE_SUBSCRIBER;
        Outcome outcome;
        for (;;) {
            if (probe.at || control.second_start)
                set_clock(probe.at);
            const std::uint64_t begun = control.second_start;
            const std::uint64_t before = counted(probe.rule);
            INTERDICT_TRY(const auto result, runner.run(frame));
            outcome = judge(probe, result, counted(probe.rule) - before);
            // Without a report, plain rules take the way that they take on the wire.
            if (outcome.finding == Finding::Right && probe.packet.channel == INTERDICT_CHANNEL_ADDRESS) {
                const std::uint64_t once = counted(probe.rule);
                const std::uint32_t action = result.action;
                control.flags &= ~static_cast<std::uint32_t>(INTERDICT_CONTROL_REPORT);
                const auto unreported = runner.run(frame);
                control.flags |= INTERDICT_CONTROL_REPORT;
                if (!unreported)
                    return std::unexpected(unreported.error());
                if (unreported->action != action || counted(probe.rule) - once != once - before)
                    outcome.finding = Finding::Shortcut;
            }
            // Kept off its CPU for longer than the second lasted.
            if (!probe.at || coarse_nanoseconds() - begun < kSecond)
                break;
        }
        outcomes.push_back(outcome);
    }
    set_clock(0);
    return outcomes;
}

} // namespace interdict::plane
