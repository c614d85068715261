// SPDX-License-Identifier: Apache-2.0
//
// run.h: single frames through the real entry program, no interface involved (BPF_PROG_TEST_RUN).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <sched.h>

#include "base/result.h"
#include "maps/report.h"
#include "plane/maps.h"

namespace interdict::plane {

// The interface that test frames come in on: the loopback device, which has this number in every namespace.
inline constexpr unsigned kTestInterface = 1;

inline constexpr std::size_t kFrameMin = 14;
inline constexpr std::size_t kFrameMax = 65536;

struct RunResult {
    std::uint32_t action = 0;            // XDP_PASS, XDP_DROP, XDP_TX...
    std::span<const std::uint8_t> frame; // as the program left it; valid until the next run
    interdict_report report{};           // all zero unless INTERDICT_CONTROL_REPORT is set
    std::uint32_t nanoseconds = 0;       // the kernel's own measure of this run
};

// Belongs to the thread that made it and keeps it on one CPU, whose report it reads.
class Runner {
public:
    // program: descriptor of the entry program. Both must outlive the runner.
    [[nodiscard]] static Result<Runner> open(const Maps& maps, int program);

    Runner(Runner&& other) noexcept;
    Runner& operator=(Runner&&) = delete;
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;
    ~Runner();

    // About a microsecond a call. frame: from the Ethernet header on, kFrameMin to kFrameMax bytes.
    [[nodiscard]] Result<RunResult> run(std::span<const std::uint8_t> frame);

    // The kernel's own measure of one run, in whole ns, averaged over `repeat` runs of the same frame. The
    // programs see their own effects (counters, flows) add up.
    [[nodiscard]] Result<std::uint32_t> time(std::span<const std::uint8_t> frame, std::uint32_t repeat);

private:
    Runner(const Maps& maps, int program) : maps_(maps), program_(program) {}

    [[nodiscard]] Result<std::uint32_t> test_run(std::span<const std::uint8_t> frame, std::uint32_t repeat,
                                                 std::uint32_t& action, std::size_t& length);

    const Maps& maps_;
    int program_;
    unsigned cpu_ = 0;
    std::optional<cpu_set_t> affinity_; // to go back to
    std::vector<std::uint8_t> output_;
};

} // namespace interdict::plane
