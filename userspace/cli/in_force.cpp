// SPDX-License-Identifier: Apache-2.0
#include "cli/in_force.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/file.h"
#include "book/book.h"
#include "cli/guarding.h"
#include "cli/inputs.h"
#include "order/name.h"
#include "order/problem.h"

namespace interdict::cli {

namespace {

namespace fs = std::filesystem;

// The number in STATE/current; 0 if nothing was ever published from here.
std::uint64_t last_generation(const std::filesystem::path& state)
{
    const auto text = read_file(state / "current");
    std::uint64_t number = 0;
    if (text)
        std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

Result<std::vector<order::Order>> from_files(Session& session, const std::vector<std::string>& files)
{
    auto inputs = read_inputs(files, "");
    show_problems(inputs, session.console);
    if (!inputs.ok())
        return fail("{}; nothing was exported", counted(inputs.problems(), "problem"));
    return std::move(inputs.orders.orders);
}

void add_protected(const guard::Guard& guard, std::vector<order::NameTarget>& names)
{
    for (const auto& list : guard.lists())
        if (list.kind != guard::ListKind::SpecialPurpose && list.kind != guard::ListKind::Shared)
            for (const auto& entry : list.names)
                names.push_back(entry.name);
}

// book: null where the orders are from files, of which nobody has let anything through.
Result<void> add_findings(const guard::Guard& guard, const book::Book* book, InForce& in_force)
{
    for (std::uint32_t index = 0; index < in_force.orders.size(); ++index) {
        const auto& order = in_force.orders[index];
        const auto findings = guard.check(order);
        if (findings.empty())
            continue;
        std::vector<book::ItemRecord> let_through;
        if (book) {
            INTERDICT_TRY(let_through, book->orders().items(order.id, book::ItemState::Overridden));
        }
        for (const auto& finding : findings) {
            const auto& target = order.targets[finding.item].target;
            const bool through = std::ranges::any_of(
                let_through, [&](const book::ItemRecord& item) { return item.item.target == target; });
            (through ? in_force.overridden : in_force.held)
                .push_back({index, static_cast<std::uint32_t>(finding.item)});
        }
    }
    std::ranges::sort(in_force.held);
    std::ranges::sort(in_force.overridden);
    return {};
}

} // namespace

Result<InForce> read_in_force(Session& session, const InForceOptions& options)
{
    InForce in_force{.generation = last_generation(session.globals.state)};
    std::optional<book::Book> book;
    if (options.files.empty()) {
        INTERDICT_TRY(book, book::Book::open(session.globals.state / "book.db", book::Access::Read));
        INTERDICT_TRY(in_force.orders, book->orders().in_force());
    } else {
        INTERDICT_TRY(in_force.orders, from_files(session, options.files));
    }
    const auto loaded = load_guard(session, options.guard, guard::Keep::No);
    if (!loaded)
        return fail("without the guard nothing is exported");
    const guard::Guard& guard = loaded->guard;
    add_protected(guard, in_force.protected_names);
    for (const auto& text : options.protect) {
        auto name = order::normalise_name(text, order::Match::Exact);
        if (!name)
            return fail("--protect \"{}\": {}; {}", order::printable(text), name.error().message,
                        name.error().remedy);
        in_force.protected_names.push_back({*std::move(name), order::Match::Subtree});
    }
    INTERDICT_CHECK(add_findings(guard, book ? &*book : nullptr, in_force));
    return in_force;
}

} // namespace interdict::cli
