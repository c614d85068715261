// SPDX-License-Identifier: Apache-2.0
#include "daemon/metrics/metrics.h"

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "base/json.h"
#include "control/state.h"
#include "daemon/metrics/collect.h"
#include "order/problem.h"

namespace interdict::daemon::metrics {

namespace {

constexpr char kPath[] = "/metrics";
constexpr char kText[] = "text/plain; version=0.0.4; charset=utf-8";

void refuse(api::Answer& answer, const Failure& failure)
{
    answer.status = failure.status;
    answer.body = text_of(failure.json()) + "\n";
}

} // namespace

api::Admission Metrics::admit(const std::string& method, const std::string& path, const api::Peer&) const
{
    if (path != kPath)
        return {404, "not-found", "there is only /metrics here"};
    if (method != "GET" && method != "HEAD")
        return {405, "not-allowed", "/metrics takes GET"};
    return {};
}

void Metrics::serve(const api::Request& request, api::Answer& answer)
{
    answer.type = kText;
    const auto order = request.parameter("order");
    if (order.empty()) {
        answer.body = all();
        return;
    }
    const auto text = of_order(order);
    answer.type = text && *text ? kText : "application/json";
    if (!text)
        refuse(answer, {503, "no-plane", text.error().message});
    else if (!*text)
        refuse(answer,
               {404, "not-found", fmt::format("order {} is not in the book", order::printable(order))});
    else
        answer.body = **text;
}

std::string Metrics::all() const
{
    const auto begun = std::chrono::steady_clock::now();
    const auto time = now();
    Page page;
    page.gauge("interdict_build_info", "Always 1; the version is a label")
        .add(1, {{"version", INTERDICT_VERSION}});
    const auto plane = plane::Plane::adopt(sources_.pins, plane::Access::Read);
    add_plane(page, plane ? &*plane : nullptr, plane::Pins(sources_.pins));
    add_status(page, sources_.status());
    const auto book = book::Book::open(control::State(sources_.state).book(), book::Access::Read);
    add_book(page, book ? &*book : nullptr, sources_.feeds(), time);
    page.add(sources_.tally.collect());
    add_events(page, sources_.events.tally());
    auto answers =
        page.counter("interdict_api_answers_total", "Answers to requests, by door and HTTP status");
    for (const auto& [door, by_status] : sources_.answers())
        for (const auto& [status, count] : by_status)
            answers.add(static_cast<double>(count), {{"door", door}, {"status", std::to_string(status)}});
    page.gauge("interdict_archive_timestamp_seconds", "When counts were kept in the book last, 0 = not yet")
        .add(static_cast<double>(sources_.archived()));
    add_process(page, sources_.state);
    page.gauge("interdict_scrape_seconds", "How long it took to gather these numbers")
        .add(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    return page.text();
}

Result<std::optional<std::string>> Metrics::of_order(const std::string& id) const
{
    const control::State state(sources_.state);
    INTERDICT_TRY(const auto book, book::Book::open(state.book(), book::Access::Read));
    INTERDICT_TRY(const auto order, book.orders().find(id));
    if (!order)
        return std::nullopt;
    INTERDICT_TRY(const auto plane, plane::Plane::adopt(sources_.pins, plane::Access::Read));
    const auto live = plane.generation();
    std::optional<ruleset::Ruleset> rules;
    if (live) {
        INTERDICT_TRY(rules, state.rules(*live));
        if (!rules)
            return fail("the rules of the live generation are lost");
    }
    Page page;
    add_rules(page, id, plane.maps(), rules.value_or(ruleset::Ruleset{}));
    return page.text();
}

} // namespace interdict::daemon::metrics
