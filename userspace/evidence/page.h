// SPDX-License-Identifier: Apache-2.0
//
// page.h: a report as headings, facts and tables, before it is Markdown or HTML.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "evidence/report.h"

namespace interdict::evidence {

enum class Mark : std::uint8_t { None, Good, Bad, Doubtful, Code, Time };

struct Cell {
    std::string text;
    Mark mark = Mark::None;
};

struct Column {
    std::string title;
    bool number = false; // to the right
};

struct Table {
    std::vector<Column> columns{};
    std::vector<std::vector<Cell>> rows{};
    std::string note{}; // below it
};

struct Section {
    std::string title;
    std::vector<std::string> paragraphs{};
    std::vector<std::pair<std::string, Cell>> facts{};
    Table table{};
};

struct Page {
    std::string title;
    std::string subtitle;
    std::string lead;
    std::vector<Section> sections{};
    std::string foot;
};

// rows: of the list of targets, at most.
[[nodiscard]] Page compose(const Report& report, std::size_t rows);

} // namespace interdict::evidence
