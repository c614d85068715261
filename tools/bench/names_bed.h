// SPDX-License-Identifier: Apache-2.0
//
// names_bed.h: planes full of names, and one figure of what a packet costs in them.
#pragma once

#include <optional>
#include <string>

#include "driver.h"
#include "groups.h"
#include "initials.h"
#include "rules.h"
#include "samples.h"

namespace interdict::bench {

// Which plane judges. Both hold the same names and what is said; neither has a QUIC budget to speak of.
enum class Judge {
    None,     // a program that only passes
    Passing,  // the names
    Refusing, // and those of the Initials
    Spent,    // a few names, and no budget left
};

struct Case {
    std::string name;
    Frame frame;
    Judge judge = Judge::Passing;
    Range range{};
    std::uint32_t action = 0; // XDP's, of the last run
    // What every run of the frame, or of both, counts: otherwise the figure is of something else.
    std::optional<interdict_total> counted{};
};

class NamesBed {
public:
    // Made at the first call, kept to the end.
    [[nodiscard]] static Result<NamesBed*> get(const Settings& settings);

    // CPU time of one run, driver included. Error: it did something else than the case says.
    [[nodiscard]] Result<double> run(const Case& one, std::uint32_t repeat);
    [[nodiscard]] Driver& driver() { return driver_; }

    [[nodiscard]] const Flight& chromium() const { return chromium_; }

private:
    NamesBed(plane::Plane passing, plane::Plane refusing, plane::Plane spent, Driver driver, Flight chromium)
        : passing_(std::move(passing)), refusing_(std::move(refusing)), spent_(std::move(spent)),
          driver_(std::move(driver)), chromium_(std::move(chromium))
    {
    }

    [[nodiscard]] const plane::Plane* plane(Judge judge) const;

    plane::Plane passing_, refusing_, spent_;
    Driver driver_;
    Flight chromium_;
    std::uint32_t first_place_ = 0; // of the planes' entries in the driver, in the order of Judge
};

} // namespace interdict::bench
