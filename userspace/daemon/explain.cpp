// SPDX-License-Identifier: Apache-2.0
#include "daemon/explain.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>

#include "base/clock.h"
#include "book/book.h"
#include "control/channels.h"
#include "daemon/health.h"
#include "daemon/order_json.h"
#include "daemon/verdicts.h"
#include "order/name.h"
#include "order/problem.h"
#include "plane/live.h"
#include "plane/sketches.h"
#include "ruleset/judge.h"

namespace interdict::daemon {

namespace {

constexpr int kTries = 10; // while generations change

class Explain {
public:
    Explain(const plane::Plane& plane, plane::LiveTables tables, const control::State& state,
            Question question)
        : plane_(plane), tables_(std::move(tables)), question_(std::move(question)), state_(state),
          channels_(channel_states(plane, state_)), answer_fault_(answer_fault(plane, state_))
    {
    }

    Result<Json> run();

private:
    // Says where kernel and state directory disagree.
    [[nodiscard]] std::optional<std::string> read();
    [[nodiscard]] bool is_live() const;
    [[nodiscard]] std::vector<Match> matches() const;
    [[nodiscard]] std::optional<std::string> disagreement(const std::vector<Match>& matches) const;
    [[nodiscard]] std::optional<long long> names_behind(const interdict_rule& record) const;
    [[nodiscard]] Json rule_json(const Match& match) const;
    void add_effect(const Match& match, unsigned channel, Json& json) const;
    [[nodiscard]] bool judge_channel(const std::vector<Match>& matches, unsigned channel, Json& json) const;

