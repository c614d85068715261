// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <csignal>
#include <unordered_map>

#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "control/channels.h"
#include "control/state.h"
#include "daemon/verdicts.h"
#include "plane/plane.h"

namespace interdict::cli {

namespace {

struct Options {
    double interval = 1;
    unsigned limit = 0; // 0: what fits, or all
    bool once = false;
    bool all = false;
};

volatile std::sig_atomic_t stopped = 0;

// Keys without Enter and without echo, and the screen as it was afterwards.
class Keyboard {
public:
    Keyboard()
    {
        if (!::isatty(STDIN_FILENO) || ::tcgetattr(STDIN_FILENO, &before_) != 0)
            return;
        termios raw = before_;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        active_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
    ~Keyboard()
    {
        if (active_)
            ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }
    Keyboard(const Keyboard&) = delete;
    Keyboard& operator=(const Keyboard&) = delete;

    // False once the user wants to stop.
    bool wait(double seconds) const
    {
        using Clock = std::chrono::steady_clock;
        const auto end = Clock::now() +
                         std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
        while (!stopped) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
            if (left <= 0)
                return true;
            pollfd input{.fd = active_ ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0};
            char key = 0;
            if (::poll(&input, 1, static_cast<int>(left)) > 0 &&
                (::read(STDIN_FILENO, &key, 1) <= 0 || key == 'q'))
                return false;
        }
        return false;
    }

private:
    bool active_ = false;
    termios before_{};
};

struct Row {
    std::uint32_t id = 0;
    interdict_hits counter{};
    double rate = 0; // packets a second
};

class Top {
public:
    Top(Session& session, const Options& options) : session_(session), options_(options) {}

    Result<Exit> run();

private:
    Result<void> refresh();
    void sample(double seconds);
    void show();
    void put() const;
    [[nodiscard]] std::size_t rows_wanted() const;

