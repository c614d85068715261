// SPDX-License-Identifier: Apache-2.0
//
// inline.cpp: interdict beside a filter in user space that does the same job: the reading of a name alone,
// and packets through a veth pair into the one or the other.
#include "groups.h"

#include <algorithm>
#include <list>

#include <linux/bpf.h>

#include "attached.h"
#include "frames.h"
#include "names_bed.h"
#include "plane/counts.h"
#include "tools/bench/numbers.bpf.h"
#include "user_space.h"

namespace interdict::bench {

namespace {

using Verdict = Classifier::Verdict;

constexpr std::uint32_t kFewer = 10; // packets than a figure has elsewhere: these take microseconds
constexpr std::size_t kEthernet = 14;

// One kind of packet, and what of it is blocked.
struct Kind {
    std::string name; // of the rows
    Frame frame;
    interdict_total read; // counted for each
    interdict_total hit;
};

std::vector<Kind> kinds()
{
    return {{"quic", rfc9001_frame(), INTERDICT_TOTAL_QUIC_HELLO, INTERDICT_TOTAL_HIT_QUIC},
            {"dns", dns_frame(Vary::Name, false), INTERDICT_TOTAL_DNS_QUERY, INTERDICT_TOTAL_HIT_DNS},
            {"http", http_frame(Vary::Name, Request::Browser), INTERDICT_TOTAL_HTTP_REQUEST,
             INTERDICT_TOTAL_HIT_HTTP}};
}

// Time per packet of the classifier alone, the packet in memory, a new flow each time.
Result<double> classify(Classifier& classifier, const Frame& frame, Range range, std::uint32_t repeat,
                        Verdict expected)
{
    Bytes bytes = frame.bytes;
    const std::size_t second = frame.second_at ? frame.second_at : bytes.size();
    std::vector<std::span<const std::uint8_t>> packets{
        std::span(bytes).subspan(kEthernet, second - kEthernet)};
    if (second < bytes.size())
        packets.push_back(std::span(bytes).subspan(second + kEthernet));
    __u64 state = 0;
    const double before = thread_nanoseconds();
    const std::uint32_t flows = repeat / static_cast<std::uint32_t>(packets.size());
    for (std::uint32_t i = 0; i < flows; ++i) {
        if (frame.name_at)
            bench_digits(bytes.data() + frame.name_at,
                         bench_number(bench_draw(&state, range.first, range.span)));
        if (classifier.judge(packets) != expected)
            return fail("{} judges otherwise than expected", classifier_name());
    }
    return (thread_nanoseconds() - before) / repeat;
}

Result<void> bench_reading(const Settings& settings, Report& report, Classifier& classifier)
{
    report.heading(fmt::format("Reading and looking up a name that is not blocked: interdict's programs, {} "
                               "and a hash set in user space",
                               classifier_name()));
    INTERDICT_TRY(NamesBed* const bed, NamesBed::get(settings));
    const Range miss{settings.million, 1u << 31};
    const std::uint32_t repeat = settings.repeat / kFewer;
    Samples samples;
    struct Compared {
        std::string name;
        std::size_t bare, ours, theirs;
    };
    std::vector<Compared> compared;
    const auto add = [&](const Case& one) {
        return samples.add(one.name, [=] { return bed->run(one, repeat); });
    };
    for (const auto& kind : kinds()) {
        const auto bare = add({.name = "bare", .frame = kind.frame, .judge = Judge::None, .range = miss});
        const auto ours = add({.name = kind.name,
                               .frame = kind.frame,
                               .range = miss,
                               .action = XDP_PASS,
                               .counted = kind.read});
        const auto theirs = samples.add(kind.name + " in user space", [=, &classifier, frame = kind.frame] {
            return classify(classifier, frame, miss, repeat, Verdict::Pass);
        });
        compared.push_back({kind.name, bare, ours, theirs});
    }
    INTERDICT_CHECK(samples.take(settings.rounds));
    for (const auto& one : compared)
        report.add(fmt::format("{}, name read: {} against interdict", one.name, classifier_name()),
                   samples.ratio_to_net(one.theirs, one.ours, one.bare), "times");
    for (const auto& one : compared) {
        report.add(fmt::format("{}, name read: interdict", one.name), samples.difference(one.ours, one.bare),
                   "ns");
        report.add(fmt::format("{}, name read: {}", one.name, classifier_name()), samples.plain(one.theirs),
                   "ns");
    }
    if (!classify(classifier, bed->chromium().both, {}, 2, Verdict::Pass))
        report.skip(fmt::format("quic, Chromium's two Initials: {}", classifier_name()), "ns", {},
                    classifier_name() + " finds no name in them");
    return {};
}

// A filter on a receiver's interface; without either it is open.
struct Filter {
    Receiver receiver;
    std::optional<Attached> ours;
    std::optional<Queue> theirs;

