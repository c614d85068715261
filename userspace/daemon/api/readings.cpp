// SPDX-License-Identifier: Apache-2.0
//
// readings.cpp: routes that change nothing.
#include <algorithm>
#include <map>

#include <malloc.h>

#include "base/clock.h"
#include "daemon/api/api.h"
#include "daemon/explain.h"
#include "daemon/order_json.h"
#include "daemon/status_json.h"
#include "order/problem.h"

namespace interdict::daemon::api {

namespace {

constexpr std::int64_t kTopMax = 10'000;
constexpr std::size_t kLinesMax = 10'000; // of the journal, in one answer

template <class Records, class ToJson>
Json list_of(const Records& records, ToJson to_json)
{
    Json list = Json::array();
    for (const auto& record : records)
        list.push_back(to_json(record));
    return list;
}

Json channels_of(const book::CountRecord& count)
{
    Json json = Json::object();
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        if (count.channel[channel] != 0)
            json[std::string(order::channel_name(channel))] = count.channel[channel];
    return json;
}

} // namespace

std::expected<std::int64_t, Failure> number_in(const Request& request, const std::string& key,
                                               std::int64_t otherwise, std::int64_t most)
{
    const auto text = request.parameter(key);
    if (text.empty())
        return otherwise;
    const auto value = natural(text);
    if (!value || *value > most)
        return failure(400, "bad-request", fmt::format("{} is not a number from 0 to {}", key, most));
    return *value;
}

Reply Api::health(const Request&, Parameters)
{
    const Json status = actions_.status();
    const bool well = status["degraded"].empty();
    return Json{{"ok", well}, {"degraded", status["degraded"]}};
}

Reply Api::status(const Request& request, Parameters)
{
    Json json = actions_.status();
    if (request.parameter("orders") == "true") {
        // All rules at once, and only once, whoever asks.
        const std::lock_guard lock(rules_mutex_);
        add_orders(json, control::State(state_), now());
        // Threads come and go, and each would leave what it took for millions of rules to the next.
        ::malloc_trim(0);
    }
    return json;
}

Reply Api::orders(const Request& request, Parameters)
{
    const auto text = request.parameter("status");
    const auto status = order::status_named(text);
    if (!text.empty() && !status)
        return failure(400, "bad-request",
                       fmt::format("\"{}\" is no status of an order", order::printable(text)));
    const auto book = this->book();
    if (!book)
        return internal(book.error());
    auto records = book->orders().all(false);
    if (!records)
        return internal(records.error());
    if (status)
        std::erase_if(*records, [&](const auto& record) { return record.order.status != *status; });
    return Json{{"orders", list_of(*records, summary_json)}};
}

Reply Api::order(const Request&, Parameters parameters)
{
    const auto book = this->book();
    if (!book)
        return internal(book.error());
    const auto record = book->orders().find(parameters[0]);
    if (!record)
        return internal(record.error());
    if (!*record)
        return not_found(fmt::format("order {} is not in the book", order::printable(parameters[0])));
    const auto items = book->orders().items(parameters[0]);
    const auto deliveries = book->facts().deliveries(parameters[0]);
    if (!items || !deliveries)
        return internal(items ? deliveries.error() : items.error());
    return order_json(**record, *items, *deliveries);
}

Reply Api::history(const Request&, Parameters parameters)
{
    const auto book = this->book();
    if (!book)
        return internal(book.error());
    const auto entries = book->journal().history(parameters[0]);
    if (!entries)
        return internal(entries.error());
    if (entries->empty())
        return not_found(
            fmt::format("the journal has nothing about order {}", order::printable(parameters[0])));
    Json list = Json::array();
    for (const auto& entry : *entries) {
        auto json = entry_json(entry);
        if (!json)
            return internal(json.error());
        list.push_back(*std::move(json));
    }
    return Json{{"order", parameters[0]}, {"history", list}};
}

Reply Api::held(const Request&, Parameters)
{
    const auto book = this->book();
    if (!book)
        return internal(book.error());
    const auto held = book->orders().held();
    return held ? Reply(Json{{"held", list_of(*held, item_json)}}) : internal(held.error());
}

Reply Api::due(const Request&, Parameters)
{
    const auto book = this->book();
    if (!book)
        return internal(book.error());
    auto found = deadlines_json(*book, now());
    return found ? Reply(*std::move(found)) : internal(found.error());
}

Reply Api::proposals(const Request& request, Parameters)
{
    const auto book = this->book();
    if (!book)
        return internal(book.error());
    auto found = proposals_json(*book, request.parameter("all") == "true");
    return found ? Reply(*std::move(found)) : internal(found.error());
}

Reply Api::feeds(const Request&, Parameters)
{
    const auto book = this->book();
    if (!book)
        return internal(book.error());
    const auto schedule = loop_.call([this] { return actions_.feeds(); }).value_or(Json::object());
    auto list = feeds_json(*book, schedule, now());
    return list ? Reply(Json{{"feeds", *std::move(list)}}) : internal(list.error());
}

Reply Api::generations(const Request&, Parameters)
{
    // "NUMBER-DIGEST.jsonl", or "NUMBER-DIGEST-BEFORE.patch" of one that was changed in place.
    std::map<std::int64_t, Json> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(state_ / "generations", error)) {
        const std::string name = entry.path().stem().string();
        const auto dash = name.find('-');
        const auto value = natural(name.substr(0, dash));
        if (!value || dash == name.npos)
            continue;
        found[*value] = {{"number", *value},
                         {"digest", name.substr(dash + 1, 64)},
                         {"how", entry.path().extension() == ".patch" ? "in place" : "generation"}};
    }
    const auto plane = this->plane();
    const auto generation = plane ? (*plane)->generation() : std::nullopt;
    const std::uint64_t live = generation ? generation->number : 0;
    Json list = Json::array();
    for (auto& [value, json] : found) {
        json["live"] = live != 0 && std::cmp_equal(live, value);
        list.push_back(std::move(json));
    }
    return Json{{"live", live != 0 ? Json(live) : Json()}, {"generations", list}};
}

