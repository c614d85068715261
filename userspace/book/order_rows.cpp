// SPDX-License-Identifier: Apache-2.0
#include "book/order_rows.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace interdict::book {

namespace {

using Json = nlohmann::ordered_json;

std::string actions_text(const order::Actions& actions)
{
    Json object = Json::object();
    for (unsigned channel = 0; channel < actions.size(); ++channel)
        if (actions[channel] != INTERDICT_ACTION_DEFAULT)
            object[std::string(order::channel_name(channel))] = order::action_name(actions[channel]);
    return text_of(object);
}

bool read_actions(std::string_view text, order::Actions& actions)
{
    const Json object = Json::parse(text, nullptr, false);
    if (!object.is_object())
        return false;
    for (const auto& [key, value] : object.items()) {
        const auto channel = order::channel_named(key);
        const auto action =
            value.is_string() ? order::action_named(value.get_ref<const std::string&>()) : std::nullopt;
        if (!channel || !action)
            return false;
        actions[*channel] = static_cast<std::uint8_t>(*action);
    }
    return true;
}

bool read_scope(std::string_view text, std::vector<std::string>& scope)
{
    const Json list = Json::parse(text, nullptr, false);
    if (!list.is_array())
        return false;
    for (const Json& name : list) {
        if (!name.is_string())
            return false;
        scope.push_back(name.get<std::string>());
    }
    return true;
}

bool read_address(const Statement& row, int column, std::optional<order::Prefix>& address)
{
    if (row.is_null(column))
        return true;
    auto parsed = order::parse_prefix(row.text(column));
    if (!parsed)
        return false;
    address = *parsed;
    return true;
}

std::optional<std::string> address_text(const std::optional<order::Prefix>& address)
{
    return address ? std::optional(order::to_string(*address)) : std::nullopt;
}

} // namespace

bool ended(order::Status status)
{
    return status == order::Status::Lifted || status == order::Status::Expired;
}

Result<OrderRow> read_order(Database& database, const Statement& row)
{
    OrderRow out;
    order::Order& order = out.record.order;
    int column = 0;
    const auto integer = [&] { return row.integer(column++); };
    const auto text = [&] { return std::string(row.text(column++)); };
    out.number = integer();
    order.id = text();
    out.record.origin = text();
    const auto status = order::status_named(row.text(column++));
    const auto kind = order::kind_named(row.text(column++));
    order.authority = text();
    order.reference = text();
    order.jurisdiction = text();
    order.issued = integer();
    order.effective = integer();
    order.expires = integer();
    if (!row.is_null(column))
        order.comply_within = row.integer(column);
    ++column;
    order.means = static_cast<order::Means>(integer());
    bool sound = status && kind && read_actions(row.text(column++), order.actions);
    sound &= read_address(row, column++, order.sinkhole.ipv4);
    sound &= read_address(row, column++, order.sinkhole.ipv6);
    order.notice.blocked_by = text();
    order.notice.complaint = text();
    order.notice.text = text();
    sound &= read_scope(row.text(column++), order.scope);
    order.mode = integer() != 0 ? order::Mode::Observe : order::Mode::Enforce;
    order.dynamic = integer() != 0;
    const bool has_document = integer() != 0;
    order::Document document{.sha256 = text(), .uri = text()};
    if (has_document)
        order.document = std::move(document);
    order.file = text();
    order.json_path = text();
    order.line = static_cast<std::size_t>(integer());
    out.record.received = integer();
    out.record.changed = integer();
    out.given = text();
    out.list = text();
    if (!sound)
        return std::unexpected(database.damaged(fmt::format("order {} cannot be read", order.id)));
    order.status = *status;
    order.kind = *kind;
    return out;
}

Result<std::optional<OrderRow>> find_order(Database& database, std::string_view id)
{
    Statement row = database.use(INTERDICT_BOOK_SELECT_ORDERS "WHERE id = ?1", id);
    INTERDICT_TRY(const bool found, row.step());
    if (!found)
        return std::nullopt;
    INTERDICT_TRY(OrderRow order, read_order(database, row));
    return order;
}