    Session& session_;
    const Options& options_;
    std::optional<plane::Plane> plane_;
    std::uint64_t generation_ = 0;
    ruleset::Ruleset rules_;
    std::unordered_map<std::uint32_t, std::uint64_t> packets_; // at the last sample
    std::vector<Row> rows_;                                    // those to be shown, in their order
};

// The rules of the generation that is live now.
Result<void> Top::refresh()
{
    // Opened anew: another generation may have brought more counters, or the plane went down and up again.
    if (plane_ && plane::Pins(session_.globals.pins).exist() && plane_->maps().live() == generation_ &&
        generation_ != 0)
        return {};
    INTERDICT_TRY(plane_, plane::Plane::adopt(session_.globals.pins, plane::Access::Read));
    const auto live = plane_->generation();
    generation_ = live ? live->number : 0;
    rules_ = {};
    if (!live)
        return {};
    INTERDICT_TRY(auto rules, control::State(session_.globals.state).rules(*live));
    if (!rules)
        return fail("{} has no file of the live generation's rules; apply the orders again",
                    session_.globals.state.string());
    rules_ = *std::move(rules);
    return {};
}

void Top::sample(double seconds)
{
    rows_.clear();
    for (const auto& rule : rules_.rules) {
        const auto counter = plane_->maps().counter(rule.id());
        if (!counter || (counter->packets == 0 && !options_.all))
            continue;
        Row row{.id = rule.id(), .counter = *counter};
        auto& last = packets_.try_emplace(rule.id(), counter->packets).first->second;
        if (seconds > 0 && counter->packets >= last)
            row.rate = static_cast<double>(counter->packets - last) / seconds;
        last = counter->packets;
        rows_.push_back(row);
    }
    const auto before = [](const Row& one, const Row& other) {
        return std::tuple(-one.rate, ~one.counter.packets, one.id) <
               std::tuple(-other.rate, ~other.counter.packets, other.id);
    };
    const std::size_t wanted = std::min(rows_wanted(), rows_.size());
    std::ranges::partial_sort(rows_, rows_.begin() + static_cast<std::ptrdiff_t>(wanted), before);
    rows_.resize(wanted);
}

std::size_t Top::rows_wanted() const
{
    if (options_.limit != 0)
        return options_.limit;
    winsize size{};
    if (!options_.once && session_.console.interactive() && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
        size.ws_row > 4)
        return size.ws_row - 4u;
    return SIZE_MAX;
}

void Top::put() const
{
    Json list = Json::array();
    for (const auto& row : rows_) {
        const auto& rule = *rules_.find(row.id);
        Json json = {{"rule", row.id}, {"target", daemon::target_text(rule)}};
        if (rule.target.is_name())
            json["match"] = order::to_string(rule.target.name.match);
        json["packets"] = row.counter.packets;
        json["bytes"] = row.counter.bytes;
        json["channels"] = control::channel_counts(row.counter, rule.record.means);
        json["rate"] = row.rate;
        json["last_seen"] = row.counter.last_seen == 0
                                ? Json()
                                : Json(format_timestamp(static_cast<std::int64_t>(row.counter.last_seen)));
        for (const auto index : rule.orders)
            json["orders"].push_back(rules_.orders[index].id);
        list.push_back(std::move(json));
    }
    session_.console.put({{"time", format_timestamp(now())},
                          {"generation", generation_ == 0 ? Json() : Json(generation_)},
                          {"rules", list}});
}

void Top::show()
{
    Console& console = session_.console;
    if (console.json())
        return put();
    if (!options_.once && console.interactive())
        fmt::print("\033[H\033[2J");
    console.say("generation {}, {}, {}{}", generation_, counted(rules_.rules.size(), "rule"),
                format_timestamp(now()), plane_->observe() ? ", dry run" : "");
    console.say(
        "{}", console.paint(Tone::Strong, fmt::format("{:>12} {:>14} {:>10}  {:20}  {:>6}  {}", "packets",
                                                      "bytes", "packets/s", "last seen", "rule", "target")));
    for (const auto& row : rows_) {
        const auto& rule = *rules_.find(row.id);
        console.say(
            "{:>12} {:>14} {:>10.1f}  {:20}  {:>6}  {}{}", row.counter.packets, row.counter.bytes, row.rate,
            row.counter.last_seen == 0 ? "never"
                                       : format_timestamp(static_cast<std::int64_t>(row.counter.last_seen)),
            row.id, to_string(rule.target), rule.observe() ? " (observed)" : "");
    }
    if (rows_.empty())
        console.say("no rule was hit so far");
}

Result<Exit> Top::run()
{
    using Clock = std::chrono::steady_clock;
    INTERDICT_CHECK(refresh());
    sample(0);
    if (options_.once) {
        show();
        return Exit::Ok;
    }
    struct sigaction action = {};
    action.sa_handler = [](int) { stopped = 1; };
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    const Keyboard keyboard;
    auto last = Clock::now();
    show();
    std::fflush(stdout);
    while (keyboard.wait(options_.interval)) {
        INTERDICT_CHECK(refresh());
        const auto time = Clock::now();
        sample(std::chrono::duration<double>(time - last).count());
        last = time;
        show();
        std::fflush(stdout);
    }
    return Exit::Ok;
}

} // namespace

void add_top(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add("top", "counters of every rule, live, the busiest first",
             "q or Ctrl-C ends it. Without a terminal, or with --json, a table is printed each interval.",
             "interdict top\n"
             "interdict top --interval 5 --limit 20\n"
             "interdict top --once --all\n"
             "interdict top --once --json | jq '.rules[] | [.target, .packets]'",
             [options](Session& session) { return Top(session, *options).run(); })
        .real("--interval", options->interval, 0.1, 3600, "seconds between two tables")
        .number("--limit", options->limit, 0, 1000000, "rules to show; 0: what fits on the screen, else all")
        .flag("--once", options->once, "one table, then end")
        .flag("--all", options->all, "also rules that were never hit");
}

} // namespace interdict::cli