Reply Api::totals(const Request&, Parameters)
{
    const auto plane = this->plane();
    if (!plane)
        return failure(503, "no-plane", plane.error().message);
    const auto totals = plane::read_totals((*plane)->maps());
    return totals ? Reply(Json{{"totals", totals_json(*totals)}}) : internal(totals.error());
}

Reply Api::top(const Request& request, Parameters)
{
    const auto limit = number_in(request, "limit", 20, kTopMax);
    if (!limit)
        return std::unexpected(limit.error());
    const auto plane = this->plane();
    if (!plane)
        return failure(503, "no-plane", plane.error().message);
    const TopWish wish{.rows = static_cast<std::size_t>(*limit), .all = request.parameter("all") == "true"};
    const std::lock_guard lock(rules_mutex_);
    const auto reads = top_.reads();
    auto found = top_.look(**plane, control::State(state_), wish, now());
    if (wish.all || top_.reads() != reads)
        ::malloc_trim(0);
    return found ? Reply(*std::move(found)) : internal(found.error());
}

Reply Api::explain(const Request& request, Parameters)
{
    const auto name = request.parameter("name");
    const auto address = request.parameter("address");
    if (name.empty() == address.empty())
        return failure(400, "bad-request", "say what: ?name= or ?address=");
    const auto channel = request.parameter("channel");
    const auto question = parse_question(name.empty() ? address : name, channel.empty() ? "all" : channel,
                                         request.parameter("at"));
    if (!question)
        return failure(400, "bad-request", question.error().message);
    if (question->is_name == name.empty())
        return failure(400, "bad-request", name.empty() ? "address is a name" : "name is an address");
    const auto plane = this->plane();
    if (!plane)
        return failure(503, "no-plane", plane.error().message);
    auto found = daemon::explain(**plane, control::State(state_), *question);
    return found ? Reply(*std::move(found)) : failure(503, "no-plane", found.error().message);
}

// What is in the book: by hour, archived.
Reply Api::counters(const Request& request, Parameters)
{
    const auto id = request.parameter("order");
    if (id.empty())
        return failure(400, "bad-request", "say whose: ?order=ID");
    const auto from = number_in(request, "from", 0, std::int64_t{1} << 40);
    const auto until = number_in(request, "until", std::int64_t{1} << 40, std::int64_t{1} << 40);
    if (!from || !until)
        return std::unexpected(from ? until.error() : from.error());
    const auto book = this->book();
    if (!book)
        return internal(book.error());
    const auto counts = book->counts().of(id, *from, *until);
    if (!counts)
        return internal(counts.error());
    return Json{{"order", id}, {"counts", list_of(*counts, [](const book::CountRecord& count) {
                                    return Json{{"target", count.target},
                                                {"hour", format_timestamp(count.hour)},
                                                {"packets", count.packets},
                                                {"bytes", count.bytes},
                                                {"channels", channels_of(count)}};
                                })}};
}

Reply Api::audit(const Request& request, Parameters)
{
    const auto from = number_in(request, "from", 1, std::int64_t{1} << 60);
    const auto limit = number_in(request, "limit", 1000, kLinesMax);
    if (!from || !limit)
        return std::unexpected(from ? limit.error() : from.error());
    const auto book = this->book();
    if (!book)
        return internal(book.error());
    Json lines = Json::array();
    bool more = false;
    const auto walked = book->journal().each(*from, [&](const book::JournalEntry& entry) -> Result<void> {
        more = std::ssize(lines) >= *limit;
        if (more)
            return fail("enough");
        INTERDICT_TRY(auto json, entry_json(entry));
        lines.push_back(std::move(json));
        return {};
    });
    if (!walked && !more)
        return internal(walked.error());
    return Json{{"lines", lines}, {"more", more}};
}

Reply Api::audit_verify(const Request&, Parameters)
{
    const auto book = this->book();
    if (!book)
        return internal(book.error());
    const auto verified = book->journal().verify();
    if (!verified)
        return internal(verified.error());
    const auto& fault = verified->fault;
    return Json{{"ok", !fault},
                {"lines", verified->lines},
                {"hash", verified->hash},
                {"head", verified->head},
                {"fault", fault ? Json{{"kind", book::to_string(fault->kind)},
                                       {"sequence", fault->sequence},
                                       {"what", fault->what}}
                                : Json()}};
}

} // namespace interdict::daemon::api
