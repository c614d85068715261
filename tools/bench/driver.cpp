// SPDX-License-Identifier: Apache-2.0
#include "driver.h"

#include <algorithm>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <time.h>

#include "bench_driver.skel.h"
#include "plane/libbpf_log.h"
#include "plane/run.h"

namespace interdict::bench {

namespace {

struct Variant {
    std::uint32_t flags;
    bool attach_type;
};

// What a tail call requires caller and callee to agree on (tests/kernels/README.md), likeliest first.
constexpr Variant kVariants[] = {
    {0, true}, {BPF_F_XDP_HAS_FRAGS, true}, {0, false}, {BPF_F_XDP_HAS_FRAGS, false}};

const bpf_program* program_for(const bench_driver& object, Vary vary)
{
    switch (vary) {
    case Vary::Address:
        return object.progs.vary_address;
    case Vary::Client:
        return object.progs.vary_client;
    case Vary::Name:
        return object.progs.vary_name;
    case Vary::NameMended:
        return object.progs.vary_name_mended;
    case Vary::Pair:
        break;
    }
    return object.progs.vary_pair;
}

constexpr std::size_t kSequenceAt = 14 + 20 + 4;
constexpr std::size_t kAcknowledgementAt = kSequenceAt + 4;

std::uint32_t number_at(const Bytes& bytes, std::size_t at)
{
    return static_cast<std::uint32_t>(bytes[at]) << 24 | static_cast<std::uint32_t>(bytes[at + 1]) << 16 |
           static_cast<std::uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
}

Result<double> timed(int program, const Bytes& frame, std::uint32_t repeat, std::uint32_t expected)
{
    xdp_md context = {};
    context.data_end = static_cast<__u32>(frame.size());
    context.ingress_ifindex = plane::kTestInterface;
    LIBBPF_OPTS(bpf_test_run_opts, options);
    options.data_in = frame.data();
    options.data_size_in = static_cast<__u32>(frame.size());
    options.ctx_in = &context;
    options.ctx_size_in = sizeof(context);
    options.repeat = static_cast<int>(repeat);
    const double before = thread_nanoseconds();
    if (const int error = bpf_prog_test_run_opts(program, &options); error != 0)
        return fail_errno(error, "the kernel cannot run the bench's driver");
    const double spent = thread_nanoseconds() - before;
    if (options.retval != expected)
        return fail("XDP action {} where {} was expected", options.retval, expected);
    return spent / repeat;
}

} // namespace

double thread_nanoseconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

void Driver::Closer::operator()(bench_driver* object) const { bench_driver__destroy(object); }

Driver::Driver(Driver&&) noexcept = default;
Driver& Driver::operator=(Driver&&) noexcept = default;
Driver::~Driver() = default;

Result<Driver> Driver::load(int program)
{
    const plane::LibbpfLog log;
    for (const auto& variant : kVariants) {
        Driver driver;
        driver.object_.reset(bench_driver__open());
        if (!driver.object_)
            return fail_errno(errno, "cannot read the bench's driver");
        bpf_program* each = nullptr;
        bpf_object__for_each_program(each, driver.object_->obj)
        {
            bpf_program__set_flags(each, variant.flags);
            if (!variant.attach_type)
                bpf_program__set_expected_attach_type(each, static_cast<bpf_attach_type>(0));
        }
        if (bench_driver__load(driver.object_.get()) != 0)
            continue;
        if (!driver.add(program))
            continue;
        driver.used_ = 0;
        INTERDICT_CHECK(driver.add(bpf_program__fd(driver.object_->progs.bare)));
        INTERDICT_CHECK(driver.add(bpf_program__fd(driver.object_->progs.bare_cut)));
        return driver;
    }
    return fail("the kernel lets no driver tail-call the program{}", log.tail());
}

Result<std::uint32_t> Driver::add(int program)
{
    const std::uint32_t place = used_;
    if (const int error = bpf_map_update_elem(bpf_map__fd(object_->maps.next), &place, &program, BPF_ANY);
        error != 0)
        return fail_errno(error, "the kernel does not let the bench's driver call program {}", place);
    ++used_;
    return place;
}

Result<double> Driver::run(const Frame& frame, Range range, std::uint32_t place, std::uint32_t repeat,
                           std::uint32_t expected)
{
    auto& state = *object_->bss;
    state.slot = place;
    state.first = range.first;
    state.span = range.span;
    state.name_at = frame.name_at;
    state.second_at = frame.second_at;
    state.whole = static_cast<__u32>(frame.bytes.size());
    state.pieces = frame.pieces;
    state.phase = 0;
    state.moved = 0;
    if (frame.second_at) {
        state.sequence = number_at(frame.bytes, frame.second_at + kSequenceAt);
        state.acknowledgement = number_at(frame.bytes, frame.second_at + kAcknowledgementAt);
    }
    repeat -= repeat % frame.pieces;
    std::copy_n(frame.bytes.begin(), std::min(frame.bytes.size(), sizeof(state.frame)), state.frame);

    return timed(bpf_program__fd(program_for(*object_, frame.vary)), frame.bytes, repeat, expected);
}

Result<double> Driver::no_op(std::uint32_t repeat)
{
    return timed(bpf_program__fd(object_->progs.bare), Bytes(64), repeat, XDP_PASS);
}

} // namespace interdict::bench
