// SPDX-License-Identifier: Apache-2.0
#include "bed.h"

#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include <curl/curl.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "plane/plane.h"

extern char** environ;

namespace interdict::bench {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(60);

double seconds_of(const timeval& time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// The child; it inherits the output if there is one.
Result<pid_t> spawn(std::vector<std::string>& words, int output)
{
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    if (output >= 0)
        ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    std::vector<char*> arguments;
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = 0;
    const int error = ::posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return fail_errno(error, "{}: cannot run", words[0]);
    return child;
}

Result<Ran> run_program(std::vector<std::string> words)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return fail_errno(errno, "cannot make a pipe");
    const Fd from(ends[0]);
    Fd to(ends[1]);
    const EveryCpu everywhere;
    const auto start = Clock::now();
    INTERDICT_TRY(const pid_t child, spawn(words, to.get()));
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

std::size_t append(char* data, std::size_t size, std::size_t count, void* to)
{
    static_cast<std::string*>(to)->append(data, size * count);
    return size * count;
}

} // namespace

EveryCpu::EveryCpu()
{
    ::sched_getaffinity(0, sizeof(before_), &before_);
    cpu_set_t all;
    std::memset(&all, 0xff, sizeof(all));
    ::sched_setaffinity(0, sizeof(all), &all);
}

EveryCpu::~EveryCpu() { ::sched_setaffinity(0, sizeof(before_), &before_); }

Bed::Bed(const Settings& settings, const std::string& name)
    : pins_("/sys/fs/bpf/interdict-bench-" + settings.tag + "-" + name),
      folder_(settings.program.parent_path() / ("interdict-bench-" + settings.tag + "-" + name)),
      program_(settings.program)
{
    fs::create_directories(folder_);
}

Bed::~Bed()
{
    static_cast<void>(plane::Plane::down(pins_));
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

Result<Ran> Bed::run(std::vector<std::string> words) const
{
    words.insert(words.begin(), {program_.string(), "--pin-path", pins_.string(), "--state",
                                 (folder_ / "state").string(), "--json"});
    return run_program(std::move(words));
}

Result<std::string> Bed::file(const std::string& name, const std::string& text) const
{
    INTERDICT_CHECK(write_file(folder_ / name, text));
    return (folder_ / name).string();
}

void Bed::forget_state() const { fs::remove_all(folder_ / "state"); }

Result<void> Bed::make_live(std::uint32_t rules) const
{
    {
        plane::Config config;
        config.pins = pins_;
        INTERDICT_TRY(const auto plane, plane::Plane::up(config, {}));
    }
    INTERDICT_TRY(const auto million, file("million.json", order_file("million", {0, rules})));
    INTERDICT_TRY(const auto live, run({"apply", million}));
    if (live.answer.value("added", 0u) != rules)
        return fail("not all rules are live: {}", live.answer.dump().substr(0, 300));
    return {};
}

Result<Served> Served::start(const Bed& bed, const Json& interfaces, const Json& more)
{
    const std::string socket = bed.folder() / "sock";
    Json config = {{"state", (bed.folder() / "state").string()},
                   {"pins", bed.pins().string()},
                   {"interfaces", interfaces},
                   {"api", {{"socket", socket}, {"rate", 100'000}}},
                   {"log", {{"level", "warning"}}}};
    config.update(more);
    INTERDICT_TRY(const auto file, bed.file("interdict.json", config.dump()));
    std::vector<std::string> words{(bed.program().parent_path() / "interdictd").string(), "--config", file};
    const EveryCpu everywhere;
    INTERDICT_TRY(const pid_t pid, spawn(words, -1));
    Served served(pid, socket);
    for (const auto until = Clock::now() + kPatience;;
         std::this_thread::sleep_for(std::chrono::milliseconds(10))) {
        if (served.request("GET", "/status"))
            return served;
        if (int status = 0; ::waitpid(pid, &status, WNOHANG) == pid) {
            served.pid_ = 0;
            return fail("interdictd: ended with status {}", status);
        }
        if (Clock::now() > until)
            return fail("interdictd: does not answer on {}", socket);
    }
}

Served::Served(Served&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), socket_(std::move(other.socket_))
{
}

Served::~Served()
{
    if (pid_ == 0)
        return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
}

Result<Json> Served::request(const std::string& method, const std::string& path,
                             const std::string& body) const
{
    const std::unique_ptr<CURL, void (*)(CURL*)> curl(::curl_easy_init(), ::curl_easy_cleanup);
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(::curl_slist_append(nullptr, "Expect:"),
                                                                     ::curl_slist_free_all);
    std::string answer;
    ::curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket_.c_str());
    ::curl_easy_setopt(curl.get(), CURLOPT_URL, ("http://localhost/v1" + path).c_str());
    ::curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
    ::curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    if (method != "GET") {
        ::curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        ::curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
    }
    ::curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
    ::curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
    ::curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    const auto code = ::curl_easy_perform(curl.get());
    long status = 0;
    ::curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200)
        return fail("{} {}: {}, status {}: {}", method, path, ::curl_easy_strerror(code), status,
                    answer.substr(0, 400));
    auto json = Json::parse(answer, nullptr, false);
    if (json.is_discarded())
        return fail("{} {}: answers no JSON", method, path);
    return json;
}

Result<double> Served::resident() const
{
    std::ifstream status(fmt::format("/proc/{}/status", pid_));
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:"))
            return std::stod(line.substr(6)) / 1024;
    return fail("interdictd: has ended");
}

Result<double> Served::cpu_seconds() const
{
    // proc(5): utime and stime are the 12th and 13th field behind the name in parentheses, in ticks.
    std::ifstream file(fmt::format("/proc/{}/stat", pid_));
    std::string line;
    if (!std::getline(file, line))
        return fail("interdictd: has ended");
    std::istringstream fields(line.substr(line.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i)
        fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::string order_of_targets(const std::string& id, const std::vector<std::string>& targets)
{
    return fmt::format("{{\"orders\":[{{\"id\":\"{}\",{},\"targets\":[{}]}}]}}\n", id, kOrderHead,
                       fmt::join(targets, ","));
}

std::string order_file(const std::string& id, Numbers numbers)
{
    std::vector<std::string> targets;
    targets.reserve(numbers.count);
    for (std::uint32_t i = 0; i < numbers.count; ++i)
        targets.push_back(fmt::format(R"({{"name":"{}"}})", name_of(numbers.first + i)));
    return order_of_targets(id, targets);
}

} // namespace interdict::bench
