// SPDX-License-Identifier: Apache-2.0
#include "peers.h"

#include <memory>
#include <vector>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include "plane/libbpf_log.h"
#include "tools/bench/numbers.bpf.h"

namespace interdict::bench {

namespace fs = std::filesystem;

namespace {

// xdp-filter's prog_features.h and common_kern_user.h: each CPU's value of an address is
// packets << 6 | which side of a packet is meant.
constexpr std::uint64_t kSource = 1;
constexpr char kObject[] = "xdpfilt_alw_ip.o"; // passes what is not listed
constexpr char kProgram[] = "xdpfilt_alw_ip";
constexpr char kMap[] = "filter_ipv4";

struct ObjectCloser {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
};

Result<void> fill(int map, std::uint32_t count)
{
    const int cpus = libbpf_num_possible_cpus();
    if (cpus < 0)
        return fail_errno(cpus, "cannot count the CPUs");
    const std::vector<std::uint64_t> value(static_cast<std::size_t>(cpus), kSource);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t key = htonl(bench_number(i));
        if (const int error = bpf_map_update_elem(map, &key, value.data(), BPF_ANY); error != 0)
            return fail_errno(error, "cannot add address {} to xdp-filter's map", i);
    }
    return {};
}

} // namespace

fs::path xdp_filter_object()
{
    std::error_code ignored;
    for (const char* root : {"/usr/lib", "/usr/lib64", "/usr/local/lib"}) {
        if (fs::path plain = fs::path(root) / "bpf" / kObject; fs::exists(plain, ignored))
            return plain;
        for (const auto& folder : fs::directory_iterator(root, ignored))
            if (fs::path inside = folder.path() / "bpf" / kObject; fs::exists(inside, ignored))
                return inside;
    }
    return {};
}

Result<Fd> attach_natively(const Receiver& receiver, int program)
{
    const Namespace::Inside inside(receiver.where);
    LIBBPF_OPTS(bpf_link_create_opts, options);
    options.flags = XDP_FLAGS_DRV_MODE;
    const int link =
        bpf_link_create(program, static_cast<int>(::if_nametoindex(kReceiver)), BPF_XDP, &options);
    if (link < 0)
        return fail_errno(link, "{}: cannot attach an XDP program", receiver.where.name());
    return Fd(link);
}

Result<Fd> block_with_xdp_filter(const Receiver& receiver, std::uint32_t count)
{
    const plane::LibbpfLog log;
    const fs::path path = xdp_filter_object();
    const std::unique_ptr<bpf_object, ObjectCloser> object(bpf_object__open(path.c_str()));
    if (!object)
        return fail_errno(errno, "cannot read {}{}", path.string(), log.tail());
    bpf_map* each = nullptr;
    bpf_object__for_each_map(each, object.get())
        bpf_map__set_pin_path(each, nullptr); // not among the pins of an xdp-filter that may be in use
    bpf_map* const addresses = bpf_object__find_map_by_name(object.get(), kMap);
    bpf_program* const program = bpf_object__find_program_by_name(object.get(), kProgram);
    if (!addresses || !program)
        return fail("{}: no map {} or no program {} in it", path.string(), kMap, kProgram);
    bpf_program__set_type(program, BPF_PROG_TYPE_XDP);
    bpf_program__set_expected_attach_type(program, BPF_XDP);
    if (const int error = bpf_map__set_max_entries(addresses, count); error != 0)
        return fail_errno(error, "cannot make xdp-filter's map larger");
    if (const int error = bpf_object__load(object.get()); error != 0)
        return fail_errno(error, "the kernel refuses {}{}", path.string(), log.tail());
    INTERDICT_CHECK(fill(bpf_map__fd(addresses), count));
    return attach_natively(receiver, bpf_program__fd(program));
}

} // namespace interdict::bench
