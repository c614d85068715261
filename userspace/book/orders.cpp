// SPDX-License-Identifier: Apache-2.0
//
// orders.cpp: reading orders and their targets.
#include "book/orders.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "book/item_rows.h"
#include "book/order_rows.h"
#include "book/store.h"

namespace interdict::book {

namespace {

constexpr std::string_view kTargetsOf =
    "SELECT " INTERDICT_BOOK_ITEM " FROM items WHERE number = ?1 AND " INTERDICT_BOOK_GIVES_RULE
    " ORDER BY key";

// count, state: columns of line.
void set_count(OrderRow& row, const Statement& line, int state, int count)
{
    const auto items = static_cast<std::size_t>(line.integer(count));
    if (line.integer(state) == static_cast<int>(ItemState::Held))
        row.record.held = items;
    else if (line.integer(state) == static_cast<int>(ItemState::Lifted))
        row.record.lifted_items = items;
}

Result<void> fill_counts(Database& database, OrderRow& row)
{
    return database
        .use("SELECT state, count(*) FROM items WHERE number = ?1 AND state <> 0 GROUP BY state", row.number)
        .each([&](const Statement& line) -> Result<void> {
            set_count(row, line, 0, 1);
            return {};
        });
}

// rows: all orders, by number.
Result<void> fill_counts(Database& database, std::vector<OrderRow>& rows)
{
    auto row = rows.begin();
    return database
        .use("SELECT number, state, count(*) FROM items WHERE state <> 0 GROUP BY number, state "
             "ORDER BY number")
        .each([&](const Statement& line) -> Result<void> {
            row = std::find_if(row, rows.end(),
                               [&](const OrderRow& one) { return one.number == line.integer(0); });
            if (row == rows.end())
                return fail("{}: a target is of no order", database.path().string());
            set_count(*row, line, 1, 2);
            return {};
        });
}

Result<void> fill_targets(Database& database, OrderRow& row)
{
    order::Order& order = row.record.order;
    INTERDICT_TRY(order.exempt, read_exempt(database, row.number));
    return database.use(kTargetsOf, row.number).each([&](const Statement& line) -> Result<void> {
        INTERDICT_TRY(order::Item item, read_line(database, line));
        order.targets.push_back(std::move(item));
        return {};
    });
}

Result<std::vector<OrderRow>> rows_of(Database& database, Statement rows)
{
    std::vector<OrderRow> out;
    INTERDICT_CHECK(rows.each([&](const Statement& row) -> Result<void> {
        INTERDICT_TRY(OrderRow order, read_order(database, row));
        out.push_back(std::move(order));
        return {};
    }));
    return out;
}

Result<std::vector<ItemRecord>> items_of(Database& database, Statement rows)
{
    std::vector<ItemRecord> out;
    INTERDICT_CHECK(rows.each([&](const Statement& row) -> Result<void> {
        INTERDICT_TRY(ItemRecord item, read_item(database, row));
        out.push_back(std::move(item));
        return {};
    }));
    return out;
}

Result<std::vector<std::string>> texts_of(Statement rows)
{
    std::vector<std::string> out;
    INTERDICT_CHECK(rows.each([&](const Statement& row) -> Result<void> {
        out.emplace_back(row.text(0));
        return {};
    }));
    return out;
}

// Orders by their number, and those of them that got targets, in the book's order.
class Gathering {
public:
    explicit Gathering(std::vector<OrderRow> rows) : rows_(std::move(rows))
    {
        for (std::size_t i = 0; i < rows_.size(); ++i)
            by_number_.emplace(rows_[i].number, i);
    }

    // Null if the order is not among them.
    [[nodiscard]] OrderRow* find(std::int64_t number)
    {
        const auto found = by_number_.find(number);
        return found == by_number_.end() ? nullptr : &rows_[found->second];
    }

