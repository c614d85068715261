// SPDX-License-Identifier: Apache-2.0
//
// The same frames to the programs in the kernel and to their build for the host: whatever a sanitizer or a
// fuzz target proves of the one then holds for the other. Frames of captures, in their order, and damaged
// ones.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <time.h>

#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "capture/ethernet.h"
#include "capture/reader.h"
#include "host/host.h"
#include "host/load.h"
#include "host/orders.h"
#include "image/image.h"
#include "mutate.h"
#include "order/parse.h"
#include "plane/plane.h"
#include "ruleset/compile.h"

using namespace interdict;
using namespace interdict::harness;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kFramesMin = 20'000;
constexpr std::uint32_t kFlows = 16'384; // enough that neither side has to choose whom to let go of

std::string hex(std::span<const std::uint8_t> bytes)
{
    return fmt::format("{:02x}", fmt::join(bytes.begin(), bytes.end(), ""));
}

std::uint64_t nanoseconds(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

std::string told(const interdict_report& report)
{
    return fmt::format("verdict {}, rule {}, channel {}, name \"{}\"", report.verdict, report.rule,
                       report.channel,
                       std::string_view(reinterpret_cast<const char*>(report.name), report.name_length));
}

bool same(const interdict_report& one, const interdict_report& other)
{
    return one.verdict == other.verdict && one.rule == other.rule && one.channel == other.channel &&
           one.name_length == other.name_length &&
           std::equal(one.name, one.name + one.name_length, other.name);
}

class BothSides {
public:
    BothSides(std::uint32_t role, bool report);
    BothSides(const BothSides&) = delete;
    BothSides& operator=(const BothSides&) = delete;
    ~BothSides() { host_stop(); }

    void run(const Bytes& frame);
    // Totals and the counters of all rules.
    void compare_counts();
    [[nodiscard]] std::size_t frames() const { return frames_; }

private:
    ruleset::Ruleset rules_;
    std::optional<plane::Plane> plane_;
    std::optional<plane::Runner> runner_;
    std::size_t frames_ = 0;
};

BothSides::BothSides(std::uint32_t role, bool report)
{
    auto parsed = order::parse_orders(kHostOrders, "orders");
    if (!parsed.ok())
        FAIL(to_string(parsed.problems.front()));
    rules_ = ruleset::compile(parsed.orders, {}).value();
    const auto image = image::build_image(rules_).value();

    plane::DetachedConfig config;
    config.sizes.flows = kFlows;
    config.role = role;
    config.encapsulations = INTERDICT_ENCAP_ALL;
    auto plane = plane::Plane::detached(config);
    if (!plane && (plane.error().code == EPERM || plane.error().code == ENOSYS))
        SKIP("no privilege to load BPF programs: " << plane.error().message);
    if (!plane)
        FAIL(plane.error().message);
    plane_.emplace(*std::move(plane));
    for (const auto& stage : plane_->programs().stages())
        if (!stage.loaded)
            SKIP("the kernel refuses the stage " << stage.name << ": " << stage.reason);
    auto staged = plane_->stage(image);
    REQUIRE(staged);
    REQUIRE(plane_->publish(*staged, {}));
    auto runner = plane_->runner();
    REQUIRE(runner);
    runner_.emplace(*std::move(runner));
    interdict_control& control = plane_->maps().control();
    control.quic_budget = UINT32_MAX;
    if (!report)
        control.flags &= ~INTERDICT_CONTROL_REPORT;

    const host_setup setup = {.role = role,
                              .flags = control.flags,
                              .encapsulations = control.encapsulations,
                              .flows = kFlows,
                              .opens = 0};
    host_start(&setup);
    host_control()->tai_offset = control.tai_offset;
    host_control()->open_key = control.open_key;
    host_control()->quic_budget = control.quic_budget;
    host::publish(image);
}

void BothSides::run(const Bytes& frame)
{
    host_set_clock(nanoseconds(CLOCK_MONOTONIC_COARSE), nanoseconds(CLOCK_TAI));
    const host_result host = host_run(frame.data(), static_cast<__u32>(frame.size()));
    const auto kernel = runner_->run(frame);
    if (!kernel)
        FAIL(kernel.error().message << ": " << hex(frame));
    ++frames_;
    const std::span answer(host.frame, host.length);
    if (static_cast<std::uint32_t>(host.action) == kernel->action && same(host.report, kernel->report) &&
        std::ranges::equal(answer, kernel->frame))
        return;
    FAIL("frame " << frames_ << ", " << host_evicted() << " conversations evicted: " << hex(frame)
                  << "\nkernel: action " << kernel->action << ", " << told(kernel->report) << "\n  "
                  << hex(kernel->frame) << "\nhost: action " << host.action << ", " << told(host.report)
                  << "\n  " << hex(answer));
}

void BothSides::compare_counts()
{
    REQUIRE(host_evicted() == 0);
    const auto totals = plane::read_totals(plane_->maps());
    REQUIRE(totals);
    for (std::size_t i = 0; i < INTERDICT_TOTAL_MAX; ++i) {
        INFO("total " << plane::kTotals[i].json);
        CHECK(totals->value[i] == host_totals()->value[i]);
    }
    for (const auto& rule : rules_.rules) {
        INFO("rule " << rule.id());
        const auto kernel = plane_->maps().counter(rule.id()).value();
        const auto host = host_hits(rule.id());
        CHECK(kernel.packets == host.packets);
        CHECK(kernel.bytes == host.bytes);
        CHECK(kernel.quic == host.quic);
        CHECK(kernel.dns == host.dns);
        CHECK(kernel.http == host.http);
    }
}

std::vector<fs::path> files_in(std::initializer_list<fs::path> folders)
{
    std::vector<fs::path> found;
    for (const auto& folder : folders) {
        std::error_code absent;
        for (const auto& entry : fs::directory_iterator(folder, absent))
            if (entry.is_regular_file())
                found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
}

struct Source {
    std::string name;
    std::vector<Bytes> frames;
};

Source read_capture(const fs::path& path)
{
    Source source{path.filename().string(), {}};
    capture::EthernetMapper mapper;
    auto reader = capture::Reader::open(path);
    if (!reader)
        FAIL(reader.error().message);
    while (true) {
        const auto next = reader->next();
        if (!next)
            FAIL(next.error().message);
        if (!*next)
            return source;
        const auto mapped = mapper.map((*next)->link_type, (*next)->bytes);
        if (mapped && mapped->size() >= plane::kFrameMin)
            source.frames.emplace_back(mapped->begin(), mapped->end());
    }
}

// An input of the fuzz target `frame`: a byte of options, then frames with their length in two bytes before.
Source read_fuzz_input(const fs::path& path)
{
    Source source{path.filename().string(), {}};
    const auto text = read_file(path);
    if (!text)
        FAIL(text.error().message);
    const Bytes data(text->begin(), text->end());
    for (std::size_t at = 1; at + 2 < data.size();) {
        const std::size_t length = std::min<std::size_t>(data[at] << 8 | data[at + 1], data.size() - at - 2);
        const auto begin = data.begin() + static_cast<std::ptrdiff_t>(at + 2);
        if (length >= plane::kFrameMin)
            source.frames.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(length));
        at += 2 + length;
    }
    return source;
}

// What is in the repository, and the large corpus if it is there.
const std::vector<Source>& sources()
{
    static const auto all = [] {
        const fs::path root = INTERDICT_SOURCE_DIR;
        const char* corpus = std::getenv("INTERDICT_CORPUS");
        const fs::path large = corpus ? fs::path(corpus) : root / "../shared/corpus";
        std::vector<Source> out;
        for (const auto& path : files_in({root / "tests/replay/captures", large / "clients"}))
            if (path.extension() == ".pcap")
                out.push_back(read_capture(path));
        for (const auto& path :
             files_in({root / "tests/fuzz/seeds/frame", root / "tests/fuzz/regressions/frame"}))
            out.push_back(read_fuzz_input(path));
        return out;
    }();
    return all;
}

void run_sources(BothSides& sides, std::size_t rounds, std::uint64_t seed)
{
    Random random(seed);
    for (const auto& source : sources()) {
        INFO(source.name);
        for (const auto& frame : source.frames)
            sides.run(frame);
        for (std::size_t round = 0; round < rounds; ++round)
            for (const auto& frame : source.frames)
                for (const auto& mutated : mutate(frame, random))
                    sides.run(mutated);
    }
}

} // namespace

