// SPDX-License-Identifier: Apache-2.0
#include "daemon/order_json.h"

#include "base/clock.h"
#include "order/write.h"

namespace interdict::daemon {

Json time_json(std::int64_t time) { return time == 0 ? Json() : Json(format_timestamp(time)); }

Json item_json(const book::ItemRecord& item)
{
    Json json = {{"key", item.key},
                 {"order", item.order},
                 {"target", to_string(item.item.target)},
                 {"state", book::to_string(item.state)},
                 {"expires", time_json(item.item.expires)},
                 {"received", time_json(item.received)},
                 {"lifted", time_json(item.lifted)}};
    const std::pair<const char*, const std::string&> texts[] = {{"held_by", item.held_by},
                                                                {"alternative", item.alternative},
                                                                {"overridden_by", item.overridden_by},
                                                                {"approved_by", item.approved_by},
                                                                {"successor_of", item.successor_of},
                                                                {"ticket", item.ticket}};
    for (const auto& [name, text] : texts)
        if (!text.empty())
            json[name] = text;
    return json;
}

Json summary_json(const book::OrderRecord& record)
{
    const auto& order = record.order;
    return {{"id", order.id},
            {"status", order::to_string(order.status)},
            {"kind", order::to_string(order.kind)},
            {"authority", order.authority},
            {"reference", order.reference},
            {"jurisdiction", order.jurisdiction},
            {"origin", record.origin},
            {"mode", order::to_string(order.mode)},
            {"effective", time_json(order.effective)},
            {"expires", time_json(order.expires)},
            {"comply_by", time_json(deadline(order, record.received))},
            {"received", time_json(record.received)},
            {"changed", time_json(record.changed)},
            {"held", record.held},
            {"lifted_targets", record.lifted_items}};
}

Json order_json(const book::OrderRecord& record, const std::vector<book::ItemRecord>& items,
                const std::vector<book::Delivery>& deliveries)
{
    Json targets = Json::array();
    for (const auto& item : items)
        targets.push_back(item_json(item));
    Json json = summary_json(record);
    json["order"] = Json::parse(order::write_order_head(record.order), nullptr, false);
    json["targets"] = std::move(targets);
    json["exempt"] = Json::array();
    for (const auto& name : record.order.exempt)
        json["exempt"].push_back(to_string(name));
    json["deliveries"] = deliveries_json(deliveries);
    return json;
}

Json deliveries_json(const std::vector<book::Delivery>& deliveries)
{
    Json list = Json::array();
    for (const auto& delivery : deliveries)
        list.push_back({{"change", delivery.change},
                        {"generation", delivery.generation == 0 ? Json() : Json(delivery.generation)},
                        {"imported", time_json(delivery.imported)},
                        {"staged", time_json(delivery.staged)},
                        {"published", time_json(delivery.published)},
                        {"proven", time_json(delivery.proven)},
                        {"due", time_json(delivery.due)}});
    return list;
}

Json deadline_json(const control::Deadline& deadline)
{
    const auto& delivery = deadline.delivery;
    return {{"order", delivery.order},
            {"change", delivery.change},
            {"state", control::to_string(deadline.state)},
            {"due", time_json(delivery.due)},
            {"left", deadline.left},
            {"furthest", control::furthest(delivery)},
            {"imported", time_json(delivery.imported)},
            {"staged", time_json(delivery.staged)},
            {"published", time_json(delivery.published)},
            {"proven", time_json(delivery.proven)}};
}

Result<Json> deadlines_json(const book::Book& book, std::int64_t time)
{
    INTERDICT_TRY(const auto deadlines, control::deadlines(book, time));
    Json list = Json::array();
    bool overdue = false;
    for (const auto& deadline : deadlines) {
        overdue |= deadline.state == control::Deadline::State::Overdue;
        list.push_back(deadline_json(deadline));
    }
    return Json{{"overdue", overdue}, {"deadlines", std::move(list)}};
}

Json proposal_json(const book::Proposal& proposal)
{
    auto evidence = Json::parse(proposal.evidence, nullptr, false);
    return {{"number", proposal.id},
            {"kind", book::to_string(proposal.kind)},
            {"state", book::to_string(proposal.state)},
            {"order", proposal.order},
            {"target", to_string(proposal.item.target)},
            {"of", proposal.of.empty() ? Json() : Json(proposal.of)},
            {"proposer", proposal.proposer},
            {"proposed", time_json(proposal.proposed)},
            {"decider", proposal.decider.empty() ? Json() : Json(proposal.decider)},
            {"decided", time_json(proposal.decided)},
            {"reason", proposal.reason},
            {"evidence", evidence.is_discarded() ? Json(proposal.evidence) : std::move(evidence)}};
}

Result<Json> proposals_json(const book::Book& book, bool all)
{
    INTERDICT_TRY(const auto found,
                  book.proposals().all(all ? std::nullopt : std::optional(book::ProposalState::Open)));
    Json list = Json::array();
    for (const auto& proposal : found)
        list.push_back(proposal_json(proposal));
    return Json{{"proposals", std::move(list)}};
}

Result<Json> entry_json(const book::JournalEntry& entry)
{
    Json record = Json::parse(entry.record, nullptr, false);
    if (!record.is_object())
        return fail("line {} of the journal is damaged; see: interdict audit verify", entry.sequence);
    record["hash"] = entry.hash;
    return record;
}

} // namespace interdict::daemon
