// SPDX-License-Identifier: Apache-2.0
#include "evidence/report.h"

#include <cstdlib>

#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "unit/evidence/journalled.h"

using namespace interdict;
using namespace interdict::evidence;
using namespace interdict::evidence::test;

namespace {

constexpr std::int64_t kMinute = 60;

Report filled(const Journalled& made)
{
    made.fill();
    auto report =
        gather(made.open(book::Access::Read), "it-1", Journalled::at("2026-01-13T09:10:00Z")).value();
    report.plane = true;
    constexpr unsigned kByName =
        INTERDICT_MEANS(INTERDICT_CHANNEL_TLS) | INTERDICT_MEANS(INTERDICT_CHANNEL_DNS);
    DayCount count{.packets = 1300, .bytes = 99'000};
    count.channel[INTERDICT_CHANNEL_TLS] = 1280;
    count.channel[INTERDICT_CHANNEL_DNS] = 20;
    report.live = {{"bad.example and below", kByName, count, Journalled::at("2026-01-13T09:09:59Z")},
                   {"new.example and below", kByName, {}, 0}};
    report.collateral = {{"192.0.2.7/32", 48'210, 0.0081}};
    report.quarantined = {{"kickass<torrents.à", "is no host name", "kickasstorrents.to"}};
    return report;
}

// With INTERDICT_UPDATE_GOLDEN set, writes it.
void compare(const char* name, const std::string& text)
{
    const auto path = std::filesystem::path(INTERDICT_SOURCE_DIR) / "tests/unit/evidence/golden" / name;
    if (std::getenv("INTERDICT_UPDATE_GOLDEN"))
        REQUIRE(write_file(path, text));
    CHECK(text == read_file(path).value_or("not there"));
}

template <class Write>
std::string text_of(Write write)
{
    return to_text([&](Output& out) -> Result<void> {
               write(out);
               return {};
           })
        .value();
}

std::string markdown_of(const Report& report, std::size_t rows = 100)
{
    return text_of([&](Output& out) { write_markdown(report, rows, out); });
}

std::string html_of(const Report& report)
{
    return text_of([&](Output& out) { write_html(report, 100, out); });
}

} // namespace

TEST_CASE("report: each format of a fixed book at a fixed time is as it was")
{
    const Journalled made;
    const auto report = filled(made);
    compare("report.json", text_of([&](Output& out) { write_json(report, out); }));
    compare("report.md", markdown_of(report));
    compare("report.html", html_of(report));
}

TEST_CASE("report: what an order says cannot become markup")
{
    const Journalled made;
    const auto html = html_of(filled(made));
    CHECK(html.find("<sezione") == std::string::npos);
    CHECK(html.find("&lt;sezione &quot;A&quot;&gt;") != std::string::npos);
    CHECK(html.find("<script") == std::string::npos);
    CHECK(html.find("kickass&lt;torrents") != std::string::npos);
    const auto markdown = markdown_of(filled(Journalled{}));
    CHECK(markdown.find("RG 1/2026 \\| \\*urgent\\*") != std::string::npos);
}

TEST_CASE("report: is tied to the last line of the journal")
{
    const Journalled made;
    const auto report = filled(made);
    const auto book = made.open(book::Access::Read);
    CHECK(report.head_sequence == book.journal().last().value());
    CHECK(report.head_hash == book.journal().verify().value().hash);
}

TEST_CASE("report: deadlines met, missed, open, overdue, to the second")
{
    const auto of = [](std::int64_t due, std::int64_t proven, std::int64_t now) {
        book::Delivery delivery;
        delivery.due = due;
        delivery.proven = proven;
        return to_string(standing(delivery, now));
    };
    CHECK(of(0, 0, 1000) == "no deadline");
    CHECK(of(0, 500, 1000) == "no deadline");
    CHECK(of(1000, 1000, 5000) == "met, 0 s before the deadline");
    CHECK(of(1000, 1001, 5000) == "missed by 1 s");
    CHECK(of(1000, 1000 - 14 * kMinute - 3, 5000) == "met, 14 min 3 s before the deadline");
    CHECK(of(1000, 0, 1000) == "not proven yet, 0 s left");
    CHECK(of(1000, 0, 1001) == "not proven, overdue by 1 s");
    CHECK(span_text(86'400 * 2 + 3600 * 4 + 59) == "2 d 4 h");
    CHECK(span_text(3600) == "1 h");
    CHECK(span_text(3600 + 59) == "1 h");
    CHECK(span_text(3660) == "1 h 1 min");
}

TEST_CASE("report: says that access is restricted, and never more than that")
{
    Report report;
    report.made = 1000;
    report.record.order.effective = 500;
    const auto says = [&](const char* text) { return statement(report).find(text) != std::string::npos; };
    CHECK(says("Access from this network to the active targets listed here is restricted."));
    CHECK(says("may be reachable from elsewhere"));
    report.record.order.mode = order::Mode::Observe;
    CHECK(says("are counted and pass"));
    report.record.order.status = order::Status::Stayed;
    CHECK(says("The order is stayed: at present nothing is blocked"));
    report.record.order.status = order::Status::Active;
    report.record.order.expires = 1000;
    CHECK(says("has expired"));
    report.record.order = {};
    report.record.order.effective = 1001;
    CHECK(says("not in effect yet"));
}

TEST_CASE("report: a list longer than its limit says how much is left, the JSON has all")
{
    const Journalled made;
    const auto report = filled(made);
    CHECK(markdown_of(report, 2).find("3 more in the JSON report") != std::string::npos);
    CHECK(markdown_of(report, 5).find("more in the JSON") == std::string::npos);
}

TEST_CASE("report: an order that is not there")
{
    const Journalled made;
    made.fill();
    const auto report = gather(made.open(book::Access::Read), "no-such", 0);
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().message == "the book has no order \"no-such\"; see: interdict order list");
}
