// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "guard/load.h"
#include "order/name.h"
#include "watch/evidence.h"
#include "watch/watcher.h"

namespace interdict::cli {

namespace {

struct CheckOptions {
    std::string settings;
    watch::Wish wish;
};

struct ListOptions {
    std::string settings;
    std::string order;
};

std::string lines_of(const std::vector<order::Problem>& problems)
{
    std::vector<std::string> lines;
    for (const auto& problem : problems)
        lines.push_back(to_string(problem));
    return fmt::format("{}", fmt::join(lines, "\n"));
}

Result<watch::Settings> read_settings(const Session& session, const std::string& option)
{
    const auto file = option.empty() ? session.globals.state / "watch.json" : std::filesystem::path(option);
    auto parsed = watch::load_settings(file);
    if (!parsed.ok())
        return fail("{}", lines_of(parsed.problems));
    return std::move(parsed.settings);
}

Result<guard::Guard> read_guard(const Session& session)
{
    const auto& state = session.globals.state;
    auto settings = state / "guard.json";
    if (!std::filesystem::exists(settings))
        settings.clear();
    auto loaded = guard::load(settings, state / "guard", guard::Keep::No, now());
    if (!loaded)
        return fail("{}", lines_of(loaded.error()));
    for (const auto& list : loaded->states)
        if (!list.trouble.empty())
            session.console.warn(fmt::format("{}: {}", list.label, list.trouble));
    return std::move(loaded->guard);
}

Result<book::Book> open_book(const Session& session, book::Access access)
{
    return book::Book::open(session.globals.state / "book.db", access);
}

std::string joined(const std::set<std::string>& values)
{
    return values.empty() ? "nothing" : fmt::format("{}", fmt::join(values, ", "));
}

Json evidence_json(const std::string& evidence)
{
    auto parsed = Json::parse(evidence, nullptr, false);
    return parsed.is_discarded() ? Json(evidence) : parsed;
}

Json proposal_json(const book::Proposal& proposal)
{
    return {{"kind", book::to_string(proposal.kind)},
            {"order", proposal.order},
            {"target", to_string(proposal.item.target)},
            {"expires", proposal.item.expires == 0 ? Json() : Json(format_timestamp(proposal.item.expires))},
            {"of", proposal.of.empty() ? Json() : Json(proposal.of)},
            {"proposer", proposal.proposer},
            {"proposed", format_timestamp(proposal.proposed)},
            {"evidence", evidence_json(proposal.evidence)}};
}

Json round_json(const watch::Round& round, bool dry_run)
{
    Json changes = Json::array();
    for (const auto& [name, change] : round.changes)
        changes.push_back(
            {{"name", name}, {"what", change.what}, {"before", change.before}, {"after", change.after}});
    Json proposals = Json::array();
    for (const auto& proposed : round.proposed) {
        Json json = {{"number", proposed.id == 0 ? Json() : Json(proposed.id)},
                     {"new", proposed.fresh},
                     {"summary", proposed.summary}};
        json.update(proposal_json(proposed.proposal));
        proposals.push_back(std::move(json));
    }
    Json resolvers = Json::array();
    for (const auto& resolver : round.resolvers)
        resolvers.push_back({{"resolver", resolver.text},
                             {"asked", resolver.asked},
                             {"votes", resolver.votes},
                             {"fault", resolver.fault.empty() ? Json() : Json(resolver.fault)}});
    return {{"ok", !round.degraded()},      {"dry_run", dry_run},     {"checked", round.checked},
            {"undecided", round.undecided}, {"recent", round.recent}, {"left", round.left},
            {"changes", changes},           {"proposals", proposals}, {"notes", round.notes},
            {"resolvers", resolvers}};
}

void say_round(Console& console, const watch::Round& round, bool dry_run)
{
    for (const auto& [name, change] : round.changes)
        console.say("{}: {}: {}, before {}", name, change.what, joined(change.after), joined(change.before));
    for (const auto& proposed : round.proposed) {
        const auto& proposal = proposed.proposal;
        console.say("{}: {} {}{} under order {}: {}",
                    proposed.id == 0 ? "would propose" : fmt::format("proposal {}", proposed.id),
                    console.paint(Tone::Strong, book::to_string(proposal.kind)),
                    to_string(proposal.item.target),
                    proposal.of.empty() ? "" : fmt::format(", following on {},", proposal.of), proposal.order,
                    proposed.summary);
    }
    for (const auto& text : round.notes)
        console.say("not proposed: {}", text);
    console.say("{} checked, {} without a quorum; {} checked recently, {} left for the next check{}",
                counted(round.checked, "name"), round.undecided, round.recent, round.left,
                dry_run ? "; nothing was written" : "");
    if (!dry_run && !round.proposed.empty())
        console.say("a person decides: interdict order approve N, or reject N");
    for (const auto& resolver : round.resolvers)
        if (resolver.votes != resolver.asked)
            console.warn(fmt::format("{} had no say on {} of {} ({})", resolver.text,
                                     resolver.asked - resolver.votes, counted(resolver.asked, "name"),
                                     resolver.fault));
}

// A round of the daemon, whose end is an event.
Result<Exit> check_through(const Client& daemon, Session& session, const CheckOptions& options)
{
    if (!options.settings.empty())
        return fail("a daemon runs and watches by its configuration; leave out --settings");
    std::string query = fmt::format("?all={}", options.wish.all);
    if (!options.wish.order.empty())
        query += "&order=" + url_part(options.wish.order);
    INTERDICT_TRY(const auto begun, daemon.post("/v1/dynamic/check" + query));
    Json last;
    INTERDICT_CHECK(
        daemon.follow(fmt::format("/v1/events?after={}", begun["after"].dump()), [&](const Json& event) {
            const auto kind = event.value("kind", "");
            if (kind == "proposal" || kind == "warning")
                session.console.say("{}", event.value("message", ""));
            last = event;
            return kind != "round" && kind != "round-failed";
        }));
    if (last.value("kind", "") == "round-failed")
        return fail("{}", last.value("message", ""));
    if (last.value("kind", "") != "round")
        return fail("the daemon ended before the round did");
    session.console.say("{}", last.value("message", ""));
    for (const auto& note : last["data"]["notes"])
        session.console.say("not proposed: {}", note.get<std::string>());
    session.console.put(last["data"]);
    return last["data"].value("degraded", false) ? Exit::Degraded : Exit::Ok;
}

Result<Exit> check(Session& session, const CheckOptions& options)
{
    if (!options.wish.dry_run)
        if (const auto daemon = Client::of(session))
            return check_through(*daemon, session, options);
    INTERDICT_TRY(auto settings, read_settings(session, options.settings));
    INTERDICT_TRY(auto guard, read_guard(session));
    INTERDICT_TRY(auto book,
                  open_book(session, options.wish.dry_run ? book::Access::Read : book::Access::Write));
    watch::Watcher watcher(book, std::move(settings),
                           [&](const order::Order& order) { return guard.check(order); });
    std::optional<Progress> bar;
    INTERDICT_TRY(const auto round,
                  watcher.check(options.wish, now(), [&](std::size_t done, std::size_t total) {
                      if (!bar)
                          bar.emplace("names", total);
                      bar->step(done);
                  }));
    bar.reset();
    say_round(session.console, round, options.wish.dry_run);
    session.console.put(round_json(round, options.wish.dry_run));
    return round.degraded() ? Exit::Degraded : Exit::Ok;
}

std::string present_text(const watch::Snapshot& snapshot)
{
    auto addresses = present(snapshot.ipv4);
    addresses.merge(present(snapshot.ipv6));
    const auto ends = present(snapshot.canonical);
    const bool alias = !ends.empty() && !ends.contains(snapshot.name);
    return fmt::format("{}{}", joined(addresses), alias ? ", alias of " + joined(ends) : "");
}

std::string state_text(const watch::Snapshot& snapshot)
{
    if (snapshot.checked == 0)
        return "not decided yet";
    if (snapshot.gone.checks != 0)
        return fmt::format("gone, {} since {}, {}", snapshot.rcode, format_timestamp(snapshot.gone.since),
                           counted(snapshot.gone.checks, "check"));
    if (snapshot.taken.checks != 0)
        return fmt::format("{} since {}: {}", to_string(snapshot.taken_kind),
                           format_timestamp(snapshot.taken.since), snapshot.taken_by);
    return "alive at " + present_text(snapshot);
}

Result<Exit> list(Session& session, const ListOptions& options)
{
    INTERDICT_TRY(const auto settings, read_settings(session, options.settings));
    INTERDICT_TRY(const auto book, open_book(session, book::Access::Read));
    INTERDICT_TRY(auto orders, book.orders().in_force());
    if (!options.order.empty())
        std::erase_if(orders, [&](const order::Order& order) { return order.id != options.order; });
    INTERDICT_TRY(const auto memory, watch::Memory::load(book.counts()));
    Json names = Json::array();
    for (const auto& [name, ids] : watch::watched_names(orders, settings)) {
        const auto snapshot = memory.of(name);
        const bool never = snapshot.tried == 0;
        session.console.say("{}: {} ({})", name, never ? "never checked" : state_text(snapshot),
                            fmt::join(ids, ", "));
        names.push_back(
            {{"name", name}, {"orders", ids}, {"seen", never ? Json() : watch::to_json(snapshot)}});
    }
    if (names.empty())
        session.console.say("no name of an order in force is watched");
    session.console.put({{"names", names}});
    return Exit::Ok;
}

Result<Exit> show(Session& session, const std::string& number)
{
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), id);
    if (error != std::errc{} || end != number.data() + number.size())
        return fail("\"{}\" is not the number of a proposal; see: interdict order proposals", number);
    INTERDICT_TRY(const auto book, open_book(session, book::Access::Read));
    INTERDICT_TRY(const auto proposals, book.proposals().all());
    const auto found = std::ranges::find(proposals, id, &book::Proposal::id);
    if (found == proposals.end())
        return fail("there is no proposal {}; see: interdict order proposals", id);
    Json json = {{"number", id}, {"state", book::to_string(found->state)}};
    json.update(proposal_json(*found));
    session.console.say("proposal {}, {}: {} {} under order {}", id, book::to_string(found->state),
                        book::to_string(found->kind), to_string(found->item.target), found->order);
    if (!found->of.empty())
        session.console.say("follows on {}", found->of);
    session.console.say("proposed by {} at {}", found->proposer, format_timestamp(found->proposed));
    session.console.say("{}", json["evidence"].dump(2));
    session.console.put(json);
    return Exit::Ok;
}

