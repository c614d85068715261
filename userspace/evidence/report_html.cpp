// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "evidence/html_text.h"
#include "evidence/page.h"

namespace interdict::evidence {

namespace {

// Tables become one block per row on a phone, with the column's title before each value.
constexpr std::string_view kStyle = R"css(
:root{--ink:#1c2024;--soft:#5b6570;--line:#d5dae0;--panel:#f4f6f8;--good:#14663a;--bad:#a11818;--doubt:#8a5200}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:64rem;margin:0 auto;padding:2rem 1.25rem 3rem}
h1{font-size:1.7rem;line-height:1.2;margin:0;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2.2rem 0 .6rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
.sub{margin:.3rem 0 1.2rem;color:var(--soft)}
.lead{margin:0;padding:.9rem 1.1rem;background:var(--panel);border-left:4px solid #4a5a6a}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.3rem 1.2rem;margin:0}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse;font-size:.9rem}
th{text-align:left;font-weight:600;color:var(--soft);border-bottom:2px solid var(--line);vertical-align:bottom}
td{border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
th,td{padding:.4rem .6rem .4rem 0}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.n+td,.n+th{padding-left:1rem}
time i{font-style:normal;white-space:nowrap}
code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}.doubt{color:var(--doubt);font-weight:600}
.note,footer{color:var(--soft);font-size:.9rem}
footer{margin-top:2.5rem}
@media(max-width:46rem){
main{padding:1.25rem 1rem 2rem}
dl{grid-template-columns:1fr;gap:0}
dd{margin-bottom:.5rem}
thead{display:none}
tr{display:block;padding:.6rem 0;border-bottom:1px solid var(--line)}
td{display:grid;grid-template-columns:7rem 1fr;gap:.6rem;border:0;padding:.1rem 0}
td:before{content:attr(data-t);color:var(--soft)}
td:empty{display:none}
.n{text-align:left}
.n+td{padding-left:0}
}
@media print{
body{font-size:10pt}
main{max-width:none;padding:0}
h2{break-after:avoid}
tr,dl{break-inside:avoid}
thead{display:table-header-group}
}
)css";

// A day and a clock that may stand on two lines, but break nowhere else.
std::string time_html(std::string_view text)
{
    const auto middle = text.find('T');
    if (middle == text.npos)
        return html_text(text);
    return fmt::format("<time datetime=\"{0}\"><i>{1}</i> <i>{2}</i></time>", html_text(text),
                       html_text(text.substr(0, middle)), html_text(text.substr(middle + 1)));
}

std::string cell_html(const Cell& cell)
{
    if (cell.text.empty())
        return {};
    switch (cell.mark) {
    case Mark::Code:
        return fmt::format("<code>{}</code>", html_text(cell.text));
    case Mark::Good:
        return fmt::format("<span class=\"good\">{}</span>", html_text(cell.text));
    case Mark::Bad:
        return fmt::format("<span class=\"bad\">{}</span>", html_text(cell.text));
    case Mark::Doubtful:
        return fmt::format("<span class=\"doubt\">{}</span>", html_text(cell.text));
    case Mark::Time:
        return time_html(cell.text);
    case Mark::None:
        break;
    }
    return html_text(cell.text);
}

void write_table(const Table& table, Output& out)
{
    out.text("<table><thead><tr>");
    for (const auto& column : table.columns)
        out.text(fmt::format("<th{}>{}</th>", column.number ? " class=\"n\"" : "", html_text(column.title)));
    out.line("</tr></thead><tbody>");
    for (const auto& row : table.rows) {
        out.text("<tr>");
        for (std::size_t i = 0; i < row.size(); ++i)
            out.text(fmt::format("<td data-t=\"{}\"{}>{}</td>", html_text(table.columns[i].title),
                                 table.columns[i].number ? " class=\"n\"" : "", cell_html(row[i])));
        out.line("</tr>");
    }
    out.line("</tbody></table>");
    if (!table.note.empty())
        out.line("<p class=\"note\">{}</p>", html_text(table.note));
}

} // namespace

void write_html(const Report& report, std::size_t rows, Output& out)
{
    const Page page = compose(report, rows);
    out.line("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    out.line("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
    // Whatever a name in an order may hold, nothing in this file runs or is fetched.
    out.line("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
             "'unsafe-inline'\">");
    out.line("<title>{}</title>\n<style>{}</style></head><body><main>", html_text(page.title), kStyle);
    out.line("<h1>{}</h1>\n<p class=\"sub\">{}</p>\n<p class=\"lead\">{}</p>", html_text(page.title),
             html_text(page.subtitle), html_text(page.lead));
    for (const auto& section : page.sections) {
        out.line("<section><h2>{}</h2>", html_text(section.title));
        for (const auto& paragraph : section.paragraphs)
            out.line("<p>{}</p>", html_text(paragraph));
        if (!section.facts.empty()) {
            out.line("<dl>");
            for (const auto& [name, cell] : section.facts)
                out.line("<dt>{}</dt><dd>{}</dd>", html_text(name), cell_html(cell));
            out.line("</dl>");
        }
        if (!section.table.rows.empty())
            write_table(section.table, out);
        out.line("</section>");
    }
    out.line("<footer>{}</footer>\n</main></body></html>", html_text(page.foot));
}

} // namespace interdict::evidence
