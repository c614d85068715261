// SPDX-License-Identifier: Apache-2.0
#include "control/steps.h"

#include <algorithm>

#include "control/import_json.h"
#include "control/in_place.h"
#include "control/intake.h"
#include "control/review.h"
#include "control/targets.h"

namespace interdict::control {

namespace {

constexpr char kFileOrigin[] = "file"; // in the book
constexpr std::size_t kGoneListed = 1000;

std::unexpected<Setback> missing(std::string message)
{
    return std::unexpected(Setback{Setback::Why::Missing, {std::move(message), 0}});
}

std::unexpected<Setback> broken(const Error& error)
{
    return std::unexpected(Setback{Setback::Why::Broken, error});
}

} // namespace

std::string_view step_name(order::Status to)
{
    using order::Status;
    return to == Status::Active   ? "activate"
           : to == Status::Stayed ? "stay"
           : to == Status::Final  ? "final"
           : to == Status::Lifted ? "lift"
                                  : "expire";
}

Steps::Record Steps::find(const std::string& id) const
{
    auto record = book_->orders().find(id);
    if (!record)
        return broken(record.error());
    if (!*record)
        return missing(fmt::format("order {} is not in the book; see: interdict order list", id));
    return **std::move(record);
}

std::expected<book::Proposal, Setback> Steps::find(std::int64_t number) const
{
    auto proposals = book_->proposals().all();
    if (!proposals)
        return broken(proposals.error());
    const auto found = std::ranges::find(*proposals, number, &book::Proposal::id);
    if (found == proposals->end())
        return missing(fmt::format("there is no proposal {}; see: interdict order proposals", number));
    return std::move(*found);
}

Steps::Found Steps::add(OrderList list, std::string origin) const
{
    return intake(std::move(list), std::move(origin));
}

Steps::Found Steps::vary(OrderList list) const
{
    for (const auto& order : list.orders)
        if (const auto record = find(order.id); !record)
            return std::unexpected(record.error());
    return intake(std::move(list), {});
}

// origin: empty = the orders are there and are varied.
Steps::Found Steps::intake(OrderList list, std::string origin) const
{
    auto reach = reach_of(*book_, list.orders);
    if (!reach)
        return broken(reach.error());
    return Step{.reach = *std::move(reach),
                .take = [steps = *this, list = std::move(list), origin = std::move(origin)]() mutable {
                    return steps.write(std::move(list.orders), origin, list.problems);
                }};
}

Result<Taken> Steps::write(std::vector<order::Order> orders, const std::string& origin,
                           std::size_t problems) const
{
    INTERDICT_TRY(auto vetted, Intake(*book_, *guard_).vet(std::move(orders)));
    Taken taken{.sentence = {},
                .json = {{"step", origin.empty() ? "vary" : "add"}, {"problems", problems}},
                .held = std::move(vetted.held),
                .nothing_new = vetted.passed == 0};
    auto& listed = taken.json["orders"] = Json::array();
    auto book = book_->orders();
    for (const auto& incoming : vetted.orders) {
        INTERDICT_CHECK(origin.empty() ? book.vary(incoming, *act_) : book.add(incoming, origin, *act_));
        const auto& [order, held, tickets] = incoming;
        listed.push_back({{"id", order.id}, {"targets", order.targets.size()}, {"held", held.size()}});
        taken.sentence +=
            fmt::format("{}order {}: {}, {} target{}, {} held", taken.sentence.empty() ? "" : "\n", order.id,
                        origin.empty() ? "varied" : "added", order.targets.size(),
                        order.targets.size() == 1 ? "" : "s", held.size());
    }
    return taken;
}

Steps::Found Steps::set_status(const std::string& id, order::Status to) const
{
    const auto record = find(id);
    if (!record)
        return std::unexpected(record.error());
    Step step{.way = order::gives_rules(to) ? Step::Way::Carefully : Step::Way::AtOnce,
              .reach = {.targets = {}, .unbounded = {}, .status = std::pair(id, to)},
              .take = [steps = *this, id, to] { return steps.write_status(id, to); }};
    for (const auto& item : record->order.targets)
        step.reach.targets.push_back(item.target);
    return step;
}

Result<Taken> Steps::write_status(const std::string& id, order::Status to) const
{
    INTERDICT_CHECK(book_->orders().step(id, to, *act_));
    Taken taken{.sentence = fmt::format("order {}: {}", id, order::to_string(to)),
                .json = {{"step", step_name(to)}, {"order", id}, {"status", order::to_string(to)}}};
    if (!order::gives_rules(to))
        return taken;
    // Lists have changed since it came: what comes into force is judged as if it came now.
    INTERDICT_TRY(auto record, book_->orders().find(id));
    std::vector<order::Order> orders{std::move(record->order)};
    INTERDICT_TRY(const auto review, Review::make(*book_, *guard_, orders));
    INTERDICT_CHECK(review.write(*book_, *act_));
    taken.held = review.held();
    taken.nothing_new = orders.front().targets.empty();
    return taken;
}

Steps::Found Steps::lift_target(const std::string& id, const std::string& text) const
{
    if (const auto record = find(id); !record)
        return std::unexpected(record.error());
    const auto target = find_target(*book_, id, text);
    if (!target)
        return missing(target.error().message);
    return Step{.way = Step::Way::AtOnce,
                .reach = {.targets = {*target}, .unbounded = {}},
                .take = [steps = *this, id, target = *target]() -> Result<Taken> {
                    INTERDICT_CHECK(steps.book_->orders().lift_item(id, target, *steps.act_));
                    return Taken{.sentence = fmt::format("order {}: {} lifted", id, to_string(target)),
                                 .json = {{"step", "lift"}, {"order", id}, {"target", to_string(target)}}};
                }};
}

Steps::Found Steps::approve(std::int64_t number) const
{
    const auto proposal = find(number);
    if (!proposal)
        return std::unexpected(proposal.error());
    return Step{.reach = {.targets = {proposal->item.target}, .unbounded = {}},
                .take = [steps = *this, number]() -> Result<Taken> {
                    INTERDICT_CHECK(steps.book_->proposals().decide(number, true, *steps.act_));
                    return Taken{.sentence = fmt::format("proposal {} approved and carried out", number),
                                 .json = {{"step", "approve"}, {"proposal", number}}};
                }};
}

Steps::Done Steps::reject(std::int64_t number) const
{
    if (const auto proposal = find(number); !proposal)
        return std::unexpected(proposal.error());
    if (const auto done = book_->proposals().decide(number, false, *act_); !done)
        return std::unexpected(Setback{Setback::Why::Conflict, done.error()});
    return Taken{.sentence = fmt::format("proposal {} rejected", number),
                 .json = {{"step", "reject"}, {"proposal", number}}};
}

Steps::Done Steps::propose_override(const std::string& id, const std::string& text) const
{
    if (const auto record = find(id); !record)
        return std::unexpected(record.error());
    const auto target = find_target(*book_, id, text, book::ItemState::Held);
    if (!target)
        return missing(target.error().message);
    const auto items = book_->orders().items(id, book::ItemState::Held);
    if (!items)
        return broken(items.error());
    book::Proposal proposal;
    proposal.kind = book::ProposalKind::Override;
    proposal.order = id;
    proposal.proposer = act_->actor;
    proposal.reason = act_->reason;
    for (const auto& item : *items)
        if (item.item.target == *target) {
            proposal.item = item.item;
            proposal.evidence = Json{{"held_by", item.held_by}, {"alternative", item.alternative}}.dump();
        }
    const auto number = book_->proposals().propose(proposal, *act_);
    if (!number)
        return std::unexpected(Setback{Setback::Why::Conflict, number.error()});
    return Taken{.sentence =
                     fmt::format("proposal {0}: let {1} of order {2} through, though the guard holds "
                                 "it\nsomebody else decides: interdict order approve {0}, or reject {0}",
                                 *number, to_string(*target), id),
                 .json = {{"step", "override"},
                          {"order", id},
                          {"target", to_string(*target)},
                          {"proposal", *number},
                          {"proposer", act_->actor}}};
}

Step Steps::replace(OrderList list) const
{
    return {.way = Step::Way::WholeList,
            .reach = {.targets = {}, .unbounded = "a whole list"},
            .take = [steps = *this, list = std::move(list)]() mutable {
                return steps.write_whole(std::move(list));
            }};
}

Result<Taken> Steps::write_whole(OrderList list) const
{
    INTERDICT_TRY(auto vetted, Intake(*book_, *guard_).vet(std::move(list.orders)));
    const auto total = vetted.passed + vetted.held.size();
    INTERDICT_TRY(const auto change,
                  book_->orders().replace(kFileOrigin, vetted.orders, *act_, [&](std::size_t written) {
                      listener_->progress("writing the book", written, total);
                  }));
    // What the book has as held already is no news.
    const bool fresh = std::ranges::any_of(vetted.held, [](const Held& held) { return !held.known; });
    return Taken{.sentence =
                     fmt::format("{} orders added, {} varied, {} lifted, {} as before", change.added.size(),
                                 change.varied.size(), change.lifted.size(), change.unchanged),
                 .json = {{"step", "apply"},
                          {"problems", list.problems},
                          {"orders",
                           {{"added", change.added.size()},
                            {"varied", change.varied.size()},
                            {"lifted", change.lifted.size()},
                            {"unchanged", change.unchanged}}}},
                 .held = std::move(vetted.held),
                 .nothing_new = fresh && change.items_added == change.items_held};
}

Step Steps::apply_book() const
{
    return {.reach = {.targets = {}, .unbounded = "all of the book"}, .take = []() -> Result<Taken> {
                return Taken{.sentence = "the book was applied", .json = {{"step", "apply"}}};
            }};
}

Step Steps::take_list(Import& import, ImportedOrders imported, bool all) const
{
    auto reach = reach_of(import, imported);
    return {.reach = std::move(reach),
            .take = [steps = *this, &import, imported = std::move(imported), all]() mutable {
                return steps.write_list(import, std::move(imported), all);
            }};
}

Result<Taken> Steps::write_list(Import& import, ImportedOrders imported, bool all) const
{
    INTERDICT_TRY(auto taken, control::take(*book_, *guard_, *state_, *act_, import, std::move(imported),
                                            listener_->progress));
    const ImportEnd end{
        .status = "taken", .orders = std::move(taken.orders), .change = std::move(taken.change)};
    Json json = {{"step", "import"}};
    json.update(import_json(import, end, all));
    const bool all_held = taken.passed == 0 && !taken.held.empty();
    return Taken{.sentence = import_sentence(import, end),
                 .json = std::move(json),
                 .held = std::move(taken.held),
                 .nothing_new = all_held};
}

Steps::Found Steps::roll_back(std::uint64_t number) const
{
    const auto earlier = state_->rules(number);
    if (!earlier)
        return missing(earlier.error().message);
    auto in_force = book_->orders().in_force();
    if (!in_force)
        return broken(in_force.error());
    return Step{
        .reach = {.targets = {}, .unbounded = "a rollback"},
        .take = [steps = *this, number, made = control::roll_back(*earlier, *std::move(in_force))]() mutable {
            return steps.write_rollback(std::move(made), number);
        }};
}

Result<Taken> Steps::write_rollback(Rollback made, std::uint64_t number) const
{
    const auto all = made.gone.size();
    const Json detail = {{"to", number}, {"gone", all}, {"left_out", made.left_out}};
    INTERDICT_CHECK(
        book_->journal().remark("rollback", fmt::format("generation {}", number), detail.dump(), *act_));
    made.gone.resize(std::min(all, kGoneListed));
    return Taken{.sentence =
                     fmt::format("back to generation {}, as far as its orders are still in force", number),
                 .json = {{"step", "rollback"},
                          {"to", number},
                          {"gone", made.gone},
                          {"unlisted", all - made.gone.size()},
                          {"left_out", made.left_out}},
                 .instead = std::move(made.in_force)};
}

} // namespace interdict::control
