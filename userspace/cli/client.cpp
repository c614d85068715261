// SPDX-License-Identifier: Apache-2.0
#include "cli/client.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <memory>

#include <curl/curl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/outcome.h"
#include "daemon/words.h"

namespace interdict::cli {

namespace {

struct FreeCurl {
    void operator()(CURL* curl) const { ::curl_easy_cleanup(curl); }
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};

// Takes an answer as it comes: whole, or line by line.
struct Receiver {
    std::string text;
    std::function<bool(const Json&)> line;

    bool take(std::string_view part)
    {
        text += part;
        if (!line)
            return true;
        std::size_t from = 0;
        for (std::size_t end = 0; (end = text.find('\n', from)) != text.npos; from = end + 1)
            if (end > from)
                if (const auto json =
                        Json::parse(text.begin() + static_cast<std::ptrdiff_t>(from),
                                    text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
                    !json.is_object() || !line(json))
                    return false;
        text.erase(0, from);
        return true;
    }
};

std::size_t receive(char* data, std::size_t size, std::size_t count, void* to)
{
    return static_cast<Receiver*>(to)->take({data, size * count}) ? size * count : 0;
}

// One line of a head: "Name: value", with its end.
std::size_t receive_header(char* data, std::size_t size, std::size_t count, void* to)
{
    const std::string_view line(data, size * count);
    if (const auto colon = line.find(':'); colon != line.npos) {
        std::string name(line.substr(0, colon));
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
        auto value = line.substr(colon + 1);
        while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front())))
            value.remove_prefix(1);
        while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back())))
            value.remove_suffix(1);
        (*static_cast<std::map<std::string, std::string>*>(to))[name] = value;
    }
    return size * count;
}

// As far as this user may look.
std::filesystem::path real_path(const std::filesystem::path& path)
{
    std::error_code error;
    const auto real = std::filesystem::weakly_canonical(path, error);
    return error ? std::filesystem::absolute(path, error).lexically_normal() : real;
}

// Whom the daemon answers, and how to be one of them.
std::string who_may(const std::string& socket)
{
    struct stat info = {};
    const bool known = ::stat(socket.c_str(), &info) == 0;
    const struct group* readers = known && (info.st_mode & S_IWGRP) ? ::getgrgid(info.st_gid) : nullptr;
    if (!readers)
        return fmt::format("the daemon at {} answers only root; members of a group may read if its "
                           "configuration names it: api.group",
                           socket);
    const std::string group = readers->gr_name;
    return fmt::format("the daemon at {0} answers root and members of the group {1}; to be one: usermod -aG "
                       "{1} {2}, and log in again",
                       socket, group, login_name());
}

Error error_of(const Json& json)
{
    const Json error = json.value("error", Json::object());
    std::string message = error.value("message", std::string("the daemon's answer cannot be read"));
    for (const auto& problem : error.value("problems", Json::array()))
        message += fmt::format("\n{}: {}; {}", problem.value("path", ""), problem.value("message", ""),
                               problem.value("remedy", ""));
    return {message, 0};
}

} // namespace

std::string url_part(const std::string& text)
{
    std::string out;
    for (const char c : text)
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
            c == '_' || c == '.')
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return out;
}

std::optional<Client> Client::of(Session& session, Tell tell)
{
    const auto& globals = session.globals;
    const auto socket = globals.socket.string();
    std::error_code unseen;
    if (globals.direct || !std::filesystem::exists(globals.socket, unseen)) {
        if (!globals.direct && unseen == std::errc::permission_denied)
            session.denied = who_may(socket);
        return std::nullopt;
    }
    Client client(session, socket);
    const auto answer = client.send("GET", "/v1/status", {}, {});
    const bool shut = !answer && ::access(socket.c_str(), W_OK) != 0 && errno == EACCES;
    if (shut || (answer && answer->status == 403))
        session.denied = who_may(socket);
    if (!answer || answer->status != 200)
        return std::nullopt;
    const Json status = Json::parse(answer->body, nullptr, false);
    if (!status.is_object())
        return std::nullopt;
    const Json daemon = status.value("daemon", Json::object());
    const auto same = [&](const char* key, const std::filesystem::path& path) {
        return real_path(text_of(daemon, key)) == real_path(path);
    };
    if (!same("state", globals.state) || !same("pins", globals.pins))
        return std::nullopt;
    if (tell == Tell::Yes)
        session.console.say(
            "{}", session.console.paint(Tone::Faint, fmt::format("through the daemon at {}", socket)));
    return client;
}

Result<Client> Client::need(Session& session)
{
    if (auto daemon = of(session))
        return *std::move(daemon);
    if (!session.denied.empty())
        return fail("{}", std::exchange(session.denied, {}));
    return fail("no daemon answers at {} for {} and {}; start it: interdict serve --config FILE",
                session.globals.socket.string(), session.globals.state.string(),
                session.globals.pins.string());
}

Result<void> Client::allow(const EnforceOptions& enforce)
{
    if (enforce.no_apply || !enforce.guard.empty())
        return fail(
            "a daemon runs, and what it enforces and by which guard is in its configuration; leave out "
            "--no-apply and --guard");
    return {};
}

