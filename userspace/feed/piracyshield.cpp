// SPDX-License-Identifier: Apache-2.0
#include "feed/piracyshield.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "feed/lines.h"
#include "feed/shown_url.h"
#include "order/problem.h"

namespace interdict::feed {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kNoItems = "5011"; // of a checksum: there are none
constexpr std::string_view kTooLate = "5010"; // of a report
// Characters of what a server says that are shown.
constexpr std::size_t kCodeShown = 20;
constexpr std::size_t kMessageShown = 200;
constexpr std::size_t kBodyShown = 80;
// Shorter ones are found in any text.
constexpr std::size_t kSecretLeast = 4;

// The lines in one order whatever order they came in.
std::string sorted_lines(std::string_view text)
{
    std::vector<std::string_view> all;
    Lines lines(text);
    while (const auto line = lines.next())
        all.push_back(*line);
    std::ranges::sort(all);
    return fmt::format("{}", fmt::join(all, "\n"));
}

// A member that is a string or a number, as text; empty if it is neither.
std::string text_of(const Json& object, const char* key)
{
    if (!object.is_object())
        return {};
    const auto found = object.find(key);
    if (found == object.end())
        return {};
    return found->is_string()   ? found->get<std::string>()
           : found->is_number() ? found->dump()
                                : std::string();
}

// Worth another attempt: the server is busy or broken, not the request.
bool passing(const HttpAnswer& answer) { return answer.status == 429 || answer.status >= 500; }

} // namespace

std::string_view to_string(Genre genre)
{
    return genre == Genre::Fqdn ? "fqdn" : genre == Genre::Ipv4 ? "ipv4" : "ipv6";
}

PiracyShield::PiracyShield(ShieldSettings settings, Credentials credentials, World world, Http http)
    : settings_(std::move(settings)), credentials_(std::move(credentials)), world_(std::move(world)),
      http_(std::move(http))
{
    static_cast<void>(secret(credentials_.password));
}

Result<PiracyShield> PiracyShield::make(ShieldSettings settings, Credentials credentials, World world)
{
    if (!settings.url.starts_with("https://"))
        return fail("\"{}\" is not an https:// URL; a password never goes over anything else",
                    shown_url(settings.url));
    if (names_user(settings.url))
        return fail("the URL of {} has a user name or a password in it; they belong into the credentials",
                    shown_url(settings.url));
    while (settings.url.ends_with('/'))
        settings.url.pop_back();
    INTERDICT_TRY(Http http, Http::make(settings.http));
    return PiracyShield(std::move(settings), std::move(credentials), std::move(world), std::move(http));
}

void PiracyShield::pause(unsigned attempt, std::int64_t least_seconds)
{
    // What the server asks for is a minimum, but not one that could stall the operator for good.
    const std::int64_t least = std::min(least_seconds * 1000, settings_.backoff.most_ms);
    world_.sleep_ms(least + settings_.backoff.wait_ms(attempt, world_.random()));
}

Result<HttpAnswer> PiracyShield::persist(const HttpRequest& request)
{
    for (unsigned attempt = 1;; ++attempt) {
        auto answer = http_.send(request);
        if (answer && !passing(*answer))
            return answer;
        if (attempt >= settings_.backoff.attempts)
            return answer ? fail("{}: status {} after {} attempts", request.url, answer->status, attempt)
                          : answer;
        pause(attempt, answer ? answer->retry_after : 0);
    }
}

std::string PiracyShield::secret(std::string text)
{
    if (text.size() >= kSecretLeast && std::ranges::find(secrets_, text) == secrets_.end())
        secrets_.push_back(text);
    return text;
}

std::string PiracyShield::quoted(std::string text, std::size_t limit) const
{
    for (const auto& secret : secrets_)
        for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
            text.replace(at, secret.size(), "***");
    return order::printable(text, limit);
}

Result<void> PiracyShield::log_in()
{
    const Json body = {{"email", credentials_.email}, {"password", credentials_.password}};
    HttpRequest request{.method = "POST", .url = settings_.url + "/v1/authentication/login"};
    request.body = interdict::text_of(body);
    INTERDICT_TRY(const HttpAnswer answer, persist(request));
    const Json json = Json::parse(answer.body, nullptr, false);
    const Json data = json.is_object() ? json.value("data", Json()) : Json();
    access_token_ = secret(text_of(data, "access_token"));
    refresh_token_ = secret(text_of(data, "refresh_token"));
    if (answer.status != 200 || access_token_.empty()) {
        access_token_.clear();
        return fail("{}: logging in was refused with status {}: {} {}", settings_.url, answer.status,
                    quoted(text_of(json, "code"), kCodeShown),
                    quoted(text_of(json, "message"), kMessageShown));
    }
    token_since_ = world_.now();
    return {};
}