Result<OrderRow> require_order(Database& database, std::string_view id)
{
    INTERDICT_TRY(auto order, find_order(database, id));
    if (!order)
        return fail("there is no order {}; interdict order list shows them", id);
    return *std::move(order);
}

Result<std::int64_t> insert_order(Database& database, const order::Order& order, std::string_view origin,
                                  std::int64_t received, std::string_view list)
{
    INTERDICT_CHECK(
        database
            .use("INSERT INTO orders(id, origin, status, given, list, kind, authority, reference, "
                 "jurisdiction, issued, effective, expires, means, actions, blocked_by, complaint, "
                 "notice, scope, observe, dynamic, has_document, sha256, uri, file, json_path, "
                 "line, received, changed) VALUES(?1, ?2, ?3, ?3, ?4, '', '', '', '', 0, 0, 0, 0, "
                 "'', '', '', '', '', 0, 0, 0, '', '', '', '', 0, ?5, ?5)",
                 order.id, origin, order::to_string(order.status), or_null(list), received)
            .run());
    const std::int64_t number = database.last_key();
    INTERDICT_CHECK(update_order(database, number, order, order.status, received));
    INTERDICT_CHECK(write_exempt(database, number, order.exempt));
    return number;
}

Result<void> update_order(Database& database, std::int64_t number, const order::Order& order,
                          order::Status status, std::int64_t changed)
{
    const order::Document document = order.document.value_or(order::Document{});
    return database
        .use(
            "UPDATE orders SET status = ?2, kind = ?3, authority = ?4, reference = ?5, jurisdiction = ?6, "
            "issued = ?7, effective = ?8, expires = ?9, comply_within = ?10, means = ?11, actions = ?12, "
            "sinkhole4 = ?13, sinkhole6 = ?14, blocked_by = ?15, complaint = ?16, notice = ?17, scope = ?18, "
            "observe = ?19, dynamic = ?20, has_document = ?21, sha256 = ?22, uri = ?23, file = ?24, "
            "json_path = ?25, line = ?26, changed = ?27 WHERE number = ?1",
            number, order::to_string(status), order::to_string(order.kind), order.authority, order.reference,
            order.jurisdiction, order.issued, order.effective, order.expires, order.comply_within,
            order.means, actions_text(order.actions), address_text(order.sinkhole.ipv4),
            address_text(order.sinkhole.ipv6), order.notice.blocked_by, order.notice.complaint,
            order.notice.text, text_of(Json(order.scope)), order.mode == order::Mode::Observe, order.dynamic,
            order.document.has_value(), document.sha256, document.uri, order.file, order.json_path,
            order.line, changed)
        .run();
}

Result<std::vector<order::NameTarget>> read_exempt(Database& database, std::int64_t number)
{
    std::vector<order::NameTarget> exempt;
    INTERDICT_CHECK(database.use("SELECT name, exact FROM exempt WHERE number = ?1 ORDER BY position", number)
                        .each([&](const Statement& row) -> Result<void> {
                            exempt.push_back(
                                {.name = std::string(row.text(0)),
                                 .match = row.integer(1) ? order::Match::Exact : order::Match::Subtree});
                            return {};
                        }));
    return exempt;
}

Result<void> write_exempt(Database& database, std::int64_t number,
                          const std::vector<order::NameTarget>& exempt)
{
    INTERDICT_CHECK(database.use("DELETE FROM exempt WHERE number = ?1", number).run());
    for (std::int64_t position = 0; const order::NameTarget& target : exempt)
        INTERDICT_CHECK(database
                            .use("INSERT INTO exempt(number, position, name, exact) VALUES(?1, ?2, ?3, ?4)",
                                 number, position++, target.name, target.match == order::Match::Exact)
                            .run());
    return {};
}

} // namespace interdict::book
