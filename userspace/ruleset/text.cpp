// SPDX-License-Identifier: Apache-2.0
#include "ruleset/text.h"

#include <iterator>
#include <span>

#include "base/digest.h"

namespace interdict::ruleset {

namespace {

// A JSON string; every text here is valid UTF-8, as the parser of order files has seen to it.
void put_text(std::string& out, std::string_view text)
{
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    out += '"';
}

void put_text(std::string& out, std::string_view key, std::string_view text)
{
    out += '"';
    out += key;
    out += "\":";
    put_text(out, text);
    out += ',';
}

template <class Number>
void put(std::string& out, std::string_view key, Number value)
{
    fmt::format_to(std::back_inserter(out), "\"{}\":{},", key, value);
}

// The same, left out if 0, which is what a reader takes a missing key for.
template <class Number>
void put_set(std::string& out, std::string_view key, Number value)
{
    if (value != 0)
        put(out, key, value);
}

template <class List, class Put>
void put_list(std::string& out, std::string_view key, const List& list, Put put_element)
{
    fmt::format_to(std::back_inserter(out), "\"{}\":[", key);
    for (bool first = true; const auto& element : list) {
        if (!first)
            out += ',';
        first = false;
        put_element(element);
    }
    out += "],";
}

void end_line(std::string& out)
{
    out.back() = '}';
    out += '\n';
}

void put_order(std::string& out, const OrderInfo& order)
{
    out += '{';
    put_text(out, "order", order.id);
    put_text(out, "kind", order::to_string(order.kind));
    put_text(out, "status", order::to_string(order.status));
    put_text(out, "mode", order::to_string(order.mode));
    put_text(out, "authority", order.authority);
    put_text(out, "reference", order.reference);
    put_text(out, "jurisdiction", order.jurisdiction);
    put(out, "issued", order.issued);
    put(out, "effective", order.effective);
    put_set(out, "expires", order.expires);
    put_set(out, "comply_by", order.comply_by);
    for (const auto& [key, address] :
         {std::pair{"sinkhole_ipv4", order.sinkhole.ipv4}, std::pair{"sinkhole_ipv6", order.sinkhole.ipv6}})
        if (address)
            put_text(out, key, order::to_string(*address));
    for (const auto& [key, text] :
         {std::pair<std::string_view, std::string_view>{"blocked_by", order.notice.blocked_by},
          {"complaint", order.notice.complaint},
          {"text", order.notice.text}})
        if (!text.empty())
            put_text(out, key, text);
    end_line(out);
}

void put_scope(std::string& out, const order::Scope& scope)
{
    out += '{';
    put_text(out, "scope", scope.name);
    put_list(out, "interfaces", scope.interfaces, [&](const std::string& name) { put_text(out, name); });
    put_list(out, "vlans", scope.vlans, [&](const order::VlanRange& range) {
        fmt::format_to(std::back_inserter(out), "[{},{}]", range.first, range.last);
    });
    put_list(out, "prefixes", scope.prefixes,
             [&](const order::Prefix& prefix) { put_text(out, order::to_string(prefix)); });
    end_line(out);
}

void put_target(std::string& out, const order::Target& target)
{
    if (target.is_name()) {
        put_text(out, "name", target.name.name);
        if (target.name.match == order::Match::Exact)
            put_text(out, "match", "exact");
        return;
    }
    put_text(out, "prefix", order::to_string(target.address.prefix));
    put_set(out, "protocol", target.address.protocol);
    if (!target.address.ports.empty())
        put_list(out, "ports", target.address.ports, [&](const order::PortRange& range) {
            fmt::format_to(std::back_inserter(out), "[{},{}]", range.first, range.last);
        });
}

void put_rule(std::string& out, const Rule& rule)
{
    const interdict_rule& record = rule.record;
    const auto put_number = [&](auto value) { fmt::format_to(std::back_inserter(out), "{}", value); };
    out += '{';
    put(out, "id", record.id);
    put_set(out, "next", record.next);
    put_target(out, rule.target);
    put_list(out, "orders", rule.orders, put_number);
    put(out, "means", record.means);
    bool acts = false;
    for (const __u8 action : record.action)
        acts |= action != INTERDICT_ACTION_DEFAULT;
    if (acts)
        put_list(out, "actions", std::span(record.action, INTERDICT_CHANNEL_MAX), put_number);
    put_set(out, "scope", record.scope);
    put_set(out, "from", record.not_before);
    put_set(out, "until", record.not_after);
    if (rule.observe())
        out += "\"observe\":true,";
    if (rule.exempt())
        out += "\"exempt\":true,";
    if (rule.derived())
        put_text(out, "derived_from", rule.derived_from.name);
    end_line(out);
}

std::string put_body(const Ruleset& ruleset)
{
    std::string out;
    out.reserve(ruleset.rules.size() * 112 + ruleset.orders.size() * 320);
    for (const OrderInfo& order : ruleset.orders)
        put_order(out, order);
    for (const order::Scope& scope : ruleset.scopes)
        put_scope(out, scope);
    for (const Rule& rule : ruleset.rules)
        put_rule(out, rule);
    return out;
}

} // namespace

std::string hash_text(std::string_view text) { return blake2b_256(text); }

std::string write_ruleset(const Ruleset& ruleset)
{
    const std::string body = put_body(ruleset);
    std::string out;
    out.reserve(body.size() + 256);
    fmt::format_to(std::back_inserter(out),
                   "{{\"interdict\":\"ruleset\",\"version\":{},\"orders\":{},\"scopes\":{},\"rules\":{},"
                   "\"max_id\":{},\"hash\":\"{}\"}}\n",
                   kTextVersion, ruleset.orders.size(), ruleset.scopes.size(), ruleset.rules.size(),
                   ruleset.max_id, hash_text(body));
    out += body;
    return out;
}

std::string hash_in(std::string_view text)
{
    constexpr std::string_view kEnd = "\"}";
    constexpr std::size_t kHashDigits = 64;
    return std::string(text.substr(text.find('\n') - kEnd.size() - kHashDigits, kHashDigits));
}

std::string content_hash(const Ruleset& ruleset) { return hash_text(put_body(ruleset)); }

} // namespace interdict::ruleset
