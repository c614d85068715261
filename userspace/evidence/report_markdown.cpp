// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "evidence/page.h"

namespace interdict::evidence {

namespace {

// What CommonMark and its tables would read as something else.
std::string plain(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '\n' || c == '\r') {
            out += ' ';
            continue;
        }
        if (std::string_view("\\`*_[]<>|#&~!").find(c) != std::string_view::npos)
            out += '\\';
        out += c;
    }
    return out;
}

std::string cell_text(const Cell& cell)
{
    if (cell.text.empty())
        return {};
    // Within back-ticks nothing is escaped, but a table still ends at a bar.
    if (cell.mark == Mark::Code && cell.text.find_first_of("`|\n\r") == std::string::npos)
        return "`" + cell.text + "`";
    if (cell.mark == Mark::Bad || cell.mark == Mark::Doubtful)
        return "**" + plain(cell.text) + "**";
    return plain(cell.text);
}

void write_rows(const Table& table, Output& out)
{
    std::string titles = "|";
    std::string rule = "|";
    for (const auto& column : table.columns) {
        titles += " " + plain(column.title) + " |";
        rule += column.number ? " ---: |" : " --- |";
    }
    out.line("{}\n{}", titles, rule);
    for (const auto& row : table.rows) {
        std::string line = "|";
        for (const auto& cell : row)
            line += " " + cell_text(cell) + " |";
        out.line("{}", line);
    }
    out.line("");
    if (!table.note.empty())
        out.line("{}\n", plain(table.note));
}

} // namespace

void write_markdown(const Report& report, std::size_t rows, Output& out)
{
    const Page page = compose(report, rows);
    out.line("# {}\n\n{}\n\n> {}\n", plain(page.title), plain(page.subtitle), plain(page.lead));
    for (const auto& section : page.sections) {
        out.line("## {}\n", section.title);
        for (const auto& paragraph : section.paragraphs)
            out.line("{}\n", plain(paragraph));
        for (const auto& [name, cell] : section.facts)
            out.line("- {}: {}", name, cell_text(cell));
        if (!section.facts.empty())
            out.line("");
        if (!section.table.rows.empty())
            write_rows(section.table, out);
    }
    out.line("{}", plain(page.foot));
}

} // namespace interdict::evidence