    explicit Filter(Receiver made) : receiver(std::move(made)) {}
};

class Lab {
public:
    Lab(const Settings& settings, Generator generator) : settings_(settings), generator_(std::move(generator))
    {
    }

    Result<Filter*> open(const std::string& name)
    {
        INTERDICT_TRY(auto receiver, generator_.add(name));
        return &filters_.emplace_back(std::move(receiver));
    }

    Result<Filter*> ours(const std::string& name, const image::Image& image)
    {
        INTERDICT_TRY(Filter* const filter, open(name));
        INTERDICT_TRY(auto attached,
                      Attached::up(filter->receiver, settings_.tag, name, INTERDICT_ROLE_SUBSCRIBER));
        filter->ours.emplace(std::move(attached));
        INTERDICT_CHECK(publish(filter->ours->plane(), image));
        return filter;
    }

    // classifier: null: every packet is accepted unread.
    Result<Filter*> theirs(const std::string& name, Classifier* classifier)
    {
        INTERDICT_TRY(Filter* const filter, open(name));
        INTERDICT_TRY(auto queue, Queue::open(filter->receiver, classifier));
        filter->theirs.emplace(std::move(queue));
        return filter;
    }

    // Time per frame. counted: what interdict counts for each.
    Result<double> send(Filter& filter, const Frame& frame, Range range, Verdict expected,
                        interdict_total counted)
    {
        const std::uint32_t frames = settings_.frames / kFewer / kBurst * kBurst;
        if (filter.theirs)
            return generator_.send_named(filter.receiver, frame, range, frames, [&](std::uint32_t burst) {
                return filter.theirs->serve(burst, expected);
            });
        if (!filter.ours)
            return generator_.send_named(filter.receiver, frame, range, frames);
        const auto& maps = filter.ours->plane().maps();
        INTERDICT_TRY(const auto before, plane::read_totals(maps));
        INTERDICT_TRY(const double spent, generator_.send_named(filter.receiver, frame, range, frames));
        INTERDICT_TRY(const auto after, plane::read_totals(maps));
        if (const auto count = after.value[counted] - before.value[counted]; count != frames)
            return fail("{} counted {} times in {}", plane::kTotals[counted].json, count, frames);
        return spent;
    }

private:
    const Settings& settings_;
    Generator generator_;
    std::list<Filter> filters_; // gone before the generator
};

order::Order dropping(order::Order order)
{
    for (const auto channel : {INTERDICT_CHANNEL_QUIC, INTERDICT_CHANNEL_DNS, INTERDICT_CHANNEL_HTTP})
        order.actions[channel] = INTERDICT_ACTION_DROP;
    return order;
}

Result<void> bench_wire(const Settings& settings, Report& report, Classifier& passing, Classifier& refusing)
{
    report.heading(fmt::format("The same on a veth pair, blocked by a drop or not: interdict, and {} behind "
                               "NFQUEUE",
                               classifier_name()));
    const auto names = dropping(name_order("names", {0, settings.million}, INTERDICT_ACTION_DROP));
    INTERDICT_TRY(const auto passing_image, image_of({names}));
    INTERDICT_TRY(const auto refusing_image,
                  image_of({names, dropping(order_of("initials", {kRfc9001Name}))}));
    INTERDICT_TRY(auto generator, Generator::make(settings.tag));
    Lab lab(settings, std::move(generator));
    INTERDICT_TRY(Filter* const ours_passing, lab.ours("ours-passing", passing_image));
    INTERDICT_TRY(Filter* const ours_refusing, lab.ours("ours-refusing", refusing_image));
    INTERDICT_TRY(Filter* const theirs_passing, lab.theirs("queue-passing", &passing));
    INTERDICT_TRY(Filter* const theirs_refusing, lab.theirs("queue-refusing", &refusing));
    INTERDICT_TRY(Filter* const unread, lab.theirs("queue-unread", nullptr));
    INTERDICT_TRY(Filter* const open, lab.open("open"));

    Samples samples;
    struct Compared {
        std::string name;
        std::size_t ours, theirs;
    };
    std::vector<Compared> compared;
    struct Floor {
        std::string name;
        std::size_t open, unread;
    };
    std::vector<Floor> floors;
    const Range hit{0, settings.million};
    const Range miss{settings.million, 1u << 31};
    for (const auto& kind : kinds()) {
        const auto add = [&](const std::string& name, Filter* filter, Range range, Verdict verdict,
                             interdict_total counted) {
            return samples.add(kind.name + ", " + name, [=, &lab, frame = kind.frame] {
                return lab.send(*filter, frame, range, verdict, counted);
            });
        };
        const auto pair = [&](const std::string& name, Filter* ours, Filter* theirs, Range range,
                              Verdict verdict, interdict_total counted) {
            const auto first = add(name + ", interdict", ours, range, verdict, counted);
            const auto second = add(name + ", " + classifier_name(), theirs, range, verdict, counted);
            compared.push_back({kind.name + " " + name, first, second});
        };
        pair("blocked", ours_refusing, theirs_refusing, hit, Verdict::Refuse, kind.hit);
        pair("not blocked", ours_passing, theirs_passing, miss, Verdict::Pass, kind.read);
        const auto bare = add("no filter", open, miss, Verdict::Pass, kind.read);
        const auto alone = add("NFQUEUE alone", unread, miss, Verdict::Pass, kind.read);
        floors.push_back({kind.name, bare, alone});
    }
    INTERDICT_CHECK(samples.take(settings.rounds));

    for (const auto& one : compared)
        report.add(fmt::format("{}: rate against {}", one.name, classifier_name()),
                   samples.ratio(one.theirs, one.ours), "times");
    for (const auto& one : compared) {
        report.add(fmt::format("time of a frame: {}, interdict", one.name), samples.plain(one.ours),
                   "ns/frame");
        report.add(fmt::format("time of a frame: {}, {}", one.name, classifier_name()),
                   samples.plain(one.theirs), "ns/frame");
    }
    for (const auto& one : floors) {
        report.add(fmt::format("time of a frame: {}, NFQUEUE that reads nothing", one.name),
                   samples.plain(one.unread), "ns/frame");
        report.add(fmt::format("time of a frame: {}, no filter", one.name), samples.plain(one.open),
                   "ns/frame");
    }
    return {};
}

} // namespace

Result<void> bench_user_space(const Settings& settings, Report& report)
{
    std::string missing = user_space_missing();
    if (missing.empty() && !is_installed("iptables-legacy"))
        missing = "iptables is not installed";
    if (!missing.empty()) {
        report.heading("The same job in user space");
        for (const auto& kind : kinds()) {
            report.skip(fmt::format("{}, name read: {} against interdict", kind.name, classifier_name()),
                        "times", {}, missing);
            for (const char* what : {"blocked", "not blocked"})
                report.skip(fmt::format("{} {}: rate against {}", kind.name, what, classifier_name()),
                            "times", {}, missing);
        }
        return {};
    }
    INTERDICT_TRY(auto passing, Classifier::make({0, settings.million}, {}));
    INTERDICT_TRY(auto refusing, Classifier::make({0, settings.million}, {kRfc9001Name}));
    INTERDICT_CHECK(bench_reading(settings, report, passing));
    return bench_wire(settings, report, passing, refusing);
}

} // namespace interdict::bench
