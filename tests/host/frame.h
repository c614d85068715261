// SPDX-License-Identifier: Apache-2.0
//
// frame.h: the frame that a program has at hand, as BPF_PROG_TEST_RUN lays it out: a first buffer that the
// program can point into, and, of a longer frame, fragments that it only reaches by helpers.
#pragma once

#include <linux/bpf.h>
#include <linux/types.h>

#define HOST_FRAME_MIN 14
#define HOST_FRAME_MAX 65536

// What the kernel leaves of a page: 256 bytes before the frame, 320 behind it are its own.
#define HOST_LINEAR_MAX (4096 - 256 - 320)

// Puts a frame of HOST_FRAME_MIN to HOST_FRAME_MAX bytes in place and points the context to it.
void host_frame_set(struct xdp_md* ctx, const __u8* frame, __u32 length);

// Bytes behind a frame in its first buffer, for frames from now on; HOST_LINEAR_MAX: as many as fit.
void host_frame_room(__u32 behind);

// Copies the frame to out, which has room for HOST_FRAME_MAX + 4096 bytes; returns its length.
__u32 host_frame_get(const struct xdp_md* ctx, __u8* out);
void host_frame_free(void);
