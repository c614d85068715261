// SPDX-License-Identifier: Apache-2.0
//
// tally.h: what this process has done to the plane since it began: proofs, canaries, and how long it took.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace prometheus {
struct MetricFamily;
}

namespace interdict::daemon {

// Something was published.
struct Published {
    bool in_place = false;
    bool proven = false;      // on the live plane
    std::size_t rules = 0;    // that fired as they say
    std::size_t unproven = 0; // that did not
    std::size_t canaries = 0; // that passed
    double seconds = 0;       // from the request to the proof, 0 = not proven
    std::int64_t time = 0;
};

// From any thread.
class Tally {
public:
    Tally();
    ~Tally();
    Tally(const Tally&) = delete;
    Tally& operator=(const Tally&) = delete;

    void published(const Published& what);
    // Something was not published, or put right afterwards, because it did not prove.
    void failed();
    // A canary would have been blocked: nothing was published.
    void refused();

    // As metrics; docs/metrics.md has their names.
    [[nodiscard]] std::vector<prometheus::MetricFamily> collect() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace interdict::daemon