    [[nodiscard]] Result<std::vector<order::Order>> with_targets(Database& database)
    {
        std::vector<order::Order> orders;
        for (OrderRow& row : rows_) {
            if (row.record.order.targets.empty())
                continue;
            INTERDICT_TRY(row.record.order.exempt, read_exempt(database, row.number));
            orders.push_back(std::move(row.record.order));
        }
        return orders;
    }

private:
    std::vector<OrderRow> rows_;
    std::unordered_map<std::int64_t, std::size_t> by_number_;
};

} // namespace

Result<std::optional<OrderRecord>> Orders::find(std::string_view id) const
{
    Database& database = store_.database();
    INTERDICT_TRY(const Snapshot snapshot, Snapshot::begin(database));
    INTERDICT_TRY(auto row, find_order(database, id));
    if (!row)
        return std::nullopt;
    INTERDICT_CHECK(fill_targets(database, *row));
    INTERDICT_CHECK(fill_counts(database, *row));
    return std::move(row->record);
}

Result<std::vector<OrderRecord>> Orders::all(bool with_targets) const
{
    Database& database = store_.database();
    INTERDICT_TRY(const Snapshot snapshot, Snapshot::begin(database));
    INTERDICT_TRY(auto rows, rows_of(database, database.use(INTERDICT_BOOK_SELECT_ORDERS "ORDER BY number")));
    INTERDICT_CHECK(fill_counts(database, rows));
    std::vector<OrderRecord> records;
    records.reserve(rows.size());
    for (OrderRow& row : rows) {
        if (with_targets)
            INTERDICT_CHECK(fill_targets(database, row));
        records.push_back(std::move(row.record));
    }
    return records;
}

Result<std::vector<order::Order>> Orders::in_force() const
{
    Database& database = store_.database();
    INTERDICT_TRY(const Snapshot snapshot, Snapshot::begin(database));
    INTERDICT_TRY(auto rows,
                  rows_of(database, database.use(INTERDICT_BOOK_SELECT_ORDERS "WHERE " INTERDICT_BOOK_IN_FORCE
                                                                              " ORDER BY number")));
    Gathering orders(std::move(rows));
    // One pass over the table as it lies is several times faster than one by order.
    OrderRow* row = nullptr;
    std::int64_t number = 0;
    INTERDICT_CHECK(database
                        .use("SELECT " INTERDICT_BOOK_ITEM
                             ", number FROM items NOT INDEXED WHERE " INTERDICT_BOOK_GIVES_RULE
                             " ORDER BY key")
                        .each([&](const Statement& line) -> Result<void> {
                            if (const std::int64_t of = line.integer(kItemColumns); of != number) {
                                number = of;
                                row = orders.find(number);
                            }
                            if (!row)
                                return {};
                            INTERDICT_TRY(order::Item item, read_line(database, line));
                            row->record.order.targets.push_back(std::move(item));
                            return {};
                        }));
    return orders.with_targets(database);
}

Result<std::vector<order::Order>> Orders::in_force_at(std::span<const std::uint64_t> places) const
{
    Database& database = store_.database();
    INTERDICT_TRY(const Snapshot snapshot, Snapshot::begin(database));
    struct Found {
        std::int64_t number;
        std::int64_t key;
        order::Item item;
    };
    std::vector<Found> found;
    Statement at = database.use("SELECT " INTERDICT_BOOK_ITEM ", number, key FROM items WHERE place = ?1 "
                                "AND " INTERDICT_BOOK_GIVES_RULE);
    for (const std::uint64_t place : places)
        INTERDICT_CHECK(
            at.with(std::bit_cast<std::int64_t>(place)).each([&](const Statement& row) -> Result<void> {
                INTERDICT_TRY(order::Item item, read_line(database, row));
                found.push_back({row.integer(kItemColumns), row.integer(kItemColumns + 1), std::move(item)});
                return {};
            }));
    std::ranges::sort(found, {}, [](const Found& one) { return std::pair(one.number, one.key); });
    const auto repeated = std::ranges::unique(found, {}, &Found::key);
    found.erase(repeated.begin(), repeated.end());

    std::vector<OrderRow> rows;
    for (std::int64_t number = 0; const Found& one : found) {
        if (one.number == number)
            continue;
        number = one.number;
        INTERDICT_TRY(auto row,
                      rows_of(database, database.use(INTERDICT_BOOK_SELECT_ORDERS
                                                     "WHERE number = ?1 AND " INTERDICT_BOOK_IN_FORCE,
                                                     number)));
        std::ranges::move(row, std::back_inserter(rows));
    }
    Gathering orders(std::move(rows));
    for (Found& one : found)
        if (OrderRow* row = orders.find(one.number))
            row->record.order.targets.push_back(std::move(one.item));
    return orders.with_targets(database);
}

Result<bool> Orders::has_exemptions() const
{
    // From the few: CROSS JOIN keeps this order.
    INTERDICT_TRY(const std::int64_t found,
                  store_.database().number("SELECT EXISTS(SELECT 1 FROM exempt CROSS JOIN orders "
                                           "ON orders.number = exempt.number "
                                           "WHERE " INTERDICT_BOOK_IN_FORCE ")"));
    return found != 0;
}

Result<Tally> Orders::tally() const
{
    Database& database = store_.database();
    INTERDICT_TRY(const Snapshot snapshot, Snapshot::begin(database));
    INTERDICT_TRY(const std::int64_t all, database.number("SELECT count(*) FROM orders"));
    INTERDICT_TRY(const std::int64_t in_force,
                  database.number("SELECT count(*) FROM orders WHERE " INTERDICT_BOOK_IN_FORCE));
    INTERDICT_TRY(const std::int64_t held, database.number("SELECT count(*) FROM items WHERE state = 1"));
    return Tally{.orders = static_cast<std::size_t>(all),
                 .in_force = static_cast<std::size_t>(in_force),
                 .held = static_cast<std::size_t>(held)};
}

Result<std::map<order::Status, std::size_t>> Orders::by_status() const
{
    Database& database = store_.database();
    std::map<order::Status, std::size_t> counts;
    INTERDICT_CHECK(database.use("SELECT status, count(*) FROM orders GROUP BY status")
                        .each([&](const Statement& row) -> Result<void> {
                            const auto status = order::status_named(row.text(0));
                            if (!status)
                                return fail("{}: an order has the status \"{}\", which is none",
                                            database.path().string(), row.text(0));
                            counts[*status] = static_cast<std::size_t>(row.integer(1));
                            return {};
                        }));
    return counts;
}

Result<std::vector<std::string>> Orders::took_effect(std::int64_t after, std::int64_t upto) const
{
    return texts_of(store_.database().use("SELECT id FROM orders WHERE " INTERDICT_BOOK_IN_FORCE
                                          " AND effective > ?1 AND effective <= ?2 ORDER BY number",
                                          after, upto));
}

Result<std::vector<std::string>> Orders::ran_out(std::int64_t upto) const
{
    return texts_of(store_.database().use("SELECT id FROM orders WHERE " INTERDICT_BOOK_IN_FORCE
                                          " AND expires > 0 AND expires <= ?1 ORDER BY number",
                                          upto));
}

Result<std::optional<std::int64_t>> Orders::next_moment(std::int64_t after) const
{
    Database& database = store_.database();
    INTERDICT_TRY(const Snapshot snapshot, Snapshot::begin(database));
    INTERDICT_TRY(const std::int64_t begins,
                  database.number("SELECT coalesce(min(effective), 0) FROM orders "
                                  "WHERE " INTERDICT_BOOK_IN_FORCE " AND effective > ?1",
                                  after));
    INTERDICT_TRY(const std::int64_t ends,
                  database.number("SELECT coalesce(min(expires), 0) FROM orders "
                                  "WHERE " INTERDICT_BOOK_IN_FORCE " AND expires > 0 AND expires > ?1",
                                  after));
    if (begins == 0 && ends == 0)
        return std::nullopt;
    return begins == 0 || ends == 0 ? std::max(begins, ends) : std::min(begins, ends);
}

Result<std::vector<ItemRecord>> Orders::items(std::string_view order, std::optional<ItemState> state) const
{
    Database& database = store_.database();
    INTERDICT_TRY(const Snapshot snapshot, Snapshot::begin(database));
    INTERDICT_TRY(const OrderRow row, require_order(database, order));
    if (!state)
        return items_of(
            database, database.use(INTERDICT_BOOK_SELECT_ITEMS "WHERE number = ?1 ORDER BY key", row.number));
    return items_of(database,
                    database.use(INTERDICT_BOOK_SELECT_ITEMS "WHERE number = ?1 AND state = ?2 ORDER BY key",
                                 row.number, static_cast<int>(*state)));
}

Result<std::vector<ItemRecord>> Orders::held() const
{
    Database& database = store_.database();
    return items_of(database, database.use(INTERDICT_BOOK_SELECT_ITEMS
                                           "WHERE state = 1 AND status NOT IN ('lifted', 'expired') "
                                           "ORDER BY number, key"));
}

Result<std::vector<ItemRecord>> Orders::citing(const order::Target& target) const
{
    Database& database = store_.database();
    INTERDICT_TRY(const Snapshot snapshot, Snapshot::begin(database));
    std::vector<ItemRecord> out;
    const auto gather = [&](std::uint64_t place, const auto& wanted) -> Result<void> {
        INTERDICT_TRY(auto items, items_of(database, database.use(INTERDICT_BOOK_SELECT_ITEMS
                                                                  "WHERE place = ?1 ORDER BY key",
                                                                  std::bit_cast<std::int64_t>(place))));
        std::ranges::copy_if(items, std::back_inserter(out), wanted);
        return {};
    };
    INTERDICT_CHECK(gather(order::place_hash(target), [&](const ItemRecord& item) {
        return order::same_place(item.item.target, target);
    }));
    if (target.is_name())
        for (auto above = order::parent_of(target.name.name); !above.empty(); above = order::parent_of(above))
            INTERDICT_CHECK(gather(order::place_hash(above), [&](const ItemRecord& item) {
                return item.item.target.name ==
                       order::NameTarget{.name = std::string(above), .match = order::Match::Subtree};
            }));
    return out;
}

} // namespace interdict::book
