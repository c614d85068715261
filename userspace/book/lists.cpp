// SPDX-License-Identifier: Apache-2.0
#include "book/lists.h"

#include <algorithm>
#include <ranges>

#include "base/digest.h"
#include "book/item_rows.h"
#include "book/schema.h"
#include "order/write.h"

namespace interdict::book {

namespace {

constexpr std::size_t kListed = 100; // targets that one line of the journal spells out
constexpr std::size_t kProgressStep = 10000;

bool same_conditions(const order::Item& one, const order::Item& other)
{
    return one.expires == other.expires && one.exclusive == other.exclusive &&
           one.sharing_acknowledged == other.sharing_acknowledged;
}

} // namespace

Result<PreparedList> PreparedList::prepare(const Incoming& incoming)
{
    const order::Order& order = incoming.order;
    if (order.id.empty())
        return fail("an order without id cannot be kept; give it one");
    if (order.targets.empty())
        return fail("order {} has no targets; name what it blocks", order.id);
    if (!incoming.tickets.empty() && incoming.tickets.size() != order.targets.size())
        return fail("order {} has {} targets but {} tickets", order.id, order.targets.size(),
                    incoming.tickets.size());
    PreparedList list(incoming);
    if (!incoming.held.empty())
        list.held_.resize(order.targets.size());
    for (std::uint32_t index = 0; const Incoming::Held& held : incoming.held) {
        if (held.item >= order.targets.size())
            return fail("order {} has {} targets, number {} cannot be held", order.id, order.targets.size(),
                        held.item);
        list.held_[held.item] = ++index;
    }
    INTERDICT_CHECK(list.index());
    list.make_digests();
    return list;
}

Result<void> PreparedList::index()
{
    const std::vector<order::Item>& targets = order().targets;
    placed_.reserve(targets.size());
    for (std::uint32_t item = 0; item < targets.size(); ++item)
        placed_.push_back({order::place_hash(targets[item].target), item});
    std::ranges::sort(placed_, [](const Placed& one, const Placed& other) {
        return one.place != other.place ? one.place < other.place : one.item < other.item;
    });
    for (std::size_t first = 0; first < placed_.size(); ++first)
        for (std::size_t next = first + 1;
             next < placed_.size() && placed_[next].place == placed_[first].place; ++next)
            if (const order::Target& target = targets[placed_[first].item].target;
                same_target(target, targets[placed_[next].item].target))
                return fail("order {} names the target {} twice; keep one of the two", order().id,
                            to_string(target));
    return {};
}

void PreparedList::make_digests()
{
    Blake2b targets;
    std::string line;
    for (const order::Item& item : order().targets) {
        line = to_string(item.target);
        fmt::format_to(std::back_inserter(line), "\t{}", item.expires);
        if (item.exclusive)
            line += *item.exclusive ? "\texclusive" : "\tshared";
        if (!item.sharing_acknowledged.empty())
            line += "\t" + item.sharing_acknowledged;
        line += '\n';
        targets.add(line);
    }
    targets_digest_ = targets.finish_hex();
    Blake2b all;
    all.add(targets_digest_);
    all.add(order::write_order_head(order()));
    for (const order::NameTarget& exempt : order().exempt)
        all.add("\nexempt " + to_string(exempt));
    for (const Incoming::Held& held : incoming_->held)
        all.add(fmt::format("\nheld {} {} {}", held.item, held.reason, held.alternative));
    for (const std::string& ticket : incoming_->tickets)
        all.add("\nticket " + ticket);
    digest_ = all.finish_hex();
}

const Incoming::Held* PreparedList::held(std::size_t item) const
{
    if (held_.empty() || held_[item] == 0)
        return nullptr;
    return &incoming_->held[held_[item] - 1];
}

std::string_view PreparedList::ticket(std::size_t item) const
{
    return incoming_->tickets.empty() ? std::string_view() : std::string_view(incoming_->tickets[item]);
}

std::int64_t PreparedList::find(const order::Target& target) const
{
    const std::uint64_t place = order::place_hash(target);
    auto at = std::ranges::lower_bound(placed_, place, {}, &Placed::place);
    for (; at != placed_.end() && at->place == place; ++at)
        if (order().targets[at->item].target == target)
            return at->item;
    return -1;
}

ListPlan everything(const PreparedList& list)
{
    ListPlan plan;
    plan.added.resize(list.order().targets.size());
    for (std::uint32_t item = 0; item < plan.added.size(); ++item)
        plan.added[item] = item;
    return plan;
}

Result<ListPlan> compare(Database& database, std::int64_t number, const PreparedList& list, GivenBy by)
{
    ListPlan plan;
    std::vector<bool> seen(list.order().targets.size());
    const bool source = by == GivenBy::Source;
    const auto take = [&](const Statement& row) -> Result<void> {
        INTERDICT_TRY(const order::Item kept, read_line(database, row));
        int column = kItemColumns;
        const std::int64_t key = row.integer(column++);
        const auto state = static_cast<ItemState>(row.integer(column++));
        const bool listed = row.integer(column++) != 0;
        const std::int64_t found = list.find(kept.target);
        if (found < 0) {
            if (state == ItemState::Lifted)
                plan.given_up.push_back(key);
            else if (listed || !source) {
                plan.lifted.push_back(key);
                if (plan.lifted_texts.size() < kListed)
                    plan.lifted_texts.push_back(to_string(kept.target));
            }
            return {};
        }
        const auto item = static_cast<std::uint32_t>(found);
        if (state == ItemState::Lifted) {
            seen[item] = seen[item] || source;
            return {};
        }
        seen[item] = true;
        const Incoming::Held* held = list.held(item);
        ItemState wanted = state;
        if (held && state == ItemState::Active)
            wanted = ItemState::Held;
        else if (!held && state == ItemState::Held)
            wanted = ItemState::Active;
        const bool other_reason =
            wanted == ItemState::Held && held &&
            (row.text(column) != held->reason || row.text(column + 1) != held->alternative);
        const bool other_ticket = !list.ticket(item).empty() && list.ticket(item) != row.text(column + 2);
        if (wanted != state || other_reason || other_ticket ||
            !same_conditions(kept, list.order().targets[item]))
            plan.updated.push_back({.key = key, .item = item, .state = wanted});
        return {};
    };
    INTERDICT_CHECK(database
                        .use("SELECT " INTERDICT_BOOK_ITEM ", key, state, listed, held_by, "
                             "alternative, ticket FROM items "
                             "WHERE number = ?1 AND (state <> 3 OR (?2 AND listed))",
                             number, source)
                        .each(take));
    for (std::uint32_t item = 0; item < seen.size(); ++item)
        if (!seen[item])
            plan.added.push_back(item);
    return plan;
}

Result<void> ListWriter::expect(std::size_t items)
{
    if (without_index_ || items < kLongList)
        return {};
    // Keys are never given out again, so the last one bounds the number of rows from above.
    INTERDICT_TRY(const std::int64_t rows, change_.database().number("SELECT max(key) FROM items"));
    if (items < static_cast<std::size_t>(rows) / 4)
        return {};
    without_index_ = true;
    return change_.database().execute(kDropPlaceIndex);
}

void ListWriter::advance()
{
    if (++written_ % kProgressStep == 0 && progress_)
        progress_(written_);
}

Result<void> ListWriter::write(std::int64_t number, const PreparedList& list, const ListPlan& plan)
{
    Database& database = change_.database();
    INTERDICT_CHECK(expect(plan.added.size()));
    Statement add = database.use(
        "INSERT INTO items(number, state, received, held_by, alternative, ticket, " INTERDICT_BOOK_ITEM
        ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)");
    for (const std::uint32_t index : plan.added) {
        const order::Item& item = list.order().targets[index];
        const TargetCells cells(item.target);
        const Incoming::Held* held = list.held(index);
        INTERDICT_CHECK(add.with(number, static_cast<int>(held ? ItemState::Held : ItemState::Active),
                                 change_.time(), or_null(held ? held->reason : std::string_view()),
                                 or_null(held ? held->alternative : std::string_view()),
                                 or_null(list.ticket(index)), cells.form, cells.value, cells.protocol,
                                 or_null(cells.ports), cells.place, item.expires, item.exclusive,
                                 or_null(item.sharing_acknowledged))
                            .run());
        advance();
    }
    Statement lift = database.use("UPDATE items SET state = 3, lifted = ?2, listed = 0 WHERE key = ?1");
    for (const std::int64_t key : plan.lifted) {
        INTERDICT_CHECK(lift.with(key, change_.time()).run());
        advance();
    }
    Statement give_up = database.use("UPDATE items SET listed = 0 WHERE key = ?1");
    for (const std::int64_t key : plan.given_up)
        INTERDICT_CHECK(give_up.with(key).run());
    Statement update = database.use(
        "UPDATE items SET ends = ?2, exclusive = ?3, sharing = ?4, state = ?5, "
        "held_by = CASE ?5 WHEN 1 THEN ?6 WHEN 2 THEN held_by END, "
        "alternative = CASE ?5 WHEN 1 THEN ?7 WHEN 2 THEN alternative END, ticket = coalesce(?8, ticket) "
        "WHERE key = ?1");
    for (const ListPlan::Update& one : plan.updated) {
        const order::Item& item = list.order().targets[one.item];
        const Incoming::Held* held = list.held(one.item);
        INTERDICT_CHECK(
            update
                .with(one.key, item.expires, item.exclusive, or_null(item.sharing_acknowledged),
                      static_cast<int>(one.state), or_null(held ? held->reason : std::string_view()),
                      or_null(held ? held->alternative : std::string_view()), or_null(list.ticket(one.item)))
                .run());
        advance();
    }
    return {};
}

Result<void> ListWriter::finish()
{
    if (!without_index_)
        return {};
    without_index_ = false;
    return change_.database().execute(kMakePlaceIndex);
}

Json describe_head(const order::Order& order)
{
    Json head = Json::parse(order::write_order_head(order), nullptr, false);
    head.erase("status");
    return head;
}

Json describe(const PreparedList& list, const ListPlan& plan)
{
    const std::vector<order::Item>& targets = list.order().targets;
    Json detail = Json::object();
    detail["targets"] = targets.size();
    detail["list"] = list.targets_digest();
    if (!plan.added.empty()) {
        detail["added"] = plan.added.size();
        Json& names = detail["targets_added"] = Json::array();
        for (const std::uint32_t item : plan.added | std::views::take(kListed))
            names.push_back(to_string(targets[item].target));
    }
    if (!plan.lifted.empty()) {
        detail["lifted"] = plan.lifted.size();
        detail["targets_lifted"] = plan.lifted_texts;
    }
    if (!plan.updated.empty()) {
        detail["updated"] = plan.updated.size();
        Json& names = detail["targets_updated"] = Json::array();
        for (const ListPlan::Update& one : plan.updated | std::views::take(kListed))
            names.push_back(to_string(targets[one.item].target));
    }
    if (!list.incoming().held.empty()) {
        detail["held"] = list.incoming().held.size();
        Json& names = detail["targets_held"] = Json::array();
        for (const Incoming::Held& held : list.incoming().held | std::views::take(kListed))
            names.push_back({{"target", to_string(targets[held.item].target)}, {"reason", held.reason}});
    }
    return detail;
}

} // namespace interdict::book
