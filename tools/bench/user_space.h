// SPDX-License-Identifier: Apache-2.0
//
// user_space.h: the same job as a program outside the kernel does it: nDPI reads the names of QUIC, DNS and
// HTTP, NFQUEUE brings the packets and takes the verdicts. Optional (libndpi-dev, libnetfilter-queue-dev).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "rules.h"
#include "veth.h"

namespace interdict::bench {

// Why there is none in this build; empty: there is one.
[[nodiscard]] std::string user_space_missing();

// The library that reads the names, with its version.
[[nodiscard]] std::string classifier_name();

class Classifier {
public:
    enum class Verdict { NoName, Pass, Refuse };

    // listed: names as name_order() has them; more: others.
    [[nodiscard]] static Result<Classifier> make(Numbers listed, const std::vector<std::string>& more);

    Classifier(Classifier&&) noexcept;
    ~Classifier();

    // Packets of one new flow, from the IP header on.
    [[nodiscard]] Verdict judge(std::span<const std::span<const std::uint8_t>> packets);

private:
    struct State;
    explicit Classifier(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Every packet that comes in on a receiver's interface goes through here.
class Queue {
public:
    // classifier: outlives the queue; null: every packet is accepted unread.
    [[nodiscard]] static Result<Queue> open(const Receiver& receiver, Classifier* classifier);

    Queue(Queue&&) noexcept;
    ~Queue();

    // Takes that many packets and gives each its verdict. Error: they do not come; one of them had another
    // verdict.
    [[nodiscard]] Result<void> serve(std::uint32_t packets, Classifier::Verdict expected);

private:
    struct State;
    explicit Queue(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace interdict::bench
