// SPDX-License-Identifier: GPL-2.0-only
/*
 * generator.bpf.c: makes traffic on a veth (BPF_F_TEST_XDP_LIVE_FRAMES): another source address in every
 * frame, out of one interface, and another name where there is one. And the receivers that filters are
 * compared with.
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
__u32 first; /* source addresses, or names, are drawn from [first, first + span) */
__u32 span;
__u32 name_at; /* of the name's digits, 0 = the name stays */
__u32 client;
__u32 checksum; /* sum of the IP header's 16-bit words without source address and checksum */
__u64 state;

static __always_inline void write_source(struct headers* headers, __u32 source)
{
    __u32 sum = checksum + (source >> 16) + (source & 0xffff);

    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    headers->ip.saddr = bpf_htonl(source);
    headers->ip.check = bpf_htons((__u16)~sum);
}

SEC("xdp")
int generate(struct xdp_md* ctx)
{
    void *data = (void*)(long)ctx->data, *data_end = (void*)(long)ctx->data_end;
    struct headers* headers = data;

    if ((void*)(headers + 1) > data_end)
        return XDP_ABORTED;
    write_source(headers, bench_number(bench_draw(&state, first, span)));
    return bpf_redirect(ifindex, 0);
}

/* Another client of 10.0.0.0/8 each time, back after 2^24; checksums inside the IP packet are not kept up. */
SEC("xdp")
int generate_named(struct xdp_md* ctx)
{
    void *data = (void*)(long)ctx->data, *data_end = (void*)(long)ctx->data_end;
    struct headers* headers = data;
    __u8* digits = data + (name_at & 0x7ff);

    if ((void*)(headers + 1) > data_end)
        return XDP_ABORTED;
    write_source(headers, 10u << 24 | (client++ * 0x9e3779b1U & 0xffffff));
    if (name_at) {
        if ((void*)(digits + BENCH_DIGITS) > data_end)
            return XDP_ABORTED;
        bench_digits(digits, bench_number(bench_draw(&state, first, span)));
    }
    return bpf_redirect(ifindex, 0);
}

SEC("xdp")
int drop_all(struct xdp_md* ctx) { return XDP_DROP; }

char LICENSE[] SEC("license") = "GPL";
