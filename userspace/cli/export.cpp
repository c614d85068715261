// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/in_force.h"
#include "evidence/resolver_policy.h"
#include "evidence/routes.h"
#include "evidence/rpz.h"
#include "evidence/tables.h"
#include "evidence/unbound.h"
#include "order/fields.h"
#include "order/name.h"
#include "order/problem.h"

namespace interdict::cli {

namespace {

namespace fs = std::filesystem;
using evidence::Carrier;
using evidence::Output;
using evidence::Selection;

constexpr std::array<std::string_view, 10> kFormats = {
    "rpz",  "bind",          "unbound", "exabgp", "exabgp-flowspec",
    "bird", "bird-flowspec", "csv",     "json",   "transparency",
};

struct Options {
    std::string format;
    std::string out;
    InForceOptions from;
    std::string scope;
    std::string time;
    std::string zone = "rpz.interdict";
    bool by_authority = false;
    bool addresses = false;
    std::string next_hop_v4 = "self";
    std::string next_hop_v6 = "self";
    std::string community = "65535:666";
    std::string publisher = "the operator";
    std::string country;
};

Result<void> read_community(std::string_view text, evidence::RouteOptions& options)
{
    const char* at = text.data();
    const char* const end = at + text.size();
    for (std::size_t i = 0; i < 2; ++i) {
        const auto [next, error] = std::from_chars(at, end, options.community[i]);
        const bool whole = i == 0 ? next != end && *next == ':' : next == end;
        if (error != std::errc{} || !whole)
            return fail("--community \"{}\": not two numbers up to 65535; write e.g. 65535:666",
                        order::printable(text));
        at = next + 1;
    }
    return {};
}

Result<std::string> read_next_hop(const std::string& text, bool v6)
{
    if (text == "self")
        return text;
    const auto address = order::parse_address(text);
    if (!address || address->v6 != v6)
        return fail("--next-hop-{} \"{}\": not an {} address; write one, or self", v6 ? "v6" : "v4",
                    order::printable(text), v6 ? "IPv6" : "IPv4");
    return evidence::address_text(*address);
}

class Export {
public:
    Export(Session& session, const Options& options, const InForce& in_force)
        : session_(session), options_(options), in_force_(in_force)
    {
    }

    Result<Exit> run();

private:
    using Write = std::function<Result<void>(Output&)>;

    [[nodiscard]] Carrier carrier() const;
    Result<void> check();
    Result<void> write(Selection& selection);
    Result<void> zones(Selection& selection);
    Result<void> put(const fs::path& file, const Write& write);
    Result<void> single(const Write& write) { return put(options_.out, write); }
    void report(const Selection& selection);

