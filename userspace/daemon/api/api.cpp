// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/api.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <thread>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "daemon/report.h"
#include "order/problem.h"

namespace interdict::daemon::api {

namespace {

constexpr std::size_t kSmall = std::size_t{1} << 20;  // bytes
constexpr std::size_t kList = std::size_t{256} << 20; // order files
constexpr std::size_t kDocument = std::size_t{64} << 20;
constexpr char kLines[] = "application/x-ndjson";
constexpr std::chrono::milliseconds kBeat{5000}; // a blank line shows that the stream is alive

std::vector<std::string> split(std::string_view path)
{
    std::vector<std::string> parts;
    while (!path.empty()) {
        path.remove_prefix(1); // the slash
        const auto part = path.substr(0, path.find('/'));
        parts.emplace_back(part);
        path.remove_prefix(part.size());
    }
    return parts;
}

// The parameters, if the path is of this form.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path)
{
    if (!path.starts_with('/'))
        return std::nullopt;
    const auto wanted = split(pattern);
    const auto given = split(path);
    if (wanted.size() != given.size())
        return std::nullopt;
    std::vector<std::string> parameters;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (wanted[i].starts_with('{') && !given[i].empty())
            parameters.push_back(given[i]);
        else if (wanted[i] != given[i])
            return std::nullopt;
    return parameters;
}

struct Found {
    const Api::Route* route = nullptr;
    std::vector<std::string> parameters;
    std::string allowed; // methods of this path
};

Found find(std::string_view method, std::string_view path)
{
    Found found;
    for (const auto& route : Api::routes()) {
        auto parameters = match(route.path, path);
        if (!parameters)
            continue;
        found.allowed += (found.allowed.empty() ? "" : ", ") + std::string(route.method);
        if (route.method == (method == "HEAD" ? "GET" : method)) {
            found.route = &route;
            found.parameters = *std::move(parameters);
        }
    }
    return found;
}

void put(Answer& answer, const Reply& reply)
{
    answer.status = reply ? 200 : reply.error().status;
    answer.body = text_of(reply ? *reply : reply.error().json()) + "\n";
}

std::string line_of(const Json& json) { return text_of(json) + "\n"; }

// Members of an object in the body are parameters, too: all texts, numbers and truth values.
bool merge_body(Request& request)
{
    const auto json = Json::parse(request.body, nullptr, false);
    if (!json.is_object())
        return false;
    for (const auto& [key, value] : json.items()) {
        if (value.is_structured())
            return false;
        request.query.emplace(key, value.is_string() ? value.get<std::string>() : value.dump());
    }
    return true;
}

// Lines from the loop's thread to the one that sends them.
class Lines {
public:
    void add(std::string line, bool last = false)
    {
        const std::lock_guard lock(mutex_);
        lines_.push_back(std::move(line));
        ended_ |= last;
        more_.notify_one();
    }
    // Blank after a while without any; nothing at the end.
    std::optional<std::string> next()
    {
        std::unique_lock lock(mutex_);
        more_.wait_for(lock, kBeat, [&] { return ended_ || !lines_.empty(); });
        if (lines_.empty())
            return ended_ ? std::nullopt : std::optional<std::string>("\n");
        auto line = std::move(lines_.front());
        lines_.pop_front();
        return line;
    }

private:
    std::mutex mutex_;
    std::condition_variable more_;
    std::deque<std::string> lines_;
    bool ended_ = false;
};

} // namespace

std::span<const Api::Route> Api::routes()
{
    using enum Role;
    static constexpr std::array kRoutes{
        Route{"GET", "/v1/health", Role::Read, 0, &Api::health},
        Route{"GET", "/v1/status", Role::Read, 0, &Api::status},
        Route{"GET", "/v1/orders", Role::Read, 0, &Api::orders},
        Route{"GET", "/v1/orders/{id}", Role::Read, 0, &Api::order},
        Route{"GET", "/v1/orders/{id}/history", Role::Read, 0, &Api::history},
        Route{"GET", "/v1/orders/{id}/report", Role::Read, 0},
        Route{"GET", "/v1/held", Role::Read, 0, &Api::held},
        Route{"GET", "/v1/due", Role::Read, 0, &Api::due},
        Route{"GET", "/v1/proposals", Role::Read, 0, &Api::proposals},
        Route{"GET", "/v1/feeds", Role::Read, 0, &Api::feeds},
        Route{"GET", "/v1/generations", Role::Read, 0, &Api::generations},
        Route{"GET", "/v1/explain", Role::Read, 0, &Api::explain},
        Route{"GET", "/v1/totals", Role::Read, 0, &Api::totals},
        Route{"GET", "/v1/top", Role::Read, 0, &Api::top},
        Route{"GET", "/v1/counters", Role::Read, 0, &Api::counters},
        Route{"GET", "/v1/audit", Role::Read, 0, &Api::audit},
        Route{"GET", "/v1/audit/verify", Role::Read, 0, &Api::audit_verify},
        Route{"GET", "/v1/events", Role::Read, 0},
        Route{"GET", "/v1/openapi.json", Role::Read, 0},
        Route{"GET", "/metrics", Role::Read, 0},
        Route{"POST", "/v1/orders", Operate, kList, nullptr, nullptr, &Api::add},
        Route{"PUT", "/v1/orders/{id}", Operate, kList, nullptr, nullptr, &Api::vary},
        Route{"POST", "/v1/orders/{id}/activate", Operate, kSmall, nullptr, &Api::activate},
        Route{"POST", "/v1/orders/{id}/stay", Operate, kSmall, nullptr, &Api::stay},
        Route{"POST", "/v1/orders/{id}/final", Operate, kSmall, nullptr, &Api::make_final},
        Route{"POST", "/v1/orders/{id}/lift", Operate, kSmall, nullptr, &Api::lift},
        Route{"POST", "/v1/orders/{id}/expire", Operate, kSmall, nullptr, &Api::expire},
        Route{"POST", "/v1/orders/{id}/override", Operate, kSmall, nullptr, &Api::override_held},
        Route{"POST", "/v1/proposals/{number}/approve", Approve, kSmall, nullptr, &Api::approve},
        Route{"POST", "/v1/proposals/{number}/reject", Approve, kSmall, nullptr, &Api::reject},
        Route{"POST", "/v1/apply", Operate, kList, nullptr, nullptr, &Api::apply},
        Route{"POST", "/v1/rollback", Approve, kSmall, nullptr, &Api::rollback},
        Route{"POST", "/v1/documents", Operate, kDocument, nullptr, &Api::document},
        Route{"POST", "/v1/feeds/{name}/list", Operate, kList, nullptr, nullptr, &Api::list},
        Route{"POST", "/v1/feeds/{name}/fetch", Operate, kSmall, nullptr, &Api::fetch},
        Route{"POST", "/v1/dynamic/check", Operate, kSmall, nullptr, &Api::check_names},
        Route{"POST", "/v1/reload", Approve, kSmall, nullptr, &Api::reload},
        Route{"POST", "/v1/interfaces", Approve, kSmall, nullptr, &Api::set_interfaces},
    };
    return kRoutes;
}

Api::Api(Loop& loop, Desk& desk, Events& events, Actions actions, std::filesystem::path pins)
    : loop_(loop), desk_(desk), events_(events), actions_(std::move(actions)),
      state_(desk.state().directory()), pins_(std::move(pins))
{
}

Result<book::Book> Api::book() const
{
    return book::Book::open(control::State(state_).book(), book::Access::Read);
}

Result<std::shared_ptr<const plane::Plane>> Api::plane()
{
    const std::lock_guard lock(mutex_);
    // A generation may bring counters that the old view has not.
    INTERDICT_TRY(auto opened, plane::Plane::adopt(pins_, plane::Access::Read));
    plane_ = std::make_shared<const plane::Plane>(std::move(opened));
    return plane_;
}

Admission Api::admit(const std::string& method, const std::string& path, const Peer& peer) const
{
    const auto found = find(method, path);
    if (found.allowed.empty())
        return {404, "not-found",
                fmt::format("there is no {}; see /v1/openapi.json", order::printable(path))};
    if (!found.route)
        return {405, "not-allowed", fmt::format("{} takes {}", order::printable(path), found.allowed)};
    if (peer.role < found.route->role)
        return {403, "forbidden",
                fmt::format("{} may {}, and this takes {}", peer.actor, to_string(peer.role),
                            to_string(found.route->role))};
    return {.body = found.route->body};
}

void Api::serve(const Request& request, Answer& answer)
{
    const auto [route, parameters, allowed] = find(request.method, request.path);
    if (!route)
        return put(answer, not_found("there is no such path"));
    if (route->path == "/v1/openapi.json") {
        answer.body = openapi();
        return;
    }
    if (route->path == "/metrics")
        return actions_.metrics(request, answer);
    if (route->path == "/v1/events")
        return stream_events(request, answer);
    if (route->path == "/v1/orders/{id}/report")
        return report(request, parameters[0], answer);
    if (route->read)
        return put(answer, (this->*route->read)(request, parameters));
    if (request.accept.find(kLines) != std::string::npos)
        return stream_change(*route, request, parameters, answer);
    put(answer, change(*route, request, parameters, {}));
}

// On the caller's thread, which waits for the loop.
Reply Api::change(const Route& route, const Request& given, Parameters parameters, const Progress& progress)
{
    Request request = given;
    const bool parameters_in_body = route.body == kSmall && route.path != "/v1/interfaces";
    if (parameters_in_body && !request.body.empty() && !merge_body(request))
        return failure(400, "bad-request", "the body is not a flat JSON object");
    book::Act act{.actor = request.peer.actor,
                  .reason = request.parameter("reason"),
                  .document = request.parameter("document"),
                  .time = 0};
    if (request.peer.root && !request.actor.empty())
        act.actor = request.actor;
    if (act.actor != order::printable(act.actor, 200) || act.reason != order::printable(act.reason, 1000))
        return failure(422, "invalid", "actor and reason are lines of plain text");
    if (!act.document.empty() && !is_hex_256(act.document))
        return failure(422, "invalid", "document is not a SHA-256: POST it to /v1/documents first");
    std::function<Reply()> step;
    if (route.prepare) {
        auto prepared = (this->*route.prepare)(request, parameters, act, progress);
        if (!prepared)
            return std::unexpected(std::move(prepared.error()));
        step = *std::move(prepared);
    } else {
        step = [&] { return (this->*route.write)(request, parameters, act); };
    }
    auto reply = loop_.call([&] {
        desk_.set_progress(progress);
        auto done = step();
        desk_.set_progress({});
        if (done)
            actions_.changed();
        return done;
    });
    return reply ? *std::move(reply) : failure(503, "stopping", "the daemon is stopping; nothing was done");
}

void Api::stream_change(const Route& route, const Request& request, std::vector<std::string> parameters,
                        Answer& answer)
{
    answer.type = kLines;
    answer.stream = [this, &route, request, parameters = std::move(parameters)](const Sink& sink) {
        const auto lines = std::make_shared<Lines>();
        const Progress progress = [lines](std::string_view what, std::uint64_t done, std::uint64_t total) {
            lines->add(line_of({{"progress", {{"what", what}, {"done", done}, {"total", total}}}}));
        };
        std::jthread worker([&] {
            const auto reply = change(route, request, parameters, progress);
            lines->add(line_of(reply ? Json{{"result", *reply}}
                                     : Json{{"status", reply.error().status},
                                            {"error", reply.error().json()["error"]}}),
                       true);
        });
        // The step is taken even if nobody listens any more.
        bool listening = true;
        while (auto line = lines->next())
            listening = listening && sink(*line);
    };
}

void Api::report(const Request& request, const std::string& order, Answer& answer)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kTypes{
        {{"json", "application/json"},
         {"markdown", "text/markdown; charset=utf-8"},
         {"html", "text/html; charset=utf-8"}}};
    const auto given = request.parameter("format");
    const std::string format = given.empty() ? "json" : given;
    const auto type =
        std::ranges::find(kTypes, format, &std::pair<std::string_view, std::string_view>::first);
    const auto at = request.parameter("at");
    const auto time = at.empty() ? Result<std::int64_t>(now()) : parse_timestamp(at);
    const auto rows = number_in(request, "rows", 1000, 1'000'000);
    if (type == kTypes.end())
        return put(answer, failure(400, "bad-request", "format is json, markdown or html"));
    if (!time)
        return put(answer, failure(400, "bad-request", fmt::format("at: {}", time.error().message)));
    if (!rows)
        return put(answer, std::unexpected(rows.error()));
    const auto gathered = gather_report(control::State(state_), pins_, order, *time);
    if (!gathered)
        return put(answer, not_found(gathered.error().message));
    auto text = evidence::to_text([&](evidence::Output& out) -> Result<void> {
        write_report(*gathered, format, static_cast<std::size_t>(*rows), out);
        return {};
    });
    if (!text)
        return put(answer, internal(text.error()));
    answer.type = type->second;
    answer.headers.emplace_back("Interdict-Journal",
                                fmt::format("{} {}", gathered->head_sequence, gathered->head_hash));
    answer.body = *std::move(text);
}

void Api::stream_events(const Request& request, Answer& answer)
{
    const bool follow = request.parameter("follow") != "false";
    const auto text = request.parameter("after");
    std::uint64_t after = text.empty() && follow ? events_.last() : 0;
    if (!text.empty() &&
        (text.size() > 18 || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })))
        return put(answer, failure(400, "bad-request", "after is not the sequence number of an event"));
    if (!text.empty())
        after = std::stoull(text);
    answer.type = kLines;
    answer.stream = [this, follow, after](const Sink& sink) mutable {
        do {
            const auto found = events_.after(after, follow ? kBeat : std::chrono::milliseconds(0));
            for (const auto& event : found) {
                after = event.sequence;
                if (!sink(event.line + "\n"))
                    return;
            }
            if (found.empty() && follow && !sink("\n"))
                return;
        } while (follow && !events_.closed());
    };
}

} // namespace interdict::daemon::api
