// SPDX-License-Identifier: Apache-2.0
#include "book/item_rows.h"

#include <bit>
#include <charconv>

namespace interdict::book {

namespace {

enum : int { kExact = 0, kSubtree = 1, kPrefix = 2 };

std::string ports_text(const std::vector<order::PortRange>& ports)
{
    std::string out;
    for (const order::PortRange& range : ports) {
        if (!out.empty())
            out += ',';
        out += std::to_string(range.first);
        if (range.last != range.first)
            out += "-" + std::to_string(range.last);
    }
    return out;
}

bool read_ports(std::string_view text, std::vector<order::PortRange>& ports)
{
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        order::PortRange range;
        auto [rest, fault] = std::from_chars(at, end, range.first);
        if (fault != std::errc())
            return false;
        range.last = range.first;
        if (rest != end && *rest == '-') {
            const auto second = std::from_chars(rest + 1, end, range.last);
            if (second.ec != std::errc())
                return false;
            rest = second.ptr;
        }
        if (rest != end && (*rest != ',' || rest + 1 == end))
            return false;
        ports.push_back(range);
        at = rest == end ? end : rest + 1;
    }
    return true;
}

} // namespace

TargetCells::TargetCells(const order::Target& target)
    : form(!target.is_name()                            ? kPrefix
           : target.name.match == order::Match::Subtree ? kSubtree
                                                        : kExact),
      protocol(target.address.protocol), ports(ports_text(target.address.ports)),
      place(std::bit_cast<std::int64_t>(order::place_hash(target)))
{
    if (!target.is_name())
        text = order::to_string(target.address.prefix);
    value = target.is_name() ? std::string_view(target.name.name) : std::string_view(text);
}

Result<order::Item> read_line(Database& database, const Statement& row, int column)
{
    order::Item item;
    order::Target& target = item.target;
    const std::int64_t form = row.integer(column);
    const std::string_view value = row.text(column + 1);
    bool sound = form >= kExact && form <= kPrefix && !value.empty();
    if (sound && form != kPrefix) {
        target.name.name = value;
        target.name.match = form == kExact ? order::Match::Exact : order::Match::Subtree;
    } else if (sound) {
        const auto prefix = order::parse_prefix(value);
        sound = prefix && read_ports(row.text(column + 3), target.address.ports);
        if (sound)
            target.address.prefix = *prefix;
        target.address.protocol = static_cast<std::uint8_t>(row.integer(column + 2));
    }
    // SQLite keeps no check sums: this notices bytes that changed on the disk.
    if (!sound || order::place_hash(target) != std::bit_cast<std::uint64_t>(row.integer(column + 4)))
        return std::unexpected(
            database.damaged(fmt::format("the target \"{}\" is not what was written", value)));
    item.expires = row.integer(column + 5);
    if (!row.is_null(column + 6))
        item.exclusive = row.integer(column + 6) != 0;
    item.sharing_acknowledged = row.text(column + 7);
    return item;
}

Result<ItemRecord> read_item(Database& database, const Statement& row)
{
    ItemRecord item;
    INTERDICT_TRY(item.item, read_line(database, row));
    int column = kItemColumns;
    const std::int64_t state = row.integer(column++);
    item.key = row.integer(column++);
    if (state < 0 || state > static_cast<std::int64_t>(ItemState::Lifted))
        return std::unexpected(database.damaged(fmt::format("item {} has no state {}", item.key, state)));
    item.state = static_cast<ItemState>(state);
    for (std::string* text : {&item.order, &item.held_by, &item.alternative, &item.overridden_by,
                              &item.approved_by, &item.successor_of, &item.ticket})
        *text = row.text(column++);
    item.received = row.integer(column++);
    item.lifted = row.integer(column++);
    return item;
}

bool same_target(const order::Target& one, const order::Target& other)
{
    return one.name.name == other.name.name && one.address == other.address;
}

Result<Present> present_item(Database& database, std::int64_t number, const order::Target& target)
{
    Present present;
    Statement rows = database.use("SELECT " INTERDICT_BOOK_ITEM ", key, state FROM items "
                                  "WHERE place = ?1 AND number = ?2 AND state <> 3",
                                  std::bit_cast<std::int64_t>(order::place_hash(target)), number);
    for (;;) {
        INTERDICT_TRY(const bool more, rows.step());
        if (!more)
            return present;
        INTERDICT_TRY(order::Item found, read_line(database, rows));
        if (same_target(found.target, target))
            present = {.key = rows.integer(kItemColumns),
                       .state = static_cast<ItemState>(rows.integer(kItemColumns + 1)),
                       .target = std::move(found.target)};
    }
}

} // namespace interdict::book
