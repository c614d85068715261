// SPDX-License-Identifier: Apache-2.0
#include "daemon/health.h"

#include <chrono>
#include <thread>

#include "daemon/words.h"

namespace interdict::daemon {

namespace {

// A change in place takes some of them.
constexpr std::chrono::milliseconds kGrace{10};
constexpr int kGraces = 50;

// Whoever brought the plane up was told why, and noted it.
std::string reason_of(const plane::Stage& stage, const control::State& state)
{
    const auto refusals = state.refusals();
    const auto noted = refusals.find(stage.name);
    return noted == refusals.end() ? stage.reason : noted->second;
}

// Nothing if the stage is loaded, else why not, in one line.
std::string fault_of(const plane::Plane& plane, interdict_stage index, const control::State& state)
{
    for (const auto& stage : plane.programs().stages())
        if (stage.index == index) {
            const std::string reason = stage.loaded ? "" : reason_of(stage, state);
            return reason.substr(0, reason.find('\n'));
        }
    return "this build has no program for it";
}

} // namespace

std::array<ChannelState, INTERDICT_CHANNEL_MAX> channel_states(const plane::Plane& plane,
                                                               const control::State& state)
{
    const auto one = [](const std::string& fault) { return ChannelState{fault.empty(), fault}; };
    const std::string tcp = fault_of(plane, INTERDICT_STAGE_TCP, state);
    const std::string dns = fault_of(plane, INTERDICT_STAGE_DNS, state);
    std::array<ChannelState, INTERDICT_CHANNEL_MAX> channels;
    channels[INTERDICT_CHANNEL_TLS] = one(tcp);
    channels[INTERDICT_CHANNEL_HTTP] = one(tcp);
    channels[INTERDICT_CHANNEL_QUIC] = one(fault_of(plane, INTERDICT_STAGE_QUIC, state));
    channels[INTERDICT_CHANNEL_DNS] = one(dns);
    if (dns.empty() != tcp.empty())
        channels[INTERDICT_CHANNEL_DNS] = {true,
                                           dns.empty() ? "not over TCP: " + tcp : "not over UDP: " + dns};
    return channels;
}

std::string answer_fault(const plane::Plane& plane, const control::State& state)
{
    return fault_of(plane, INTERDICT_STAGE_ANSWER, state);
}

bool cut_short(const plane::Plane& plane)
{
    for (int i = 0; i < kGraces && control::intended(plane); ++i)
        std::this_thread::sleep_for(kGrace);
    return control::intended(plane).has_value();
}

std::string cut_short_text()
{
    return "a change of the live generation was cut short: some of its rules are as before, some as after; "
           "any order step finishes it, or: interdict apply";
}

Result<std::vector<std::string>> faults(const plane::Plane& plane, const control::State& state)
{
    std::vector<std::string> out;
    INTERDICT_TRY(const auto interfaces, plane.interfaces());
    for (const auto& [attachment, role] : interfaces) {
        const auto& name = attachment.interface;
        if (attachment.ifindex == 0)
            out.push_back(fmt::format(
                "{}: the interface is gone; the daemon filters it again when it is back, without one: "
                "interdict up --iface {}:ROLE",
                name, name));
        else if (!attachment.attached)
            out.push_back(
                fmt::format("{}: the program was taken off; a daemon puts it back, so does: interdict up "
                            "--iface {}:{}",
                            name, name, role_text(role)));
        else if (role == 0)
            out.push_back(fmt::format("{}: no role, its packets pass; give it one: interdict up --iface "
                                      "{}:subscriber",
                                      name, name));
    }
    if (cut_short(plane))
        out.push_back(cut_short_text());
    for (const auto& stage : plane.programs().stages())
        if (!stage.loaded)
            out.push_back(fmt::format("stage {} is not loaded, {}: {}", stage.name,
                                      stage.index == INTERDICT_STAGE_ANSWER
                                          ? "what it would answer is dropped"
                                          : "what it inspects passes",
                                      reason_of(stage, state)));
    return out;
}

} // namespace interdict::daemon
