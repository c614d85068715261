// SPDX-License-Identifier: Apache-2.0
//
// groups.h: the parts of the bench, in the order in which they run. Each adds its rows; what is missing on
// this machine becomes skipped rows, anything else that goes wrong is an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "report.h"

namespace interdict::bench {

struct Settings {
    unsigned rounds = 15;
    std::uint32_t repeat = 200'000;    // runs of a program per figure
    std::uint32_t frames = 300'000;    // on the veth per figure
    std::uint32_t million = 1'000'000; // rules; fewer only for a quick look
    unsigned swaps = 100;
    unsigned seconds = 3600;        // of the soak
    std::string tag;                // in the names of namespaces and pins
    std::filesystem::path program;  // interdict itself
    std::filesystem::path captures; // folder of real clients' Initials
};

// pass, hello: the programs alone, under BPF_PROG_TEST_RUN.
[[nodiscard]] Result<void> bench_pass(const Settings& settings, Report& report);
[[nodiscard]] Result<void> bench_hello(const Settings& settings, Report& report);
// quic, dns, http: the other channels, likewise.
[[nodiscard]] Result<void> bench_quic(const Settings& settings, Report& report);
[[nodiscard]] Result<void> bench_dns(const Settings& settings, Report& report);
[[nodiscard]] Result<void> bench_http(const Settings& settings, Report& report);
// userspace: the same job, by nDPI alone and behind NFQUEUE on a veth pair.
[[nodiscard]] Result<void> bench_user_space(const Settings& settings, Report& report);
// address: blocked and innocent packets on veth pairs, against nftables, ipset and xdp-filter.
[[nodiscard]] Result<void> bench_address(const Settings& settings, Report& report);
// load: from a compiled rule set to a live generation, and what it takes of memory.
[[nodiscard]] Result<void> bench_load(const Settings& settings, Report& report);
// patch: a few rules of a live million come and go in place.
[[nodiscard]] Result<void> bench_patch(const Settings& settings, Report& report);
// orders: the program itself, one process a step: a list imported, targets of a live million added and
// lifted.
[[nodiscard]] Result<void> bench_orders(const Settings& settings, Report& report);
// daemon: orders of many targets over the daemon's socket.
[[nodiscard]] Result<void> bench_daemon(const Settings& settings, Report& report);
// soak: the daemon for an hour under traffic; only when it is asked for.
[[nodiscard]] Result<void> bench_soak(const Settings& settings, Report& report);
// swap: generations change while a veth delivers packets as fast as it can.
[[nodiscard]] Result<void> bench_swap(const Settings& settings, Report& report);

} // namespace interdict::bench
