// SPDX-License-Identifier: Apache-2.0
#include "samples.h"

#include <algorithm>
#include <cassert>

namespace interdict::bench {

Spread spread_of(std::vector<double> values)
{
    assert(!values.empty());
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    const double median = values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return {median, values.front(), values.back()};
}

std::size_t Samples::add(std::string name, Measure measure)
{
    cases_.push_back({std::move(name), std::move(measure), {}});
    return cases_.size() - 1;
}

Result<void> Samples::take(unsigned rounds)
{
    for (unsigned round = 0; round <= rounds; ++round) {
        for (auto& one : cases_) {
            const auto value = one.measure();
            if (!value)
                return std::unexpected(value.error().context(one.name));
            if (round > 0)
                one.values.push_back(*value);
        }
    }
    return {};
}

Spread Samples::plain(std::size_t one) const { return spread_of(cases_[one].values); }

Spread Samples::difference(std::size_t one, std::size_t other, double factor) const
{
    std::vector<double> values = cases_[one].values;
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = (values[i] - cases_[other].values[i]) * factor;
    return spread_of(std::move(values));
}

Spread Samples::ratio(std::size_t one, std::size_t other) const
{
    std::vector<double> values = cases_[one].values;
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] /= cases_[other].values[i];
    return spread_of(std::move(values));
}

Spread Samples::net_times(std::size_t one, std::size_t zero, std::size_t unit) const
{
    std::vector<double> values = cases_[one].values;
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = (values[i] - cases_[zero].values[i]) / cases_[unit].values[i];
    return spread_of(std::move(values));
}

Spread Samples::ratio_to_net(std::size_t one, std::size_t other, std::size_t zero) const
{
    std::vector<double> values = cases_[one].values;
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] /= cases_[other].values[i] - cases_[zero].values[i];
    return spread_of(std::move(values));
}

Spread Samples::net_ratio(std::size_t one, std::size_t zero, std::size_t other,
                          std::size_t zero_of_other) const
{
    const auto net = [&](std::size_t i) {
        return (cases_[one].values[i] - cases_[zero].values[i]) /
               (cases_[other].values[i] - cases_[zero_of_other].values[i]);
    };
    std::vector<double> values;
    for (std::size_t i = 0; i < cases_[one].values.size(); ++i)
        values.push_back(net(i));
    Spread spread = spread_of(std::move(values));
    spread.median = difference(one, zero).median / difference(other, zero_of_other).median;
    return spread;
}

} // namespace interdict::bench
