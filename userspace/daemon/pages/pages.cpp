// SPDX-License-Identifier: Apache-2.0
#include "daemon/pages/pages.h"

#include "base/clock.h"
#include "base/json.h"
#include "book/book.h"
#include "daemon/order_json.h"
#include "daemon/pages/blocking.h"
#include "daemon/pages/html.h"
#include "order/problem.h"

namespace interdict::daemon::pages {

namespace {

constexpr char kHtml[] = "text/html; charset=utf-8";
constexpr char kLookUpJson[] = "/lookup.json";
constexpr std::size_t kIgnoredBody = std::size_t{1} << 20; // of a form that was meant for somebody else
constexpr std::size_t kShown = 300;                        // bytes of a query
constexpr int kBlockedByLaw = 451;

void put_page(api::Answer& answer, int status, std::string html)
{
    answer.status = status;
    answer.type = kHtml;
    answer.body = std::move(html);
    answer.headers.insert(answer.headers.end(), {{"Content-Security-Policy", content_policy()},
                                                 {"Cache-Control", "no-store"},
                                                 {"Referrer-Policy", "no-referrer"},
                                                 {"X-Content-Type-Options", "nosniff"}});
}

Json blocking_json(const Looked& looked, const PagesConfig& config)
{
    Json orders = Json::array();
    for (const auto& [order, until] : looked.blocking) {
        Json means = Json::array();
        const auto& target = order.targets.front().target;
        for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
            if ((target.is_name() ? order.means : order::kAddressMeans) & INTERDICT_MEANS(channel))
                means.push_back(order::channel_name(channel));
        orders.push_back({{"authority", order.authority},
                          {"reference", order.reference},
                          {"kind", to_string(order.kind)},
                          {"jurisdiction", order.jurisdiction},
                          {"issued", format_timestamp(order.issued).substr(0, 10)},
                          {"effective", time_json(order.effective)},
                          {"until", time_json(until)},
                          {"target", to_string(target)},
                          {"means", means},
                          {"complaint", order.notice.complaint}});
    }
    return {{"name", looked.query},
            {"blocked", !looked.blocking.empty()},
            {"orders", orders},
            {"contact", config.contact}};
}

void put_json(api::Answer& answer, int status, const Json& json)
{
    answer.status = status;
    answer.body = text_of(json) + "\n";
    answer.headers.insert(answer.headers.end(),
                          {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}});
}

} // namespace

void Pages::set(const PagesConfig& config)
{
    const std::lock_guard lock(mutex_);
    config_ = std::make_shared<PagesConfig>(config);
}

std::shared_ptr<const PagesConfig> Pages::config() const
{
    const std::lock_guard lock(mutex_);
    return config_;
}

api::Admission StopPage::admit(const std::string&, const std::string&, const api::Peer&) const
{
    return {.body = kIgnoredBody};
}

void StopPage::serve(const api::Request& request, api::Answer& answer)
{
    const auto settings = config();
    const auto host = host_alone(request.host);
    const auto opened = book::Book::open(book(), book::Access::Read);
    if (!opened)
        return put_page(answer, 503, fault_page(*settings));
    const auto looked = look_up(*opened, host, now());
    if (!looked || looked->blocking.empty())
        return put_page(answer, 404, not_blocked_page(order::printable(host), *settings));
    if (const auto by = blocked_by(*looked, *settings); !by.empty())
        answer.headers.emplace_back("Link", fmt::format("<{}>; rel=\"blocked-by\"", by));
    put_page(answer, kBlockedByLaw, stop_page(*looked, *settings));
}

api::Admission LookUp::admit(const std::string& method, const std::string& path, const api::Peer&) const
{
    if (path != "/" && path != kLookUpJson)
        return {404, "not-found", "there is / with a form, and /lookup.json?name="};
    if (method != "GET" && method != "HEAD")
        return {405, "not-allowed", "only GET"};
    return {};
}

void LookUp::serve(const api::Request& request, api::Answer& answer)
{
    const auto settings = config();
    const auto name = request.parameter("name");
    const bool for_programs = request.path == kLookUpJson;
    const auto opened = book::Book::open(book(), book::Access::Read);
    if (!opened)
        return for_programs
                   ? put_json(answer, 503, Failure{503, "internal", "the orders cannot be read"}.json())
                   : put_page(answer, 503, fault_page(*settings));
    if (name.empty() && !for_programs)
        return put_page(answer, 200, lookup_page("", std::nullopt, "", *settings));
    const auto looked = look_up(*opened, name, now());
    if (for_programs)
        return looked ? put_json(answer, 200, blocking_json(*looked, *settings))
                      : put_json(answer, 400, Failure{400, "bad-request", looked.error().message}.json());
    if (!looked)
        return put_page(
            answer, 400,
            lookup_page(order::printable(name, kShown), std::nullopt, looked.error().message, *settings));
    put_page(answer, 200, lookup_page(order::printable(name, kShown), *looked, "", *settings));
}

} // namespace interdict::daemon::pages
