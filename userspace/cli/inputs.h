// SPDX-License-Identifier: Apache-2.0
//
// inputs.h: order files and the scopes file from disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/console.h"
#include "order/parse.h"

namespace interdict::cli {

struct FileSummary {
    std::string file;
    std::size_t orders = 0; // good ones
    std::size_t targets = 0;
    std::size_t problems = 0;
};

struct Inputs {
    order::Parsed orders; // of all files, merged
    std::vector<order::Scope> scopes;
    std::vector<order::Problem> scope_problems;
    std::vector<FileSummary> files;

    [[nodiscard]] bool ok() const { return orders.ok() && scope_problems.empty(); }
    [[nodiscard]] std::size_t problems() const
    {
        return orders.problems.size() + orders.unlisted + scope_problems.size();
    }
};

// A file that cannot be read is one problem of it. scopes: empty = none.
[[nodiscard]] Inputs read_inputs(const std::vector<std::string>& files, const std::string& scopes);

// Every problem and warning as a line on standard error.
void show_problems(const Inputs& inputs, Console& console);

[[nodiscard]] Json to_json(const order::Problem& problem);

} // namespace interdict::cli