    Session& session_;
    const Options& options_;
    const InForce& in_force_;
    evidence::RouteOptions routes_{};
    std::string zone_;
    std::vector<std::string> files_;
};

Carrier Export::carrier() const
{
    const std::string_view format = options_.format;
    if (format == "rpz" || format == "bind")
        return options_.addresses ? Carrier::AnswerFilter : Carrier::Resolver;
    if (format == "unbound")
        return Carrier::Resolver;
    return format.starts_with("exabgp") || format.starts_with("bird") ? Carrier::Router : Carrier::Record;
}

Result<void> Export::check()
{
    if (std::ranges::find(kFormats, options_.format) == kFormats.end())
        return fail("\"{}\" is not a format; write {}", order::printable(options_.format),
                    order::one_of(options_.format, kFormats));
    auto zone = order::normalise_name(options_.zone, order::Match::Exact);
    if (!zone)
        return fail("--zone \"{}\": {}; {}", order::printable(options_.zone), zone.error().message,
                    zone.error().remedy);
    zone_ = *std::move(zone);
    INTERDICT_CHECK(read_community(options_.community, routes_));
    INTERDICT_TRY(routes_.next_hop_v4, read_next_hop(options_.next_hop_v4, false));
    INTERDICT_TRY(routes_.next_hop_v6, read_next_hop(options_.next_hop_v6, true));
    if (options_.out.empty() && session_.console.json())
        return fail("--json says what was written where; name the file with --out FILE");
    const bool several = options_.format == "bind" || (options_.format == "rpz" && options_.by_authority);
    if (several && options_.out.empty())
        return fail("several files; name a directory for them with --out DIR");
    if (several && !fs::is_directory(options_.out))
        return fail("--out {}: not a directory; make it first", options_.out);
    return {};
}

Result<void> Export::put(const fs::path& file, const Write& write)
{
    if (!file.empty()) {
        files_.push_back(file.string());
        Progress bar("bytes of " + file.filename().string(), 0);
        std::uint64_t bytes = 0;
        return evidence::replace_file(file, [&](Output& out) -> Result<void> {
            Output counted([&](std::string_view piece) -> Result<void> {
                bar.step(bytes += piece.size());
                out.text(piece);
                return {};
            });
            INTERDICT_CHECK(write(counted));
            return counted.finish();
        });
    }
    Output out([](std::string_view piece) -> Result<void> {
        if (std::fwrite(piece.data(), 1, piece.size(), stdout) != piece.size())
            return fail_errno(errno, "cannot write to standard output");
        return {};
    });
    INTERDICT_CHECK(write(out));
    return out.finish();
}

Result<void> Export::zones(Selection& selection)
{
    const evidence::ResolverPolicy policy(selection);
    auto zones = options_.by_authority ? evidence::zones_by_authority(selection, zone_, 0)
                                       : std::vector{evidence::one_zone(selection, zone_, 0)};
    const bool folder = options_.format == "bind" || options_.by_authority;
    for (auto& zone : zones) {
        const fs::path file =
            folder ? fs::path(options_.out) / (zone.origin + ".zone") : fs::path(options_.out);
        std::uint32_t previous = 0;
        if (!file.empty() && fs::is_regular_file(file)) {
            INTERDICT_TRY(const auto text, read_file(file));
            previous = evidence::serial_in(text);
        }
        zone.serial = evidence::serial_of(in_force_.generation, previous);
        INTERDICT_CHECK(put(file, [&](Output& out) {
            return evidence::write_rpz(selection, policy, zone, options_.addresses, out);
        }));
    }
    if (options_.format != "bind")
        return {};
    const auto snippet = [&](const char* name, auto writer) {
        return put(fs::path(options_.out) / name, [&](Output& out) -> Result<void> {
            writer(zones, out);
            return {};
        });
    };
    INTERDICT_CHECK(snippet("response-policy.conf", evidence::write_bind_options));
    return snippet("zones.conf", evidence::write_bind_zones);
}

Result<void> Export::write(Selection& selection)
{
    const std::string_view format = options_.format;
    if (format == "rpz" || format == "bind")
        return zones(selection);
    return single([&](Output& out) -> Result<void> {
        if (format == "unbound")
            evidence::write_unbound(selection, evidence::ResolverPolicy(selection), out);
        else if (format == "exabgp")
            evidence::write_exabgp_blackhole(selection, routes_, out);
        else if (format == "exabgp-flowspec")
            evidence::write_exabgp_flowspec(selection, out);
        else if (format == "bird")
            evidence::write_bird_blackhole(selection, routes_, out);
        else if (format == "bird-flowspec")
            evidence::write_bird_flowspec(selection, out);
        else if (format == "csv")
            evidence::write_csv(selection, out);
        else if (format == "json")
            evidence::write_order_file(selection, out);
        else
            evidence::write_transparency(selection, {options_.publisher, options_.country}, out);
        return {};
    });
}

// On standard error where the export itself is on standard output.
void Export::report(const Selection& selection)
{
    Json omitted = Json::array();
    for (const auto& [key, targets] : selection.omitted()) {
        const auto& [index, why] = key;
        const auto& id = selection.order(index).id;
        omitted.push_back({{"order", id}, {"why", evidence::slug(why)}, {"targets", targets}});
        if (why != evidence::Omission::Status && why != evidence::Omission::NotYet &&
            why != evidence::Omission::Expired)
            session_.console.warn(fmt::format("left out of order {}: {}, {}", id, counted(targets, "target"),
                                              evidence::to_string(why)));
    }
    const auto next = selection.next_change();
    if (!options_.out.empty())
        session_.console.say("{}: {}, {}, {}{}", fmt::join(files_, ", "),
                             counted(selection.orders().size(), "order"),
                             counted(selection.names().size(), "name"),
                             counted(selection.addresses().size(), "address target"),
                             next == 0 ? std::string() : "; out of date from " + format_timestamp(next));
    session_.console.put({{"format", options_.format},
                          {"files", files_},
                          {"generation", in_force_.generation},
                          {"orders", selection.orders().size()},
                          {"names", selection.names().size()},
                          {"addresses", selection.addresses().size()},
                          {"omitted", std::move(omitted)},
                          {"out_of_date", next == 0 ? Json() : Json(format_timestamp(next))}});
}

Result<Exit> Export::run()
{
    INTERDICT_CHECK(check());
    evidence::Edition edition{.generation = in_force_.generation, .at = now(), .scope = options_.scope};
    if (!options_.time.empty()) {
        INTERDICT_TRY(edition.at, parse_timestamp(options_.time));
    }
    Selection selection(in_force_.source(), std::move(edition), carrier());
    INTERDICT_CHECK(write(selection));
    report(selection);
    return Exit::Ok;
}

} // namespace

void add_export(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add("export", "orders in force for resolvers, routers and readers",
             "Formats:\n"
             "  rpz               response policy zone: protected names first, then exemptions, then blocks\n"
             "  bind              the same with the statements that BIND needs, into a directory\n"
             "  unbound           local zones, an include file\n"
             "  exabgp, bird      blackhole routes of address targets (RFC 7999)\n"
             "  exabgp-flowspec, bird-flowspec   with protocol and ports (RFC 8955)\n"
             "  csv               a line for each target\n"
             "  json              an order file, as interdict reads it\n"
             "  transparency      notices in the shape of the Lumen API, without its token\n"
             "What a format cannot say exactly is left out, and said on standard error. Observed orders, "
             "orders "
             "that\n"
             "apply only in a scope, and what the guard holds are never blocked by an export. A file is "
             "replaced "
             "in\n"
             "one step.",
             "interdict export rpz --out rpz.interdict.zone\n"
             "interdict export bind --by-authority --out rpz/\n"
             "interdict export unbound --scope italy --out interdict.conf\n"
             "interdict export bird --next-hop-v4 192.0.2.1 --out blackhole.conf\n"
             "interdict export csv | column -s, -t\n"
             "interdict export rpz --orders examples/lab.json --protect bank.example",
             [options](Session& session) -> Result<Exit> {
                 INTERDICT_TRY(const auto in_force, read_in_force(session, options->from));
                 return Export(session, *options, in_force).run();
             })
        .argument("FORMAT", options->format, "what to write")
        .value("--out", options->out, "FILE|DIR", "where to; default: standard output")
        .list("--orders", options->from.files, "FILE", "order files in place of the book")
        .list("--protect", options->from.protect, "NAME",
              "must pass, with what is below it, beside the guard's")
        .value("--guard", options->from.guard, "FILE [<state>/guard.json]", "the guard's settings")
        .value("--scope", options->scope, "NAME", "also orders that apply in this scope only")
        .value("--at", options->time, "TIME", "what is in force at that time; default: now")
        .value("--zone", options->zone, "NAME [rpz.interdict]", "rpz, bind: the zone's name")
        .flag("--by-authority", options->by_authority,
              "rpz, bind: a zone for each authority, into a directory")
        .flag("--addresses", options->addresses, "rpz, bind: also answers that contain a blocked address")
        .value("--next-hop-v4", options->next_hop_v4, "ADDRESS [self]", "exabgp, bird")
        .value("--next-hop-v6", options->next_hop_v6, "ADDRESS [self]", "exabgp, bird")
        .value("--community", options->community, "N:N [65535:666]", "exabgp, bird")
        .value("--publisher", options->publisher, "TEXT", "transparency: who carries the orders out")
        .value("--country", options->country, "CC", "transparency: where the publisher is");
}

} // namespace interdict::cli
