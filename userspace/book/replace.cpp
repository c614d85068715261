// SPDX-License-Identifier: Apache-2.0
//
// replace.cpp: whole orders in: added, varied, or all of one origin replaced.
#include <algorithm>
#include <unordered_set>

#include "book/change.h"
#include "book/item_rows.h"
#include "book/lists.h"
#include "book/order_rows.h"
#include "book/orders.h"

namespace interdict::book {

bool same_head(const order::Order& one, const order::Order& other)
{
    return one.exempt == other.exempt && describe_head(one) == describe_head(other);
}

namespace {

// Adds an order that is not there yet.
Result<void> add_order(Change& change, ListWriter& writer, const PreparedList& list, std::string_view origin)
{
    const order::Order& order = list.order();
    INTERDICT_TRY(const std::int64_t number,
                  insert_order(change.database(), order, origin, change.time(), list.digest()));
    const ListPlan plan = everything(list);
    INTERDICT_CHECK(writer.write(number, list, plan));
    Json detail = describe(list, plan);
    detail["origin"] = origin;
    detail["order"] = describe_head(order);
    return change.deliver("add", number, order.id, std::move(detail),
                          gives_rules(order.status) ? deadline(order, change.time()) : 0);
}

// Gives an order of the book another list and other fields.
Result<void> vary_order(Change& change, ListWriter& writer, const OrderRow& row, const PreparedList& list,
                        const ListPlan& plan, order::Status status, std::string_view step)
{
    Database& database = change.database();
    const order::Order& order = list.order();
    const order::Order& before = row.record.order;
    const std::int64_t changed = status != before.status ? change.time() : row.record.changed;
    const bool head = !same_head(before, order);
    INTERDICT_CHECK(update_order(database, row.number, order, status, changed));
    if (before.exempt != order.exempt)
        INTERDICT_CHECK(write_exempt(database, row.number, order.exempt));
    INTERDICT_CHECK(writer.write(row.number, list, plan));
    Json detail = describe(list, plan);
    if (status != before.status) {
        detail["from"] = to_string(before.status);
        detail["to"] = to_string(status);
    }
    if (head)
        detail["order"] = describe_head(order);
    const bool matters = gives_rules(before.status) || gives_rules(status);
    return change.deliver(step, row.number, order.id, std::move(detail),
                          matters ? deadline(order, change.time()) : 0);
}

Result<void> commit(Change& change, ListWriter& writer)
{
    Database& database = change.database();
    INTERDICT_CHECK(writer.finish());
    INTERDICT_CHECK(change.commit());
    // Else the next small step would have to do it.
    if (writer.written() >= kLongList)
        database.checkpoint();
    return {};
}

// One order of a source's list.
class Replacement {
public:
    Replacement(Change& change, ListWriter& writer, std::string_view origin, ListChange& out)
        : change_(change), database_(change.database()), writer_(writer), origin_(origin), out_(out)
    {
    }

    Result<void> take(const Incoming& incoming)
    {
        const std::string& id = incoming.order.id;
        if (!present_.insert(id).second)
            return fail("order {} is in the list twice; give each order an id of its own", id);
        INTERDICT_TRY(const PreparedList list, PreparedList::prepare(incoming));
        INTERDICT_TRY(auto row, find_order(database_, id));
        if (!row) {
            INTERDICT_CHECK(add_order(change_, writer_, list, origin_));
            out_.added.push_back(id);
            out_.items_added += incoming.order.targets.size();
            out_.items_held += incoming.held.size();
            return {};
        }
        if (row->record.origin != origin_)
            return fail(
                "order {} came from \"{}\" and cannot come from \"{}\" as well; rename one of the two", id,
                row->record.origin, origin_);
        return compare_with(*row, list);
    }

    // Lifts the orders that the source has given up.
    Result<void> lift_the_rest()
    {
        std::vector<OrderRow> gone;
        INTERDICT_CHECK(
            database_.use(INTERDICT_BOOK_SELECT_ORDERS "WHERE origin = ?1 AND given <> ''", origin_)
                .each([&](const Statement& row) -> Result<void> {
                    if (present_.contains(std::string(row.text(1))))
                        return {};
                    INTERDICT_TRY(OrderRow order, read_order(database_, row));
                    gone.push_back(std::move(order));
                    return {};
                }));
        for (const OrderRow& row : gone)
            INTERDICT_CHECK(lift(row));
        return {};
    }

private:
    Result<void> compare_with(OrderRow& row, const PreparedList& list)
    {
        const order::Order& order = list.order();
        order::Order& before = row.record.order;
        const bool over = ended(before.status);
        // It is new again after the source had given it up or ended it, or with another end.
        const bool given_up = row.given.empty() || row.given == to_string(order::Status::Lifted) ||
                              row.given == to_string(order::Status::Expired);
        const bool renewed = before.status == order::Status::Expired && order.expires != before.expires &&
                             (order.expires == 0 || order.expires > change_.time());
        const bool back = over && (given_up || renewed) && !ended(order.status);
        if ((over && !back) || (!back && row.list == list.digest()))
            return keep(row, order, row.list);
        INTERDICT_TRY(before.exempt, read_exempt(database_, row.number));
        INTERDICT_TRY(const ListPlan plan, compare(database_, row.number, list, GivenBy::Source));
        const bool another_status = back || row.given != to_string(order.status);
        const order::Status status = another_status ? order.status : before.status;
        if (status == before.status && plan.empty() && same_head(before, order)) {
            INTERDICT_CHECK(writer_.write(row.number, list, plan));
            return keep(row, order, list.digest());
        }
        INTERDICT_CHECK(vary_order(change_, writer_, row, list, plan, status, back ? "reinstate" : "vary"));
        INTERDICT_CHECK(given(row.number, order, list.digest()));
        out_.varied.push_back(order.id);
        out_.items_added += plan.added.size();
        out_.items_held += static_cast<std::size_t>(std::ranges::count_if(
            plan.added, [&](std::uint32_t item) { return list.held(item) != nullptr; }));
        out_.items_lifted += plan.lifted.size();
        return {};
    }

