// SPDX-License-Identifier: Apache-2.0
//
// The kernel's helpers on a frame in this process' memory. Error numbers and limits are the kernel's
// (net/core/filter.c), for frames as BPF_PROG_TEST_RUN makes them.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf_helpers.h>

#include "host/frame.h"

#define FRAGMENT_ROOM 4096u // a page each
#define HEAD_ROOM 216       // of the 256 bytes before a frame the kernel keeps some for itself

static struct {
    __u8* first; // exactly as long as it may be read, so that a sanitizer sees who reads further
    __u8* rest;
    __u32 first_length;
    __u32 rest_length;
    int moved;   // where the frame begins now, from where it began
    int end_max; // how far it may reach from there, as long as it has no fragments
} frame;

static __u32 room_behind = HOST_LINEAR_MAX;

static void must(int holds, const char* what)
{
    if (holds)
        return;
    fprintf(stderr, "host: no verifier would let this through: %s\n", what);
    abort();
}

static void set_first(struct xdp_md* ctx, __u32 length)
{
    __u8* first = malloc(length);

    must(first != NULL, "no memory");
    memset(first, 0, length);
    if (frame.first)
        memcpy(first, frame.first, length < frame.first_length ? length : frame.first_length);
    free(frame.first);
    frame.first = first;
    frame.first_length = length;
    ctx->data = (__u64)(unsigned long)first;
    ctx->data_end = ctx->data + length;
}

void host_frame_free(void)
{
    free(frame.first);
    free(frame.rest);
    memset(&frame, 0, sizeof(frame));
}

void host_frame_set(struct xdp_md* ctx, const __u8* bytes, __u32 length)
{
    __u32 first = length < HOST_LINEAR_MAX ? length : HOST_LINEAR_MAX;

    host_frame_free();
    set_first(ctx, first);
    frame.end_max = HOST_LINEAR_MAX - first < room_behind ? HOST_LINEAR_MAX : (int)(first + room_behind);
    memcpy(frame.first, bytes, first);
    frame.rest_length = length - first;
    if (!frame.rest_length)
        return;
    frame.rest = malloc(frame.rest_length + FRAGMENT_ROOM);
    must(frame.rest != NULL, "no memory");
    memcpy(frame.rest, bytes + first, frame.rest_length);
}

void host_frame_room(__u32 behind) { room_behind = behind; }

__u32 host_frame_get(const struct xdp_md* ctx, __u8* out)
{
    (void)ctx;
    memcpy(out, frame.first, frame.first_length);
    if (frame.rest_length)
        memcpy(out + frame.first_length, frame.rest, frame.rest_length);
    return frame.first_length + frame.rest_length;
}

__u64 bpf_xdp_get_buff_len(struct xdp_md* ctx)
{
    (void)ctx;
    return frame.first_length + frame.rest_length;
}

static long in_frame(__u32 offset, __u32 length)
{
    must(length > 0, "a copy of no bytes");
    if (offset > 0xffff || length > 0xffff)
        return -EFAULT;
    return offset + length > frame.first_length + frame.rest_length ? -EINVAL : 0;
}

// How many of the `length` bytes at `offset` lie in the first buffer.
static __u32 in_first(__u32 offset, __u32 length)
{
    __u32 first = offset < frame.first_length ? frame.first_length - offset : 0;

    return first < length ? first : length;
}

long bpf_xdp_load_bytes(struct xdp_md* ctx, __u32 offset, void* to, __u32 length)
{
    long error = in_frame(offset, length);
    __u32 first = in_first(offset, length);

    (void)ctx;
    if (error)
        return error;
    if (first)
        memcpy(to, frame.first + offset, first);
    if (length > first)
        memcpy((__u8*)to + first, frame.rest + (offset + first - frame.first_length), length - first);
    return 0;
}

long bpf_xdp_store_bytes(struct xdp_md* ctx, __u32 offset, const void* from, __u32 length)
{
    long error = in_frame(offset, length);
    __u32 first = in_first(offset, length);

    (void)ctx;
    if (error)
        return error;
    if (first)
        memcpy(frame.first + offset, from, first);
    if (length > first)
        memcpy(frame.rest + (offset + first - frame.first_length), (const __u8*)from + first, length - first);
    return 0;
}

static long shrink(struct xdp_md* ctx, __u32 amount)
{
    __u32 from_rest = amount < frame.rest_length ? amount : frame.rest_length;

    frame.rest_length -= from_rest;
    if (amount > from_rest)
        set_first(ctx, frame.first_length - (amount - from_rest));
    return 0;
}

long bpf_xdp_adjust_tail(struct xdp_md* ctx, int delta)
{
    long length = (long)frame.first_length + frame.rest_length;

    if (length + delta < HOST_FRAME_MIN)
        return -EINVAL;
    if (delta < 0)
        return shrink(ctx, (__u32)-delta);
    if (frame.rest_length) {
        __u32 last = (frame.rest_length - 1) % FRAGMENT_ROOM + 1;

        if ((__u32)delta > FRAGMENT_ROOM - last)
            return -EINVAL;
        memset(frame.rest + frame.rest_length, 0, (__u32)delta);
        frame.rest_length += (__u32)delta;
        return 0;
    }
    if ((int)frame.first_length + frame.moved + delta > frame.end_max)
        return -EINVAL;
    set_first(ctx, frame.first_length + (__u32)delta);
    return 0;
}

long bpf_xdp_adjust_head(struct xdp_md* ctx, int delta)
{
    __u32 old = frame.first_length;
    __u8* first;

    if (frame.moved + delta < -HEAD_ROOM || delta > (int)old - HOST_FRAME_MIN)
        return -EINVAL;
    first = frame.first;
    frame.first = NULL;
    set_first(ctx, (__u32)((int)old - delta));
    // What was before a frame is nobody's to read.
    memset(frame.first, 0xa5, delta < 0 ? (__u32)-delta : 0);
    memcpy(frame.first + (delta < 0 ? -delta : 0), first + (delta > 0 ? delta : 0),
           delta > 0 ? old - (__u32)delta : old);
    frame.moved += delta;
    free(first);
    return 0;
}

// RFC 1071 over 16-bit words in memory order, folded to 16 bits.
static __u64 sum_of(const __be32* words, __u32 size)
{
    const __u8* bytes = (const __u8*)words;
    __u64 sum = 0;

    for (__u32 i = 0; i < size; i += 2) {
        __u16 word;

        memcpy(&word, bytes + i, sizeof(word));
        sum += word;
    }
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

__s64 bpf_csum_diff(const __be32* from, __u32 from_size, const __be32* to, __u32 to_size, __wsum seed)
{
    __u64 sum = seed;

    must(from_size % 4 == 0 && to_size % 4 == 0, "bpf_csum_diff of no multiple of 4 bytes");
    if (from_size)
        sum += ~sum_of(from, from_size) & 0xffff;
    if (to_size)
        sum += sum_of(to, to_size);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (__s64)sum;
}

long bpf_loop(__u32 times, void* step, void* context, __u64 flags)
{
    long (*call)(__u32, void*) = (long (*)(__u32, void*))step;
    __u32 i;

    must(!flags && times <= 1 << 23, "bpf_loop beyond its limits");
    for (i = 0; i < times; i++)
        if (call(i, context))
            return i + 1;
    return i;
}

__u32 bpf_get_smp_processor_id(void) { return 0; }
