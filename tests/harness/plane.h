// SPDX-License-Identifier: Apache-2.0
//
// plane.h: the real programs under BPF_PROG_TEST_RUN, with the rules of an order file and no interface
// attached.
//
//     Edge edge(blocking({block_prefix("198.51.100.7/32")}));
//     edge.expect(Ethernet{} / IPv4{.destination = "198.51.100.7"} / Tcp{}, drops("198.51.100.7/32"));
//
// Every expectation is checked to the last counter: the verdict, the counter of the rule (one packet, the
// frame's bytes), the counters of all other rules (unchanged), and the totals of actions, hits and reasons.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/orders.h"
#include "harness/packet.h"
#include "maps/answers.h"
#include "maps/control.h"
#include "maps/report.h"
#include "maps/totals.h"

namespace interdict::harness {

struct Expectation {
    interdict_verdict verdict = INTERDICT_VERDICT_PASS;
    std::string target{};                // whose counter grows, as ruleset targets are written; empty = none
    bool observed = false;               // it grows though nothing is done
    std::vector<interdict_total> also{}; // totals that grow by one beside those that follow from the above
    bool exempted = false;
    std::optional<interdict_channel> channel{}; // empty: tls for a name, else address
    bool uncounted = false;                     // the verdict has no total of its own

    [[nodiscard]] Expectation by(interdict_channel means) const
    {
        Expectation out = *this;
        out.channel = means;
        return out;
    }

    [[nodiscard]] Expectation counting(interdict_total total) const
    {
        Expectation out = *this;
        out.also.push_back(total);
        return out;
    }
};

// No rule counts, and there is no reason that kept the frame from being read.
[[nodiscard]] Expectation passes();
// No rule counts, and exactly this reason is counted.
[[nodiscard]] Expectation passes_because(interdict_total reason);
[[nodiscard]] Expectation passes_exempt();
// target: "198.51.100.0/24" or "blocked.example", as in the order file.
[[nodiscard]] Expectation drops(const std::string& target);
[[nodiscard]] Expectation resets(const std::string& target);
[[nodiscard]] Expectation answers(const std::string& target); // by dns
[[nodiscard]] Expectation notices(const std::string& target); // by http
[[nodiscard]] Expectation observes(const std::string& target);

struct Setup {
    std::string scopes{}; // a scopes file, empty = none
    std::uint32_t role = INTERDICT_ROLE_SUBSCRIBER;
    bool observe = false; // the whole plane
    bool report = true;   // false: as an attached plane runs, with the short way for plain rules
    std::uint32_t encapsulations = 0;
    std::string interface {
    };                  // name that scopes know the test interface by
    bool fresh = false; // a plane that no test has had: what a program keeps to itself is as at its start
    std::optional<interdict_answer> answer{}; // of every order, in place of what its text asks for
};

class Edge {
public:
    // Skips the test where the kernel or the lack of privilege does not let programs be loaded; fails it on
    // anything else, such as an order file with a fault.
    explicit Edge(const std::string& orders, const Setup& setup = {});
    Edge(const Edge&) = delete;
    Edge& operator=(const Edge&) = delete;
    ~Edge();

    // Swaps to the rules of another order file. Counters stay.
    void publish(const std::string& orders);

    // Runs one frame and checks everything that is said above.
    void expect(const Packet& packet, const Expectation& expectation);
    void expect(const Bytes& frame, const Expectation& expectation);
    void expect(const std::vector<Packet>& packets, const Expectation& each);

    // All but the last pass without a rule or a reason being counted; the last is as expected. Flow totals
    // may grow.
    void expect_last(const std::vector<Packet>& packets, const Expectation& last);

    // Runs without checking.
    interdict_verdict run(const Bytes& frame);
    interdict_verdict run(const Packet& packet);

    // The frame as the last run left it.
    [[nodiscard]] const Bytes& output() const;

    // What the last run read: the name, empty if none was completed.
    [[nodiscard]] const std::string& name() const;

    [[nodiscard]] std::uint64_t packets(const std::string& target) const;
    [[nodiscard]] std::uint64_t total(interdict_total which) const;

    // From now on for about a second, the programs take this for the time: seconds since the Unix epoch.
    void set_clock(std::int64_t seconds);

    // Of the table of connections, only so many sets are used from now on.
    void set_open_sets(std::uint32_t sets);

    // Initials that may be decrypted in a second.
    void set_quic_budget(std::uint32_t initials);

    struct State;

private:
    std::unique_ptr<State> state_;
};

} // namespace interdict::harness