Result<Exit> seen_name(Session& session, const watch::Memory& memory, const std::string& name)
{
    const auto snapshot = memory.of(name);
    if (snapshot.tried == 0)
        return fail("{} has never been checked; interdict dynamic list shows what is watched", name);
    session.console.say("{}: {}", name, state_text(snapshot));
    for (const auto& change : snapshot.changes)
        session.console.say("  {} {}: {}, before {}", format_timestamp(change.time), change.what,
                            joined(change.after), joined(change.before));
    for (const auto& view : snapshot.views) {
        auto addresses = view.ipv4;
        addresses.insert(view.ipv6.begin(), view.ipv6.end());
        session.console.say("  {}: {}{}, name servers {}", view.resolver, view.rcode,
                            view.verdict == watch::Verdict::Alive ? " " + joined(addresses)
                            : view.why.empty()                    ? ""
                                                                  : " (" + view.why + ")",
                            joined(view.name_servers));
    }
    session.console.put(watch::to_json(snapshot));
    return Exit::Ok;
}

Result<Exit> seen_address(Session& session, const watch::Memory& memory, const order::Prefix& prefix)
{
    Json names = Json::array();
    for (const auto& [name, snapshot] : memory.snapshots())
        for (const auto* track : {&snapshot.ipv4, &snapshot.ipv6})
            for (const auto& [value, seen] : track->values) {
                const auto address = order::parse_address(value);
                if (!address || !prefix.contains(*address))
                    continue;
                session.console.say("{} at {} from {} to {}", name, value, format_timestamp(seen.first),
                                    format_timestamp(seen.last));
                names.push_back({{"name", name}, {"address", value}, {"seen", watch::to_json(seen)}});
            }
    if (names.empty())
        session.console.say("no watched name was seen in {}", to_string(prefix));
    session.console.put({{"prefix", to_string(prefix)}, {"names", names}});
    return Exit::Ok;
}

