// SPDX-License-Identifier: Apache-2.0
#include "control/targets.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "order/name.h"
#include "order/problem.h"

namespace interdict::control {

namespace {

constexpr std::size_t kTargetsShown = 5;

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
    for (std::size_t i = 0; i < std::min(targets.size(), kTargetsShown); ++i)
        texts.push_back(fmt::format("\"{}\"", to_string(targets[i])));
    return fmt::format("{}{}", fmt::join(texts, ", "), targets.size() > kTargetsShown ? ", ..." : "");
}

// The same place, however it is written; nothing if the text names no one place.
std::optional<order::Target> place_named(const std::string& text)
{
    order::Target target;
    if (const auto address = order::parse_address(text))
        target.address.prefix = *address;
    else if (const auto prefix = order::parse_prefix(text))
        target.address.prefix = *prefix;
    else if (auto name = order::normalise_name(text, order::Match::Exact))
        target.name = {.name = *std::move(name), .match = order::Match::Exact};
    else
        return std::nullopt;
    return target;
}

// An order may have millions of targets: those at the place, if there is any, else all.
Result<std::vector<book::ItemRecord>> candidates(const book::Book& book, const std::string& order,
                                                 const std::string& text,
                                                 std::optional<book::ItemState> state)
{
    if (const auto place = place_named(text)) {
        INTERDICT_TRY(auto items, book.orders().citing(*place));
        std::erase_if(items, [&](const book::ItemRecord& item) {
            return item.order != order || !order::same_place(item.item.target, *place) ||
                   (state ? item.state != *state : item.state == book::ItemState::Lifted);
        });
        if (!items.empty())
            return items;
    }
    return book.orders().items(order, state);
}

} // namespace

Result<order::Target> find_target(const book::Book& book, const std::string& order, const std::string& text,
                                  std::optional<book::ItemState> state)
{
    INTERDICT_TRY(const auto items, candidates(book, order, text, state));
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

} // namespace interdict::control