    Result<void> keep(const OrderRow& row, const order::Order& order, const std::string& digest)
    {
        ++out_.unchanged;
        if (row.list == digest && row.given == to_string(order.status))
            return {};
        return given(row.number, order, digest);
    }

    Result<void> given(std::int64_t number, const order::Order& order, const std::string& digest)
    {
        return database_
            .use("UPDATE orders SET given = ?2, list = ?3 WHERE number = ?1", number, to_string(order.status),
                 or_null(digest))
            .run();
    }

    Result<void> lift(const OrderRow& row)
    {
        const order::Order& order = row.record.order;
        const bool over = ended(order.status);
        INTERDICT_CHECK(database_
                            .use("UPDATE orders SET given = '', list = NULL, status = ?2, changed = ?3 "
                                 "WHERE number = ?1",
                                 row.number, to_string(over ? order.status : order::Status::Lifted),
                                 over ? row.record.changed : change_.time())
                            .run());
        if (over)
            return {};
        INTERDICT_TRY(const std::int64_t items,
                      database_.number("SELECT count(*) FROM items WHERE number = ?1 "
                                       "AND " INTERDICT_BOOK_GIVES_RULE,
                                       row.number));
        out_.lifted.push_back(order.id);
        out_.items_lifted += static_cast<std::size_t>(items);
        return change_.deliver("lift", row.number, order.id,
                               Json{{"from", to_string(order.status)}, {"to", "lifted"}, {"targets", items}},
                               gives_rules(order.status) ? deadline(order, change_.time()) : 0,
                               change_.act().reason.empty()
                                   ? "no longer in the list of " + std::string(origin_)
                                   : std::string());
    }

    Change& change_;
    Database& database_;
    ListWriter& writer_;
    std::string_view origin_;
    ListChange& out_;
    std::unordered_set<std::string> present_;
};

} // namespace

Result<void> Orders::add(const Incoming& incoming, const Origin& origin, const Act& act)
{
    INTERDICT_TRY(const PreparedList list, PreparedList::prepare(incoming));
    INTERDICT_TRY(Change change, Change::begin(store_, act));
    INTERDICT_TRY(const auto row, find_order(change.database(), incoming.order.id));
    if (row)
        return fail(
            "order {} is in the book already, {}; use interdict order vary, or give the new one an id of "
            "its own",
            incoming.order.id, to_string(row->record.order.status));
    ListWriter writer(change);
    INTERDICT_CHECK(add_order(change, writer, list, origin));
    return commit(change, writer);
}

Result<void> Orders::vary(const Incoming& incoming, const Act& act)
{
    INTERDICT_TRY(const PreparedList list, PreparedList::prepare(incoming));
    INTERDICT_TRY(Change change, Change::begin(store_, act));
    INTERDICT_TRY(OrderRow row, require_order(change.database(), incoming.order.id));
    order::Order& before = row.record.order;
    if (ended(before.status))
        return fail("order {} is {}, which is the end; add a new order", before.id, to_string(before.status));
    INTERDICT_TRY(before.exempt, read_exempt(change.database(), row.number));
    INTERDICT_TRY(const ListPlan plan, compare(change.database(), row.number, list, GivenBy::Person));
    if (plan.empty() && same_head(before, incoming.order))
        return fail("order {} is like this already", before.id);
    ListWriter writer(change);
    INTERDICT_CHECK(vary_order(change, writer, row, list, plan,
                               gives_rules(before.status) ? order::Status::Varied : before.status, "vary"));
    INTERDICT_CHECK(
        change.database().use("UPDATE orders SET list = NULL WHERE number = ?1", row.number).run());
    return commit(change, writer);
}

Result<ListChange> Orders::replace(const Origin& origin, std::span<const Incoming> list, const Act& act,
                                   const std::function<void(std::size_t)>& progress)
{
    INTERDICT_TRY(Change change, Change::begin(store_, act));
    Database& database = change.database();
    ListChange out;
    ListWriter writer(change, progress);
    Replacement replacement(change, writer, origin, out);
    std::size_t fresh = 0;
    for (const Incoming& incoming : list) {
        INTERDICT_TRY(const std::int64_t there,
                      database.number("SELECT count(*) FROM orders WHERE id = ?1", incoming.order.id));
        if (there == 0)
            fresh += incoming.order.targets.size();
    }
    INTERDICT_CHECK(writer.expect(fresh));
    for (const Incoming& incoming : list)
        INTERDICT_CHECK(replacement.take(incoming));
    INTERDICT_CHECK(replacement.lift_the_rest());
    INTERDICT_CHECK(commit(change, writer));
    return out;
}

} // namespace interdict::book