Result<Exit> seen(Session& session, const std::string& target)
{
    INTERDICT_TRY(const auto book, open_book(session, book::Access::Read));
    INTERDICT_TRY(const auto memory, watch::Memory::load(book.counts()));
    if (const auto address = order::parse_address(target))
        return seen_address(session, memory, *address);
    if (const auto prefix = order::parse_prefix(target))
        return seen_address(session, memory, *prefix);
    const auto name = order::normalise_name(target, order::Match::Exact);
    if (!name)
        return fail("\"{}\" is neither an address nor a name: {}; {}", order::printable(target),
                    name.error().message, name.error().remedy);
    return seen_name(session, memory, *name);
}

void add_check_command(CommandLine& line)
{
    const auto options = std::make_shared<CheckOptions>();
    line.add("dynamic check", "ask the resolvers about the names of all orders in force, and propose",
             "Asks every resolver of watch.json, by DNS alone: nothing is fetched from the sites. A change "
             "counts "
             "when\nenough resolvers agree on it, in enough checks, for long enough. What follows is "
             "proposed; "
             "nothing is\napplied until a person approves: interdict order approve N.\n"
             "The exit code is 2 if a resolver had no say on any name.",
             "interdict dynamic check\n"
             "interdict dynamic check --order it-napoli-2021-iptv --all\n"
             "interdict dynamic check --dry-run --json | jq .proposals",
             [options](Session& session) { return check(session, *options); })
        .value("--order", options->wish.order, "ID", "this order alone")
        .flag("--all", options->wish.all, "also names that were checked less than an interval ago")
        .flag("--dry-run", options->wish.dry_run, "writes nothing")
        .value("--settings", options->settings, "FILE [STATE/watch.json]", "the settings of the watch");
}

} // namespace

