/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * segment.h: the payload at hand, wherever it lies: in the frame, or in a datagram that was put together
 * from fragments.
 */
#ifndef INTERDICT_BPF_INSPECT_SEGMENT_H
#define INTERDICT_BPF_INSPECT_SEGMENT_H

#include "bpf/inspect/bytes.h"
#include "bpf/maps.bpf.h"
#include "bpf/opaque.h"

/* Eight bytes a step; up to seven more than `length` are written, all arrays are padded for it. */
INTERDICT_INLINE void bytes_copy(struct interdict_bytes *to, __u32 to_at, const struct interdict_bytes *from,
				 __u32 from_at, __u32 length)
{
	__u32 i;

	for (i = 0; i < INTERDICT_STREAM_MAX / 8; i++) {
		if (i * 8 >= length)
			break;
		store64(to, to_at + i * 8, load64(from, from_at + i * 8));
	}
}

/*
 * Copies payload[from, from + length) to bytes->data[to]; what lies behind there may be overwritten.
 * length: 1 to INTERDICT_STREAM_MAX - to. Uses packet->handshake as room. Returns 0, or -1 if the frame
 * is shorter than its headers say.
 */
__noinline int segment_copy(struct xdp_md *ctx, struct interdict_bytes *bytes, __u32 to_from, __u32 length)
{
	struct packet *packet = packet_at_hand();
	__u32 to = to_from >> 16, from = to_from & 0xffff;
	struct interdict_flow *datagram;

	if (!packet || !bytes || !length)
		return -1;
	/* Written so that the verifier of Linux 6.1 sees a length of at least 1. */
	length = masked(length - 1, INTERDICT_STREAM_MAX - 1) + 1;
	from += packet->payload;
	if (packet->datagram) {
		datagram = bpf_map_lookup_elem(&flows, &packet->datagram_key);
		if (!datagram)
			return -1;
		bytes_copy(bytes, to, &datagram->bytes, from, length);
		return 0;
	}
	if (!to)
		return bpf_xdp_load_bytes(ctx, from, bytes->data, length) ? -1 : 0;
	/* The verifier can't add up a variable place and a variable length, so by way of a fixed place. */
	if (bpf_xdp_load_bytes(ctx, from, packet->handshake.data, length))
		return -1;
	bytes_copy(bytes, to, &packet->handshake, 0, length);
	return 0;
}

#endif
