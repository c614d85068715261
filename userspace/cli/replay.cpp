// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include "capture/ethernet.h"
#include "capture/reader.h"
#include "cli/commands.h"
#include "cli/health.h"
#include "cli/inputs.h"
#include "daemon/verdicts.h"
#include "image/image.h"
#include "plane/plane.h"
#include "ruleset/compile.h"

namespace interdict::cli {

namespace {

constexpr std::array<std::string_view, 5> kVerdicts{"pass", "drop", "reset", "answer", "notice"};

struct Options {
    std::vector<std::string> captures;
    std::vector<std::string> orders;
    std::string scopes;
    std::string role = "both";
    std::string interface;
    std::string encapsulations = "all";
    bool names = false;
};

struct Counts {
    std::uint64_t captures = 0;
    std::uint64_t frames = 0;
    std::uint64_t judged = 0;
    std::uint64_t snapped = 0;
    std::uint64_t observed = 0;
    std::uint64_t nanoseconds = 0;
    std::array<std::uint64_t, kVerdicts.size()> verdicts{};
    std::array<std::uint64_t, INTERDICT_CHANNEL_MAX> names{};
    // Of frames that met a rule, or were refused with their conversation; [..][0]: observed or exempt.
    std::array<std::array<std::uint64_t, kVerdicts.size()>, INTERDICT_CHANNEL_MAX> channels{};
    std::array<std::uint64_t, INTERDICT_TOTAL_MAX> totals{};
    std::map<std::string, std::uint64_t, std::less<>> skipped;
    std::map<std::uint32_t, std::uint64_t> rules; // packets by id
    std::vector<std::string> missing;             // stages
    bool damaged = false;
};

class Replay {
public:
    Replay(Session& session, const Options& options) : session_(session), options_(options) {}

    Result<Exit> run();

private:
    Result<void> prepare();
    Result<void> capture(const std::string& file);
    Result<void> frames(const std::string& file, capture::Reader& reader, plane::Runner& runner);
    Result<void> add_counts(const plane::Plane& plane);
    void show(const std::string& file, const capture::Frame& frame, const interdict_report& report);
    void put(const std::string& file, const capture::Frame& frame, const interdict_report& report);
    [[nodiscard]] std::string by_channel(std::size_t verdict) const;
    void summarise();

