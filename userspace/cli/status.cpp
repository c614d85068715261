// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "cli/book_view.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "daemon/health.h"
#include "daemon/status_json.h"
#include "plane/live.h"
#include "plane/plane.h"

namespace interdict::cli {

namespace {

// A member of an object; null if it is not there.
const Json& part(const Json& json, const char* key)
{
    static const Json kNone;
    const auto found = json.find(key);
    return found == json.end() ? kNone : *found;
}

bool is(const Json& json, const char* key) { return json.value(key, false); }

std::string since(std::int64_t time, const std::string& from)
{
    const auto begun = parse_timestamp(from);
    return begun ? control::countdown(time - *begun) : "unknown";
}

// What status says, for people.
class View {
public:
    View(Console& console, const Json& status)
        : console_(console), status_(status), time_(parse_timestamp(text_of(status, "time")).value_or(now()))
    {
    }

    void show() const
    {
        if (is(status_, "up"))
            plane();
        say_book(console_, part(status_, "book"), time_);
        if (status_.contains("daemon"))
            daemon(status_["daemon"]);
    }

private:
    void plane() const;
    void generation() const;
    void interfaces() const;
    void channels() const;
    void orders() const;
    void totals() const;
    void daemon(const Json& daemon) const;

    Console& console_;
    const Json& status_;
    std::int64_t time_;
};

void View::plane() const
{
    generation();
    if (is(status_, "observe"))
        console_.say("{}",
                     console_.paint(Tone::Doubtful, "dry run: everything is judged and counted, nothing is "
                                                    "blocked; end it: interdict up --enforce"));
    console_.say("encapsulations: {}", text_of(status_, "encapsulations"));
    console_.say("QUIC: at most {} Initials decrypted on each CPU in a second",
                 integer_of(status_, "quic_budget"));
    interfaces();
    for (const auto& stage : part(status_, "stages"))
        console_.say("stage {}: {}", text_of(stage, "name"),
                     is(stage, "loaded") ? std::string("loaded") : console_.paint(Tone::Bad, "missing"));
    channels();
    orders();
    totals();
}

void View::generation() const
{
    const auto& live = part(status_, "generation");
    if (live.is_null()) {
        console_.say("no generation is live, everything passes; apply orders: interdict apply FILE...");
        return;
    }
    const auto& targets = part(live, "targets");
    const auto& rules = part(live, "rules");
    console_.say("{}, published {}",
                 console_.paint(Tone::Strong, fmt::format("generation {}", integer_of(live, "number"))),
                 text_of(live, "published"));
    console_.say("  digest {}", text_of(live, "digest"));
    console_.say("  {} on {} (limit {})",
                 rules.is_number() ? counted(rules.get<std::uint64_t>(), "rule")
                                   : std::string("an unknown number of rules"),
                 counted(static_cast<std::uint64_t>(integer_of(targets, "used")), "target"),
                 integer_of(targets, "limit"));
}

void View::interfaces() const
{
    const auto& found = part(status_, "interfaces");
    if (found.empty())
        console_.say("no interface: interdict up --iface NAME:subscriber");
    for (const auto& one : found) {
        const auto name = text_of(one, "name");
        const auto mode = text_of(one, "mode");
        console_.say("interface {}: {}", name,
                     is(one, "gone")        ? console_.paint(Tone::Bad, "gone")
                     : !is(one, "attached") ? console_.paint(Tone::Bad, "not attached")
                                            : fmt::format("{}, {} mode, {}", text_of(one, "role"), mode,
                                                          text_of(one, "attach")));
        if (mode == "generic")
            console_.warn(fmt::format("{}: GENERIC mode, several times slower than native", name));
    }
}

// By which means a name can be blocked here, whatever the orders say.
void View::channels() const
{
    for (const auto& [name, channel] : part(status_, "channels").items()) {
        const bool inspected = is(channel, "inspected");
        const auto reason = text_of(channel, "reason");
        console_.say("channel {}: {}{}{}", name,
                     inspected ? std::string("inspected") : console_.paint(Tone::Bad, "not inspected"),
                     reason.empty() ? ""
                     : inspected    ? ", "
                                    : ": ",
                     reason);
    }
}

void View::orders() const
{
    for (const auto& order : part(status_, "orders")) {
        const auto next = text_of(order, "next_expiry");
        console_.say("order {}: {}, {}{}{}", text_of(order, "id"), text_of(order, "status"),
                     counted(static_cast<std::uint64_t>(integer_of(order, "rules")), "rule"),
                     text_of(order, "mode") == "observe" ? ", observed only" : "",
                     next.empty() ? ", no expiry ahead" : ", next expiry " + next);
    }
}

void View::totals() const
{
    for (const auto& [name, value] : part(status_, "totals").items()) {
        const auto known = std::ranges::find(plane::kTotals, name, &plane::TotalInfo::json);
        console_.say("{:>14}  {}{}", value.dump(), name,
                     known == std::end(plane::kTotals) ? "" : fmt::format(": {}", known->help));
    }
}

void View::daemon(const Json& daemon) const
{
    const auto archived = text_of(daemon, "archived");
    console_.say("daemon: process {}, up {}, counts kept {}", integer_of(daemon, "pid"),
                 since(time_, text_of(daemon, "started")), archived.empty() ? "not yet" : archived);
    if (is(daemon, "busy"))
        console_.say("  {}", console_.paint(Tone::Doubtful,
                                            fmt::format("busy; this is as of {}", text_of(status_, "time"))));
    for (const auto& feed : part(daemon, "feeds"))
        say_feed(console_, feed);
}

// From the pins and the book.
Result<Json> look(const Globals& globals)
{
    INTERDICT_TRY(const auto plane, plane::Plane::adopt(globals.pins, plane::Access::Read));
    const control::State state(globals.state);
    daemon::Subject subject{.state = state, .plane = &plane};
    INTERDICT_TRY(subject.degraded, daemon::faults(plane, state));
    std::error_code ignored;
    std::optional<book::Book> book;
    if (std::filesystem::exists(state.book(), ignored)) {
        if (auto opened = book::Book::open(state.book(), book::Access::Read))
            book = *std::move(opened);
        else
            subject.degraded.push_back(opened.error().message);
    }
    subject.book = book ? &*book : nullptr;
    const auto time = now();
    auto json = daemon::status_json(std::move(subject), time);
    daemon::add_orders(json, state, time);
    return json;
}

Result<Exit> status(Session& session)
{
    const auto daemon = Client::of(session);
    INTERDICT_TRY(const auto json, daemon ? daemon->get("/v1/status?orders=true") : look(session.globals));
    Console& console = session.console;
    View(console, json).show();
    console.put(json);
    const auto& degraded = part(json, "degraded");
    for (const auto& fault : degraded)
        console.warn(fault.get<std::string>());
    return !is(json, "up") ? Exit::Error : degraded.empty() ? Exit::Ok : Exit::Degraded;
}

} // namespace

void add_status(CommandLine& line)
{
    line.add("status", "what is live, where, and what it has done",
             "The live generation, interfaces, stages, orders with their next expiry, totals by reason, book "
             "and\n"
             "deadlines; from the daemon, if one runs, also its feeds and when counts were kept. Members of\n"
             "api.group need no other right then. The exit code is 2 if something is not as it should be, 1 "
             "if\n"
             "nothing is up.",
             "interdict status\n"
             "interdict status --json | jq .generation.number\n"
             "interdict status --json | jq '.orders[] | [.id, .rules, .next_expiry]'",
             status);
}

} // namespace interdict::cli
