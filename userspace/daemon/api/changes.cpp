// SPDX-License-Identifier: Apache-2.0
//
// changes.cpp: routes that change something. Bodies that may be long are read on the caller's thread; the
// rest runs on the loop's.
#include <utility>

#include "base/clock.h"
#include "daemon/api/api.h"
#include "daemon/lists.h"
#include "daemon/status_json.h"
#include "daemon/steps.h"
#include "daemon/words.h"
#include "order/problem.h"

namespace interdict::daemon::api {

namespace {

constexpr char kOrigin[] = "api";

bool yes(const Request& request, const std::string& key) { return request.parameter(key) == "true"; }

Reply decide_on(Desk& desk, const book::Act& act, const std::string& text, bool approve)
{
    const auto proposal = natural(text);
    if (proposal.value_or(0) == 0)
        return not_found("a proposal is named by its number");
    return approve ? take(desk, act, desk.steps(act).approve(*proposal)) : reject(desk, act, *proposal);
}

Reply set_status(Desk& desk, const book::Act& act, const std::string& id, order::Status to)
{
    return take(desk, act, desk.steps(act).set_status(id, to));
}

} // namespace

Api::Prepared Api::add(const Request& request, Parameters, const book::Act& act, const Progress&)
{
    const auto origin = request.parameter("origin");
    // Feeds and files are lists, which replace all of theirs.
    if (!origin.empty() && origin != kOrigin && origin != "cli")
        return failure(422, "invalid", "origin is api or cli");
    auto orders = read_orders(request.body, yes(request, "partial"));
    if (!orders)
        return std::unexpected(std::move(orders.error()));
    return [this, act, orders = *std::move(orders), origin]() mutable {
        return take(desk_, act, desk_.steps(act).add(std::move(orders), origin.empty() ? kOrigin : origin));
    };
}

Api::Prepared Api::vary(const Request& request, Parameters parameters, const book::Act& act, const Progress&)
{
    auto orders = read_orders(request.body, yes(request, "partial"));
    if (!orders)
        return std::unexpected(std::move(orders.error()));
    for (const auto& order : orders->orders)
        if (order.id != parameters[0])
            return failure(422, "invalid",
                           fmt::format("the body has order {}, the path {}", order.id, parameters[0]));
    return [this, act, orders = *std::move(orders)]() mutable {
        return take(desk_, act, desk_.steps(act).vary(std::move(orders)));
    };
}

Api::Prepared Api::apply(const Request& request, Parameters, const book::Act& act, const Progress&)
{
    const bool dry_run = yes(request, "dry_run");
    const auto apply = [this, dry_run](const book::Act& by, control::Step step) {
        return dry_run ? desk_.rehearse(step) : desk_.take(by, std::move(step));
    };
    if (request.body.empty())
        return [this, act, apply] { return apply(act, desk_.steps(act).apply_book()); };
    auto orders = read_orders(request.body, yes(request, "partial"));
    if (!orders)
        return std::unexpected(std::move(orders.error()));
    return [this, act, apply, orders = *std::move(orders)]() mutable {
        return apply(act, desk_.steps(act).replace(std::move(orders)));
    };
}

// The body is the template and the files of the list, one after the other; `parts` has their lengths.
Api::Prepared Api::list(const Request& request, Parameters parameters, const book::Act& act,
                        const Progress& progress)
{
    HandedList list{.name = parameters[0]};
    const auto format = feed::format_named(request.parameter("format"));
    if (!control::is_feed_name(list.name) || !format)
        return failure(422, "invalid",
                       format ? "the name of a feed has letters a-z, digits, - _ and ."
                              : "format is not the name of one; see docs/feeds.md");
    list.format = *format;
    for (const auto& [name, member] : control::kImportTexts)
        list.words.*member = request.parameter(std::string(name));
    for (const auto& [name, member] : control::kImportFlags)
        list.words.*member = yes(request, std::string(name));
    std::string_view rest = request.body;
    std::vector<std::string_view> parts;
    const auto lengths = request.parameter("parts");
    for (std::string_view left = lengths; !left.empty();) {
        const auto text = left.substr(0, left.find(','));
        left.remove_prefix(std::min(text.size() + 1, left.size()));
        const auto length = natural(text);
        if (!length || std::cmp_greater(*length, rest.size()))
            return failure(422, "invalid", "parts is not the lengths of what the body consists of");
        parts.push_back(rest.substr(0, static_cast<std::size_t>(*length)));
        rest.remove_prefix(parts.back().size());
    }
    if (parts.size() < 2 || !rest.empty())
        return failure(422, "invalid",
                       "parts is not the lengths of what the body consists of: the template, and at least "
                       "one list");
    if ((*format == feed::Format::Native) != parts[0].empty())
        return failure(422, "invalid",
                       parts[0].empty() ? "a list without an order makes no rules; send its template first"
                                        : "native orders carry their own legal basis; send no template");
    list.basis = parts[0];
    const auto [first, last] = request.query.equal_range("source");
    auto source = first;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const bool named = source != last;
        list.texts.push_back({named ? order::printable(source->second, 200) : "body", parts[i]});
        if (named)
            ++source;
    }
    auto delivery = read_list(list, desk_.state(), now(), progress);
    if (!delivery)
        return std::unexpected(std::move(delivery.error()));
    // std::function wants what can be copied.
    return [this, act, delivery = std::make_shared<Delivery>(*std::move(delivery)),
            all = yes(request, "all")] { return take_list(desk_, act, *delivery, all); };
}

