// SPDX-License-Identifier: Apache-2.0
#include "cli/inputs.h"

#include <nlohmann/json.hpp>

#include "base/file.h"

namespace interdict::cli {

namespace {

// Where the problem is a whole file, a person reads "cannot ...: No such file" with the path in it once.
order::Problem unreadable(const std::string& file, const Error& error)
{
    return {.file = file,
            .json_path = "$",
            .value = {},
            .message = error.message,
            .remedy = "name a file that exists and can be read"};
}

order::Parsed parse_file(const std::string& file)
{
    const auto text = read_file(file);
    if (text)
        return order::parse_orders(*text, file);
    order::Parsed parsed;
    parsed.problems.push_back(unreadable(file, text.error()));
    return parsed;
}

} // namespace

Inputs read_inputs(const std::vector<std::string>& files, const std::string& scopes)
{
    Inputs inputs;
    std::vector<order::Parsed> parsed;
    for (const auto& file : files) {
        parsed.push_back(parse_file(file));
        FileSummary summary{.file = file,
                            .orders = parsed.back().orders.size(),
                            .problems = parsed.back().problems.size() + parsed.back().unlisted};
        for (const auto& order : parsed.back().orders)
            summary.targets += order.targets.size();
        inputs.files.push_back(std::move(summary));
    }
    inputs.orders = order::merge(std::move(parsed));
    if (scopes.empty())
        return inputs;
    const auto text = read_file(scopes);
    if (!text) {
        inputs.scope_problems.push_back(unreadable(scopes, text.error()));
        return inputs;
    }
    auto read = order::parse_scopes(*text, scopes);
    inputs.scopes = std::move(read.scopes);
    inputs.scope_problems = std::move(read.problems);
    return inputs;
}

void show_problems(const Inputs& inputs, Console& console)
{
    for (const auto& warning : inputs.orders.warnings)
        console.warn(to_string(warning));
    const auto show = [&](const std::vector<order::Problem>& problems) {
        for (const auto& problem : problems)
            fmt::print(stderr, "{}\n", to_string(problem));
    };
    show(inputs.scope_problems);
    show(inputs.orders.problems);
    if (inputs.orders.unlisted != 0)
        fmt::print(stderr, "and {} more problems\n", inputs.orders.unlisted);
}

Json to_json(const order::Problem& problem)
{
    Json json = {{"file", problem.file}, {"path", problem.json_path}};
    if (problem.line != 0) {
        json["line"] = problem.line;
        json["column"] = problem.column;
    }
    if (!problem.value.empty())
        json["value"] = problem.value;
    json["message"] = problem.message;
    json["remedy"] = problem.remedy;
    return json;
}

} // namespace interdict::cli
