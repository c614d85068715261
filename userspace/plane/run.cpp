// SPDX-License-Identifier: Apache-2.0
#include "plane/run.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "plane/kernel.h"

namespace interdict::plane {

namespace {

constexpr std::size_t kOutputRoom = kFrameMax + 4096; // an answer may be longer than its question

} // namespace

Result<Runner> Runner::open(const Maps& maps, int program)
{
    Runner runner(maps, program);
    runner.output_.resize(kOutputRoom);
    cpu_set_t before;
    CPU_ZERO(&before);
    if (::sched_getaffinity(0, sizeof(before), &before) != 0)
        return fail_errno(errno, "cannot ask for this thread's CPUs");
    const int cpu = ::sched_getcpu();
    if (cpu < 0)
        return fail_errno(errno, "cannot ask for this thread's CPU");
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (::sched_setaffinity(0, sizeof(one), &one) != 0)
        return fail_errno(errno, "cannot keep this thread on CPU {}", cpu);
    runner.affinity_ = before;
    runner.cpu_ = static_cast<unsigned>(cpu);
    return runner;
}

Runner::Runner(Runner&& other) noexcept
    : maps_(other.maps_), program_(other.program_), cpu_(other.cpu_), affinity_(other.affinity_),
      output_(std::move(other.output_))
{
    other.affinity_.reset();
}

Runner::~Runner()
{
    if (affinity_)
        ::sched_setaffinity(0, sizeof(*affinity_), &*affinity_);
}

Result<std::uint32_t> Runner::test_run(std::span<const std::uint8_t> frame, std::uint32_t repeat,
                                       std::uint32_t& action, std::size_t& length)
{
    if (frame.size() < kFrameMin || frame.size() > kFrameMax)
        return fail("a frame of {} bytes; the kernel tests frames of {} to {}", frame.size(), kFrameMin,
                    kFrameMax);
    xdp_md context = {};
    context.data_end = static_cast<__u32>(frame.size());
    context.ingress_ifindex = kTestInterface;
    LIBBPF_OPTS(bpf_test_run_opts, options);
    options.data_in = frame.data();
    options.data_size_in = static_cast<__u32>(frame.size());
    options.data_out = output_.data();
    options.data_size_out = static_cast<__u32>(output_.size());
    options.ctx_in = &context;
    options.ctx_size_in = sizeof(context);
    options.repeat = static_cast<int>(repeat);
    if (const int error = bpf_prog_test_run_opts(program_, &options); error != 0)
        return fail_kernel(error, "the kernel cannot test a frame of {} bytes", frame.size());
    action = options.retval;
    length = options.data_size_out;
    return options.duration;
}

Result<RunResult> Runner::run(std::span<const std::uint8_t> frame)
{
    interdict_report& report = maps_.report()[cpu_];
    report = {};
    RunResult result;
    std::size_t length = 0;
    INTERDICT_TRY(result.nanoseconds, test_run(frame, 1, result.action, length));
    result.frame = std::span(output_).first(length);
    result.report = report;
    return result;
}

Result<std::uint32_t> Runner::time(std::span<const std::uint8_t> frame, std::uint32_t repeat)
{
    std::uint32_t action = 0;
    std::size_t length = 0;
    return test_run(frame, repeat, action, length);
}

} // namespace interdict::plane
