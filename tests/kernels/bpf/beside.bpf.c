// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two programs for libxdp's dispatcher: `first` runs before `second`. Each counts what it sees; a packet
 * that `first` passes must reach `second`.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <xdp/xdp_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} first_seen SEC(".maps"), second_seen SEC(".maps");

struct {
    __uint(priority, 10);
    __uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(first);

struct {
    __uint(priority, 60);
    __uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(second);

static __always_inline int count(void* map)
{
    __u32 zero = 0;
    __u64* seen = bpf_map_lookup_elem(map, &zero);

    if (seen)
        __sync_fetch_and_add(seen, 1);
    return XDP_PASS;
}

SEC("xdp.frags")
int first(struct xdp_md* ctx) { return count(&first_seen); }

SEC("xdp.frags")
int second(struct xdp_md* ctx) { return count(&second_seen); }

char _license[] SEC("license") = "GPL";
