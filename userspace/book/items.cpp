// SPDX-License-Identifier: Apache-2.0
//
// items.cpp: single targets of an order: added, lifted, held, released.
#include "book/item_steps.h"
#include "book/orders.h"

namespace interdict::book {

Result<void> tell(Change& change, std::string_view step, const OrderRow& row, const order::Target& target,
                  Json detail)
{
    const order::Order& order = row.record.order;
    Json whole = Json::object();
    whole["target"] = to_string(target);
    whole.update(detail);
    return change.deliver(step, row.number, order.id, std::move(whole),
                          gives_rules(order.status) ? deadline(order, change.time()) : 0);
}

Result<void> insert_item(Change& change, const OrderRow& row, const order::Item& item,
                         const ItemOrigin& origin)
{
    Database& database = change.database();
    const order::Order& order = row.record.order;
    if (ended(order.status))
        return fail("order {} is {}, which is the end; add a new order", order.id, to_string(order.status));
    if (!item.target.is_name() && item.target.address.prefix.length == 0)
        return fail("no target is named for order {}", order.id);
    INTERDICT_TRY(const Present present, present_item(database, row.number, item.target));
    if (present.key != 0)
        return fail("order {} has the target {} already, {}", order.id, to_string(present.target),
                    to_string(present.state));
    const TargetCells cells(item.target);
    INTERDICT_CHECK(database
                        .use("INSERT INTO items(number, state, received, successor_of, ticket, "
                             "listed, " INTERDICT_BOOK_ITEM
                             ") VALUES(?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                             row.number, change.time(), or_null(origin.successor_of), or_null(origin.ticket),
                             origin.listed, cells.form, cells.value, cells.protocol, or_null(cells.ports),
                             cells.place, item.expires, item.exclusive, or_null(item.sharing_acknowledged))
                        .run());
    return database.use("UPDATE orders SET list = NULL WHERE number = ?1", row.number).run();
}

Result<Present> require_item(Database& database, const OrderRow& row, const order::Target& target)
{
    INTERDICT_TRY(Present present, present_item(database, row.number, target));
    if (present.key == 0)
        return fail("order {} has no target {}, or it is lifted already; interdict order show {} lists them",
                    row.record.order.id, to_string(target), row.record.order.id);
    return present;
}

Result<void> lift_present(Change& change, const Present& item)
{
    return change.database()
        .use("UPDATE items SET state = 3, lifted = ?2 WHERE key = ?1", item.key, change.time())
        .run();
}

Result<void> Orders::add_item(std::string_view id, const order::Item& item, std::string_view successor_of,
                              std::string_view ticket, const Act& act)
{
    INTERDICT_TRY(Change change, Change::begin(store_, act));
    INTERDICT_TRY(const OrderRow row, require_order(change.database(), id));
    INTERDICT_CHECK(insert_item(
        change, row, item, {.successor_of = successor_of, .ticket = ticket, .listed = successor_of.empty()}));
    Json detail = Json::object();
    if (!successor_of.empty())
        detail["successor_of"] = successor_of;
    if (!ticket.empty())
        detail["ticket"] = ticket;
    INTERDICT_CHECK(tell(change, "target-add", row, item.target, std::move(detail)));
    return change.commit();
}

Result<void> Orders::lift_item(std::string_view id, const order::Target& target, const Act& act)
{
    INTERDICT_TRY(Change change, Change::begin(store_, act));
    INTERDICT_TRY(const OrderRow row, require_order(change.database(), id));
    INTERDICT_TRY(const Present item, require_item(change.database(), row, target));
    INTERDICT_CHECK(lift_present(change, item));
    INTERDICT_CHECK(tell(change, "target-lift", row, item.target));
    return change.commit();
}

namespace {

struct KeyedItem {
    OrderRow row;
    ItemRecord item;
};

Result<KeyedItem> by_key(Database& database, std::int64_t key)
{
    Statement row = database.use(INTERDICT_BOOK_SELECT_ITEMS "WHERE key = ?1", key);
    INTERDICT_TRY(const bool found, row.step());
    if (!found)
        return fail("there is no item {}", key);
    INTERDICT_TRY(ItemRecord item, read_item(database, row));
    INTERDICT_TRY(OrderRow order, require_order(database, item.order));
    return KeyedItem{std::move(order), std::move(item)};
}

} // namespace

Result<void> Orders::hold_item(std::int64_t key, std::string_view reason, std::string_view alternative,
                               const Act& act)
{
    INTERDICT_TRY(Change change, Change::begin(store_, act));
    Database& database = change.database();
    INTERDICT_TRY(const KeyedItem keyed, by_key(database, key));
    const auto& [row, item] = keyed;
    if (item.state != ItemState::Active)
        return fail("the target {} of order {} is {}; only an active one can be held",
                    to_string(item.item.target), item.order, to_string(item.state));
    INTERDICT_CHECK(database
                        .use("UPDATE items SET state = 1, held_by = ?2, alternative = ?3 WHERE key = ?1", key,
                             reason, or_null(alternative))
                        .run());
    INTERDICT_CHECK(database.use("UPDATE orders SET list = NULL WHERE number = ?1", row.number).run());
    INTERDICT_CHECK(tell(change, "target-hold", row, item.item.target,
                         Json{{"held_by", reason}, {"alternative", alternative}}));
    return change.commit();
}

Result<void> Orders::release_item(std::int64_t key, const Act& act)
{
    INTERDICT_TRY(Change change, Change::begin(store_, act));
    Database& database = change.database();
    INTERDICT_TRY(const KeyedItem keyed, by_key(database, key));
    const auto& [row, item] = keyed;
    if (item.state != ItemState::Held)
        return fail("the target {} of order {} is {}; only a held one can be released",
                    to_string(item.item.target), item.order, to_string(item.state));
    INTERDICT_CHECK(
        database.use("UPDATE items SET state = 0, held_by = NULL, alternative = NULL WHERE key = ?1", key)
            .run());
    INTERDICT_CHECK(database.use("UPDATE orders SET list = NULL WHERE number = ?1", row.number).run());
    INTERDICT_CHECK(tell(change, "target-release", row, item.item.target, Json{{"held_by", item.held_by}}));
    return change.commit();
}

} // namespace interdict::book
