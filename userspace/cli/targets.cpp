// SPDX-License-Identifier: Apache-2.0
#include "cli/targets.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "order/name.h"
#include "order/problem.h"

namespace interdict::cli {

namespace {

constexpr std::size_t kShown = 5;

bool named_by(const order::Target& target, const std::string& text)
{
    if (to_string(target) == text)
        return true;
    if (target.is_name()) {
        const auto name = order::normalise_name(text, target.name.match);
        return name && *name == target.name.name;
    }
    const auto address = order::parse_address(text);
    const auto prefix = order::parse_prefix(text);
    return (address && *address == target.address.prefix) || (prefix && *prefix == target.address.prefix);
}

std::string some(const std::vector<order::Target>& targets)
{
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < std::min(targets.size(), kShown); ++i)
        texts.push_back(fmt::format("\"{}\"", to_string(targets[i])));
    return fmt::format("{}{}", fmt::join(texts, ", "), targets.size() > kShown ? ", ..." : "");
}

} // namespace

Result<order::Target> find_target(const book::Book& book, const std::string& order, const std::string& text,
                                  std::optional<book::ItemState> state)
{
    INTERDICT_TRY(const auto items, book.orders().items(order, state));
    std::vector<order::Target> all;
    std::vector<order::Target> found;
    for (const auto& item : items) {
        if (!state && item.state == book::ItemState::Lifted)
            continue;
        all.push_back(item.item.target);
        if (named_by(item.item.target, text))
            found.push_back(item.item.target);
    }
    if (found.empty())
        return fail("order {} has no {}target {}; it has {}", order,
                    state ? fmt::format("{} ", book::to_string(*state)) : "", order::printable(text),
                    all.empty() ? "none" : some(all));
    if (found.size() > 1)
        return fail("order {} has {} targets {}; say which: {}", order, found.size(), order::printable(text),
                    some(found));
    return found.front();
}

} // namespace interdict::cli
