// SPDX-License-Identifier: Apache-2.0
//
// driver.h: nanoseconds of CPU time per run of a program, with the frame changed from run to run
// (driver.bpf.c).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

struct bench_driver;

namespace interdict::bench {

using Bytes = std::vector<std::uint8_t>;

enum class Vary {
    Address,    // the destination
    Client,     // source address and port
    Name,       // the digits in the name, and the client
    NameMended, // the same, after the last verdict has made another frame of it
    Pair,       // as Name, over two frames in turns, or three; a run is one frame. UDP: two
};

struct Frame {
    Vary vary = Vary::Address;
    Bytes bytes;
    std::uint32_t name_at = 0;   // of the digits, in the frame that carries them; 0 = the name stays
    std::uint32_t second_at = 0; // where in bytes the second frame starts
    std::uint32_t pieces = 1; // runs that belong together; with 3, the last acknowledges the server's answer
};

// Numbers are drawn from [first, first + span).
struct Range {
    std::uint32_t first = 0;
    std::uint32_t span = 1;
};

// Places in the driver's prog array.
inline constexpr std::uint32_t kBare = 0;    // passes
inline constexpr std::uint32_t kBareCut = 1; // cuts the frame and sends it back

class Driver {
public:
    // program: one of those that will be measured; the driver is loaded so that it can tail-call it.
    [[nodiscard]] static Result<Driver> load(int program);

    Driver(Driver&&) noexcept;
    Driver& operator=(Driver&&) noexcept;
    ~Driver();

    // Returns its place.
    [[nodiscard]] Result<std::uint32_t> add(int program);

    // CPU time of one run, driver included. expected: the XDP action of the last run; another one is an
    // error.
    [[nodiscard]] Result<double> run(const Frame& frame, Range range, std::uint32_t place,
                                     std::uint32_t repeat, std::uint32_t expected);

    // CPU time of one run of a program that only passes, without the driver: the unit of some targets.
    [[nodiscard]] Result<double> no_op(std::uint32_t repeat);

private:
    struct Closer {
        void operator()(bench_driver* object) const;
    };

    Driver() = default;

    std::unique_ptr<bench_driver, Closer> object_;
    std::uint32_t used_ = 0;
};

// CPU time of this thread, ns.
[[nodiscard]] double thread_nanoseconds();

} // namespace interdict::bench
