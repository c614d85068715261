// SPDX-License-Identifier: Apache-2.0
#include "plane/capabilities.h"

#include <array>
#include <cstdint>

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace interdict::plane {

namespace {

constexpr Lack kBpf{"CAP_BPF", "to load programs and to make and open maps"};
constexpr Lack kNetAdmin{"CAP_NET_ADMIN", "to put programs on interfaces"};
constexpr Lack kPerfmon{"CAP_PERFMON", "for programs that compute with pointers into packets"};

} // namespace

std::vector<Lack> missing_capabilities()
{
    __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data = {};
    if (::syscall(__NR_capget, &head, data.data()) != 0)
        return {};
    const auto has = [&](unsigned capability) {
        return (data[capability / 32].effective >> (capability % 32) & 1) != 0;
    };
    std::vector<Lack> missing;
    if (!has(CAP_BPF) && !has(CAP_SYS_ADMIN))
        missing.push_back(kBpf);
    if (!has(CAP_NET_ADMIN))
        missing.push_back(kNetAdmin);
    if (!has(CAP_PERFMON) && !has(CAP_SYS_ADMIN))
        missing.push_back(kPerfmon);
    return missing;
}

} // namespace interdict::plane
