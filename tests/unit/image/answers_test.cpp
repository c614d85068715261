// SPDX-License-Identifier: Apache-2.0
#include "image/answers.h"

#include <cstring>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "image/image.h"
#include "order/parse_answer.h"
#include "unit/image/targets.h"

using namespace interdict;
using namespace interdict::image;
using namespace interdict::image::testing;

namespace {

ruleset::OrderInfo court()
{
    ruleset::OrderInfo order;
    order.id = "it-milano-2022";
    order.authority = "Tribunale di Milano";
    order.reference = "RG 1/2022";
    order.jurisdiction = "IT";
    order.notice = {.blocked_by = "https://isp.example/blocked",
                    .complaint = "https://isp.example/complain?x=1&y=2",
                    .text = "Sito inibito."};
    return order;
}

std::string page(const interdict_answer& answer)
{
    return {reinterpret_cast<const char*>(answer.notice), answer.notice_length};
}

std::string told(const interdict_answer& answer)
{
    return {reinterpret_cast<const char*>(answer.text), answer.text_length};
}

bool has(const std::string& text, const std::string& part)
{
    INFO(text);
    return text.find(part) != std::string::npos;
}

bool utf8(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t length = lead < 0x80       ? 1
                                   : lead >> 5 == 6  ? 2
                                   : lead >> 4 == 14 ? 3
                                   : lead >> 3 == 30 ? 4
                                                     : 0;
        if (length == 0 || at + length > text.size())
            return false;
        for (std::size_t next = 1; next < length; ++next)
            if ((static_cast<unsigned char>(text[at + next]) & 0xc0) != 0x80)
                return false;
        at += length;
    }
    return true;
}