// By the refresh token where there is one that still counts, else by logging in again.
Result<void> PiracyShield::renew()
{
    access_token_.clear();
    if (refresh_token_.empty())
        return log_in();
    HttpRequest request{.method = "POST", .url = settings_.url + "/v1/authentication/refresh"};
    request.body = interdict::text_of(Json{{"refresh_token", refresh_token_}});
    refresh_token_.clear();
    INTERDICT_TRY(const HttpAnswer answer, persist(request));
    const Json json = Json::parse(answer.body, nullptr, false);
    const Json data = json.is_object() ? json.value("data", Json()) : Json();
    access_token_ = secret(text_of(data, "access_token"));
    if (answer.status != 200 || access_token_.empty())
        return log_in();
    const std::string next = secret(text_of(data, "refresh_token"));
    refresh_token_ = next.empty() ? Json::parse(request.body)["refresh_token"].get<std::string>() : next;
    token_since_ = world_.now();
    return {};
}

Result<HttpAnswer> PiracyShield::authorised(HttpRequest request)
{
    if (access_token_.empty() || world_.now() - token_since_ >= settings_.token_life * 9 / 10)
        INTERDICT_CHECK(renew());
    for (bool again = false;; again = true) {
        request.bearer = access_token_;
        INTERDICT_TRY(HttpAnswer answer, persist(request));
        if (answer.status != 401)
            return answer;
        if (again)
            return fail("{}: refused as unauthorised, also with a new token", request.url);
        INTERDICT_CHECK(renew());
    }
}

Result<PiracyShield::Reply> PiracyShield::call(const char* method, const std::string& path,
                                               const std::string& body, Kind kind)
{
    HttpRequest request{.method = method, .url = settings_.url + "/v1" + path};
    request.body = body;
    for (unsigned attempt = 1;; ++attempt) {
        INTERDICT_TRY(HttpAnswer answer, authorised(request));
        if (kind == Kind::Text && answer.status == 200)
            return Reply{std::move(answer.body), {}, {}};
        const Json json = Json::parse(answer.body, nullptr, false);
        const std::string status = text_of(json, "status");
        if (status == "success" && answer.status == 200)
            return Reply{interdict::text_of(json.value("data", Json())), {}, {}};
        if (status == "error" && !text_of(json, "code").empty())
            return Reply{{},
                         quoted(text_of(json, "code"), kCodeShown),
                         quoted(text_of(json, "message"), kMessageShown)};
        // Garbled, which a proxy on the way may cause as well.
        if (attempt >= settings_.backoff.attempts)
            return fail("{}: status {} and no answer in the form of the API: \"{}\"", request.url,
                        answer.status, quoted(answer.body, kBodyShown));
        pause(attempt, 0);
    }
}

Result<std::string> PiracyShield::data_of(const char* method, const std::string& path,
                                          const std::string& body)
{
    INTERDICT_TRY(Reply reply, call(method, path, body, Kind::Json));
    if (!reply.code.empty())
        return fail("{}/v1{}: error {}: {}", settings_.url, path, reply.code, reply.message);
    return std::move(reply.data);
}

Result<void> PiracyShield::ping()
{
    INTERDICT_TRY(const std::string data, data_of("GET", "/ping", {}));
    (void)data;
    return {};
}

