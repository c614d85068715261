// SPDX-License-Identifier: Apache-2.0
#include "daemon/steps.h"

#include "control/in_place.h"
#include "control/intake.h"
#include "control/review.h"
#include "control/rollback.h"
#include "daemon/targets.h"
#include "order/parse.h"

namespace interdict::daemon {

namespace {

constexpr char kFileOrigin[] = "file";
constexpr std::size_t kGoneShown = 1000;

Json problem_json(const order::Problem& problem)
{
    Json json = {{"path", problem.json_path}};
    if (problem.line != 0)
        json["line"] = problem.line;
    if (!problem.value.empty())
        json["value"] = problem.value;
    json["message"] = problem.message;
    json["remedy"] = problem.remedy;
    return json;
}

// origin: empty = the orders are there and are varied.
Result<Taken> write(Desk& desk, const book::Act& act, std::vector<order::Order> orders,
                    const std::string& origin, Json json)
{
    INTERDICT_TRY(auto vetted, control::Intake(desk.book(), desk.guard()).vet(std::move(orders)));
    Taken taken{.summary = {},
                .json = std::move(json),
                .held = std::move(vetted.held),
                .nothing_new = vetted.passed == 0};
    taken.json["orders"] = Json::array();
    auto book = desk.book().orders();
    for (const auto& incoming : vetted.orders) {
        INTERDICT_CHECK(origin.empty() ? book.vary(incoming, act) : book.add(incoming, origin, act));
        const auto& [order, held, tickets] = incoming;
        taken.json["orders"].push_back(
            {{"id", order.id}, {"targets", order.targets.size()}, {"held", held.size()}});
        taken.summary +=
            fmt::format("{}order {}: {}, {} target{}, {} held", taken.summary.empty() ? "" : "\n", order.id,
                        origin.empty() ? "varied" : "added", order.targets.size(),
                        order.targets.size() == 1 ? "" : "s", held.size());
    }
    return taken;
}

Reply take_orders(Desk& desk, const book::Act& act, OrderList list, const std::string& origin)
{
    Json json = {{"step", origin.empty() ? "vary" : "add"}, {"problems", list.problems}};
    for (const auto& order : list.orders) {
        const auto before = desk.book().orders().find(order.id);
        if (!before)
            return internal(before.error());
        if (origin.empty() && !*before)
            return not_found(fmt::format("order {} is not in the book", order.id));
    }
    auto reach = control::reach_of(desk.book(), list.orders);
    if (!reach)
        return internal(reach.error());
    return desk.carefully(act, *std::move(reach),
                          [&] { return write(desk, act, std::move(list.orders), origin, std::move(json)); });
}

std::string_view name_of(order::Status to)
{
    using order::Status;
    return to == Status::Active   ? "activate"
           : to == Status::Stayed ? "stay"
           : to == Status::Final  ? "final"
           : to == Status::Lifted ? "lift"
                                  : "expire";
}

Result<Taken> write_status(Desk& desk, const book::Act& act, const std::string& id, order::Status to)
{
    INTERDICT_CHECK(desk.book().orders().step(id, to, act));
    Taken taken{.summary = fmt::format("order {}: {}", id, order::to_string(to)),
                .json = {{"step", name_of(to)}, {"order", id}, {"status", order::to_string(to)}}};
    if (!order::gives_rules(to))
        return taken;
    // Lists have changed since it came: what comes into force is judged as if it came now.
    INTERDICT_TRY(auto record, desk.book().orders().find(id));
    std::vector<order::Order> orders{std::move(record->order)};
    INTERDICT_TRY(const auto review, control::Review::make(desk.book(), desk.guard(), orders));
    INTERDICT_CHECK(review.write(desk.book(), act));
    taken.held = review.held();
    taken.nothing_new = orders.front().targets.empty();
    return taken;
}

std::expected<book::OrderRecord, Failure> find(Desk& desk, const std::string& id)
{
    auto record = desk.book().orders().find(id);
    if (!record)
        return std::unexpected(internal(record.error()).error());
    if (!*record)
        return std::unexpected(not_found(fmt::format("order {} is not in the book", id)).error());
    return **std::move(record);
}

Result<Taken> write_list(Desk& desk, const book::Act& act, std::vector<order::Order> orders, Json json)
{
    INTERDICT_TRY(auto vetted, control::Intake(desk.book(), desk.guard()).vet(std::move(orders)));
    const auto total = vetted.passed + vetted.held.size();
    INTERDICT_TRY(const auto change,
                  desk.book().orders().replace(kFileOrigin, vetted.orders, act, [&](std::size_t written) {
                      desk.listener().progress("writing the book", written, total);
                  }));
    json["orders"] = {{"added", change.added.size()},
                      {"varied", change.varied.size()},
                      {"lifted", change.lifted.size()},
                      {"unchanged", change.unchanged}};
    return Taken{.summary =
                     fmt::format("{} orders added, {} varied, {} lifted, {} as before", change.added.size(),
                                 change.varied.size(), change.lifted.size(), change.unchanged),
                 .json = std::move(json),
                 .held = std::move(vetted.held),
                 .nothing_new = change.items_added == 0 && change.items_lifted == 0};
}

} // namespace

std::expected<OrderList, Failure> read_orders(std::string_view text, bool partial)
{
    auto parsed = order::parse_orders(text, "body");
    const auto count = parsed.problems.size() + parsed.unlisted;
    if (parsed.ok() || (partial && !parsed.orders.empty()))
        return OrderList{std::move(parsed.orders), count};
    Failure failure{.status = 422,
                    .code = "invalid",
                    .message = fmt::format("{} problem{}, nothing was taken", count, count == 1 ? "" : "s")};
    for (const auto& problem : parsed.problems)
        failure.problems.push_back(problem_json(problem));
    return std::unexpected(std::move(failure));
}

Reply keep_document(Desk& desk, const book::Act& act, std::string_view bytes, const std::string& name)
{
    const auto kept = desk.book().documents().keep(bytes, name, act);
    if (!kept)
        return internal(kept.error());
    return Json{{"sha256", *kept}, {"name", name}};
}

Reply add_orders(Desk& desk, const book::Act& act, OrderList orders, const std::string& origin)
{
    return take_orders(desk, act, std::move(orders), origin);
}

Reply vary_orders(Desk& desk, const book::Act& act, OrderList orders)
{
    return take_orders(desk, act, std::move(orders), {});
}

Reply step_order(Desk& desk, const book::Act& act, const std::string& id, order::Status to)
{
    const auto record = find(desk, id);
    if (!record)
        return std::unexpected(record.error());
    control::Reach reach{.targets = {}, .unbounded = {}, .status = std::pair(id, to)};
    for (const auto& item : record->order.targets)
        reach.targets.push_back(item.target);
    const auto step = [&] { return write_status(desk, act, id, to); };
    return order::gives_rules(to) ? desk.carefully(act, std::move(reach), step)
                                  : desk.at_once(act, std::move(reach), step);
}

Reply lift_target(Desk& desk, const book::Act& act, const std::string& id, const std::string& text)
{
    if (const auto record = find(desk, id); !record)
        return std::unexpected(record.error());
    const auto target = find_target(desk.book(), id, text);
    if (!target)
        return not_found(target.error().message);
    return desk.at_once(act, {.targets = {*target}, .unbounded = {}}, [&]() -> Result<Taken> {
        INTERDICT_CHECK(desk.book().orders().lift_item(id, *target, act));
        return Taken{.summary = fmt::format("order {}: {} lifted", id, to_string(*target)),
                     .json = {{"step", "lift"}, {"order", id}, {"target", to_string(*target)}}};
    });
}

Reply propose_override(Desk& desk, const book::Act& act, const std::string& id, const std::string& text)
{
    if (act.reason.empty())
        return failure(422, "invalid", "an override needs a reason");
    if (const auto record = find(desk, id); !record)
        return std::unexpected(record.error());
    const auto target = find_target(desk.book(), id, text, book::ItemState::Held);
    if (!target)
        return not_found(target.error().message);
    const auto items = desk.book().orders().items(id, book::ItemState::Held);
    if (!items)
        return internal(items.error());
    book::Proposal proposal;
    proposal.kind = book::ProposalKind::Override;
    proposal.order = id;
    proposal.proposer = act.actor;
    proposal.reason = act.reason;
    for (const auto& item : *items)
        if (item.item.target == *target) {
            proposal.item = item.item;
            proposal.evidence = Json{{"held_by", item.held_by}, {"alternative", item.alternative}}.dump();
        }
    const auto number = desk.book().proposals().propose(proposal, act);
    if (!number)
        return conflict(number.error());
    return Json{{"step", "override"},
                {"order", id},
                {"target", to_string(*target)},
                {"proposal", *number},
                {"proposer", act.actor},
                {"summary", fmt::format("proposal {}: let {} of order {} through, though the guard holds it; "
                                        "somebody else decides",
                                        *number, to_string(*target), id)},
                {"outcome", "ok"},
                {"warnings", Json::array()}};
}

Reply decide(Desk& desk, const book::Act& act, std::int64_t number, bool approve)
{
    const auto proposals = desk.book().proposals().all();
    if (!proposals)
        return internal(proposals.error());
    const auto found = std::ranges::find(*proposals, number, &book::Proposal::id);
    if (found == proposals->end())
        return not_found(fmt::format("there is no proposal {}", number));
    Json json = {{"step", approve ? "approve" : "reject"}, {"proposal", number}};
    if (approve)
        return desk.carefully(
            act, {.targets = {found->item.target}, .unbounded = {}}, [&]() -> Result<Taken> {
                INTERDICT_CHECK(desk.book().proposals().decide(number, true, act));
                return Taken{.summary = fmt::format("proposal {} approved and carried out", number),
                             .json = std::move(json)};
            });
    if (const auto done = desk.book().proposals().decide(number, false, act); !done)
        return conflict(done.error());
    json["summary"] = fmt::format("proposal {} rejected", number);
    json["outcome"] = "ok";
    json["warnings"] = Json::array();
    return json;
}

Reply apply_list(Desk& desk, const book::Act& act, OrderList list, bool dry_run)
{
    Json json = {{"step", "apply"}, {"problems", list.problems}};
    const auto step = [&] { return write_list(desk, act, std::move(list.orders), std::move(json)); };
    return dry_run ? desk.rehearse(step) : desk.take_whole_list(act, step);
}

Reply apply_book(Desk& desk, const book::Act& act, bool dry_run)
{
    const auto step = []() -> Result<Taken> {
        return Taken{.summary = "the book was applied", .json = {{"step", "apply"}}};
    };
    return dry_run ? desk.rehearse(step)
                   : desk.carefully(act, {.targets = {}, .unbounded = "all of the book"}, step);
}

Reply roll_back(Desk& desk, const book::Act& act, std::uint64_t number)
{
    if (!desk.edge().up())
        return failure(409, "conflict", "no plane is up; there is nothing to roll back");
    const auto earlier = desk.state().rules(number);
    if (!earlier)
        return not_found(earlier.error().message);
    auto in_force = desk.book().orders().in_force();
    if (!in_force)
        return internal(in_force.error());
    auto made = control::roll_back(*earlier, *std::move(in_force));
    return desk.carefully(act, {.targets = {}, .unbounded = "a rollback"}, [&]() -> Result<Taken> {
        const Json detail = {{"to", number}, {"gone", made.gone.size()}, {"left_out", made.left_out}};
        INTERDICT_CHECK(desk.book().journal().remark("rollback", fmt::format("generation {}", number),
                                                     detail.dump(), act));
        made.gone.resize(std::min(made.gone.size(), kGoneShown));
        return Taken{
            .summary = fmt::format("back to generation {}, as far as its orders are still in force", number),
            .json = {{"step", "rollback"}, {"to", number}, {"gone", made.gone}, {"left_out", made.left_out}},
            .instead = std::move(made.in_force)};
    });
}

} // namespace interdict::daemon
