// SPDX-License-Identifier: Apache-2.0
//
// orders.cpp: what a person waits for: the program itself, started for each step, with book, guard, plane and
// disk.
#include "groups.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sched.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "plane/plane.h"
#include "rules.h"

extern char** environ;

namespace interdict::bench {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr unsigned kSteps = 25;
constexpr std::uint32_t kStride = 641; // odd: no address twice
constexpr char kHead[] =
    R"("kind":"court-order","authority":"Bench Court","reference":"1","jurisdiction":"ZZ","issued":"2026-01-01",)"
    R"("effective":"2026-01-02T00:00:00Z")";

struct Ran {
    double seconds = 0; // from its start to the end of its answer
    double cpu = 0;     // seconds, user and system
    double peak = 0;    // MiB
    Json answer;        // its last line
};

double seconds_of(const timeval& time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// While it lives, what is started may run on every CPU, as it does for a person.
class EveryCpu {
public:
    EveryCpu()
    {
        ::sched_getaffinity(0, sizeof(before_), &before_);
        cpu_set_t all;
        std::memset(&all, 0xff, sizeof(all));
        ::sched_setaffinity(0, sizeof(all), &all);
    }
    EveryCpu(const EveryCpu&) = delete;
    EveryCpu& operator=(const EveryCpu&) = delete;
    ~EveryCpu() { ::sched_setaffinity(0, sizeof(before_), &before_); }

private:
    cpu_set_t before_{};
};

// Starts the program and reads what it answers. Error: another exit code than 0, no JSON.
Result<Ran> run(std::vector<std::string> words)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return fail_errno(errno, "cannot make a pipe");
    const Fd from(ends[0]);
    Fd to(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, to.get(), STDOUT_FILENO);
    std::vector<char*> arguments;
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const EveryCpu everywhere;
    const auto start = Clock::now();
    pid_t child = 0;
    const int error = ::posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return fail_errno(error, "{}: cannot run", words[0]);
    to.reset();
    Ran ran;
    std::string text;
    char buffer[1 << 16];
    while (true) {
        const ssize_t got = ::read(from.get(), buffer, sizeof(buffer));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        text.append(buffer, static_cast<std::size_t>(got));
        if (text.back() == '\n')
            ran.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    }
    rusage usage{};
    int status = 0;
    if (::wait4(child, &status, 0, &usage) != child)
        return fail_errno(errno, "cannot wait for {}", words[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fail("{} {}: ended with status {}", words[0], words.back(), status);
    ran.cpu = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    ran.peak = static_cast<double>(usage.ru_maxrss) / 1024;
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    ran.answer = Json::parse(text.substr(text.rfind('\n') + 1), nullptr, false);
    if (ran.answer.is_discarded())
        return fail("{} {}: answers no JSON", words[0], words.back());
    return ran;
}

// Everything that the program writes, on a disk, and gone at the end.
class Bed {
public:
    explicit Bed(const Settings& settings)
        : pins_("/sys/fs/bpf/interdict-bench-" + settings.tag + "-orders"),
          folder_(settings.program.parent_path() / ("interdict-bench-" + settings.tag + "-orders")),
          program_(settings.program)
    {
        fs::create_directories(folder_);
    }
    Bed(const Bed&) = delete;
    Bed& operator=(const Bed&) = delete;
    ~Bed()
    {
        static_cast<void>(plane::Plane::down(pins_));
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }

    [[nodiscard]] Result<Ran> run(std::vector<std::string> words) const
    {
        words.insert(words.begin(), {program_.string(), "--pin-path", pins_.string(), "--state",
                                     (folder_ / "state").string(), "--json"});
        return bench::run(std::move(words));
    }
    [[nodiscard]] Result<std::string> file(const std::string& name, const std::string& text) const
    {
        INTERDICT_CHECK(write_file(folder_ / name, text));
        return (folder_ / name).string();
    }
    [[nodiscard]] const fs::path& pins() const { return pins_; }
    void forget_state() const { fs::remove_all(folder_ / "state"); }

private:
    fs::path pins_;
    fs::path folder_;
    fs::path program_;
};

std::string order_file(const std::string& id, Numbers numbers)
{
    std::string text = fmt::format("{{\"orders\":[{{\"id\":\"{}\",{},\"targets\":[", id, kHead);
    for (std::uint32_t i = 0; i < numbers.count; ++i)
        text += fmt::format("{}{{\"name\":\"{}\"}}", i == 0 ? "" : ",", name_of(numbers.first + i));
    return text + "]}]}\n";
}

// A step that must be made in place, and proven.
Result<Ran> step(const Bed& bed, std::vector<std::string> words)
{
    INTERDICT_TRY(auto ran, bed.run(std::move(words)));
    if (ran.answer.value("how", "") != "in place" || !ran.answer["ms"]["proven"].is_number())
        return fail("a step was not made in place, or not proven: {}", ran.answer.dump());
    return ran;
}

struct Times {
    std::vector<double> answered;
    std::vector<double> proven;

    void add(const Ran& ran)
    {
        answered.push_back(1000 * ran.seconds);
        proven.push_back(ran.answer["ms"]["proven"].get<double>());
    }
};

void add_rows(Report& report, const std::string& what, const Times& times)
{
    report.add(fmt::format("orders: {}, live and proven, command to answer", what), spread_of(times.answered),
               "ms", below(50));
    report.add(fmt::format("orders: part: {}, until it is proven", what), spread_of(times.proven), "ms");
}

Result<void> bench_steps(const Settings& settings, const Bed& bed, Report& report)
{
    {
        plane::Config config;
        config.pins = bed.pins();
        INTERDICT_TRY(const auto plane, plane::Plane::up(config, {}));
    }
    INTERDICT_TRY(const auto million, bed.file("million.json", order_file("million", {0, settings.million})));
    INTERDICT_TRY(const auto live, bed.run({"apply", million}));
    if (live.answer.value("rules", 0u) != settings.million)
        return fail("not all rules are live: {}", live.answer.dump().substr(0, 300));
    Times added;
    Times lifted;
    Times target;
    for (unsigned i = 0; i < kSteps; ++i) {
        const auto id = fmt::format("one-{}", i);
        INTERDICT_TRY(const auto file, bed.file("one.json", order_file(id, {settings.million + i, 1})));
        INTERDICT_TRY(const auto come, step(bed, {"order", "add", file}));
        added.add(come);
        INTERDICT_TRY(const auto gone, step(bed, {"order", "lift", id}));
        lifted.add(gone);
        INTERDICT_TRY(const auto one, step(bed, {"order", "lift", "million", "--target", name_of(i)}));
        target.add(one);
    }
    add_rows(report, "an order of one target added", added);
    add_rows(report, "an order of one target lifted", lifted);
    add_rows(report, "one target of a million lifted", target);
    return {};
}

Result<void> bench_import(const Settings& settings, const Bed& bed, Report& report)
{
    std::string list;
    for (std::uint32_t i = 0; i < settings.million; ++i)
        list += name_of(i) + '\n';
    // Of one range that no built-in list of the guard protects.
    for (std::uint32_t i = 0; i < settings.million / 10; ++i) {
        const std::uint32_t host = i * kStride & 0xffffff;
        list += fmt::format("23.{}.{}.{}\n", host >> 16, host >> 8 & 255, host & 255);
    }
    INTERDICT_TRY(const auto file, bed.file("list.txt", list));
    INTERDICT_TRY(const auto order,
                  bed.file("order.json", fmt::format("{{\"id\":\"list\",{},\"item_expires\":"
                                                     "\"P30D\"}}\n",
                                                     kHead)));
    bed.forget_state();
    INTERDICT_TRY(const auto ran, bed.run({"import", "--no-apply", "plain", file, "--order", order}));
    if (const auto entries = ran.answer.value("entries", 0u); entries != settings.million / 10 * 11)
        return fail("{} entries were taken: {}", entries, ran.answer.dump().substr(0, 300));
    const std::string what = "import: 1 M names, 100 k addresses";
    report.add(what + ", to book and compiled image", ran.seconds, "s", below(10));
    report.add("import: part: CPU time", ran.cpu, "s");
    report.add(what + ", peak memory", ran.peak, "MiB", below(2048));
    return {};
}

} // namespace

Result<void> bench_orders(const Settings& settings, Report& report)
{
    report.heading(fmt::format("steps on the command line, {} rules live", settings.million));
    if (!fs::exists(settings.program)) {
        report.skip("orders: steps on the command line", "ms", below(50),
                    fmt::format("{} is not built", settings.program.filename().string()));
        return {};
    }
    const Bed bed(settings);
    INTERDICT_CHECK(bench_import(settings, bed, report));
    bed.forget_state();
    return bench_steps(settings, bed, report);
}

} // namespace interdict::bench
