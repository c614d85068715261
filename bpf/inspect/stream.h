/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * stream.h: pieces of a stream or of a datagram laid at their place until they make a whole. Plain C, the
 * same for the kernel and the host. Pieces never reach past INTERDICT_STREAM_MAX: callers cut them.
 */
#ifndef INTERDICT_BPF_INSPECT_STREAM_H
#define INTERDICT_BPF_INSPECT_STREAM_H

#include "bpf/opaque.h"
#include "bpf/repeat.h"
#include "maps/flows.h"

#define STREAM_WORDS (INTERDICT_STREAM_MAX / 64)

/* Of the word of a stream's map that `at` is in, the bits from `at` up to `end`. */
INTERDICT_INLINE __u64 stream_bits(__u32 at, __u32 end)
{
	__u64 bits = ~0ULL << (at & 63);

	if (end - (at & ~63u) < 64)
		bits &= ~(~0ULL << (end & 63));
	return bits;
}

/* Marks [offset, offset + length) as there. */
CHECKED_ONCE int stream_mark(struct interdict_flow *flow, __u32 offset, __u32 length)
{
	__u32 end = offset + length, i, at = offset;

	if (!flow)
		return -1;
	for (i = 0; i < STREAM_WORDS + 1; i++) {
		if (at >= end)
			break;
		flow->map[masked(at >> 6, STREAM_WORDS - 1)] |= stream_bits(at, end);
		at = (at & ~63u) + 64;
	}
	return 0;
}

/* Moves `ready` over every byte that is there without a gap. */
CHECKED_ONCE int stream_settle(struct interdict_flow *flow)
{
	__u32 word, i, bit;
	__u64 bits;

	if (!flow)
		return -1;
	word = flow->ready >> 6;
	for (i = 0; i < STREAM_WORDS; i++) {
		if (word >= STREAM_WORDS || ~flow->map[masked(word, STREAM_WORDS - 1)])
			break;
		word++;
	}
	if (word >= STREAM_WORDS) {
		flow->ready = INTERDICT_STREAM_MAX;
		return 0;
	}
	bits = ~flow->map[masked(word, STREAM_WORDS - 1)];
	bit = 0;
	if (!(bits & 0xffffffff)) {
		bit += 32;
		bits >>= 32;
	}
	if (!(bits & 0xffff)) {
		bit += 16;
		bits >>= 16;
	}
	if (!(bits & 0xff)) {
		bit += 8;
		bits >>= 8;
	}
	if (!(bits & 0xf)) {
		bit += 4;
		bits >>= 4;
	}
	if (!(bits & 3)) {
		bit += 2;
		bits >>= 2;
	}
	if (!(bits & 1))
		bit += 1;
	flow->ready = word * 64 + bit;
	return 0;
}

/* After [offset, offset + length) has been written beyond everything laid so far. */
INTERDICT_INLINE void stream_appended(struct interdict_flow *flow, __u32 offset, __u32 length)
{
	__u32 gapless = flow->ready == flow->end && offset == flow->end;

	stream_mark(flow, offset, length);
	flow->end = offset + length;
	if (gapless)
		flow->ready = flow->end;
	else
		stream_settle(flow);
}

struct stream_merge {
	struct interdict_flow *flow;
	const struct interdict_bytes *piece;
	__u32 offset;
	__u32 length;
	__u32 keep; /* all ones: a byte that is there stays */
	__u32 differs;
};

/* One byte; stops with 1. Called through bpf_loop, so the verifier sees it once. */
static long stream_merge_step(__u32 index, void *context)
{
	struct stream_merge *merge = context;
	struct interdict_flow *flow = merge->flow;
	__u32 at = masked(merge->offset + index, INTERDICT_STREAM_MAX - 1);
	__u32 byte, old, there, stays;

	if (index >= merge->length)
		return 1;
	byte = merge->piece->data[masked(index, INTERDICT_STREAM_MAX - 1)];
	old = flow->bytes.data[at];
	there = 0 - (__u32)(flow->map[at >> 6] >> (at & 63) & 1);
	stays = there & merge->keep;
	merge->differs |= there & (old ^ byte);
	flow->bytes.data[at] = (__u8)((old & stays) | (byte & ~stays));
	return 0;
}

/*
 * Lays piece[0, length) at `offset` among bytes that may be there already. Returns 1 if a byte that was
 * there differs: it stays (overwrite 0) or is replaced (overwrite 1).
 */
CHECKED_ONCE __u32 stream_merge(struct interdict_flow *flow, const struct interdict_bytes *piece,
				__u32 offset, __u32 length, __u32 overwrite)
{
	struct stream_merge merge = {.flow = flow, .piece = piece, .offset = offset, .length = length};

	if (!flow || !piece)
		return 0;
	merge.keep = overwrite ? 0 : ~0u;
	repeat(INTERDICT_STREAM_MAX, stream_merge_step, &merge);
	stream_mark(flow, offset, length);
	if (offset + length > flow->end)
		flow->end = offset + length;
	stream_settle(flow);
	return merge.differs != 0;
}

#endif