    const plane::Plane& plane_;
    plane::LiveTables tables_;
    Question question_;
    const control::State state_;
    std::array<ChannelState, INTERDICT_CHANNEL_MAX> channels_;
    std::string answer_fault_;
    std::optional<ruleset::Ruleset> rules_;
    std::vector<Match> matches_;
};

// What the book has on it or, for a name, above it; empty without a book, null if it cannot be read. What is
// blocked is for the kernel to say.
Json citing_json(const control::State& state, const Question& question)
{
    order::Target asked;
    if (question.is_name)
        asked.name = {.name = question.text, .match = order::Match::Exact};
    else
        asked.address.prefix = question.prefix;
    Json list = Json::array();
    std::error_code ignored;
    if (!std::filesystem::exists(state.book(), ignored))
        return list;
    const auto book = book::Book::open(state.book(), book::Access::Read);
    if (!book)
        return nullptr;
    const auto items = book->orders().citing(asked);
    if (!items)
        return nullptr;
    for (const auto& item : *items) {
        const auto record = book->orders().find(item.order);
        const auto status = record && *record ? (*record)->order.status : order::Status::Lifted;
        Json json = item_json(item);
        json["status"] = order::to_string(status);
        list.push_back(std::move(json));
    }
    return list;
}

std::string words(std::span<const __u8> bytes, std::size_t length)
{
    return {reinterpret_cast<const char*>(bytes.data()), std::min(length, bytes.size())};
}

std::vector<std::string> sinkholes(const interdict_answer& answer)
{
    std::vector<std::string> out;
    const auto add = [&](const __u8* bytes, bool v6) {
        order::Prefix address{.v6 = v6};
        address.length = static_cast<std::uint8_t>(address.width());
        std::copy_n(bytes, v6 ? 16 : 4, address.address.begin());
        const std::string text = to_string(address);
        out.push_back(text.substr(0, text.find('/')));
    };
    if (answer.flags & INTERDICT_ANSWER_IPV4)
        add(answer.sinkhole_ipv4, false);
    if (answer.flags & INTERDICT_ANSWER_IPV6)
        add(answer.sinkhole_ipv6, true);
    return out;
}

// Every rule on every target that holds what was asked for, in the kernel's order.
std::vector<Match> Explain::matches() const
{
    std::vector<Match> found;
    const auto view = tables_.view();
    const auto add_chain = [&](std::uint32_t id, bool whole) {
        for (unsigned i = 0; i < INTERDICT_RULE_CHAIN_MAX && id != 0; ++i) {
            const auto record = tables_.rule(id);
            if (!record)
                break;
            if (whole || (record->flags & INTERDICT_RULE_SUBTREE))
                found.push_back({*record, rules_ ? rules_->find(id) : nullptr});
            id = record->next;
        }
    };
    if (question_.is_name)
        for (const auto& hit : view.name(question_.text))
            add_chain(hit.rule, hit.suffix.size() == question_.text.size());
    else
        for (const auto& hit : view.prefix(question_.prefix))
            add_chain(hit.rule, true);
    return found;
}

// The file is the one that the live digest names, so they agree unless somebody has written to the maps or to
// the file. Which order a record names is left as it is, or not said, once rules change in place.
std::optional<std::string> Explain::disagreement(const std::vector<Match>& matches) const
{
    const bool in_place = state_.patches(control::digest_text(tables_.header())) != 0;
    const auto same = [&](interdict_rule live, const interdict_rule& kept) {
        if (in_place)
            live.order = kept.order;
        return ruleset::same_record(live, kept);
    };
    for (const auto& match : matches)
        if (!match.rule)
            return fmt::format("the kernel has rule {} here, the state directory's rule set has not",
                               match.record.id);
        else if (!same(match.record, match.rule->record))
            return fmt::format("rule {} reads differently in the kernel and in the state directory",
                               match.record.id);
    const ruleset::Judge reference(*rules_);
    std::size_t expected = 0;
    const auto count = [&](const std::vector<const ruleset::Rule*>& chain, bool whole) {
        for (const auto* rule : chain)
            expected += whole || (rule->record.flags & INTERDICT_RULE_SUBTREE);
    };
    if (question_.is_name) {
        auto labels = 1 + std::ranges::count(question_.text, '.');
        for (std::string_view suffix = question_.text; !suffix.empty();
             suffix = order::parent_of(suffix), --labels)
            if (const bool whole = suffix.size() == question_.text.size();
                whole || labels <= INTERDICT_LABELS_MAX)
                count(reference.on_name(suffix), whole);
    } else {
        order::Prefix prefix = question_.prefix;
        for (unsigned length = prefix.length; length > 0; --length) {
            prefix.length = static_cast<std::uint8_t>(length);
            count(reference.on_prefix(prefix), true);
            prefix.address[(length - 1) / 8] &= static_cast<std::uint8_t>(~(0x80u >> (length - 1) % 8));
        }
    }
    if (expected != matches.size())
        return fmt::format("the state directory's rule set has {} rules here, the kernel {}", expected,
                           matches.size());
    return std::nullopt;
}

// What a blocked user gets, in the words of the live table.
void Explain::add_effect(const Match& match, unsigned channel, Json& json) const
{
    const unsigned action = order::resolved_action(channel, match.record.action[channel]);
    json["action"] = order::action_name(action);
    if (action == INTERDICT_ACTION_DROP)
        return;
    const auto answer = tables_.answer(match.record.answer);
    if (answer && channel == INTERDICT_CHANNEL_DNS) {
        json["ede"] = {{"code", INTERDICT_EDE_CENSORED}, {"text", words(answer->text, answer->text_length)}};
        if (action == INTERDICT_ACTION_SINKHOLE)
            json["addresses"] = sinkholes(*answer);
    } else if (answer && action == INTERDICT_ACTION_NOTICE) {
        json["notice"] = words(answer->notice, answer->notice_length);
    }
    if (!answer_fault_.empty()) {
        json["answered"] = false;
        json["not_answered"] = answer_fault_;
    }
}

// Nothing for a rule that does not count them.
std::optional<long long> Explain::names_behind(const interdict_rule& record) const
{
    const auto names = plane::names_behind(plane_.maps(), record.id);
    if (!names || !plane::has_sketch(record))
        return std::nullopt;
    return std::llround(*names);
}

Json Explain::rule_json(const Match& match) const
{
    const auto& [record, rule] = match;
    const auto counter = plane_.maps().counter(record.id).value_or(interdict_hits{});
    const auto time = [](std::uint64_t seconds) {
        return seconds == 0 ? Json() : Json(format_timestamp(static_cast<std::int64_t>(seconds)));
    };
    Json json = {{"rule", record.id},
                 {"target", rule ? Json(target_text(rule->target)) : Json()},
                 {"subtree", (record.flags & INTERDICT_RULE_SUBTREE) != 0},
                 {"exempt", (record.flags & INTERDICT_RULE_EXEMPT) != 0},
                 {"mode", record.flags & INTERDICT_RULE_OBSERVE ? "observe" : "enforce"},
                 {"in_force", in_window(record, question_.time)},
                 {"from", time(record.not_before)},
                 {"until", time(record.not_after)},
                 {"means", means_list(record)},
                 {"scope", scope_names(record, rules_ ? rules_->scopes : std::vector<order::Scope>{})},
                 {"packets", counter.packets},
                 {"bytes", counter.bytes},
                 {"channels", control::channel_counts(counter, record.means)},
                 {"last_seen", time(counter.last_seen)}};
    if (const auto names = names_behind(record))
        json["names_behind"] = {{"estimate", *names}, {"error_percent", plane::kSketchError * 100}};
    if (record.protocol != 0 || record.ports_count != 0)
        json["only"] = packet_conditions(record);
    for (const auto& [channel, action] : actions(record))
        json["actions"][channel] = action;
    json["orders"] = Json::array();
    if (rule)
        for (const auto index : rule->orders) {
            const auto& order = rules_->orders[index];
            json["orders"].push_back({{"id", order.id},
                                      {"authority", order.authority},
                                      {"reference", order.reference},
                                      {"jurisdiction", order.jurisdiction},
                                      {"expires", time(static_cast<std::uint64_t>(order.expires))}});
        }
    return json;
}

// Whether it is blocked by way of this channel; json: what to tell of it.
bool Explain::judge_channel(const std::vector<Match>& matches, unsigned channel, Json& json) const
{
    const Verdict verdict = judge(matches, channel, question_.time);
    const auto& [inspected, reason] = channels_[channel];
    const bool due = verdict.outcome == Outcome::Blocked;
    json["outcome"] = due && !inspected         ? "not enforced"
                      : due && plane_.observe() ? "observed"
                                                : to_string(verdict.outcome);
    if (verdict.match)
        json["rule"] = verdict.match->record.id;
    if (verdict.conditional)
        json["conditional"] = true;
    if (due && inspected)
        add_effect(*verdict.match, channel, json);
    if (due && !reason.empty())
        json["reason"] = reason;
    return due && inspected && !plane_.observe();
}

std::optional<std::string> Explain::read()
{
    auto found = state_.rules(tables_.header());
    rules_ = found ? *std::move(found) : std::nullopt;
    matches_ = matches();
    if (!found)
        return found.error().message;
    if (!rules_)
        return fmt::format("{} has no file of the live generation's rules", state_.directory().string());
    return disagreement(matches_);
}

bool Explain::is_live() const
{
    const auto live = plane_.generation();
    return live && live->number == tables_.header().number;
}

Result<Json> Explain::run()
{
    const bool half = cut_short(plane_);
    auto apart = read();
    for (int i = 0; i < kTries && apart && !is_live(); ++i) {
        INTERDICT_TRY(tables_, plane::LiveTables::open(plane_.maps()));
        apart = read();
    }
    if (half)
        apart = cut_short_text();
    Json channels = Json::object();
    bool blocked = false;
    for (const unsigned channel : question_.channels)
        blocked |= judge_channel(matches_, channel, channels[std::string(order::channel_name(channel))]);
    Json rules = Json::array();
    for (const auto& match : matches_)
        rules.push_back(rule_json(match));
    return Json{{"query", question_.text},
                {"kind", question_.is_name ? "name" : "address"},
                {"blocked", blocked},
                {"at", format_timestamp(question_.time)},
                {"generation", tables_.header().number},
                {"observe", plane_.observe()},
                {"channels", channels},
                {"rules", rules},
                {"book", citing_json(state_, question_)},
                {"disagreement", apart ? Json(*apart) : Json()}};
}

} // namespace

Result<Question> parse_question(const std::string& query, const std::string& channel, const std::string& time)
{
    Question question{.text = query, .time = now()};
    if (!time.empty()) {
        INTERDICT_TRY(question.time, parse_timestamp(time));
    }
    if (const auto address = order::parse_address(query))
        question.prefix = *address;
    else if (const auto prefix = order::parse_prefix(query))
        question.prefix = *prefix;
    else if (auto name = order::normalise_name(query, order::Match::Exact)) {
        question.text = *std::move(name);
        question.is_name = true;
    } else {
        return fail("\"{}\" is neither an address nor a name: {}; {}", order::printable(query),
                    name.error().message, name.error().remedy);
    }
    if (!question.is_name)
        question.text = to_string(question.prefix);
    const auto asked = order::channel_named(channel);
    if (!asked && channel != "all")
        return fail("--channel: \"{}\" is not all, address, tls, quic, dns or http",
                    order::printable(channel));
    const order::Means possible = question.is_name ? order::kNameMeans : order::kAddressMeans;
    for (unsigned one = 0; one < INTERDICT_CHANNEL_MAX; ++one)
        if ((possible & INTERDICT_MEANS(one)) && (!asked || *asked == one))
            question.channels.push_back(one);
    if (question.channels.empty())
        return fail("--channel {}: {} is {}; ask for {}", channel, question.text,
                    question.is_name ? "a name" : "an address",
                    question.is_name ? "tls, quic, dns or http" : "address");
    return question;
}

Result<Json> explain(const plane::Plane& plane, const control::State& state, const Question& question)
{
    INTERDICT_TRY(auto tables, plane::LiveTables::open(plane.maps()));
    return Explain(plane, std::move(tables), state, question).run();
}

} // namespace interdict::daemon
