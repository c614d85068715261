// SPDX-License-Identifier: Apache-2.0
//
// life.cpp: the steps of an order's life.
#include <algorithm>
#include <span>
#include <vector>

#include "book/change.h"
#include "book/order_rows.h"
#include "book/orders.h"

namespace interdict::book {

namespace {

using order::Status;

// Varied is not here: an order becomes so by its new list and fields.
std::span<const Status> possible_after(Status status)
{
    static constexpr Status kDraft[] = {Status::Interim, Status::Active, Status::Lifted};
    static constexpr Status kInterim[] = {Status::Active, Status::Stayed, Status::Final, Status::Lifted,
                                          Status::Expired};
    static constexpr Status kActive[] = {Status::Stayed, Status::Final, Status::Lifted, Status::Expired};
    static constexpr Status kStayed[] = {Status::Interim, Status::Active, Status::Final, Status::Lifted,
                                         Status::Expired};
    static constexpr Status kFinal[] = {Status::Stayed, Status::Lifted, Status::Expired};
    switch (status) {
    case Status::Draft:
        return kDraft;
    case Status::Interim:
        return kInterim;
    case Status::Active:
    case Status::Varied:
        return kActive;
    case Status::Stayed:
        return kStayed;
    case Status::Final:
        return kFinal;
    case Status::Lifted:
    case Status::Expired:
        break;
    }
    return {};
}

std::string_view step_name(Status to)
{
    switch (to) {
    case Status::Interim:
        return "interim";
    case Status::Active:
        return "activate";
    case Status::Stayed:
        return "stay";
    case Status::Final:
        return "final";
    case Status::Lifted:
        return "lift";
    case Status::Expired:
        return "expire";
    case Status::Draft:
    case Status::Varied:
        break;
    }
    return "?";
}

Result<void> refuse(const order::Order& order, Status to)
{
    const auto possible = possible_after(order.status);
    if (possible.empty())
        return fail("order {} is {}, which is the end; add a new order", order.id, to_string(order.status));
    if (to == order.status)
        return fail("order {} is {} already", order.id, to_string(to));
    if (to == Status::Varied)
        return fail("order {} becomes varied by its new text; use interdict order vary", order.id);
    std::string names;
    for (std::size_t i = 0; i < possible.size(); ++i) {
        if (i > 0)
            names += i + 1 == possible.size() ? " or " : ", ";
        names += to_string(possible[i]);
    }
    return fail("order {} is {} and cannot become {}; it can become {}", order.id, to_string(order.status),
                to_string(to), names);
}

} // namespace

Result<void> Orders::step(std::string_view id, Status to, const Act& act)
{
    INTERDICT_TRY(Change change, Change::begin(store_, act));
    Database& database = change.database();
    INTERDICT_TRY(const OrderRow row, require_order(database, id));
    const order::Order& order = row.record.order;
    if (std::ranges::count(possible_after(order.status), to) == 0)
        return refuse(order, to);
    INTERDICT_CHECK(database
                        .use("UPDATE orders SET status = ?2, changed = ?3 WHERE number = ?1", row.number,
                             to_string(to), change.time())
                        .run());
    // A draft that is withdrawn obliges nobody.
    const bool matters = gives_rules(order.status) || gives_rules(to);
    INTERDICT_CHECK(change.deliver(step_name(to), row.number, order.id,
                                   Json{{"from", to_string(order.status)}, {"to", to_string(to)}},
                                   matters ? deadline(order, change.time()) : 0));
    return change.commit();
}

} // namespace interdict::book