// Every & starts one of the five entities, and there is no stray quote or bracket: the tags are ours.
void check_html(const std::string& body)
{
    INFO(body);
    CHECK(utf8(body));
    for (std::size_t at = body.find('&'); at != body.npos; at = body.find('&', at + 1)) {
        bool known = false;
        for (const char* entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"})
            known |= body.compare(at, std::strlen(entity), entity) == 0;
        CHECK(known);
    }
}

void check_response(const interdict_answer& answer)
{
    const std::string text = page(answer);
    INFO(text);
    CHECK(text.starts_with("HTTP/1.1 451 Unavailable For Legal Reasons\r\n"));
    CHECK(has(text, "\r\nCache-Control: no-store\r\n"));
    CHECK(has(text, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
    CHECK(has(text, "\r\nConnection: close\r\n"));
    const auto end = text.find("\r\n\r\n");
    REQUIRE(end != text.npos);
    const std::string body = text.substr(end + 4);
    CHECK(has(text, fmt::format("\r\nContent-Length: {}\r\n", body.size())));
    // No line of the head ends without CR LF, and no field was smuggled in.
    const std::string head = text.substr(0, end + 2);
    CHECK(std::ranges::count(head, '\r') == std::ranges::count(head, '\n'));
    CHECK(std::ranges::count(head, '\n') == (has(head, "Link: ") ? 6 : 5));
    check_html(body);
    __u32 sum = 0;
    for (std::size_t at = 0; at < INTERDICT_NOTICE_MAX; at += 2) {
        __u16 word;
        std::memcpy(&word, answer.notice + at, 2);
        sum += word;
    }
    CHECK(answer.notice_sum == sum);
}

// The answer for frames without room, whose head is checked and whose body is returned.
std::string check_brief(const interdict_answer& answer)
{
    REQUIRE(answer.brief_length <= INTERDICT_BRIEF_MAX);
    const std::string text(reinterpret_cast<const char*>(answer.brief), answer.brief_length);
    INFO(text);
    CHECK(text.starts_with("HTTP/1.1 451 Unavailable For Legal Reasons\r\n"));
    CHECK(has(text, "\r\nCache-Control: no-store\r\n"));
    const auto end = text.find("\r\n\r\n");
    REQUIRE(end != text.npos);
    std::string body = text.substr(end + 4);
    CHECK(has(text, fmt::format("\r\nContent-Length: {}\r\n", body.size())));
    CHECK(std::ranges::count(text.substr(0, end + 2), '\n') == (has(text, "Link: ") ? 5 : 4));
    CHECK(utf8(body));
    __u32 sum = 0;
    for (std::size_t at = 0; at < INTERDICT_BRIEF_MAX; at += 2) {
        __u16 word;
        std::memcpy(&word, answer.brief + at, 2);
        sum += word;
    }
    CHECK(answer.brief_sum == sum);
    return body;
}

} // namespace

TEST_CASE("answers: an order's notice names who ordered it and who carries it out")
{
    const auto order = court();
    const auto answer = make_answer(&order);
    check_response(answer);
    const std::string text = page(answer);
    CHECK(has(text, "\r\nLink: <https://isp.example/blocked>; rel=\"blocked-by\"\r\n"));
    CHECK(has(text,
              "order of <b>Tribunale di Milano</b> (IT), reference <b>RG 1/2022</b>, order it-milano-2022."));
    CHECK(has(text, "<a href=\"https://isp.example/complain?x=1&amp;y=2\">"));
    CHECK(has(text, "<p>Sito inibito.<"));
    CHECK(has(text, "name=viewport"));
    CHECK(has(text, "<html lang=en>"));
    CHECK(told(answer) == "it-milano-2022, Tribunale di Milano");
    CHECK(answer.flags == 0);
}

TEST_CASE("answers: the general one names no order and links nowhere")
{
    const auto answer = make_answer(nullptr);
    check_response(answer);
    CHECK_FALSE(has(page(answer), "Link:"));
    CHECK_FALSE(has(page(answer), "href"));
    CHECK(told(answer) == "Blocked by a court or administrative order");
}

TEST_CASE("answers: an order without a notice of the operator: no Link, no complaint, no text")
{
    auto order = court();
    order.notice = {};
    const auto answer = make_answer(&order);
    check_response(answer);
    CHECK_FALSE(has(page(answer), "Link:"));
    CHECK_FALSE(has(page(answer), "href"));
    CHECK(has(page(answer), "Tribunale di Milano"));
}

TEST_CASE("answers: texts cannot break out of the page or of the header")
{
    auto order = court();
    order.authority = "<script>alert('x')</script> & \"Co\"\r\n\t";
    order.reference = "</b><!--";
    order.id = "a&b<c";
    order.notice.text = "\"><img src=x onerror=y>\r\n\r\nHTTP/1.1 200 OK";
    const auto answer = make_answer(&order);
    check_response(answer);
    CHECK(has(page(answer), "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;Co&quot;   </b>"));
    CHECK(has(page(answer), "&lt;/b&gt;&lt;!--"));
    CHECK_FALSE(has(page(answer), "<script"));
    CHECK_FALSE(has(page(answer), "<img"));
    for (const char byte : told(answer))
        CHECK(static_cast<unsigned char>(byte) >= 0x20);
    // What no parser of ours lets through is left out all the same.
    order.notice.blocked_by = "https://isp.example/\r\nSet-Cookie: a=b";
    order.notice.complaint = "javascript:alert(1)";
    const auto hostile = make_answer(&order);
    check_response(hostile);
    CHECK_FALSE(has(page(hostile), "Link:"));
    CHECK_FALSE(has(page(hostile), "Set-Cookie"));
    CHECK_FALSE(has(page(hostile), "javascript"));
}

TEST_CASE("answers: everything at its longest still fits, cut between characters and entities")
{
    const std::string start = "https://isp.example/";
    for (const char* filler : {"a", "&", "\"", "\u00fc", "\u20ac", "\U0001f6ab", "x\u20ac&"}) {
        auto order = court();
        const auto filled = [&](std::size_t size) {
            std::string text;
            while (text.size() < size)
                text += filler;
            return text;
        };
        order.authority = filled(1024);
        order.reference = filled(1024);
        order.id = filled(128);
        order.notice.blocked_by = start + std::string(order::kNoticeUrlMax - start.size(), 'p');
        order.notice.complaint = start + std::string((order::kNoticeUrlMax - start.size()) / 5, '&');
        order.notice.text = filled(order::kNoticeTextMax);
        const auto answer = make_answer(&order);
        INFO(filler << " " << answer.notice_length);
        CHECK(answer.notice_length <= INTERDICT_NOTICE_MAX);
        check_response(answer);
        CHECK(has(page(answer), "Link: <"));
        CHECK(has(page(answer), "href"));
        CHECK(has(page(answer), "\u2026"));
        CHECK(answer.text_length <= INTERDICT_ANSWER_TEXT_MAX);
        CHECK(answer.text_length > INTERDICT_ANSWER_TEXT_MAX - 4);
        CHECK(utf8(told(answer)));
    }
}

TEST_CASE("answers: the text takes what room the rest leaves, to the last byte")
{
    auto order = court();
    order.notice.text = std::string(order::kNoticeTextMax, 't');
    CHECK(has(page(make_answer(&order)), "<p>" + order.notice.text + "<p>"));
    order.authority = std::string(1024, 'A');
    order.reference = std::string(1024, 'R');
    order.id = std::string(128, 'I');
    order.notice.blocked_by = "https://isp.example/" + std::string(100, 'p');
    order.notice.complaint = order.notice.blocked_by;
    const auto answer = make_answer(&order);
    check_response(answer);
    CHECK(answer.notice_length >= INTERDICT_NOTICE_MAX - 2);
    CHECK(has(page(answer), "<p>ttt"));
}

TEST_CASE("answers: the brief one names the order, with the link only where there is room for it")
{
    auto order = court();
    auto answer = make_answer(&order);
    CHECK(check_brief(answer) == "Blocked by order: Tribunale di Milano, RG 1/2022 (it-milano-2022)\n");
    CHECK(has({reinterpret_cast<const char*>(answer.brief), answer.brief_length},
              "Link: <https://isp.example/blocked>; rel=\"blocked-by\"\r\n"));
    order.notice.blocked_by = "https://isp.example/" + std::string(150, 'p');
    order.authority.clear();
    while (order.authority.size() < 500)
        order.authority += "\u20ac";
    answer = make_answer(&order);
    CHECK(check_brief(answer).size() <= 110);
    CHECK_FALSE(has({reinterpret_cast<const char*>(answer.brief), answer.brief_length}, "Link:"));
    order.authority = "A\r\nSet-Cookie: b";
    answer = make_answer(&order);
    CHECK(check_brief(answer).starts_with("Blocked by order: A  Set-Cookie: b, "));
    CHECK(check_brief(make_answer(nullptr)) == "Blocked by a court or administrative order\n");
}

TEST_CASE("answers: sinkhole addresses stand as on the wire")
{
    auto order = court();
    order.sinkhole.ipv4 = ipv4(0xc0000235);
    const auto four = make_answer(&order);
    CHECK(four.flags == INTERDICT_ANSWER_IPV4);
    CHECK(std::memcmp(four.sinkhole_ipv4, "\xc0\x00\x02\x35", 4) == 0);
    order.sinkhole.ipv6 = ipv6(0x20010db8'00000000, 0x53);
    const auto both = make_answer(&order);
    CHECK(both.flags == (INTERDICT_ANSWER_IPV4 | INTERDICT_ANSWER_IPV6));
    CHECK(std::memcmp(both.sinkhole_ipv6, order.sinkhole.ipv6->address.data(), 16) == 0);
}

TEST_CASE("cut and html: at the limit, one below it, at none")
{
    CHECK(cut("abc", 3) == "abc");
    CHECK(cut("abc", 2) == "ab");
    CHECK(cut("a\u20ac", 4) == "a\u20ac");
    CHECK(cut("a\u20ac", 3) == "a");
    CHECK(cut("\u20ac", 2).empty());
    CHECK(html("abcdef", 6) == "abcdef");
    CHECK(html("abcdef", 5) == "ab\u2026");
    CHECK(html("a&b", 7) == "a&amp;b");
    CHECK(html("a&b", 6) == "a\u2026");
    CHECK(html("&&", 5) == "\u2026");
    CHECK(html("abc", 2) == "ab");
    CHECK(html("abc", 0).empty());
    CHECK(html("\u20ac\u20ac", 5) == "\u2026");
}

TEST_CASE("lay_answers: one for each order that answers in words, however many rules cite it")
{
    ruleset::Ruleset set = ruleset_of({target("a.example"), target("b.example"), target("c.example"),
                                       target("d.example"), target("e.example"), target(ipv4(7))});
    set.orders.resize(3);
    set.orders[0].id = "silent";
    set.orders[1].id = "first";
    set.orders[2].id = "second";
    const auto only = [](ruleset::Rule& rule, unsigned channel, unsigned action) {
        rule.record.means = static_cast<__u8>(INTERDICT_MEANS(channel));
        rule.record.action[channel] = static_cast<__u8>(action);
    };
    set.rules[0].orders = {2};
    set.rules[1].orders = {1, 2};
    set.rules[2].orders = {2};
    only(set.rules[3], INTERDICT_CHANNEL_TLS, INTERDICT_ACTION_DEFAULT);
    only(set.rules[4], INTERDICT_CHANNEL_HTTP, INTERDICT_ACTION_RESET);
    const auto image = build_image(set, {}, {.seed = 1, .content_hash = {}});
    REQUIRE(image);
    REQUIRE(image->answers.size() == 3);
    CHECK(told(image->answers[0]).starts_with("Blocked by"));
    CHECK(told(image->answers[1]).starts_with("first, "));
    CHECK(told(image->answers[2]).starts_with("second, "));
    const __u32 expected[] = {2, 1, 2, 0, 0, 0};
    for (std::size_t rule = 0; rule < std::size(expected); ++rule)
        CHECK(image->rules[rule + 1].answer == expected[rule]);
}

TEST_CASE("lay_answers: no rule, no order: the general answer is there")
{
    const auto image = build_image({}, {}, {.seed = 1, .content_hash = {}});
    REQUIRE(image);
    REQUIRE(image->answers.size() == 1);
    CHECK(image->answers[0].notice_length != 0);
}

TEST_CASE("has_words: by dns unless dropped, by http with a notice; never when observing or exempt")
{
    const auto words = [](unsigned channel, unsigned action, unsigned flags = 0) {
        interdict_rule record{};
        record.means = static_cast<__u8>(INTERDICT_MEANS(channel));
        record.action[channel] = static_cast<__u8>(action);
        record.flags = static_cast<__u8>(flags | INTERDICT_RULE_PRESENT);
        return has_words(record);
    };
    CHECK(words(INTERDICT_CHANNEL_DNS, INTERDICT_ACTION_DEFAULT));
    CHECK(words(INTERDICT_CHANNEL_DNS, INTERDICT_ACTION_REFUSED));
    CHECK(words(INTERDICT_CHANNEL_DNS, INTERDICT_ACTION_SINKHOLE));
    CHECK_FALSE(words(INTERDICT_CHANNEL_DNS, INTERDICT_ACTION_DROP));
    CHECK(words(INTERDICT_CHANNEL_HTTP, INTERDICT_ACTION_DEFAULT));
    CHECK_FALSE(words(INTERDICT_CHANNEL_HTTP, INTERDICT_ACTION_RESET));
    CHECK_FALSE(words(INTERDICT_CHANNEL_HTTP, INTERDICT_ACTION_DROP));
    CHECK_FALSE(words(INTERDICT_CHANNEL_TLS, INTERDICT_ACTION_DEFAULT));
    CHECK_FALSE(words(INTERDICT_CHANNEL_QUIC, INTERDICT_ACTION_DEFAULT));
    CHECK_FALSE(words(INTERDICT_CHANNEL_ADDRESS, INTERDICT_ACTION_RESET));
    CHECK_FALSE(words(INTERDICT_CHANNEL_DNS, INTERDICT_ACTION_DEFAULT, INTERDICT_RULE_OBSERVE));
    CHECK_FALSE(words(INTERDICT_CHANNEL_DNS, INTERDICT_ACTION_DEFAULT, INTERDICT_RULE_EXEMPT));
}
