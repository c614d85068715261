// SPDX-License-Identifier: Apache-2.0
//
// channels.cpp: what a QUIC Initial, a DNS query and an HTTP request cost in the programs, no interface
// involved.
#include "groups.h"

#include <linux/bpf.h>

#include "frames.h"
#include "names_bed.h"

namespace interdict::bench {

namespace {

constexpr std::uint32_t kInitialsFewer = 20; // runs of a program that takes microseconds

// Cases and the same frames in front of a program that only passes.
class Table {
public:
    Table(NamesBed& bed, std::uint32_t repeat) : bed_(bed), repeat_(repeat) {}

    // Returns its number.
    std::size_t add(Case one)
    {
        return samples_.add(one.name, [this, one = std::move(one)] { return bed_.run(one, repeat_); });
    }

    std::size_t add_bare(const Frame& frame, Range range)
    {
        return add({.name = "bare", .frame = frame, .judge = Judge::None, .range = range});
    }

    std::size_t add_no_op(std::uint32_t repeat)
    {
        return samples_.add("no-op", [this, repeat] { return bed_.driver().no_op(repeat); });
    }

    [[nodiscard]] Samples& samples() { return samples_; }

private:
    NamesBed& bed_;
    std::uint32_t repeat_;
    Samples samples_;
};

constexpr double kRfcNanoseconds = 7000;
constexpr double kRfcTimes = 680;
constexpr double kChromiumNanoseconds = 15000;
constexpr double kChromiumTimes = 1500;
constexpr double kAnsweredNanoseconds = 1000;

Frame forged_frame()
{
    Frame frame = rfc9001_frame();
    frame.bytes[kInitialId] ^= 1; // the keys follow from it: nothing behind decrypts
    return frame;
}

struct Chromium {
    std::size_t first_bare, both_bare, first, passed, refused;
};

Chromium add_chromium(Table& table, const Flight& flight)
{
    Chromium cases{};
    cases.first_bare = table.add_bare(flight.first, {});
    cases.both_bare = table.add_bare(flight.both, {});
    cases.first = table.add({.name = "Chromium's first",
                             .frame = flight.first,
                             .judge = Judge::Refusing,
                             .action = XDP_PASS,
                             .counted = INTERDICT_TOTAL_FLOW_CREATED});
    cases.passed = table.add({.name = "Chromium's two, not blocked",
                              .frame = flight.both,
                              .action = XDP_PASS,
                              .counted = INTERDICT_TOTAL_QUIC_HELLO});
    cases.refused = table.add({.name = "Chromium's two, blocked",
                               .frame = flight.both,
                               .judge = Judge::Refusing,
                               .action = XDP_DROP,
                               .counted = INTERDICT_TOTAL_HIT_QUIC});
    return cases;
}

} // namespace

Result<void> bench_quic(const Settings& settings, Report& report)
{
    report.heading(fmt::format("A client's QUIC Initial is judged; {} names are blocked", settings.million));
    INTERDICT_TRY(NamesBed* const bed, NamesBed::get(settings));
    Table table(*bed, settings.repeat / kInitialsFewer);
    const Frame rfc = rfc9001_frame();
    const Frame forged = forged_frame();
    const auto no_op = table.add_no_op(settings.repeat * kInitialsFewer);
    const auto rfc_bare = table.add_bare(rfc, {});
    const auto rfc_passed = table.add({.name = "RFC 9001, not blocked",
                                       .frame = rfc,
                                       .action = XDP_PASS,
                                       .counted = INTERDICT_TOTAL_QUIC_HELLO});
    const auto rfc_refused = table.add({.name = "RFC 9001, blocked",
                                        .frame = rfc,
                                        .judge = Judge::Refusing,
                                        .action = XDP_DROP,
                                        .counted = INTERDICT_TOTAL_HIT_QUIC});
    const auto forgery = table.add(
        {.name = "forged", .frame = forged, .action = XDP_PASS, .counted = INTERDICT_TOTAL_SKIP_QUIC});
    const auto flood = table.add({.name = "forged, no budget",
                                  .frame = forged,
                                  .judge = Judge::Spent,
                                  .action = XDP_PASS,
                                  .counted = INTERDICT_TOTAL_SKIP_QUIC_BUDGET});
    const Chromium chromium = add_chromium(table, bed->chromium());
    INTERDICT_CHECK(table.samples().take(settings.rounds));

    const Samples& samples = table.samples();
    std::string origin;
    const auto both = [&](const std::string& name, std::size_t one, std::size_t bare, double ns,
                          double times) {
        report.add(name, samples.difference(one, bare), "ns", at_most(ns), origin);
        report.add(name + ", by no-op", samples.net_times(one, bare, no_op), "times", at_most(times), origin);
    };
    both("quic: RFC 9001 Initial, not blocked", rfc_passed, rfc_bare, kRfcNanoseconds, kRfcTimes);
    both("quic: RFC 9001 Initial, blocked", rfc_refused, rfc_bare, kRfcNanoseconds, kRfcTimes);
    origin = bed->chromium().origin;
    both("quic: Chromium, each of two, not blocked", chromium.passed, chromium.both_bare,
         kChromiumNanoseconds, kChromiumTimes);
    both("quic: Chromium, each of two, blocked", chromium.refused, chromium.both_bare, kChromiumNanoseconds,
         kChromiumTimes);
    both("quic: Chromium, first alone, flow table full", chromium.first, chromium.first_bare,
         kChromiumNanoseconds, kChromiumTimes);
    report.add("quic: forged Initial", samples.difference(forgery, rfc_bare), "ns");
    report.add("quic: forged Initial, budget used up", samples.difference(flood, rfc_bare), "ns");
    report.add("quic: a no-op program", samples.plain(no_op), "ns");
    return {};
}

namespace {

struct Measured {
    Case one; // its name is the row's
    Target target;
};

// Each over the same frame in front of a program that only passes.
Result<void> bench_rows(const Settings& settings, Report& report, const std::vector<Measured>& rows)
{
    INTERDICT_TRY(NamesBed* const bed, NamesBed::get(settings));
    Table table(*bed, settings.repeat);
    std::vector<std::pair<std::size_t, std::size_t>> numbers;
    for (const auto& row : rows) {
        const auto bare = table.add_bare(row.one.frame, row.one.range);
        numbers.emplace_back(table.add(row.one), bare);
    }
    INTERDICT_CHECK(table.samples().take(settings.rounds));
    for (std::size_t i = 0; i < rows.size(); ++i)
        report.add(rows[i].one.name, table.samples().difference(numbers[i].first, numbers[i].second), "ns",
                   rows[i].target);
    return {};
}

// What is answered leaves something behind in the maps of connections: a plane of its own.
Measured passed(std::string name, const Frame& frame, Range range, interdict_total counted)
{
    return {{std::move(name), frame, Judge::Passing, range, XDP_PASS, counted}, {}};
}

Measured answered(std::string name, const Frame& frame, Range range, interdict_total counted)
{
    return {{std::move(name), frame, Judge::Refusing, range, XDP_TX, counted}, at_most(kAnsweredNanoseconds)};
}

} // namespace

Result<void> bench_dns(const Settings& settings, Report& report)
{
    report.heading(fmt::format("A DNS query is judged; {} names are blocked", settings.million));
    const Range hit{0, settings.million};
    const Range miss{settings.million, 1u << 31};
    const Frame query = dns_frame(Vary::NameMended, false);
    const Frame extended = dns_frame(Vary::NameMended, true);
    const auto read = INTERDICT_TOTAL_DNS_QUERY;
    const auto done = INTERDICT_TOTAL_ANSWERED;
    return bench_rows(settings, report,
                      {passed("dns: query passed, random names", dns_frame(Vary::Name, false), miss, read),
                       answered("dns: query answered NXDOMAIN, random names", query, hit, done),
                       answered("dns: query answered NXDOMAIN, one name", query, {0, 1}, done),
                       answered("dns: query answered with EDE, random names", extended, hit, done),
                       answered("dns: query answered with EDE, one name", extended, {0, 1}, done)});
}

Result<void> bench_http(const Settings& settings, Report& report)
{
    report.heading(fmt::format("An HTTP request is judged; {} names are blocked", settings.million));
    const Range hit{0, settings.million};
    const Range miss{settings.million, 1u << 31};
    const Frame brief = http_frame(Vary::NameMended, Request::Short);
    const Frame browser = http_frame(Vary::NameMended, Request::Browser);
    const auto read = INTERDICT_TOTAL_HTTP_REQUEST;
    const auto done = INTERDICT_TOTAL_NOTICED;
    return bench_rows(
        settings, report,
        {passed("http: request passed, random names", http_frame(Vary::Name, Request::Browser), miss, read),
         passed("http: short request passed, random names", http_frame(Vary::Name, Request::Short), miss,
                read),
         answered("http: request answered 451, random names", browser, hit, done),
         answered("http: request answered 451, one name", browser, {0, 1}, done),
         answered("http: short request answered 451, random names", brief, hit, done),
         answered("http: short request answered 451, one name", brief, {0, 1}, done)});
}

} // namespace interdict::bench
