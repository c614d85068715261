// SPDX-License-Identifier: Apache-2.0
//
// main.cpp: interdict_bench; tools/bench/run is how it is meant to be called.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include <sched.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "groups.h"

namespace {

using namespace interdict;

struct Group {
    const char* name;
    Result<void> (*run)(const bench::Settings&, bench::Report&);
};

constexpr std::array kGroups = {
    Group{"load", bench::bench_load},     Group{"pass", bench::bench_pass},
    Group{"hello", bench::bench_hello},   Group{"address", bench::bench_address},
    Group{"patch", bench::bench_patch},   Group{"swap", bench::bench_swap},
    Group{"quic", bench::bench_quic},     Group{"dns", bench::bench_dns},
    Group{"http", bench::bench_http},     Group{"userspace", bench::bench_user_space},
    Group{"orders", bench::bench_orders}, Group{"daemon", bench::bench_daemon},
    Group{"soak", bench::bench_soak},
};
constexpr std::string_view kOnlyWhenAsked = "soak";

// The last CPU: the first one usually has the interrupts. Everything that is timed runs on it.
Result<void> stay_on_one_cpu()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof(set), &set) != 0)
        return fail_errno(errno, "cannot ask for this process' CPUs");
    int cpu = CPU_SETSIZE - 1;
    while (cpu > 0 && !CPU_ISSET(cpu, &set))
        --cpu;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (::sched_setaffinity(0, sizeof(set), &set) != 0)
        return fail_errno(errno, "cannot stay on CPU {}", cpu);
    return {};
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app("Measures interdict; see docs/benchmarks.md");
    bench::Settings settings;
    std::vector<std::string> only;
    std::string json;
    bool quick = false;
    bool check = false;
    settings.tag = std::to_string(::getpid());
    app.add_option("--only", only, "groups; all but soak without it")
        ->check(CLI::IsMember({"load", "pass", "hello", "address", "patch", "swap", "quic", "dns", "http",
                               "userspace", "orders", "daemon", "soak"}));
    app.add_option("--json", json, "file for the rows");
    app.add_option("--rounds", settings.rounds, "rounds per comparison")->check(CLI::Range(1, 1000));
    app.add_option("--seconds", settings.seconds, "of the soak")->check(CLI::Range(10, 1'000'000));
    app.add_option("--tag", settings.tag, "in the names of namespaces and pins");
    app.add_option("--program", settings.program, "interdict; default: that of this build");
    app.add_option("--captures", settings.captures, "folder of real clients' Initials");
    app.add_flag("--quick", quick, "few rounds, a tenth of the rules: to see that it works");
    app.add_flag("--check", check, "exit code 2 if a target is missed");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 1;
    }
    if (settings.program.empty())
        settings.program =
            std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "interdict";
    if (quick) {
        settings.rounds = std::min(settings.rounds, 3u);
        settings.repeat = 50'000;
        settings.frames = 50'000;
        settings.million = 100'000;
        settings.swaps = 20;
    }

    if (quick)
        fmt::print("QUICK: {} rules stand for 1 M, {} rounds\n", settings.million, settings.rounds);
    bench::Report report(::isatty(STDOUT_FILENO) != 0);
    auto done = stay_on_one_cpu();
    for (const auto& group : kGroups) {
        const bool wanted = (only.empty() && group.name != kOnlyWhenAsked) ||
                            std::ranges::find(only, group.name) != only.end();
        if (done && wanted)
            done = group.run(settings, report);
    }
    report.summary();
    if (done && !json.empty())
        done = report.write_json(json);
    if (!done) {
        fmt::print(stderr, "bench: {}\n", done.error().message);
        return 1;
    }
    return check && report.missed() ? 2 : 0;
}
