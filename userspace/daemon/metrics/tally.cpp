// SPDX-License-Identifier: Apache-2.0
#include "daemon/metrics/tally.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace interdict::daemon {

namespace {

// Of the 100 ms that 1,000 targets may take, and of whole generations.
const prometheus::Histogram::BucketBoundaries kSeconds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

} // namespace

struct Tally::Parts {
    using Counters = prometheus::Family<prometheus::Counter>;

    prometheus::Registry registry;
    Counters& proofs = prometheus::BuildCounter()
                           .Name("interdict_proofs_total")
                           .Help("Proofs of a change on the live plane, by result")
                           .Register(registry);
    prometheus::Counter& proven = proofs.Add({{"result", "proven"}});
    prometheus::Counter& unproven = proofs.Add({{"result", "failed"}});
    Counters& rules = prometheus::BuildCounter()
                          .Name("interdict_proof_rules_total")
                          .Help("Rules that proofs tried, by result")
                          .Register(registry);
    prometheus::Counter& rules_proven = rules.Add({{"result", "proven"}});
    prometheus::Counter& rules_failed = rules.Add({{"result", "failed"}});
    Counters& canaries = prometheus::BuildCounter()
                             .Name("interdict_canaries_total")
                             .Help("Names and addresses that must pass: those that did, and changes refused "
                                   "because one would not have")
                             .Register(registry);
    prometheus::Counter& canaries_passed = canaries.Add({{"result", "passed"}});
    prometheus::Counter& canaries_blocked = canaries.Add({{"result", "blocked"}});
    prometheus::Family<prometheus::Histogram>& seconds =
        prometheus::BuildHistogram()
            .Name("interdict_change_seconds")
            .Help("From a request to its proof on the live plane")
            .Register(registry);
    prometheus::Histogram& in_place = seconds.Add({{"how", "in_place"}}, kSeconds);
    prometheus::Histogram& whole = seconds.Add({{"how", "generation"}}, kSeconds);
    prometheus::Gauge& last = prometheus::BuildGauge()
                                  .Name("interdict_last_change_timestamp_seconds")
                                  .Help("When something was published last, 0 = not since the daemon began")
                                  .Register(registry)
                                  .Add({});
};

Tally::Tally() : parts_(std::make_unique<Parts>()) {}

Tally::~Tally() = default;

void Tally::published(const Published& what)
{
    (what.proven ? parts_->proven : parts_->unproven).Increment();
    parts_->rules_proven.Increment(static_cast<double>(what.rules));
    parts_->rules_failed.Increment(static_cast<double>(what.unproven));
    parts_->canaries_passed.Increment(static_cast<double>(what.canaries));
    if (what.proven)
        (what.in_place ? parts_->in_place : parts_->whole).Observe(what.seconds);
    parts_->last.Set(static_cast<double>(what.time));
}

void Tally::failed() { parts_->unproven.Increment(); }

void Tally::refused() { parts_->canaries_blocked.Increment(); }

std::vector<prometheus::MetricFamily> Tally::collect() const { return parts_->registry.Collect(); }

} // namespace interdict::daemon