void add_dynamic(CommandLine& line)
{
    line.group("dynamic", "what the names of orders are up to: moved, seized, dead");
    add_check_command(line);
    const auto listed = std::make_shared<ListOptions>();
    line.add("dynamic list", "what is watched, and as it was last seen", "",
             "interdict dynamic list\n"
             "interdict dynamic list --order it-napoli-2021-iptv --json",
             [listed](Session& session) { return list(session, *listed); })
        .value("--order", listed->order, "ID", "this order alone")
        .value("--settings", listed->settings, "FILE [STATE/watch.json]", "the settings of the watch");
    const auto number = std::make_shared<std::string>();
    line.add("dynamic show", "a proposal and what it rests on",
             "What each resolver said, what was so before and since when, and how much had to be seen.",
             "interdict dynamic show 3\n"
             "interdict dynamic show 3 --json | jq .evidence",
             [number](Session& session) { return show(session, *number); })
        .argument("N", *number, "the proposal");
    const auto target = std::make_shared<std::string>();
    line.add("dynamic seen", "the history of a name, or the names that were seen at an address", "",
             "interdict dynamic seen tv.example\n"
             "interdict dynamic seen 192.0.2.7",
             [target](Session& session) { return seen(session, *target); })
        .argument("TARGET", *target, "a name, an address or a prefix");
}

} // namespace interdict::cli