Result<Client::Answer> Client::send(const char* method, const std::string& path, const std::string& body,
                                    const std::vector<std::string>& headers,
                                    const std::function<bool(const Json&)>& line) const
{
    const std::unique_ptr<CURL, FreeCurl> curl(::curl_easy_init());
    std::unique_ptr<curl_slist, FreeCurl> list;
    for (const auto& header : headers)
        list.reset(::curl_slist_append(list.release(), header.c_str()));
    Receiver receiver{{}, line};
    ::curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket_.c_str());
    ::curl_easy_setopt(curl.get(), CURLOPT_URL, ("http://interdict" + path).c_str());
    ::curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method);
    ::curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, list.get());
    ::curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    if (std::string_view(method) != "GET") {
        ::curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        ::curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
    }
    ::curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, receive);
    ::curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &receiver);
    Answer answer;
    ::curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, receive_header);
    ::curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &answer.headers);
    const CURLcode done = ::curl_easy_perform(curl.get());
    ::curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    if (done == CURLE_WRITE_ERROR && line)
        return answer; // enough of them
    if (done != CURLE_OK)
        return std::unexpected(
            Error{fmt::format("the daemon at {}: {}", socket_, ::curl_easy_strerror(done)), ECONNRESET});
    answer.body = std::move(receiver.text);
    return answer;
}

Result<Json> Client::get(const std::string& path) const
{
    INTERDICT_TRY(const auto answer, send("GET", path, {}, {}));
    auto json = Json::parse(answer.body, nullptr, false);
    if (answer.status != 200 || !json.is_object())
        return std::unexpected(error_of(json));
    return json;
}

Result<Client::Document> Client::document(const std::string& path) const
{
    INTERDICT_TRY(auto answer, send("GET", path, {}, {}));
    if (answer.status != 200)
        return std::unexpected(error_of(Json::parse(answer.body, nullptr, false)));
    Document document{.text = std::move(answer.body), .hash = answer.headers["interdict-journal"]};
    const auto space = document.hash.find(' ');
    document.sequence = daemon::natural(document.hash.substr(0, space)).value_or(0);
    document.hash.erase(0, space == document.hash.npos ? space : space + 1);
    return document;
}

Result<Json> Client::post(const std::string& path) const
{
    INTERDICT_TRY(const auto answer, send("POST", path, {}, {"Interdict-Actor: " + login_name()}));
    auto json = Json::parse(answer.body, nullptr, false);
    if (answer.status != 200 || !json.is_object())
        return std::unexpected(error_of(json));
    return json;
}

Result<void> Client::follow(const std::string& path, const std::function<bool(const Json&)>& take) const
{
    INTERDICT_TRY(const auto answer, send("GET", path, {}, {}, take));
    return {};
}

Result<Exit> Client::take(const std::string& path, Query query, const ActOptions& act,
                          const std::string& body, const char* method,
                          const std::function<void(Json&)>& first) const
{
    const std::string actor = "Interdict-Actor: " + (act.actor.empty() ? login_name() : act.actor);
    if (!act.document.empty()) {
        INTERDICT_TRY(const auto bytes, read_file(act.document));
        const auto name = std::filesystem::path(act.document).filename().string();
        INTERDICT_TRY(const auto kept, send("POST", "/v1/documents?name=" + url_part(name), bytes, {actor}));
        const auto json = Json::parse(kept.body, nullptr, false);
        if (kept.status != 200)
            return std::unexpected(error_of(json));
        query.emplace_back("document", json["sha256"]);
    }
    if (!act.reason.empty())
        query.emplace_back("reason", act.reason);
    std::string target = "/v1" + path;
    for (std::size_t i = 0; i < query.size(); ++i)
        target += fmt::format("{}{}={}", i == 0 ? "?" : "&", query[i].first, url_part(query[i].second));
    const auto listener = listener_of(session_->console);
    Json last;
    INTERDICT_TRY(
        const auto answer,
        send(method, target, body, {actor, "Accept: application/x-ndjson", "Expect:"}, [&](const Json& line) {
            if (const auto progress = line.find("progress"); progress != line.end())
                listener.progress(progress->value("what", ""), progress->value("done", 0ULL),
                                  progress->value("total", 0ULL));
            else
                last = line;
            return true;
        }));
    if (last.contains("result") && first)
        first(last["result"]);
    if (last.contains("result"))
        return show(last["result"]);
    const Error error = error_of(last);
    if (const auto failed = last.find("error"); failed != last.end() && failed->contains("list") && first) {
        Json& list = (*failed)["list"];
        first(list);
        session_->console.put(list);
        if (failed->value("code", "") == "not-taken") {
            session_->console.warn(error.message);
            return list.value("status", "") == "kept" ? Exit::Degraded : Exit::Error;
        }
    }
    if (last.contains("error") && last["error"].value("code", "") == "refused") {
        session_->console.error(error);
        return Exit::Refused;
    }
    return std::unexpected(error);
}

Exit Client::show(const Json& result) const
{
    show_outcome(session_->console, result);
    for (const auto& warning : result.value("warnings", Json::array()))
        session_->console.warn(warning.get<std::string>());
    return exit_of(result);
}

} // namespace interdict::cli