TEST_CASE("differential: captures and what is made of them, from subscribers")
{
    std::size_t count = 0;
    for (const auto& source : sources())
        count += source.frames.size();
    REQUIRE(count > 0);
    constexpr std::uint64_t kSeed = 1;
    CAPTURE(kSeed);
    BothSides sides(INTERDICT_ROLE_SUBSCRIBER, true);
    run_sources(sides, std::max<std::size_t>(kFramesMin / count, 2), kSeed);
    sides.compare_counts();
    CHECK(sides.frames() >= kFramesMin);
    for (const auto total : {INTERDICT_TOTAL_DROPPED, INTERDICT_TOTAL_RESET, INTERDICT_TOTAL_ANSWERED,
                             INTERDICT_TOTAL_NOTICED, INTERDICT_TOTAL_CLOSED})
        CHECK(host_totals()->value[total] > 0);
}

TEST_CASE("differential: with both roles and without reports, as an attached plane runs")
{
    constexpr std::uint64_t kSeed = 2;
    CAPTURE(kSeed);
    BothSides sides(INTERDICT_ROLE_SUBSCRIBER | INTERDICT_ROLE_UPLINK, false);
    run_sources(sides, 1, kSeed);
    sides.compare_counts();
    CHECK(host_totals()->value[INTERDICT_TOTAL_HIT_ADDRESS] > 0);
}
