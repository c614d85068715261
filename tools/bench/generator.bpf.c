// SPDX-License-Identifier: GPL-2.0-only
/*
 * generator.bpf.c: makes traffic on a veth (BPF_F_TEST_XDP_LIVE_FRAMES): another source address in every
 * frame, out of one interface. And the receivers that filters are compared with.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "tools/bench/numbers.bpf.h"

struct headers {
    struct ethhdr ethernet;
    struct iphdr ip;
} __attribute__((packed));

__u32 ifindex;
__u32 first; /* source addresses are drawn from [first, first + span) */
__u32 span;
__u32 checksum; /* sum of the IP header's 16-bit words without source address and checksum */
__u64 state;

SEC("xdp")
int generate(struct xdp_md* ctx)
{
    void *data = (void*)(long)ctx->data, *data_end = (void*)(long)ctx->data_end;
    struct headers* headers = data;
    __u32 source, sum;

    if ((void*)(headers + 1) > data_end)
        return XDP_ABORTED;
    source = bench_number(bench_draw(&state, first, span));
    sum = checksum + (source >> 16) + (source & 0xffff);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    headers->ip.saddr = bpf_htonl(source);
    headers->ip.check = bpf_htons((__u16)~sum);
    return bpf_redirect(ifindex, 0);
}

SEC("xdp")
int drop_all(struct xdp_md* ctx) { return XDP_DROP; }

char LICENSE[] SEC("license") = "GPL";