Reply Api::activate(const Request&, Parameters parameters, const book::Act& act)
{
    return set_status(desk_, act, parameters[0], order::Status::Active);
}

Reply Api::stay(const Request&, Parameters parameters, const book::Act& act)
{
    return set_status(desk_, act, parameters[0], order::Status::Stayed);
}

Reply Api::make_final(const Request&, Parameters parameters, const book::Act& act)
{
    return set_status(desk_, act, parameters[0], order::Status::Final);
}

Reply Api::lift(const Request& request, Parameters parameters, const book::Act& act)
{
    const auto target = request.parameter("target");
    return target.empty() ? set_status(desk_, act, parameters[0], order::Status::Lifted)
                          : take(desk_, act, desk_.steps(act).lift_target(parameters[0], target));
}

Reply Api::expire(const Request&, Parameters parameters, const book::Act& act)
{
    return set_status(desk_, act, parameters[0], order::Status::Expired);
}

Reply Api::override_held(const Request& request, Parameters parameters, const book::Act& act)
{
    const auto target = request.parameter("target");
    if (target.empty())
        return failure(422, "invalid", "say which target of the order: target");
    return propose_override(desk_, act, parameters[0], target);
}

Reply Api::approve(const Request&, Parameters parameters, const book::Act& act)
{
    return decide_on(desk_, act, parameters[0], true);
}

Reply Api::reject(const Request&, Parameters parameters, const book::Act& act)
{
    return decide_on(desk_, act, parameters[0], false);
}

Reply Api::rollback(const Request& request, Parameters, const book::Act& act)
{
    const auto to = natural(request.parameter("to"));
    if (to.value_or(0) == 0)
        return failure(422, "invalid", "say which generation: to");
    if (!desk_.edge().up())
        return failure(409, "conflict", "no plane is up; there is nothing to roll back");
    return take(desk_, act, desk_.steps(act).roll_back(static_cast<std::uint64_t>(*to)));
}

Reply Api::document(const Request& request, Parameters, const book::Act& act)
{
    const auto name = request.parameter("name");
    if (request.body.empty())
        return failure(422, "invalid", "the body is empty; send the document");
    return keep_document(desk_, act, request.body, name.empty() ? "document" : name);
}

Reply Api::fetch(const Request&, Parameters parameters, const book::Act&)
{
    const auto after = events_.last();
    auto begun = actions_.fetch(parameters[0]);
    if (begun)
        (*begun)["after"] = after;
    return begun;
}

Reply Api::check_names(const Request& request, Parameters, const book::Act&)
{
    const watch::Wish wish{.order = request.parameter("order"), .all = yes(request, "all"), .dry_run = false};
    const auto after = events_.last();
    if (const auto begun = actions_.round(wish); !begun)
        return conflict(begun.error());
    return Json{{"checking", true}, {"after", after}};
}

Reply Api::reload(const Request&, Parameters, const book::Act&) { return actions_.reload(); }

// {"add": {"eth0": "subscriber"}, "remove": ["eth1"]}
Reply Api::set_interfaces(const Request& request, Parameters, const book::Act& act)
{
    const auto json = Json::parse(request.body, nullptr, false);
    if (!json.is_object())
        return failure(400, "bad-request", "the body is not a JSON object");
    std::vector<InterfaceConfig> add;
    std::vector<std::string> remove;
    for (const auto& [key, value] : json.items()) {
        if (key == "add" && value.is_object())
            for (const auto& [name, word] : value.items()) {
                const auto role = word.is_string() ? parse_role(word.get<std::string>()) : std::nullopt;
                if (!role)
                    return failure(422, "invalid", "a role is subscriber, uplink or both");
                add.push_back({name, *role});
            }
        else if (key == "remove" && value.is_array())
            for (const auto& name : value) {
                if (!name.is_string())
                    return failure(422, "invalid", "remove is a list of names");
                remove.push_back(name.get<std::string>());
            }
        else
            return failure(422, "invalid", "write {\"add\": {NAME: ROLE}, \"remove\": [NAME]}");
    }
    if (const auto done = desk_.edge_keeper().set_interfaces(add, remove); !done)
        return conflict(done.error());
    if (const auto noted = desk_.book().journal().remark("interfaces", "plane", json.dump(), act); !noted)
        return internal(noted.error());
    const auto interfaces = desk_.edge().plane().interfaces();
    if (!interfaces)
        return internal(interfaces.error());
    events_.add(Severity::Info, "interfaces", "interfaces were changed", json);
    return Json{{"interfaces", interfaces_json(*interfaces)}};
}

} // namespace interdict::daemon::api
