// SPDX-License-Identifier: Apache-2.0
//
// no_user_space.cpp: in place of user_space.cpp where its libraries are missing.
#include "user_space.h"

namespace interdict::bench {

namespace {

constexpr char kMissing[] = "not built in: libndpi-dev and libnetfilter-queue-dev are not installed";

}

std::string user_space_missing() { return kMissing; }

std::string classifier_name() { return "nDPI"; }

struct Classifier::State {};

Classifier::Classifier(std::unique_ptr<State> state) : state_(std::move(state)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Result<Classifier> Classifier::make(Numbers, const std::vector<std::string>&) { return fail(kMissing); }

Classifier::Verdict Classifier::judge(std::span<const std::span<const std::uint8_t>>)
{
    return Verdict::NoName;
}

struct Queue::State {};

Queue::Queue(std::unique_ptr<State> state) : state_(std::move(state)) {}
Queue::Queue(Queue&&) noexcept = default;
Queue::~Queue() = default;

Result<Queue> Queue::open(const Receiver&, Classifier*) { return fail(kMissing); }

Result<void> Queue::serve(std::uint32_t, Classifier::Verdict) { return fail(kMissing); }

} // namespace interdict::bench
