// SPDX-License-Identifier: Apache-2.0
#include "image/answers.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "order/parse_answer.h"

namespace interdict::image {

namespace {

using ruleset::OrderInfo;
using ruleset::Rule;
using ruleset::Ruleset;

constexpr std::string_view kGeneralText = "Blocked by a court or administrative order";
constexpr std::string_view kEllipsis = "\u2026";

// HTML leaves out what a browser supplies: every byte here is one less for the order.
constexpr std::string_view kPage =
    "<!doctype html><html lang=en><meta name=viewport content=\"width=device-width\"><title>Blocked by order"
    "</title><body style=\"font:18px sans-serif;max-width:34em;margin:2em\"><h1>Blocked by order</h1>"
    "<p>Access to this site is restricted on this network by {}.{}{}\n";

// Bytes of a page; together with the URLs at their longest they leave room for a text.
constexpr std::size_t kAuthorityMax = 110;
constexpr std::size_t kReferenceMax = 64;
constexpr std::size_t kIdMax = 64;

bool control_character(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string_view entity(const char& c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return control_character(c) ? std::string_view(" ") : std::string_view(&c, 1);
    }
}

// The parts of a page that say whose order it is.
std::string order_clause(const OrderInfo* order)
{
    if (!order)
        return "a court or administrative order";
    return fmt::format("order of <b>{}</b> ({}), reference <b>{}</b>, order {}",
                       html(order->authority, kAuthorityMax), html(order->jurisdiction, 2),
                       html(order->reference, kReferenceMax), html(order->id, kIdMax));
}

std::string link_field(const OrderInfo* order)
{
    if (!order || order->notice.blocked_by.empty() || !order::url_fault(order->notice.blocked_by).empty())
        return {};
    return fmt::format("Link: <{}>; rel=\"blocked-by\"\r\n", order->notice.blocked_by);
}

std::string head(const OrderInfo* order, std::size_t length)
{
    return fmt::format("HTTP/1.1 451 Unavailable For Legal Reasons\r\n{}Cache-Control: no-store\r\n"
                       "Content-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n"
                       "Connection: close\r\n\r\n",
                       link_field(order), length);
}

// RFC 7725: who ordered it in the body, who carries it out in the header field; not to be kept by caches, or
// a lifted order would live on in them.
std::string response(const OrderInfo* order)
{
    constexpr std::size_t kLongest = 1000; // as a Content-Length: three or four digits
    std::string complaint;
    if (order && !order->notice.complaint.empty() && order::url_fault(order->notice.complaint).empty())
        complaint = fmt::format("<p><a href=\"{}\">Questions and objections</a>",
                                html(order->notice.complaint, std::numeric_limits<std::size_t>::max()));
    std::string text;
    if (order && !order->notice.text.empty()) {
        const std::string without =
            fmt::format(kPage, order_clause(order), std::string_view("<p>"), complaint);
        const std::size_t used = head(order, kLongest).size() + without.size();
        if (used < INTERDICT_NOTICE_MAX)
            text = "<p>" + html(order->notice.text, INTERDICT_NOTICE_MAX - used);
    }
    const std::string body = fmt::format(kPage, order_clause(order), text, complaint);
    return head(order, body.size()) + body;
}

// For a client that asks in few bytes, so hardly a person: the order, in a line of plain text.
std::string brief_response(const OrderInfo* order)
{
    constexpr std::string_view kStatus = "HTTP/1.1 451 Unavailable For Legal Reasons\r\n";
    constexpr std::size_t kBodyMax = 110;
    std::string body =
        order ? fmt::format("Blocked by order: {}, {} ({})", order->authority, order->reference, order->id)
              : std::string(kGeneralText);
    std::ranges::replace_if(body, control_character, ' ');
    body = std::string(cut(body, kBodyMax - 1)) + "\n";
    const std::string rest = fmt::format("Cache-Control: no-store\r\nContent-Length: {}\r\n"
                                         "Connection: close\r\n\r\n{}",
                                         body.size(), body);
    const std::string link = link_field(order);
    const bool fits = kStatus.size() + link.size() + rest.size() <= INTERDICT_BRIEF_MAX;
    return std::string(kStatus) + (fits ? link : "") + rest;
}

__u32 sum_of(std::span<const __u8> bytes)
{
    __u32 sum = 0;
    for (std::size_t at = 0; at < bytes.size(); at += 2) {
        __u16 word = 0;
        std::memcpy(&word, &bytes[at], std::min<std::size_t>(2, bytes.size() - at));
        sum += word;
    }
    return sum;
}

std::string spoken_text(const OrderInfo* order)
{
    std::string text = order ? fmt::format("{}, {}", order->id, order->authority) : std::string(kGeneralText);
    std::ranges::replace_if(text, control_character, ' ');
    return std::string(cut(text, INTERDICT_ANSWER_TEXT_MAX));
}

template <class Put>
void each_worded(const Ruleset& ruleset, Put put)
{
    for (const Rule& rule : ruleset.rules)
        if (has_words(rule.record))
            put(rule);
}

// Whether an order is cited first by a rule with words, by index.
std::vector<bool> worded_orders(const Ruleset& ruleset)
{
    std::vector<bool> worded(ruleset.orders.size());
    each_worded(ruleset, [&](const Rule& rule) { worded[rule.orders.front()] = true; });
    return worded;
}

} // namespace

bool has_words(const interdict_rule& record)
{
    if (record.flags & (INTERDICT_RULE_OBSERVE | INTERDICT_RULE_EXEMPT))
        return false;
    const auto action = [&](unsigned channel) {
        return record.means & INTERDICT_MEANS(channel)
                   ? order::resolved_action(channel, record.action[channel])
                   : +INTERDICT_ACTION_DROP;
    };
    return action(INTERDICT_CHANNEL_DNS) != INTERDICT_ACTION_DROP ||
           action(INTERDICT_CHANNEL_HTTP) == INTERDICT_ACTION_NOTICE;
}

interdict_answer make_answer(const OrderInfo* order)
{
    interdict_answer answer{};
    if (order && order->sinkhole.ipv4) {
        std::memcpy(answer.sinkhole_ipv4, order->sinkhole.ipv4->address.data(), sizeof answer.sinkhole_ipv4);
        answer.flags |= INTERDICT_ANSWER_IPV4;
    }
    if (order && order->sinkhole.ipv6) {
        std::memcpy(answer.sinkhole_ipv6, order->sinkhole.ipv6->address.data(), sizeof answer.sinkhole_ipv6);
        answer.flags |= INTERDICT_ANSWER_IPV6;
    }
    const std::string text = spoken_text(order);
    answer.text_length = static_cast<__u16>(text.size());
    std::memcpy(answer.text, text.data(), text.size());

    // The limits of its parts see to it that it fits; if it ever does not, a whole page of no order is better
    // than half a one.
    std::string notice = response(order);
    if (notice.size() > INTERDICT_NOTICE_MAX)
        notice = response(nullptr);
    answer.notice_length = static_cast<__u16>(notice.size());
    std::memcpy(answer.notice, notice.data(), notice.size());
    answer.notice_sum = sum_of(std::span(answer.notice, notice.size()));

    const std::string brief = brief_response(order);
    answer.brief_length = static_cast<__u32>(brief.size());
    std::memcpy(answer.brief, brief.data(), brief.size());
    answer.brief_sum = sum_of(std::span(answer.brief, brief.size()));
    return answer;
}

std::vector<interdict_answer> lay_answers(const Ruleset& ruleset, std::span<interdict_rule> rules)
{
    const std::vector<bool> worded = worded_orders(ruleset);
    std::vector<__u32> index(ruleset.orders.size());
    std::vector<interdict_answer> answers;
    answers.reserve(1 + static_cast<std::size_t>(std::ranges::count(worded, true)));
    answers.push_back(make_answer(nullptr));
    for (std::size_t order = 0; order < worded.size(); ++order)
        if (worded[order]) {
            index[order] = static_cast<__u32>(answers.size());
            answers.push_back(make_answer(&ruleset.orders[order]));
        }
    each_worded(ruleset, [&](const Rule& rule) { rules[rule.id()].answer = index[rule.orders.front()]; });
    return answers;
}

std::string_view cut(std::string_view text, std::size_t limit)
{
    if (text.size() <= limit)
        return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80)
        --limit;
    return text.substr(0, limit);
}

std::string html(std::string_view text, std::size_t limit)
{
    const auto escape = [&](std::size_t most) {
        std::string out;
        for (std::size_t at = 0; at < text.size();) {
            std::size_t end = at + 1;
            while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
                ++end;
            const std::string_view piece = end == at + 1 ? entity(text[at]) : text.substr(at, end - at);
            if (out.size() + piece.size() > most)
                return std::pair(out, false);
            out += piece;
            at = end;
        }
        return std::pair(out, true);
    };
    auto [whole, fits] = escape(limit);
    if (fits || limit < kEllipsis.size())
        return whole;
    return escape(limit - kEllipsis.size()).first.append(kEllipsis);
}

} // namespace interdict::image
