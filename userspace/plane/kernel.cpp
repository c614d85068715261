// SPDX-License-Identifier: Apache-2.0
#include "plane/kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plane/capabilities.h"

namespace interdict::plane {

namespace {

template <class Info>
Result<Info> object_info(int fd, std::string_view what)
{
    Info info = {};
    std::uint32_t length = sizeof(info);
    if (const int error = bpf_obj_get_info_by_fd(fd, &info, &length); error != 0)
        return fail_kernel(error, "cannot read about a {}", what);
    return info;
}

// Changing a map of maps waits for every program that runs. This one belongs to nobody, so nothing but the
// wait happens.
Result<void> grace_period_by_update()
{
    const int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "grace_inner", 4, 8, 1, nullptr);
    if (inner < 0)
        return fail_kernel(inner, "cannot create a map");
    const Fd inner_map(inner);
    LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = static_cast<__u32>(inner));
    const int outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "grace", 4, 4, 1, &options);
    if (outer < 0)
        return fail_kernel(outer, "cannot create a map of maps");
    const Fd outer_map(outer);
    const std::uint32_t zero = 0;
    if (const int error = bpf_map_update_elem(outer, &zero, &inner, BPF_ANY); error != 0)
        return fail_kernel(error, "cannot update a map of maps");
    return {};
}

} // namespace

std::unexpected<Error> refused(int code, std::string_view what)
{
    const int positive = code < 0 ? -code : code;
    if (positive == EPERM || positive == EACCES) {
        std::string missing;
        for (const auto& lack : missing_capabilities())
            missing += fmt::format("{}{}", missing.empty() ? "; missing: " : ", ", lack.capability);
        return std::unexpected(
            Error{fmt::format("{}: {}; this needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, e.g. run as root{}",
                              what, std::generic_category().message(positive), missing),
                  positive});
    }
    return fail_errno(positive, "{}", what);
}

Result<Fd> open_pin(const std::filesystem::path& path)
{
    const int fd = bpf_obj_get(path.c_str());
    if (fd < 0)
        return fail_kernel(fd, "cannot open the pin {}", path.string());
    return Fd(fd);
}

Result<void> make_pin(int fd, const std::filesystem::path& path)
{
    if (const int error = bpf_obj_pin(fd, path.c_str()); error != 0)
        return fail_kernel(error, "cannot make the pin {}", path.string());
    return {};
}

Result<Fd> duplicate(int fd)
{
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0)
        return fail_errno(errno, "cannot duplicate a descriptor");
    return Fd(copy);
}

Result<bpf_map_info> map_info(int fd) { return object_info<bpf_map_info>(fd, "map"); }

Result<bpf_prog_info> program_info(int fd) { return object_info<bpf_prog_info>(fd, "program"); }

Result<bpf_link_info> link_info(int fd) { return object_info<bpf_link_info>(fd, "link"); }

std::string describe_program(std::uint32_t id)
{
    const int fd = bpf_prog_get_fd_by_id(id);
    if (fd < 0)
        return fmt::format("{}", id);
    const Fd program(fd);
    const auto info = program_info(fd);
    return info && info->name[0] != '\0' ? fmt::format("{} ({})", id, info->name) : fmt::format("{}", id);
}

Result<std::uint32_t> possible_cpus()
{
    const int count = libbpf_num_possible_cpus();
    if (count < 0)
        return fail_kernel(count, "cannot count the CPUs");
    return static_cast<std::uint32_t>(count);
}

Result<void> grace_period()
{
    if (::syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0)
        return {};
    // Refused on kernels that run with nohz_full, and in some containers.
    if (auto waited = grace_period_by_update(); !waited)
        return std::unexpected(waited.error().context("cannot wait until no packet uses the old maps"));
    return {};
}

} // namespace interdict::plane