// Empty for an empty list.
Result<std::string> PiracyShield::checksum(Genre genre)
{
    const std::string path = fmt::format("/{}/get/all/txt/checksum", to_string(genre));
    INTERDICT_TRY(Reply reply, call("GET", path, {}, Kind::Text));
    if (reply.code == kNoItems)
        return std::string();
    if (!reply.code.empty())
        return fail("{}/v1{}: error {}: {}", settings_.url, path, reply.code, reply.message);
    // Bare, as a JSON string, or in the envelope.
    const Json json = Json::parse(reply.data, nullptr, false);
    const std::string text = json.is_object()   ? text_of(json, "data")
                             : json.is_string() ? json.get<std::string>()
                                                : std::string(trimmed(reply.data));
    const std::string said(trimmed(std::string_view(text).substr(0, text.find('\n'))));
    std::string digest = said;
    std::ranges::transform(digest, digest.begin(),
                           [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    return is_hex_256(digest) ? digest : said;
}

Result<std::string> PiracyShield::text(Genre genre)
{
    const std::string path = fmt::format("/{}/get/all/txt", to_string(genre));
    INTERDICT_TRY(Reply reply, call("GET", path, {}, Kind::Text));
    if (!reply.code.empty() && reply.code != kNoItems)
        return fail("{}/v1{}: error {}: {}", settings_.url, path, reply.code, reply.message);
    return std::move(reply.data);
}

Result<ShieldList> PiracyShield::list(Genre genre, std::string_view known)
{
    struct Before {
        std::string sum;
        std::string body;
        std::string sorted;
    } before;
    std::string why;
    for (unsigned attempt = 1;; ++attempt) {
        INTERDICT_TRY(const std::string sum, checksum(genre));
        if (!sum.empty() && sum == known)
            return ShieldList{{}, sum, true};
        INTERDICT_TRY(std::string body, text(genre));
        if (sum.empty() && body.empty())
            return ShieldList{};
        if (is_hex_256(sum) && !body.empty()) {
            if (sha256(body) == sum)
                return ShieldList{std::move(body), sum, false};
            // The server sorts nothing, so text and checksum may be of the same lines in another order. The
            // list is whole if the checksum is that of the sorted lines, or if it came twice with the same
            // lines and their order was seen to change.
            std::string sorted = sorted_lines(body);
            const bool moved = body != before.body || sum != before.sum;
            if (sha256(sorted) == sum || (sorted == before.sorted && moved))
                return ShieldList{std::move(body), sum, false};
            before = {sum, std::move(body), std::move(sorted)};
            why = "the text does not have its checksum";
        } else {
            why = sum.empty()        ? "there is a text, and by the checksum there is none"
                  : !is_hex_256(sum) ? fmt::format("\"{}\" is no checksum", quoted(sum, kBodyShown))
                                     : "there is no text, but a checksum";
            before = {};
        }
        if (attempt >= settings_.backoff.attempts)
            return fail("{}: the list of {} cannot be trusted: {}, {} times", settings_.url, to_string(genre),
                        why, attempt);
        pause(attempt, 0);
    }
}

Result<std::vector<ShieldTicket>> PiracyShield::tickets()
{
    INTERDICT_TRY(const std::string data, data_of("GET", "/ticket/get/all", {}));
    const Json json = Json::parse(data, nullptr, false);
    if (!json.is_array())
        return fail("{}: the tickets are no list", settings_.url);
    std::vector<ShieldTicket> tickets;
    for (const Json& object : json) {
        ShieldTicket ticket{.id = text_of(object, "ticket_id"), .status = text_of(object, "status")};
        if (ticket.id.empty())
            return fail("{}: a ticket without ticket_id", settings_.url);
        ticket.created = parse_timestamp(text_of(object.value("metadata", Json()), "created_at")).value_or(0);
        for (const Genre genre : kGenres)
            if (const auto values = object.find(to_string(genre));
                values != object.end() && values->is_array())
                for (const Json& value : *values)
                    if (value.is_string())
                        ticket.values.push_back(value.get<std::string>());
        tickets.push_back(std::move(ticket));
    }
    return tickets;
}

Result<std::vector<ShieldItem>> PiracyShield::items(std::string_view ticket)
{
    INTERDICT_TRY(const std::string data,
                  data_of("POST", "/ticket/item/get/all", interdict::text_of(Json{{"ticket_id", ticket}})));
    const Json json = Json::parse(data, nullptr, false);
    if (!json.is_array())
        return fail("{}: the items of ticket {} are no list", settings_.url, ticket);
    std::vector<ShieldItem> items;
    for (const Json& object : json)
        if (ShieldItem item{text_of(object, "value"), text_of(object, "status")}; !item.value.empty())
            items.push_back(std::move(item));
    return items;
}

Result<ReportResult> PiracyShield::report(std::span<const Outcome> outcomes)
{
    ReportResult result;
    for (const Outcome& outcome : outcomes) {
        const bool processed = outcome.proven != 0;
        Json body = {{"value", outcome.value}};
        if (processed)
            body["timestamp"] = format_timestamp(outcome.proven);
        else
            body["reason"] = outcome.already_blocked ? "ALREADY_BLOCKED" : "UNDEFINED";
        if (!outcome.note.empty())
            body["note"] = outcome.note;
        const std::string path = processed ? "/ticket/item/set/processed" : "/ticket/item/set/unprocessed";
        INTERDICT_TRY(const Reply reply, call("POST", path, interdict::text_of(body), Kind::Json));
        if (reply.code.empty())
            ++(processed ? result.processed : result.unprocessed);
        else if (reply.code == kTooLate)
            result.late.push_back(outcome.value);
        else
            result.failed.push_back(
                fmt::format("{}: error {}: {}", outcome.value, reply.code, reply.message));
    }
    return result;
}

} // namespace interdict::feed
