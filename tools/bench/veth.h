// SPDX-License-Identifier: Apache-2.0
//
// veth.h: a generator of packets in one network namespace, and receivers, each behind a veth pair in its own.
// All of it goes with the objects; tools/bench/run removes what a killed bench left behind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "driver.h"

struct bench_generator;

namespace interdict::bench {

// Runs the command with that standard input and returns what it printed to both outputs. Error: it cannot be
// run, or ends with another code than 0 (message: its last words).
[[nodiscard]] Result<std::string> run_command(const std::vector<std::string>& words,
                                              const std::string& input = {});

// Whether a program of that name is in PATH or where Debian has administrators' tools.
[[nodiscard]] bool is_installed(const std::string& program);

class Namespace {
public:
    // Error: it cannot be made; no privilege.
    [[nodiscard]] static Result<Namespace> make(const std::string& name);

    Namespace(Namespace&&) noexcept = default;
    Namespace& operator=(Namespace&&) = delete;
    ~Namespace();

    [[nodiscard]] const std::string& name() const { return name_; }

    // While it lives, this thread and the commands that it starts are in the namespace.
    class Inside {
    public:
        explicit Inside(const Namespace& where);
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;
        ~Inside();

    private:
        Fd back_;
    };

private:
    Namespace(std::string name, Fd fd) : name_(std::move(name)), fd_(std::move(fd)) {}

    std::string name_; // empty: moved away
    Fd fd_;
};

// The interface of every receiver.
inline constexpr char kReceiver[] = "d0";

struct Receiver {
    Namespace where;
    unsigned sender = 0; // ifindex of the generator's end
    Bytes frame;         // addressed to this receiver

    explicit Receiver(Namespace made) : where(std::move(made)) {}

    // Frames that have arrived on kReceiver, whatever became of them.
    [[nodiscard]] Result<std::uint64_t> received() const;
};

// What fits a receiver's queue, and the caches.
inline constexpr std::uint32_t kBurst = 256;

class Generator {
public:
    using After = std::function<Result<void>(std::uint32_t frames)>;

    // tag: of the names of namespaces.
    [[nodiscard]] static Result<Generator> make(const std::string& tag);

    Generator(Generator&&) noexcept;
    Generator& operator=(Generator&&) = delete;
    ~Generator();

    // A namespace with an interface kReceiver that is up, has 198.51.100.1/24 and GRO.
    [[nodiscard]] Result<Receiver> add(const std::string& name);

    // Sends frames with sources from [first, first + span), all handled on this CPU, and waits until they
    // have arrived. Returns ns of CPU time per frame: this thread's, which the receiving softirq is part of,
    // and that of this CPU's ksoftirqd. Error: frames were lost.
    [[nodiscard]] Result<double> send(const Receiver& receiver, Range range, std::uint32_t frames);

    // Sends the frame, which carries a name, from a client that is new each time; bursts of kBurst, after
    // each of which `after` is called with its frames. Time as above, `after` included. Checksums of what is
    // in the IP packet are not kept up.
    [[nodiscard]] Result<double> send_named(const Receiver& receiver, const Frame& frame, Range range,
                                            std::uint32_t frames, const After& after = {});

    // The descriptor of a program for kReceiver that drops everything.
    [[nodiscard]] int drop_all() const;

private:
    struct Closer {
        void operator()(bench_generator* object) const;
    };

    Generator(std::string tag, Namespace where) : tag_(std::move(tag)), where_(std::move(where)) {}

    // Sends what the program makes of the frame and waits until it has arrived. Returns ns for all of it.
    [[nodiscard]] Result<double> burst(const Receiver& receiver, int program, const Bytes& frame,
                                       std::uint32_t frames);

    std::string tag_;
    Namespace where_;
    std::unique_ptr<bench_generator, Closer> object_;
    Fd attached_;
    std::string softirq_time_; // path of ksoftirqd's schedstat, empty if it cannot be read
    unsigned receivers_ = 0;
};

} // namespace interdict::bench
