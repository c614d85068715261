// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include <nlohmann/json.hpp>

#include "cli/acting.h"
#include "cli/commands.h"
#include "cli/health.h"
#include "control/state.h"
#include "control/succeed.h"
#include "image/scopes.h"
#include "plane/plane.h"

namespace interdict::cli {

namespace {

struct Options {
    std::vector<std::string> interfaces;
    std::string mode = "auto";
    std::string attach = "auto";
    unsigned priority = plane::kDefaultPriority;
    bool observe = false;
    bool enforce = false;
    std::string encapsulations;
    std::string quic_budget;
};

constexpr std::uint32_t kQuicBudgetMax = 1000000; // beyond it no CPU can get anyway

Result<plane::InterfaceRequest> parse_interface(const std::string& text)
{
    const auto colon = text.rfind(':');
    const std::string role = colon == std::string::npos ? "" : text.substr(colon + 1);
    plane::InterfaceRequest request{.name = text.substr(0, colon)};
    if (role == "subscriber")
        request.role = INTERDICT_ROLE_SUBSCRIBER;
    else if (role == "uplink")
        request.role = INTERDICT_ROLE_UPLINK;
    else if (role == "both")
        request.role = INTERDICT_ROLE_SUBSCRIBER | INTERDICT_ROLE_UPLINK;
    if (request.role == 0 || request.name.empty())
        return fail("--iface: \"{}\" is not NAME:ROLE; write e.g. eth0:subscriber, eth1:uplink or eth2:both",
                    text);
    return request;
}

// Without them a rule with a scope would not apply to a new interface until the next generation.
Result<void> add_scopes(const Session& session, std::vector<plane::InterfaceRequest>& requests)
{
    if (!plane::Pins(session.globals.pins).exist())
        return {};
    const auto plane = plane::Plane::adopt(session.globals.pins, plane::Access::Read);
    if (!plane || !plane->generation())
        return {};
    INTERDICT_TRY(const auto rules, control::State(session.globals.state).rules(*plane->generation()));
    if (!rules || rules->scopes.empty())
        return {};
    INTERDICT_TRY(const auto bits, image::scope_bits(rules->scopes, INTERDICT_PREFIX_SCOPES_MAX));
    for (auto& request : requests)
        request.scope = bits.interface(request.name);
    return {};
}

Result<std::uint32_t> parse_quic_budget(const std::string& text)
{
    std::uint32_t budget = 0;
    const char* const end = text.data() + text.size();
    if (const auto [stop, error] = std::from_chars(text.data(), end, budget);
        error != std::errc{} || stop != end || budget > kQuicBudgetMax)
        return fail("--quic-budget: \"{}\" is not a number from 0 to {}", text, kQuicBudgetMax);
    return budget;
}

// What only this process was told.
void note_refusals(const Session& session, const plane::Plane& plane)
{
    control::Refusals refusals;
    for (const auto& stage : plane.programs().stages())
        if (!stage.loaded)
            refusals.emplace(stage.name, stage.reason);
    if (const auto noted = control::State(session.globals.state).note_refusals(refusals); !noted)
        session.console.warn(noted.error().message);
}

Result<plane::Config> configure(const Session& session, const Options& options)
{
    plane::Config config;
    config.pins = session.globals.pins;
    config.attach = {.means = options.attach == "dispatcher" ? plane::Means::Dispatcher
                              : options.attach == "link"     ? plane::Means::Link
                                                             : plane::Means::Automatic,
                     .native_allowed = options.mode != "generic",
                     .generic_allowed = options.mode != "native",
                     .priority = options.priority,
                     .verbose = session.globals.verbose};
    if (options.observe && options.enforce)
        return fail("--observe and --enforce exclude each other; leave one out");
    if (options.observe || options.enforce)
        config.observe = options.observe;
    if (!options.encapsulations.empty()) {
        INTERDICT_TRY(config.encapsulations, parse_encapsulations(options.encapsulations));
    } else if (!plane::Pins(config.pins).exist()) {
        config.encapsulations = INTERDICT_ENCAP_ALL;
    }
    if (!options.quic_budget.empty()) {
        INTERDICT_TRY(config.quic_budget, parse_quic_budget(options.quic_budget));
    }
    return config;
}

Result<void> show(Session& session, const plane::Plane& plane, bool adopted, bool taken_over)
{
    Console& console = session.console;
    INTERDICT_TRY(const auto interfaces, plane.interfaces());
    const auto generation = plane.generation();
    Json list = Json::array();
    for (const auto& [attachment, role] : interfaces) {
        const char* mode = attachment.generic ? "generic" : "native";
        const char* means = attachment.means == plane::Means::Dispatcher ? "dispatcher" : "link";
        list.push_back({{"name", attachment.interface},
                        {"role", role_text(role)},
                        {"attached", attachment.attached},
                        {"mode", mode},
                        {"attach", means}});
        if (attachment.attached)
            console.say("{}: {}, {} mode, {}", attachment.interface, role_text(role), mode, means);
    }
    if (plane.observe())
        console.say(
            "dry run: everything is judged and counted, nothing is blocked; end it: interdict up --enforce");
    if (generation)
        console.say("{}generation {} is filtering", adopted ? "adopted; " : "", generation->number);
    else
        console.say("{}no rules yet: interdict apply FILE...", adopted ? "adopted; " : "");
    console.put({{"up", true},
                 {"adopted", adopted},
                 {"taken_over", taken_over},
                 {"generation", generation ? Json(generation->number) : Json()},
                 {"observe", plane.observe()},
                 {"encapsulations", encapsulations_text(plane.maps().control().encapsulations)},
                 {"quic_budget", plane.maps().control().quic_budget},
                 {"interfaces", list},
                 {"warnings", plane.warnings()}});
    return {};
}

Result<Exit> up(Session& session, const Options& options)
{
    std::vector<plane::InterfaceRequest> requests;
    for (const auto& text : options.interfaces) {
        INTERDICT_TRY(auto request, parse_interface(text));
        requests.push_back(std::move(request));
    }
    const control::State state(session.globals.state);
    INTERDICT_TRY(const bool taken_over,
                  control::succeed(session.globals.pins, state, listener_of(session.console)));
    if (taken_over)
        session.console.say("the plane of another version of interdict was taken over, rules and counts too");
    const bool adopted = plane::Pins(session.globals.pins).exist();
    if (requests.empty() && !adopted)
        return fail(
            "no interface is named; write e.g. interdict up --iface eth0:subscriber --iface eth1:uplink");
    INTERDICT_TRY(const auto config, configure(session, options));
    INTERDICT_CHECK(add_scopes(session, requests));
    INTERDICT_TRY(const auto plane, plane::Plane::up(config, requests));
    if (!adopted)
        note_refusals(session, plane);
    for (const auto& warning : plane.warnings())
        session.console.warn(warning);
    INTERDICT_CHECK(show(session, plane, adopted, taken_over));
    INTERDICT_TRY(const auto degraded, faults(plane, state));
    for (const auto& fault : degraded)
        session.console.warn(fault);
    return degraded.empty() ? Exit::Ok : Exit::Degraded;
}

} // namespace

void add_up(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add("up", "load the programs and attach them; adopts a plane that is up",
             "The programs stay when this command has ended, whatever dies. What is up already goes on as it "
             "is:\n"
             "counters, rules and interfaces; interfaces that are named are added or get their new role. "
             "What a\n"
             "build with another map layout left is taken over, without a packet that nobody judges. If\n"
             "anything fails, everything is as before.",
             "interdict up --iface eth0:subscriber --iface eth1:uplink\n"
             "interdict up --iface eth0:subscriber --observe\n"
             "interdict up --enforce\n"
             "interdict up --iface eth0.100:both --attach link --mode native --encap mpls,gtpu\n"
             "interdict up --quic-budget 50000",
             [options](Session& session) { return up(session, *options); })
        .list("--iface", options->interfaces, "NAME:ROLE",
              "ROLE is subscriber (destinations are judged), uplink (sources are) or both")
        .choice("--mode", options->mode, {"auto", "native", "generic"},
                "XDP in the driver, or slowly on the kernel's buffers; auto: native if possible")
        .choice("--attach", options->attach, {"auto", "dispatcher", "link"},
                "beside other XDP programs through libxdp, or alone; auto: the dispatcher if possible")
        .number("--priority", options->priority, 0, 65535,
                "among the dispatcher's programs; smaller runs first")
        .flag("--observe", options->observe, "dry run: judge and count, block nothing")
        .flag("--enforce", options->enforce, "end a dry run")
        .value("--encap", options->encapsulations, "LIST [all; a plane that is up: as it is]",
               kEncapsulationHelp)
        .value("--quic-budget", options->quic_budget,
               fmt::format("N [{}; a plane that is up: as it is]", INTERDICT_QUIC_BUDGET_DEFAULT),
               "QUIC Initials that one CPU may decrypt in a second; what is beyond passes and is counted");
}

} // namespace interdict::cli
