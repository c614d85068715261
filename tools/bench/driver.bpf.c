// SPDX-License-Identifier: GPL-2.0-only
/*
 * driver.bpf.c: stands in front of the program that is measured, in BPF_PROG_TEST_RUN, which repeats one
 * frame: changes that frame from run to run, then tail-calls. The same driver in front of `bare` is what
 * the measured figures are counted from.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "tools/bench/numbers.bpf.h"

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 8);
    __type(key, __u32);
    __type(value, __u32);
} next SEC(".maps");

struct headers {
    struct ethhdr ethernet;
    struct iphdr ip;
    struct tcphdr tcp;
} __attribute__((packed));

/* Set before each call from userspace. */
__u32 slot;  /* of `next` */
__u32 first; /* numbers are drawn from [first, first + span) */
__u32 span;
__u32 name_at;   /* offset of the digits in the frame that carries the name, 0 = its name stays */
__u32 second_at; /* of the second frame behind the first */
__u32 whole;     /* bytes of the frame as it was given */
__u64 state;
__u32 client;
__u32 pieces;   /* runs of vary_pair for one connection, 2 or 3 */
__u32 sequence; /* of the second frame */
__u32 acknowledgement;
__u32 phase; /* 0 before each call, as is the next */
__u32 moved;
__u8 frame[2048];

SEC("xdp")
int bare(struct xdp_md* ctx) { return XDP_PASS; }

/* Cuts the frame as a reset does, so that both sides of that comparison have one to mend. */
SEC("xdp")
int bare_cut(struct xdp_md* ctx)
{
    bpf_xdp_adjust_tail(ctx, (int)sizeof(struct headers) - (int)whole);
    return XDP_TX;
}

SEC("xdp")
int vary_address(struct xdp_md* ctx)
{
    void *data = (void*)(long)ctx->data, *data_end = (void*)(long)ctx->data_end;
    struct headers* headers = data;

    if ((void*)(headers + 1) > data_end)
        return XDP_ABORTED;
    headers->ip.daddr = bpf_htonl(bench_number(bench_draw(&state, first, span)));
    bpf_tail_call(ctx, &next, slot);
    return XDP_ABORTED;
}

/*
 * 10.0.0.0/8, a port above 1023: another connection every time, back after 2^24. UDP's port is where TCP's
 * is.
 */
static __always_inline void new_client(struct headers* headers, __u32 number)
{
    number = bench_number(number);
    headers->ip.saddr = bpf_htonl(10u << 24 | number >> 8);
    headers->tcp.source = bpf_htons(1024 + (number & 0xff));
}

static __always_inline int write_digits(void* data, void* data_end)
{
    __u8* digits = data + (name_at & 0x7ff);

    if (!name_at)
        return 0;
    if ((void*)(digits + BENCH_DIGITS) > data_end)
        return -1;
    bench_digits(digits, bench_number(bench_draw(&state, first, span)));
    return 0;
}

SEC("xdp")
int vary_client(struct xdp_md* ctx)
{
    void *data = (void*)(long)ctx->data, *data_end = (void*)(long)ctx->data_end;
    struct headers* headers = data;

    if ((void*)(headers + 1) > data_end)
        return XDP_ABORTED;
    new_client(headers, client++);
    bpf_tail_call(ctx, &next, slot);
    return XDP_ABORTED;
}

SEC("xdp")
int vary_name(struct xdp_md* ctx)
{
    void *data = (void*)(long)ctx->data, *data_end = (void*)(long)ctx->data_end;
    struct headers* headers = data;

    if ((void*)(headers + 1) > data_end || write_digits(data, data_end))
        return XDP_ABORTED;
    new_client(headers, client++);
    bpf_tail_call(ctx, &next, slot);
    return XDP_ABORTED;
}

/* As vary_name, for a verdict that makes another frame of it. */
SEC("xdp")
int vary_name_mended(struct xdp_md* ctx)
{
    __u32 length = whole, now = (__u32)(ctx->data_end - ctx->data);
    struct headers* headers;
    void *data, *data_end;

    if (length < sizeof(*headers) || length > sizeof(frame))
        return XDP_ABORTED;
    if (now != length && bpf_xdp_adjust_tail(ctx, (int)(length - now)))
        return XDP_ABORTED;
    if (bpf_xdp_store_bytes(ctx, 0, frame, length))
        return XDP_ABORTED;
    data = (void*)(long)ctx->data;
    data_end = (void*)(long)ctx->data_end;
    headers = data;
    if ((void*)(headers + 1) > data_end || write_digits(data, data_end))
        return XDP_ABORTED;
    new_client(headers, client++);
    bpf_tail_call(ctx, &next, slot);
    return XDP_ABORTED;
}

/* The client's next segment once the server has answered. */
static __always_inline void write_numbers(struct headers* headers, __u32 answered)
{
    if (headers->ip.protocol != IPPROTO_TCP)
        return;
    headers->tcp.seq = bpf_htonl(sequence + (answered ? 1 << 16 : 0));
    headers->tcp.ack_seq = bpf_htonl(acknowledgement + answered);
}

/*
 * Two frames lie behind one another in the test's buffer. The first run sees the first (what is behind it
 * counts as padding), the second run the second, and so does a third if the server is to have answered:
 * moving the head costs a few nanoseconds and copies nothing.
 */
SEC("xdp")
int vary_pair(struct xdp_md* ctx)
{
    __u32 which = phase;
    struct headers* headers;
    void *data, *data_end;

    phase = which + 1 < pieces ? which + 1 : 0;
    if (which < 2 && moved != which) {
        if (bpf_xdp_adjust_head(ctx, which ? (int)second_at : -(int)second_at))
            return XDP_ABORTED;
        moved = which;
    }
    data = (void*)(long)ctx->data;
    data_end = (void*)(long)ctx->data_end;
    headers = data;
    if ((void*)(headers + 1) > data_end)
        return XDP_ABORTED;
    if (!which) {
        client++;
    } else {
        if (write_digits(data, data_end))
            return XDP_ABORTED;
        write_numbers(headers, which - 1);
    }
    new_client(headers, client);
    bpf_tail_call(ctx, &next, slot);
    return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
