// SPDX-License-Identifier: Apache-2.0
#include "names_bed.h"

#include "plane/counts.h"

namespace interdict::bench {

namespace {

constexpr std::uint32_t kFew = 1000;
constexpr std::uint32_t kSpentBudget = 1;
// Of the runs of a figure, this share may be counted elsewhere: a second begins, and the budget with it.
constexpr double kTolerance = 0.01;

Result<std::uint64_t> total(const plane::Plane& plane, interdict_total which)
{
    INTERDICT_TRY(const auto totals, plane::read_totals(plane.maps()));
    return totals.value[which];
}

} // namespace

Result<NamesBed*> NamesBed::get(const Settings& settings)
{
    static std::optional<NamesBed> made;
    if (made)
        return &*made;
    auto chromium = chromium_flight(settings.captures);
    const auto names = name_order("names", {0, settings.million}, INTERDICT_ACTION_DROP);
    INTERDICT_TRY(const auto passing_image, image_of({names}));
    INTERDICT_TRY(const auto refusing_image,
                  image_of({names, order_of("initials", {kRfc9001Name, chromium.name})}));
    INTERDICT_TRY(const auto spent_image, image_of({name_order("names", {0, kFew}, INTERDICT_ACTION_DROP)}));
    INTERDICT_TRY(auto passing, loaded_plane(passing_image));
    INTERDICT_TRY(auto refusing, loaded_plane(refusing_image));
    INTERDICT_TRY(auto spent, loaded_plane(spent_image, kSpentBudget));
    INTERDICT_TRY(auto driver, Driver::load(passing.programs().entry()));
    INTERDICT_TRY(const auto place, driver.add(passing.programs().entry()));
    for (const auto* plane : {&refusing, &spent})
        INTERDICT_CHECK(driver.add(plane->programs().entry()));
    made.emplace(NamesBed(std::move(passing), std::move(refusing), std::move(spent), std::move(driver),
                          std::move(chromium)));
    made->first_place_ = place;
    return &*made;
}

const plane::Plane* NamesBed::plane(Judge judge) const
{
    switch (judge) {
    case Judge::None:
        break;
    case Judge::Passing:
        return &passing_;
    case Judge::Refusing:
        return &refusing_;
    case Judge::Spent:
        return &spent_;
    }
    return nullptr;
}

Result<double> NamesBed::run(const Case& one, std::uint32_t repeat)
{
    const plane::Plane* const judge = plane(one.judge);
    if (!judge)
        return driver_.run(one.frame, one.range, kBare, repeat, XDP_PASS);
    std::uint64_t before = 0;
    if (one.counted) {
        INTERDICT_TRY(before, total(*judge, *one.counted));
    }
    const auto place =
        first_place_ + static_cast<std::uint32_t>(one.judge) - static_cast<std::uint32_t>(Judge::Passing);
    INTERDICT_TRY(const double spent, driver_.run(one.frame, one.range, place, repeat, one.action));
    if (one.counted) {
        INTERDICT_TRY(const std::uint64_t after, total(*judge, *one.counted));
        const std::uint64_t expected = repeat / one.frame.pieces;
        if (static_cast<double>(after - before) < (1 - kTolerance) * static_cast<double>(expected))
            return fail("{} counted {} times in {}", plane::kTotals[*one.counted].json, after - before,
                        expected);
    }
    return spent;
}

} // namespace interdict::bench
