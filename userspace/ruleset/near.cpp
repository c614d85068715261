// SPDX-License-Identifier: Apache-2.0
#include "ruleset/near.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace interdict::ruleset {

namespace {

constexpr std::uint32_t kLinesOfPage = INTERDICT_COUNTERS_OF_PAGE / INTERDICT_NEAR_LINE;
constexpr std::uint32_t kPagesOfBlock = INTERDICT_NEAR_BLOCK / INTERDICT_COUNTERS_OF_PAGE;
constexpr std::size_t kSample = 256;
constexpr std::size_t kEnough = kSample / 4;

// The lines of one page, each with up to two rules: a matching, made larger rule by rule (Kuhn 1955).
class Page {
public:
    explicit Page(std::span<const std::uint32_t> ids) // of this page, ascending
    {
        for (const std::uint32_t id : ids) {
            Line& line = lines_[id % INTERDICT_COUNTERS_OF_PAGE / INTERDICT_NEAR_LINE];
            line.ids[line.room++] = id;
        }
    }

    // rule: any number. False if there is no room for it, whatever else moves.
    bool add(std::uint32_t rule, std::uint64_t mix)
    {
        seen_ = 0;
        return put({rule, mix});
    }

    template <class Take>
    void each(const Take& take) const
    {
        for (const Line& line : lines_)
            for (unsigned i = 0; i < line.used; ++i)
                take(line.rules[i].rule, line.ids[i]);
    }

private:
    struct Guest {
        std::uint32_t rule = 0;
        std::uint64_t mix = 0;
    };
    struct Line {
        std::array<Guest, INTERDICT_NEAR_LINE> rules;
        std::array<std::uint32_t, INTERDICT_NEAR_LINE> ids{};
        unsigned room = 0;
        unsigned used = 0;
    };

    bool put(const Guest& guest)
    {
        for (std::uint32_t which = 0; which < INTERDICT_NEAR_LINES; ++which) {
            const std::uint32_t number = interdict_near_line(guest.mix, which);
            if (seen_ >> number & 1)
                continue;
            seen_ |= std::uint64_t{1} << number;
            Line& line = lines_[number];
            if (line.used < line.room) {
                line.rules[line.used++] = guest;
                return true;
            }
            for (unsigned i = 0; i < line.used; ++i)
                if (put(line.rules[i])) {
                    line.rules[i] = guest;
                    return true;
                }
        }
        return false;
    }

    std::array<Line, kLinesOfPage> lines_{};
    std::uint64_t seen_ = 0; // lines that were tried for the rule at hand
    static_assert(kLinesOfPage == 64);
};

} // namespace

bool has_near(const Rule& rule)
{
    const auto& prefix = rule.target.address.prefix;
    return !rule.target.is_name() && prefix.length == prefix.width();
}

std::uint64_t near_mix(const Rule& rule)
{
    const auto& prefix = rule.target.address.prefix;
    std::array<__u32, 4> words{};
    std::memcpy(words.data(), prefix.address.data(), sizeof words);
    return interdict_near_mix(prefix.v6 ? 6 : 4, words.data());
}

bool is_near(const Rule& rule, std::uint32_t blocks)
{
    const std::uint64_t mix = near_mix(rule);
    const std::uint32_t line = rule.id() - rule.id() % INTERDICT_NEAR_LINE;
    return line == interdict_near_id(mix, blocks, 0) || line == interdict_near_id(mix, blocks, 1);
}

void place_near(std::vector<Rule>& rules, std::span<const std::uint32_t> fresh,
                std::span<const std::uint32_t> ids)
{
    const std::uint32_t blocks = ids.empty() ? 0 : (ids.back() + 1) / INTERDICT_NEAR_BLOCK;
    struct Wish {
        std::uint32_t page;
        std::uint32_t rule;
        std::uint64_t mix;
    };
    std::vector<Wish> wishes;
    if (blocks > 0 && fresh.size() >= kNearMin)
        for (const std::uint32_t index : fresh)
            if (has_near(rules[index])) {
                const std::uint64_t mix = near_mix(rules[index]);
                wishes.push_back({interdict_near_page(mix, blocks), index, mix});
            }
    std::ranges::stable_sort(wishes, {}, &Wish::page);

    std::vector<bool> given(ids.empty() ? 0 : ids.back() + 1);
    auto wish = wishes.begin();
    auto id = ids.begin();
    for (std::uint32_t number = 0; number < blocks * kPagesOfBlock && wish != wishes.end(); ++number) {
        const auto first = id;
        while (id != ids.end() && *id / INTERDICT_COUNTERS_OF_PAGE == number)
            ++id;
        Page page(std::span(first, id));
        for (; wish != wishes.end() && wish->page == number; ++wish)
            page.add(wish->rule, wish->mix);
        page.each([&](std::uint32_t rule, std::uint32_t its) {
            rules[rule].record.id = its;
            given[its] = true;
        });
    }

    auto left = ids.begin();
    for (const std::uint32_t index : fresh) {
        if (rules[index].record.id != 0)
            continue;
        while (given[*left])
            ++left;
        rules[index].record.id = *left++;
    }
}

std::uint32_t near_blocks(const Ruleset& ruleset)
{
    std::vector<const Rule*> hosts;
    for (const Rule& rule : ruleset.rules)
        if (has_near(rule))
            hosts.push_back(&rule);
    if (hosts.size() < kSample)
        return 0;
    std::uint32_t best = 0;
    std::size_t most = kEnough - 1;
    for (std::uint32_t blocks = 1; blocks <= (ruleset.max_id + 1) / INTERDICT_NEAR_BLOCK; ++blocks) {
        std::size_t near = 0;
        for (std::size_t i = 0; i < kSample; ++i)
            near += is_near(*hosts[i * hosts.size() / kSample], blocks);
        if (near > most) {
            most = near;
            best = blocks;
        }
    }
    return best;
}

} // namespace interdict::ruleset
