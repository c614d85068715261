// SPDX-License-Identifier: Apache-2.0
//
// interdict's own order files: whole orders, not a list.
#include <algorithm>

#include "feed/formats.h"
#include "order/parse.h"
#include "order/problem.h"

namespace interdict::feed {

Result<void> read_native(std::string_view text, Builder& builder)
{
    order::Parsed parsed = order::parse_orders(text, builder.options().source, {.max_problems = 100'000});
    for (const order::Problem& problem : parsed.problems) {
        // An order with a fault of its own is left out whole; taking the rest would lift what it has in
        // force.
        if (problem.json_path.find(".targets[") == problem.json_path.npos)
            return fail("{}", order::to_string(problem));
        const std::string_view path =
            std::string_view(problem.json_path).substr(0, problem.json_path.find(".targets["));
        if (std::ranges::find(parsed.orders, path, &order::Order::json_path) == parsed.orders.end())
            return fail("{} has no good target; mend it and check it with: interdict check", path);
        builder.quarantine(problem.line, problem.value.empty() ? problem.json_path : problem.value,
                           problem.message, problem.remedy);
    }
    if (parsed.unlisted != 0)
        return fail("has {} problems; mend it and check it with: interdict check",
                    parsed.problems.size() + parsed.unlisted);
    builder.list().orders = std::move(parsed.orders);
    return {};
}

} // namespace interdict::feed