    Session& session_;
    const Options& options_;
    std::uint32_t encapsulations_ = 0;
    std::uint32_t role_ = 0;
    ruleset::Ruleset rules_;
    std::optional<image::Image> image_;
    capture::EthernetMapper mapper_;
    Counts counts_;
};

Result<void> Replay::prepare()
{
    role_ = options_.role == "subscriber" ? INTERDICT_ROLE_SUBSCRIBER
            : options_.role == "uplink"   ? INTERDICT_ROLE_UPLINK
                                          : INTERDICT_ROLE_SUBSCRIBER | INTERDICT_ROLE_UPLINK;
    INTERDICT_TRY(encapsulations_, parse_encapsulations(options_.encapsulations));
    auto inputs = read_inputs(options_.orders, options_.scopes);
    show_problems(inputs, session_.console);
    if (!inputs.ok())
        return fail("{} in the order files; mend them and replay again",
                    counted(inputs.problems(), "problem"));
    INTERDICT_TRY(rules_, ruleset::compile(inputs.orders.orders, std::move(inputs.scopes)));
    INTERDICT_TRY(image_, image::build_image(rules_));
    return {};
}

Result<Exit> Replay::run()
{
    INTERDICT_CHECK(prepare());
    for (const auto& file : options_.captures)
        INTERDICT_CHECK(capture(file));
    summarise();
    return counts_.damaged ? Exit::Error : Exit::Ok;
}

// Each capture meets a plane of its own: what one left unfinished must not meet the next one's frames. An
// hour of frames runs through in seconds, so no budget per second holds.
Result<void> Replay::capture(const std::string& file)
{
    INTERDICT_TRY(auto reader, capture::Reader::open(file));
    INTERDICT_TRY(auto plane, plane::Plane::detached({.role = role_,
                                                      .interface = options_.interface,
                                                      .encapsulations = encapsulations_,
                                                      .quic_budget = UINT32_MAX,
                                                      .verbose = session_.globals.verbose}));
    if (counts_.captures++ == 0) {
        for (const auto& stage : plane.programs().stages()) {
            if (stage.loaded)
                continue;
            counts_.missing.push_back(stage.name);
            session_.console.warn(
                fmt::format("the kernel refuses the stage {}: {}", stage.name, stage.reason));
        }
    }
    INTERDICT_TRY(const auto staged, plane.stage(*image_));
    INTERDICT_TRY(const auto published, plane.publish(staged, {}));
    INTERDICT_TRY(auto runner, plane.runner());
    INTERDICT_CHECK(frames(file, reader, runner));
    return add_counts(plane);
}

Result<void> Replay::frames(const std::string& file, capture::Reader& reader, plane::Runner& runner)
{
    std::error_code unknown;
    const auto size = std::filesystem::file_size(file, unknown);
    Progress progress(file, unknown ? 0 : size);
    std::uint64_t position = 0;
    while (true) {
        const auto next = reader.next();
        if (!next) {
            session_.console.warn(next.error().message);
            counts_.damaged = true;
            break;
        }
        if (!*next)
            break;
        const capture::Frame& frame = **next;
        ++counts_.frames;
        progress.at(position +=
                    16 + frame.bytes.size()); // a record's header in a pcap; roughly that in pcapng
        counts_.snapped += frame.original_length > frame.bytes.size();
        const auto mapped = mapper_.map(frame.link_type, frame.bytes);
        if (!mapped) {
            ++counts_.skipped[std::string(to_string(mapped.error()))];
            continue;
        }
        if (mapped->size() < plane::kFrameMin || mapped->size() > plane::kFrameMax) {
            ++counts_.skipped[mapped->size() < plane::kFrameMin ? "too short" : "too long"];
            continue;
        }
        const auto ran = runner.run(*mapped);
        if (!ran)
            return std::unexpected(ran.error().context(fmt::format("{}: frame {}", file, frame.number)));
        ++counts_.judged;
        counts_.nanoseconds += ran->nanoseconds;
        show(file, frame, ran->report);
    }
    if (reader.note())
        session_.console.warn(*reader.note());
    return {};
}

void Replay::show(const std::string& file, const capture::Frame& frame, const interdict_report& report)
{
    const bool passed = report.verdict == INTERDICT_VERDICT_PASS;
    const std::size_t verdict = std::min<std::size_t>(report.verdict, kVerdicts.size() - 1);
    ++counts_.verdicts[verdict];
    if ((!passed || report.rule != 0) && report.channel < INTERDICT_CHANNEL_MAX)
        ++counts_.channels[report.channel][verdict];
    if (report.name_length != 0 && report.channel < INTERDICT_CHANNEL_MAX)
        ++counts_.names[report.channel];
    if (report.rule != 0) {
        ++counts_.rules[report.rule];
        counts_.observed += passed;
    }
    const bool wanted = options_.names ? report.name_length != 0 || report.rule != 0
                                       : session_.globals.verbose && report.rule != 0;
    if (!passed || wanted)
        put(file, frame, report);
    // Other names in the same segment, refused with it.
    for (std::uint32_t i = 0; i < std::min<std::uint32_t>(report.others, std::size(report.other)); ++i) {
        interdict_report other = report;
        other.rule = report.other[i];
        other.name_length = 0;
        ++counts_.rules[other.rule];
        put(file, frame, other);
    }
}

void Replay::put(const std::string& file, const capture::Frame& frame, const interdict_report& report)
{
    const std::string verdict(kVerdicts[std::min<std::size_t>(report.verdict, kVerdicts.size() - 1)]);
    const std::string channel(order::channel_name(report.channel));
    const std::string name(reinterpret_cast<const char*>(report.name), report.name_length);
    const ruleset::Rule* rule = report.rule == 0 ? nullptr : rules_.find(report.rule);
    const bool observed = rule && report.verdict == INTERDICT_VERDICT_PASS;
    if (!session_.console.json()) {
        std::string text = fmt::format("{:>8}  {:6}  {:7}", frame.number, verdict, channel);
        if (!name.empty())
            text += "  " + name;
        if (rule)
            text += fmt::format("  {} rule {} on {} ({})",
                                observed ? rule->exempt() ? "exempted by" : "observed by" : "by", rule->id(),
                                to_string(rule->target), rules_.orders[rule->orders.front()].id);
        session_.console.say("{}", text);
        return;
    }
    Json json = {{"frame", frame.number}, {"verdict", verdict}, {"channel", channel}};
    if (options_.captures.size() > 1)
        json["capture"] = file;
    if (!name.empty())
        json["name"] = name;
    if (rule) {
        json["target"] = daemon::target_text(rule->target);
        json["rule"] = rule->id();
        json["order"] = rules_.orders[rule->orders.front()].id;
        if (rule->orders.size() > 1)
            for (const auto order : rule->orders)
                json["orders"].push_back(rules_.orders[order].id);
        if (observed)
            json[rule->exempt() ? "exempted" : "observed"] = true;
    }
    session_.console.put(json);
}

Result<void> Replay::add_counts(const plane::Plane& plane)
{
    INTERDICT_TRY(const auto totals, plane::read_totals(plane.maps()));
    for (std::size_t i = 0; i < INTERDICT_TOTAL_MAX; ++i)
        counts_.totals[i] += totals.value[i];
    return {};
}

// " (tls 2, http 1)"; nothing for what passed.
std::string Replay::by_channel(std::size_t verdict) const
{
    std::string text;
    for (unsigned channel = 0; verdict != 0 && channel < INTERDICT_CHANNEL_MAX; ++channel)
        if (const auto count = counts_.channels[channel][verdict]; count != 0)
            text += fmt::format("{}{} {}", text.empty() ? " (" : ", ", order::channel_name(channel), count);
    return text.empty() ? text : text + ")";
}

void Replay::summarise()
{
    Console& console = session_.console;
    const std::uint64_t average = counts_.judged == 0 ? 0 : counts_.nanoseconds / counts_.judged;
    Json verdicts = Json::object();
    Json names = Json::object();
    Json totals = Json::object();
    for (std::size_t i = 0; i < kVerdicts.size(); ++i)
        verdicts[std::string(kVerdicts[i])] = counts_.verdicts[i];
    for (unsigned i = INTERDICT_CHANNEL_TLS; i < INTERDICT_CHANNEL_MAX; ++i)
        names[std::string(order::channel_name(i))] = counts_.names[i];
    Json channels = Json::object();
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        for (std::size_t verdict = 0; verdict < kVerdicts.size(); ++verdict)
            if (const auto count = counts_.channels[channel][verdict]; count != 0)
                channels[std::string(order::channel_name(channel))][std::string(kVerdicts[verdict])] = count;
    for (std::size_t i = 0; i < INTERDICT_TOTAL_MAX; ++i)
        if (counts_.totals[i] != 0)
            totals[std::string(plane::kTotals[i].json)] = counts_.totals[i];
    console.put({{"summary",
                  {{"captures", counts_.captures},
                   {"frames", counts_.frames},
                   {"judged", counts_.judged},
                   {"skipped", counts_.skipped},
                   {"snapped", counts_.snapped},
                   {"verdicts", verdicts},
                   {"channels", channels},
                   {"observed", counts_.observed},
                   {"names", names},
                   {"rules_hit", counts_.rules.size()},
                   {"ns_per_packet", average},
                   {"totals", totals},
                   {"stages_missing", counts_.missing}}}});

    console.say("{}, {} judged, {} ns each", counted(counts_.frames, "frame"), counts_.judged, average);
    for (const auto& [reason, count] : counts_.skipped)
        console.say("{:>8}  skipped: {}", count, reason);
    if (counts_.snapped != 0)
        console.say("{:>8}  cut short when they were captured", counts_.snapped);
    for (std::size_t i = 0; i < kVerdicts.size(); ++i)
        if (counts_.verdicts[i] != 0)
            console.say("{:>8}  {}{}", counts_.verdicts[i],
                        console.paint(i == 0 ? Tone::Good : Tone::Bad, kVerdicts[i]), by_channel(i));
    for (const auto& [id, packets] : counts_.rules)
        if (const auto* rule = rules_.find(id))
            console.say("{:>8}  rule {} on {} ({})", packets, id, to_string(rule->target),
                        rules_.orders[rule->orders.front()].id);
    for (std::size_t i = INTERDICT_TOTAL_OBSERVED; i < INTERDICT_TOTAL_MAX; ++i)
        if (counts_.totals[i] != 0)
            console.say("{}", console.paint(Tone::Faint,
                                            fmt::format("{:>8}  {}: {}", counts_.totals[i],
                                                        plane::kTotals[i].json, plane::kTotals[i].help)));
}

} // namespace

void add_replay(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add("replay", "feed captures through the same programs, no interface involved",
             "Every frame is judged by the real BPF programs, orders at the present time. pcap and pcapng, "
             "any\n"
             "link type that can be mapped to Ethernet; what cannot be mapped is counted and skipped. Frames "
             "whose\n"
             "verdict is not pass are shown, and a summary. Needs the right to load BPF programs.",
             "interdict replay --orders orders/milan.json evening.pcapng\n"
             "interdict replay --json --names --orders milan.json --orders iptv.json evening.pcapng | jq "
             ".name\n"
             "interdict replay --role subscriber --scopes scopes.json --iface eth0 --orders milan.json "
             "in.pcap",
             [options](Session& session) { return Replay(session, *options).run(); })
        .list("--orders", options->orders, "FILE", "an order file", true)
        .value("--scopes", options->scopes, "FILE", "the scopes that orders name")
        .flag("--names", options->names, "also frames that pass, where an inspector completed a name")
        .choice("--role", options->role, {"subscriber", "uplink", "both"},
                "judge as if the frames came in from there")
        .value("--iface", options->interface, "NAME", "the interface they came in on, as scopes name it")
        .value("--encap", options->encapsulations, "LIST [all]", kEncapsulationHelp)
        .arguments("CAPTURE", options->captures, "capture files");
}

} // namespace interdict::cli
