// SPDX-License-Identifier: Apache-2.0
//
// kernel.h: what the kernel says about its objects, and its refusals in words.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <linux/bpf.h>

#include "base/fd.h"
#include "base/result.h"

namespace interdict::plane {

enum class Access { Read, Write };

// As fail_errno; a refusal for lack of privilege names the capabilities that are needed.
[[nodiscard]] std::unexpected<Error> refused(int code, std::string_view what);

template <class... Args>
[[nodiscard]] std::unexpected<Error> fail_kernel(int code, fmt::format_string<Args...> format, Args&&... args)
{
    return refused(code, fmt::format(format, std::forward<Args>(args)...));
}

// Opens the object pinned at the path, for reading and writing: the kernel maps no other map into memory.
[[nodiscard]] Result<Fd> open_pin(const std::filesystem::path& path);

// Pins the object. An existing pin is an error (EEXIST).
[[nodiscard]] Result<void> make_pin(int fd, const std::filesystem::path& path);

// Another descriptor of the same object.
[[nodiscard]] Result<Fd> duplicate(int fd);

[[nodiscard]] Result<bpf_map_info> map_info(int fd);
[[nodiscard]] Result<bpf_prog_info> program_info(int fd);
[[nodiscard]] Result<bpf_link_info> link_info(int fd);

// "17 (xdp_dispatcher)"; the number alone if the name cannot be read.
[[nodiscard]] std::string describe_program(std::uint32_t id);

// Threads that could run a BPF program: the length of per-CPU values.
[[nodiscard]] Result<std::uint32_t> possible_cpus();

// Returns once no packet uses what was unpublished before the call (about 8 ms).
[[nodiscard]] Result<void> grace_period();

} // namespace interdict::plane
