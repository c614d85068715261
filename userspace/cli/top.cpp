// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>

#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "control/state.h"
#include "daemon/top.h"
#include "plane/plane.h"

namespace interdict::cli {

namespace {

struct Options {
    double interval = 1;
    unsigned limit = 0; // 0: what fits, or all
    bool once = false;
    bool all = false;
};

constexpr std::size_t kRowsOfDaemon = 10'000; // at most, in one answer

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

// Where the tables come from: the daemon, or here the pins.
class Source {
public:
    explicit Source(Session& session) : globals_(session.globals), daemon_(Client::of(session)) {}

    Result<Json> look(const daemon::TopWish& wish)
    {
        if (daemon_)
            return daemon_->get(
                fmt::format("/v1/top?limit={}&all={}", std::min(wish.rows, kRowsOfDaemon), wish.all));
        // Opened anew: another generation may have brought more counters, or the plane went down and up.
        INTERDICT_TRY(const auto plane, plane::Plane::adopt(globals_.pins, plane::Access::Read));
        return top_.look(plane, control::State(globals_.state), wish, now());
    }
    [[nodiscard]] bool daemon() const { return daemon_.has_value(); }

private:
    const Globals& globals_;
    std::optional<Client> daemon_;
    daemon::Top top_;
};

// What fits.
std::size_t rows_wanted(const Console& console, const Options& options)
{
    if (options.limit != 0)
        return options.limit;
    winsize size{};
    if (!options.once && console.interactive() && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
        size.ws_row > 5)
        return size.ws_row - 5u;
    return SIZE_MAX;
}

void show(Console& console, const Json& top, bool all)
{
    console.put(top);
    const auto generation = integer_of(top, "generation");
    const auto total = static_cast<std::uint64_t>(integer_of(top, "total"));
    console.say("{}, {}, {} of them hit, {}{}",
                generation == 0 ? "no generation is live" : fmt::format("generation {}", generation),
                counted(total, "rule"), integer_of(top, "hit"), text_of(top, "time"),
                top.value("observe", false) ? ", dry run" : "");
    console.say(
        "{}", console.paint(Tone::Strong, fmt::format("{:>12} {:>14} {:>10}  {:20}  {:>6}  {}", "packets",
                                                      "bytes", "packets/s", "last seen", "rule", "target")));
    const auto rows = top.value("rules", Json::array());
    for (const auto& row : rows) {
        const auto last = text_of(row, "last_seen");
        console.say("{:>12} {:>14} {:>10.1f}  {:20}  {:>6}  {}{}{}", integer_of(row, "packets"),
                    integer_of(row, "bytes"), row.value("rate", 0.0), last.empty() ? "never" : last,
                    integer_of(row, "rule"), text_of(row, "target"),
                    text_of(row, "match") == "subtree" ? " and below" : "",
                    row.value("observe", false) ? " (observed)" : "");
    }
    if (rows.empty())
        console.say("no rule was hit so far");
    const auto there = all ? total : static_cast<std::uint64_t>(integer_of(top, "hit"));
    if (rows.size() == kRowsOfDaemon && there > rows.size())
        console.warn(
            fmt::format("the daemon gives {} rules at most, of {}; all: --direct", rows.size(), there));
}

Result<Exit> run(Session& session, const Options& options)
{
    Console& console = session.console;
    Source source(session);
    const auto look = [&] {
        return source.look({.rows = rows_wanted(console, options), .all = options.all});
    };
    INTERDICT_TRY(auto top, look());
    if (options.once) {
        show(console, top, options.all);
        return Exit::Ok;
    }
    struct sigaction action = {};
    action.sa_handler = [](int) { stopped = 1; };
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    const Keyboard keyboard;
    std::int64_t before = integer_of(top, "generation");
    while (true) {
        if (console.interactive() && !console.json())
            fmt::print("\033[H\033[2J");
        show(console, top, options.all);
        if (const auto generation = integer_of(top, "generation"); generation != before) {
            console.say("{}", console.paint(Tone::Doubtful,
                                            generation == 0
                                                ? fmt::format("generation {} is not live any more", before)
                                                : fmt::format("generation {} is live now, {} was before",
                                                              generation, before)));
            before = generation;
        }
        std::fflush(stdout);
        if (!keyboard.wait(options.interval))
            return Exit::Ok;
        auto next = look();
        if (!next && next.error().code == ECONNRESET) {
            console.warn("the daemon has ended; what is live keeps filtering, and as root "
                         "interdict --direct top shows it");
            return Exit::Degraded;
        }
        INTERDICT_TRY(top, std::move(next));
    }
}

} // namespace

void add_top(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add(
            "top", "counters of every rule, live, the busiest first",
            "q or Ctrl-C ends it. Without a terminal, or with --json, a table is printed each interval. From "
            "the\n"
            "daemon if one runs, without any right but to read from it (api.group). Exit code 2 if it ends "
            "meanwhile.",
            "interdict top\n"
            "interdict top --interval 5 --limit 20\n"
            "interdict top --once --all\n"
            "interdict top --once --json | jq '.rules[] | [.target, .packets]'",
            [options](Session& session) { return run(session, *options); })
        .real("--interval", options->interval, 0.1, 3600, "seconds between two tables")
        .number("--limit", options->limit, 0, 1000000, "rules to show; 0: what fits on the screen, else all")
        .flag("--once", options->once, "one table, then end")
        .flag("--all", options->all, "also rules that were never hit");
}

} // namespace interdict::cli
