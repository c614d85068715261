// SPDX-License-Identifier: Apache-2.0
#include "cli/in_force.h"

#include <charconv>

#include "base/file.h"
#include "cli/inputs.h"
#include "order/name.h"
#include "order/problem.h"

namespace interdict::cli {

namespace {

// The number in STATE/current; 0 if nothing was ever published from here.
std::uint64_t last_generation(const std::filesystem::path& state)
{
    const auto text = read_file(state / "current");
    std::uint64_t number = 0;
    if (text)
        std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

} // namespace

Result<InForce> read_in_force(Session& session, const std::vector<std::string>& files,
                              const std::vector<std::string>& protect)
{
    InForce in_force{.generation = last_generation(session.globals.state)};
    auto inputs = read_inputs(files, "");
    show_problems(inputs, session.console);
    if (!inputs.ok())
        return fail("{}; nothing was exported", counted(inputs.problems(), "problem"));
    in_force.orders = std::move(inputs.orders.orders);
    for (const auto& text : protect) {
        auto name = order::normalise_name(text, order::Match::Exact);
        if (!name)
            return fail("--protect \"{}\": {}; {}", order::printable(text), name.error().message,
                        name.error().remedy);
        in_force.protected_names.push_back(*std::move(name));
    }
    return in_force;
}

} // namespace interdict::cli
