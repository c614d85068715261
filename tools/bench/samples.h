// SPDX-License-Identifier: Apache-2.0
//
// samples.h: figures that are compared with one another, taken in turns: round by round every case once, so
// that what slows the machine slows them all. Only differences and ratios within a round are worth anything.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace interdict::bench {

struct Spread {
    double median = 0;
    double least = 0;
    double most = 0;
};

[[nodiscard]] Spread spread_of(std::vector<double> values);

class Samples {
public:
    using Measure = std::function<Result<double>()>;

    // Returns the number by which the case is asked for. measure: one figure.
    std::size_t add(std::string name, Measure measure);

    [[nodiscard]] std::size_t cases() const { return cases_.size(); }

    // One round that is thrown away, then `rounds`. Error: that of the first measurement that fails, with its
    // name.
    [[nodiscard]] Result<void> take(unsigned rounds);

    [[nodiscard]] Spread plain(std::size_t one) const;
    // Of (one - other) * factor in each round.
    [[nodiscard]] Spread difference(std::size_t one, std::size_t other, double factor = 1) const;
    // Of one / other in each round.
    [[nodiscard]] Spread ratio(std::size_t one, std::size_t other) const;
    // Of (one - zero) / unit in each round.
    [[nodiscard]] Spread net_times(std::size_t one, std::size_t zero, std::size_t unit) const;
    // Of one / (other - zero) in each round.
    [[nodiscard]] Spread ratio_to_net(std::size_t one, std::size_t other, std::size_t zero) const;
    // Of (one - zero) / (other - zero_of_other): the ratio of two net figures. Of the medians, since a
    // difference of a few ns in one round is mostly noise; least and most are of the rounds.
    [[nodiscard]] Spread net_ratio(std::size_t one, std::size_t zero, std::size_t other,
                                   std::size_t zero_of_other) const;

private:
    struct Case {
        std::string name;
        Measure measure;
        std::vector<double> values;
    };

    std::vector<Case> cases_;
};

} // namespace interdict::bench
