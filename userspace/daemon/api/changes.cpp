// SPDX-License-Identifier: Apache-2.0
//
// changes.cpp: routes that change something; all of this runs on the loop's thread.

#include "daemon/api/api.h"
#include "daemon/status_json.h"
#include "daemon/steps.h"
#include "daemon/words.h"
#include "order/parse.h"

namespace interdict::daemon::api {

namespace {

constexpr char kOrigin[] = "api";

bool yes(const Request& request, const std::string& key) { return request.parameter(key) == "true"; }

Reply decide_on(Desk& desk, const book::Act& act, const std::string& text, bool approve)
{
    const auto proposal = natural(text);
    if (proposal.value_or(0) == 0)
        return not_found("a proposal is named by its number");
    return decide(desk, act, *proposal, approve);
}

} // namespace

Reply Api::add(const Request& request, Parameters, const book::Act& act)
{
    const auto origin = request.parameter("origin");
    // Feeds and files are lists, which replace all of theirs.
    if (!origin.empty() && origin != kOrigin && origin != "cli")
        return failure(422, "invalid", "origin is api or cli");
    return add_orders(desk_, act, {request.body, yes(request, "partial")}, origin.empty() ? kOrigin : origin);
}

Reply Api::vary(const Request& request, Parameters parameters, const book::Act& act)
{
    const auto parsed = order::parse_orders(request.body, "body");
    for (const auto& order : parsed.orders)
        if (order.id != parameters[0])
            return failure(422, "invalid",
                           fmt::format("the body has order {}, the path {}", order.id, parameters[0]));
    return vary_orders(desk_, act, {request.body, yes(request, "partial")});
}

Reply Api::activate(const Request&, Parameters parameters, const book::Act& act)
{
    return step_order(desk_, act, parameters[0], order::Status::Active);
}

Reply Api::stay(const Request&, Parameters parameters, const book::Act& act)
{
    return step_order(desk_, act, parameters[0], order::Status::Stayed);
}

Reply Api::make_final(const Request&, Parameters parameters, const book::Act& act)
{
    return step_order(desk_, act, parameters[0], order::Status::Final);
}

Reply Api::lift(const Request& request, Parameters parameters, const book::Act& act)
{
    const auto target = request.parameter("target");
    return target.empty() ? step_order(desk_, act, parameters[0], order::Status::Lifted)
                          : lift_target(desk_, act, parameters[0], target);
}

Reply Api::expire(const Request&, Parameters parameters, const book::Act& act)
{
    return step_order(desk_, act, parameters[0], order::Status::Expired);
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

Reply Api::apply(const Request& request, Parameters, const book::Act& act)
{
    const bool dry_run = yes(request, "dry_run");
    return request.body.empty() ? apply_book(desk_, act, dry_run)
                                : apply_list(desk_, act, {request.body, yes(request, "partial")}, dry_run);
}

Reply Api::rollback(const Request& request, Parameters, const book::Act& act)
{
    const auto to = natural(request.parameter("to"));
    if (to.value_or(0) == 0)
        return failure(422, "invalid", "say which generation: to");
    return roll_back(desk_, act, static_cast<std::uint64_t>(*to));
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
    return actions_.fetch(parameters[0]);
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
    if (const auto done = desk_.set_interfaces(add, remove); !done)
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
