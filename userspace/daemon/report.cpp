// SPDX-License-Identifier: Apache-2.0
#include "daemon/report.h"

#include "book/book.h"
#include "evidence/measured.h"
#include "plane/live.h"
#include "plane/plane.h"

namespace interdict::daemon {

namespace {

// What the kernel has counted for the order's rules. Nothing is live, or not this order: nothing.
Result<void> add_live(const control::State& state, const std::filesystem::path& pins,
                      evidence::Report& report)
{
    const auto plane = plane::Plane::adopt(pins, plane::Access::Read);
    if (!plane)
        return {}; // a report of what was must not need a plane
    const auto generation = plane->generation();
    if (!generation)
        return {};
    INTERDICT_TRY(const auto rules, state.rules(*generation));
    if (rules)
        evidence::add_measured(report, plane->maps(), *rules);
    return {};
}

} // namespace

Result<evidence::Report> gather_report(const control::State& state, const std::filesystem::path& pins,
                                       const std::string& order, std::int64_t time)
{
    INTERDICT_TRY(const auto book, book::Book::open(state.book(), book::Access::Read));
    INTERDICT_TRY(auto report, evidence::gather(book, order, time));
    INTERDICT_CHECK(evidence::add_quarantined(report, state.directory() / "feeds"));
    INTERDICT_CHECK(add_live(state, pins, report));
    return report;
}

void write_report(const evidence::Report& report, std::string_view format, std::size_t rows,
                  evidence::Output& out)
{
    if (format == "json")
        evidence::write_json(report, out);
    else if (format == "html")
        evidence::write_html(report, rows, out);
    else
        evidence::write_markdown(report, rows, out);
}

} // namespace interdict::daemon
