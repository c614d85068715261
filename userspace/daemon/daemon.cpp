// SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon.h"

#include <array>
#include <csignal>

#include <grp.h>
#include <malloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/api/identities.h"
#include "daemon/log.h"
#include "daemon/order_json.h"
#include "daemon/status_json.h"
#include "daemon/steps.h"

namespace interdict::daemon {

namespace {

constexpr std::array kSignals{SIGTERM, SIGINT, SIGHUP};
constexpr std::chrono::hours kClockCare{1}; // leap seconds, and a clock that drifts
constexpr std::chrono::seconds kFresh{1};
constexpr std::chrono::milliseconds kPatience{300};
constexpr char kActor[] = "daemon";

std::string lines_of(const std::vector<order::Problem>& problems)
{
    std::string lines;
    for (const auto& problem : problems)
        lines += (lines.empty() ? "" : "\n") + to_string(problem);
    return lines;
}

int group_of(const std::string& name)
{
    const struct group* entry = name.empty() ? nullptr : ::getgrnam(name.c_str());
    return entry ? static_cast<int>(entry->gr_gid) : -1;
}

} // namespace

Daemon::Daemon(std::filesystem::path file, Config config)
    : file_(std::move(file)), config_(std::move(config)), started_(now()), reload_{started_, {}}
{
}

Daemon::~Daemon()
{
    // Nobody waits for the loop or for events any more when the doors are closed.
    if (loop_)
        loop_->stop();
    events_.close();
    doors_.reset();
    tcp_.reset();
    socket_.reset();
}

Result<std::unique_ptr<Daemon>> Daemon::start(const std::filesystem::path& file)
{
    auto parsed = load_config(file);
    if (!parsed.ok())
        return fail("{}", lines_of(parsed.problems));
    std::unique_ptr<Daemon> daemon(new Daemon(file, std::move(parsed.config)));
    INTERDICT_CHECK(daemon->open());
    return daemon;
}

Result<void> Daemon::open()
{
    INTERDICT_TRY(loop_, Loop::make(kSignals));
    INTERDICT_CHECK(log_events(config_.log, events_));
    INTERDICT_TRY(desk_, Desk::open(config_, events_));
    desk_->set_heartbeat([this](auto... progress) { notifier_.progress(progress...); });
    loop_->on_signal(SIGTERM, [this] { loop_->stop(); });
    loop_->on_signal(SIGINT, [this] { loop_->stop(); });
    loop_->on_signal(SIGHUP, [this] { static_cast<void>(reload()); });
    loop_->on_clock_set([this] {
        desk_->edge_keeper().set_wall_clock();
        events_.add(Severity::Warning, "clock", "the wall clock was set; windows and expiry follow it");
        clockwork_->doubt();
    });
    clockwork_.emplace(*loop_, *desk_, events_, started_);
    feeds_.emplace(*loop_, *desk_, events_, [this] { changed(); });
    rounds_.emplace(*loop_, *desk_, events_, [this] { changed(); });
    archive_.emplace(*loop_, *desk_, events_, config_.pins);
    const auto live = desk_->edge().live();
    events_.add(Severity::Info, "started",
                live ? fmt::format("generation {} is live", live->number)
                     : std::string("no generation is live"),
                {{"generation", live ? Json(live->number) : Json()}});
    keeper_.emplace(*loop_, *desk_, events_, [this] { publish_status(); });
    if (const auto kept = keeper_->start(); !kept)
        events_.add(Severity::Error, "fault", kept.error().message);
    care_.emplace(
        *loop_, *desk_, events_, [this] { return catch_up(); }, [this] { changed(); });
    publish_status();
    loop_->post([this] {
        keep_clock();
        care_->look();
        feeds_->set(config_.feeds);
        rounds_->set(config_.dynamic);
        changed();
        archive_->set(config_.archive);
    });
    return open_doors();
}

Result<void> Daemon::open_doors()
{
    api::Api::Actions actions{.status = [this] { return status(); },
                              .reload = [this] { return reload(); },
                              .fetch = [this](const std::string& feed) -> Reply {
                                  if (!feeds_->fetch(feed))
                                      return not_found(fmt::format("there is no feed {}", feed));
                                  return Json{{"feed", feed}, {"fetching", true}};
                              },
                              .feeds = [this] { return feeds_->schedule(); },
                              .round = [this](const watch::Wish& wish) { return rounds_->begin(wish); },
                              .metrics = {},
                              .changed = [this] { changed(); }};
    doors_.emplace(sources(), desk_->state().book());
    actions.metrics = [this](const api::Request& request, api::Answer& answer) {
        doors_->metrics().serve(request, answer);
    };
    INTERDICT_CHECK(doors_->set(config_));
    api_ = std::make_unique<api::Api>(*loop_, *desk_, events_, std::move(actions), config_.pins);
    const auto& [socket, group, tcp, connections, rate] = config_.api;
    const api::ServerLimits limits{connections, rate};
    if (tcp) {
        INTERDICT_TRY(tcp_, api::Server::on_tcp(*tcp, limits, api::token_holders(tcp->tokens), *api_));
    }
    // Last: whoever gets an answer there finds everything open.
    INTERDICT_TRY(socket_, api::Server::on_socket(socket, group_of(group), limits, api::users(group), *api_));
    return {};
}

Result<void> Daemon::run()
{
    notifier_.tell("READY=1");
    keep_watchdog();
    auto done = loop_->run();
    notifier_.tell("STOPPING=1");
    const auto live = desk_->edge().live();
    events_.add(Severity::Info, "stopping",
                live ? fmt::format("generation {} keeps filtering", live->number) : "no generation is live");
    return done;
}

// What a process that died has left in the book alone; all of it, on a plane that was made anew.
bool Daemon::catch_up()
{
    if (!desk_->edge().up() || !desk_->book().held())
        return true; // when it is, this is asked again
    const auto last = desk_->book().journal().last();
    const auto settled = desk_->settled();
    if (last && settled && (*last == 0 || (*settled && desk_->edge().live())))
        return true;
    const book::Act act{
        .actor = kActor, .reason = "what the book has and the plane has not", .document = {}, .time = 0};
    const auto done = desk_->take(act, desk_->steps(act).apply_book());
    const std::string why = done ? "" : done.error().message;
    if (!done && why != behind_)
        events_.add(Severity::Error, "fault", fmt::format("the book is not live: {}", why));
    if (why != behind_ || done)
        publish_status();
    behind_ = why;
    return done.has_value();
}

void Daemon::changed()
{
    if (desk_->book().held())
        clockwork_->wind();
    archive_->changed();
    publish_status();
}

void Daemon::keep_clock()
{
    desk_->edge_keeper().set_wall_clock();
    loop_->after(kClockCare, [this] { keep_clock(); });
}

// A loop that does nothing any more is started anew; one with a long step tells of it by the step's progress.
void Daemon::keep_watchdog()
{
    if (!notifier_.watchdog())
        return;
    notifier_.alive(condition());
    loop_->after(*notifier_.watchdog(), [this] { keep_watchdog(); });
}

Reply Daemon::reload()
{
    notifier_.tell("RELOADING=1");
    Reply reply = read_again();
    notifier_.tell(fmt::format("READY=1\nSTATUS={}", condition()));
    return reply;
}

std::string_view Daemon::condition() const
{
    return reload_.trouble.empty() ? "filtering" : "filtering, with the configuration of before";
}

Reply Daemon::read_again()
{
    auto parsed = load_config(file_);
    auto done = parsed.ok() ? take(parsed.config) : Result<void>(fail("{}", lines_of(parsed.problems)));
    reload_ = {now(), done ? "" : done.error().message};
    if (!done) {
        events_.add(Severity::Error, "reload-failed",
                    fmt::format("the configuration of before stays: {}", done.error().message));
        publish_status();
        Failure failure{422, "invalid",
                        fmt::format("the configuration of before stays: {}", done.error().message)};
        for (const auto& problem : parsed.problems)
            failure.problems.push_back({{"file", problem.file},
                                        {"path", problem.json_path},
                                        {"message", problem.message},
                                        {"remedy", problem.remedy}});
        return std::unexpected(std::move(failure));
    }
    config_ = std::move(parsed.config);
    feeds_->set(config_.feeds);
    rounds_->set(config_.dynamic);
    archive_->set(config_.archive);
    events_.add(Severity::Info, "reloaded", "the configuration was read again");
    changed();
    return Json{{"reloaded", true}, {"degraded", desk_->faults()}};
}

Result<void> Daemon::take(const Config& config)
{
    if (config.api != config_.api)
        return fail("api cannot change while the daemon runs; restart it, the filter goes on meanwhile");
    INTERDICT_CHECK(doors_->set(config));
    INTERDICT_TRY(const bool differs, desk_->reconfigure(config));
    INTERDICT_CHECK(log_events(config.log, events_));
    if (!differs || !desk_->edge().up())
        return {};
    const book::Act act{
        .actor = kActor, .reason = "the configuration was read again", .document = {}, .time = 0};
    if (const auto applied = desk_->take(act, desk_->steps(act).apply_book()); !applied)
        events_.add(Severity::Error, "fault", applied.error().message);
    return {};
}

metrics::Sources Daemon::sources()
{
    return {.state = config_.state,
            .pins = config_.pins,
            .events = events_,
            .tally = desk_->tally(),
            .status = [this] { return status(); },
            .feeds =
                [this] {
                    const std::lock_guard lock(mutex_);
                    return feed_intervals_;
                },
            .answers =
                [this] {
                    std::map<std::string, std::map<int, std::uint64_t>> answers;
                    if (socket_)
                        answers["socket"] = socket_->answers();
                    if (tcp_)
                        answers["tcp"] = tcp_->answers();
                    return answers;
                },
            .archived = [this] { return archive_->last(); }};
}

Json Daemon::own_status() const
{
    const auto feeds = feeds_json(desk_->book(), feeds_ ? feeds_->schedule() : Json::object(), now())
                           .value_or(Json::array());
    return {{"pid", ::getpid()},
            {"started", time_json(started_)},
            {"config", file_.string()},
            {"state", config_.state.string()},
            {"pins", config_.pins.string()},
            {"reload",
             {{"time", time_json(reload_.time)},
              {"ok", reload_.trouble.empty()},
              {"reason", reload_.trouble.empty() ? Json() : Json(reload_.trouble)}}},
            {"archived", time_json(archive_ ? archive_->last() : 0)},
            {"feeds", feeds},
            {"events", events_.last()}};
}

void Daemon::publish_status()
{
    const auto& edge = desk_->edge();
    Json json = status_json({.state = desk_->state(),
                             .plane = edge.up() ? &edge.plane() : nullptr,
                             .book = &desk_->book(),
                             .degraded = desk_->faults()},
                            now());
    json["daemon"] = own_status();
    if (!reload_.trouble.empty())
        json["degraded"].push_back(
            fmt::format("the configuration of before is in force: {}", reload_.trouble));
    if (!behind_.empty())
        json["degraded"].push_back(fmt::format("the book is not live: {}", behind_));
    const std::lock_guard lock(mutex_);
    feed_intervals_ = feeds_ ? feeds_->intervals() : std::map<std::string, std::int64_t>();
    snapshot_ = std::make_shared<const Json>(std::move(json));
    taken_ = std::chrono::steady_clock::now();
}

Json Daemon::status()
{
    const auto snapshot = [this] {
        const std::lock_guard lock(mutex_);
        return std::pair(snapshot_, std::chrono::steady_clock::now() - taken_ < kFresh);
    };
    auto [json, fresh] = snapshot();
    if (fresh)
        return *json;
    const auto done = std::make_shared<std::promise<void>>();
    auto ready = done->get_future();
    loop_->post([this, done] {
        publish_status();
        done->set_value();
    });
    const bool busy = ready.wait_for(kPatience) != std::future_status::ready;
    Json found = *snapshot().first;
    found["daemon"]["busy"] = busy;
    return found;
}

int run_daemon(const std::filesystem::path& config)
{
    ::signal(SIGPIPE, SIG_IGN);
    // malloc_trim() gives the end of no other arena back than of the main one, and every other one keeps what
    // a thread once took for millions of rules. Few threads are busy at a time.
    ::mallopt(M_ARENA_MAX, 1);
    auto daemon = Daemon::start(config);
    const auto done = daemon ? (*daemon)->run() : Result<void>(std::unexpected(daemon.error()));
    if (!done)
        fmt::print(stderr, "interdictd: {}\n", done.error().message);
    return done ? 0 : 1;
}

} // namespace interdict::daemon
