// SPDX-License-Identifier: Apache-2.0
#include "book/proposals.h"

#include <bit>

#include "book/item_steps.h"

namespace interdict::book {

namespace {

#define INTERDICT_BOOK_SELECT_PROPOSALS                                      \
    "SELECT " INTERDICT_BOOK_ITEM ", proposals.id, proposals.kind, state, "  \
    "orders.id, of, evidence, proposer, proposed, decider, decided, reason " \
    "FROM proposals JOIN orders USING (number) "

Result<Proposal> read_proposal(Database& database, const Statement& row)
{
    Proposal proposal;
    INTERDICT_TRY(proposal.item, read_line(database, row));
    int column = kItemColumns;
    proposal.id = row.integer(column++);
    const std::int64_t kind = row.integer(column++);
    const std::int64_t state = row.integer(column++);
    if (kind < 0 || kind > static_cast<int>(ProposalKind::Override) || state < 0 ||
        state > static_cast<int>(ProposalState::Rejected))
        return std::unexpected(database.damaged(fmt::format("proposal {} cannot be read", proposal.id)));
    proposal.kind = static_cast<ProposalKind>(kind);
    proposal.state = static_cast<ProposalState>(state);
    proposal.order = row.text(column++);
    proposal.of = row.text(column++);
    proposal.evidence = row.text(column++);
    proposal.proposer = row.text(column++);
    proposal.proposed = row.integer(column++);
    proposal.decider = row.text(column++);
    proposal.decided = row.integer(column++);
    proposal.reason = row.text(column++);
    return proposal;
}

// "Anna " and "anna" are one person.
std::string person(std::string_view actor)
{
    constexpr std::string_view kSpace = " \t\r\n";
    const auto first = actor.find_first_not_of(kSpace);
    if (first == actor.npos)
        return {};
    std::string name(actor.substr(first, actor.find_last_not_of(kSpace) + 1 - first));
    for (char& letter : name)
        if (letter >= 'A' && letter <= 'Z')
            letter = static_cast<char>(letter - 'A' + 'a');
    return name;
}

// A JSON text as it is; any other as a string.
Json evidence_of(std::string_view text)
{
    if (text.empty())
        return nullptr;
    Json json = Json::parse(text, nullptr, false);
    return json.is_discarded() ? Json(text) : json;
}

Json describe(const Proposal& proposal)
{
    Json detail = Json::object();
    detail["proposal"] = proposal.id;
    detail["kind"] = to_string(proposal.kind);
    if (!proposal.of.empty())
        detail["of"] = proposal.of;
    detail["evidence"] = evidence_of(proposal.evidence);
    return detail;
}

// Whether it could be carried out now.
Result<void> check(Database& database, const OrderRow& row, const Proposal& proposal)
{
    const order::Order& order = row.record.order;
    const std::string target = to_string(proposal.item.target);
    if (ended(order.status))
        return fail("order {} is {}: nothing more can be done under it", order.id, to_string(order.status));
    INTERDICT_TRY(const Present present, present_item(database, row.number, proposal.item.target));
    switch (proposal.kind) {
    case ProposalKind::Successor:
        if (!order.dynamic)
            return fail("order {} is not dynamic: it covers its own targets only, no successors", order.id);
        if (present.key != 0)
            return fail("order {} has the target {} already, {}", order.id, target, to_string(present.state));
        return {};
    case ProposalKind::Suspend:
    case ProposalKind::Lift:
        if (present.key == 0)
            return fail("order {} has no target {}, or it is lifted already", order.id, target);
        return {};
    case ProposalKind::Override:
        if (present.key == 0 || present.state != ItemState::Held)
            return fail("order {} has no held target {}; interdict guard list shows what is held", order.id,
                        target);
        return {};
    }
    return {};
}

Result<void> carry_out(Change& change, const OrderRow& row, const Proposal& proposal)
{
    Database& database = change.database();
    if (proposal.kind == ProposalKind::Successor)
        return insert_item(change, row, proposal.item, {.successor_of = proposal.of, .listed = false});
    INTERDICT_TRY(const Present item, require_item(database, row, proposal.item.target));
    if (proposal.kind != ProposalKind::Override)
        return lift_present(change, item);
    return database
        .use("UPDATE items SET state = 2, overridden_by = ?2, approved_by = ?3 WHERE key = ?1", item.key,
             proposal.proposer, change.act().actor)
        .run();
}

} // namespace

Result<std::int64_t> Proposals::propose(const Proposal& proposal, const Act& act)
{
    INTERDICT_TRY(Change change, Change::begin(store_, act));
    Database& database = change.database();
    INTERDICT_TRY(const OrderRow row, require_order(database, proposal.order));
    if (!proposal.item.target.is_name() && proposal.item.target.address.prefix.length == 0)
        return fail("no target is named in what is proposed for order {}", proposal.order);
    INTERDICT_CHECK(check(database, row, proposal));
    const TargetCells cells(proposal.item.target);
    Proposal whole = proposal;
    whole.id = 0;
    INTERDICT_CHECK(database
                        .use(INTERDICT_BOOK_SELECT_PROPOSALS
                             "WHERE state = 0 AND place = ?1 AND number = ?2 AND "
                             "proposals.kind = ?3",
                             cells.place, row.number, static_cast<int>(proposal.kind))
                        .each([&](const Statement& line) -> Result<void> {
                            INTERDICT_TRY(const Proposal open, read_proposal(database, line));
                            if (open.item.target == proposal.item.target)
                                whole.id = open.id;
                            return {};
                        }));
    const bool again = whole.id != 0;
    if (again) {
        INTERDICT_CHECK(
            database.use("UPDATE proposals SET evidence = ?2 WHERE id = ?1", whole.id, proposal.evidence)
                .run());
    } else {
        INTERDICT_CHECK(database
                            .use("INSERT INTO proposals(kind, state, number, of, evidence, proposer, "
                                 "proposed, " INTERDICT_BOOK_ITEM
                                 ") VALUES(?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                                 static_cast<int>(proposal.kind), row.number, proposal.of, proposal.evidence,
                                 change.act().actor, change.time(), cells.form, cells.value, cells.protocol,
                                 or_null(cells.ports), cells.place, proposal.item.expires,
                                 proposal.item.exclusive, or_null(proposal.item.sharing_acknowledged))
                            .run());
        whole.id = database.last_key();
    }
    Json detail = describe(whole);
    detail["target"] = to_string(proposal.item.target);
    INTERDICT_CHECK(change.line(again ? "evidence" : "propose", proposal.order, std::move(detail)));
    INTERDICT_CHECK(change.commit());
    return whole.id;
}

Result<void> Proposals::decide(std::int64_t id, bool approve, const Act& act)
{
    INTERDICT_TRY(Change change, Change::begin(store_, act));
    Database& database = change.database();
    Proposal proposal;
    {
        Statement found = database.use(INTERDICT_BOOK_SELECT_PROPOSALS "WHERE proposals.id = ?1", id);
        INTERDICT_TRY(const bool there, found.step());
        if (!there)
            return fail("there is no proposal {}; see: interdict order proposals", id);
        INTERDICT_TRY(proposal, read_proposal(database, found));
    }
    if (proposal.state != ProposalState::Open)
        return fail("proposal {} was {} by {} already", id, to_string(proposal.state), proposal.decider);
    if (person(proposal.proposer) == person(act.actor))
        return fail("proposal {} was made by {}, who cannot decide it as well; somebody else has to", id,
                    proposal.proposer);
    INTERDICT_TRY(const OrderRow row, require_order(database, proposal.order));
    if (approve) {
        INTERDICT_CHECK(check(database, row, proposal));
        INTERDICT_CHECK(carry_out(change, row, proposal));
    }
    INTERDICT_CHECK(
        database
            .use("UPDATE proposals SET state = ?2, decider = ?3, decided = ?4, reason = ?5 WHERE id = ?1", id,
                 static_cast<int>(approve ? ProposalState::Approved : ProposalState::Rejected),
                 change.act().actor, change.time(), change.act().reason)
            .run());
    Json detail = describe(proposal);
    detail["proposer"] = proposal.proposer;
    if (approve) {
        INTERDICT_CHECK(tell(change, "approve", row, proposal.item.target, std::move(detail)));
    } else {
        detail["target"] = to_string(proposal.item.target);
        INTERDICT_CHECK(change.line("reject", proposal.order, std::move(detail)));
    }
    return change.commit();
}

Result<std::vector<Proposal>> Proposals::all(std::optional<ProposalState> state) const
{
    Database& database = store_.database();
    std::vector<Proposal> out;
    INTERDICT_CHECK(database
                        .use(INTERDICT_BOOK_SELECT_PROPOSALS
                             "WHERE ?1 IS NULL OR state = ?1 ORDER BY proposals.id",
                             state ? std::optional(static_cast<int>(*state)) : std::nullopt)
                        .each([&](const Statement& row) -> Result<void> {
                            INTERDICT_TRY(Proposal proposal, read_proposal(database, row));
                            out.push_back(std::move(proposal));
                            return {};
                        }));
    return out;
}

} // namespace interdict::book
