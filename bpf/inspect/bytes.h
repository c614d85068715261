/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * bytes.h: numbers in struct interdict_bytes, at any place: an index is masked, and the array is longer than
 * the mask by more than any of these reads. Plain C, the same for the kernel and the host.
 */
#ifndef INTERDICT_BPF_INSPECT_BYTES_H
#define INTERDICT_BPF_INSPECT_BYTES_H

#include "bpf/opaque.h"
#include "maps/flows.h"

INTERDICT_INLINE __u32 byte_at(const struct interdict_bytes *bytes, __u32 at)
{
	return bytes->data[masked(at, INTERDICT_STREAM_MAX - 1)];
}

INTERDICT_INLINE __u32 be16_at(const struct interdict_bytes *bytes, __u32 at)
{
	/* The array is longer than the mask, so the second byte stays inside. */
	__u32 i = masked(at, INTERDICT_STREAM_MAX - 1);

	return (__u32)bytes->data[i] << 8 | bytes->data[i + 1];
}

/* Eight bytes at any place, in memory order. Of the BPF target clang believes that it cannot read them at
 * once. */
INTERDICT_INLINE __u64 load64(const struct interdict_bytes *bytes, __u32 at)
{
	const __u8 *from = &bytes->data[masked(at, INTERDICT_STREAM_MAX - 1)];
#ifdef __bpf__
	return *(const __u64 *)from;
#else
	__u64 value;

	__builtin_memcpy(&value, from, sizeof(value));
	return value;
#endif
}

INTERDICT_INLINE void store64(struct interdict_bytes *bytes, __u32 at, __u64 value)
{
	__u8 *to = &bytes->data[masked(at, INTERDICT_STREAM_MAX - 1)];
#ifdef __bpf__
	*(__u64 *)to = value;
#else
	__builtin_memcpy(to, &value, sizeof(value));
#endif
}

#endif
