/* SPDX-License-Identifier: GPL-2.0-only */
/* flow.h: flows in the map: begun with the bytes at hand, and later pieces laid into them. */
#ifndef INTERDICT_BPF_INSPECT_FLOW_H
#define INTERDICT_BPF_INSPECT_FLOW_H

#include "bpf/act/count.h"
#include "bpf/inspect/flow_key.h"
#include "bpf/inspect/segment.h"
#include "bpf/inspect/stream.h"

/*
 * Keeps packet->flow.bytes[offset, offset + length) under packet->key as a new flow whose byte 0 has
 * sequence number `base`. Returns 0, or -1 if there is no room (counted).
 */
static __noinline int flow_start(struct packet *packet, __u32 base, __u32 offset, __u32 length)
{
	struct interdict_flow *flow = &packet->flow;
	__u32 i;

	for (i = 0; i < STREAM_WORDS; i++)
		flow->map[i] = 0;
	flow->base = base;
	flow->ready = 0;
	flow->end = 0;
	flow->total = 0;
	flow->packets = 1;
	flow->stamp = coarse_seconds();
	flow->armed = packet->armed;
	flow->conflict = 0;
	flow->judged = 0;
	flow->acked = packet->acknowledgement;
	stream_appended(flow, offset, length);
	if (bpf_map_update_elem(&flows, &packet->key, flow, BPF_ANY)) {
		total(INTERDICT_TOTAL_SKIP_TABLE_FULL);
		return -1;
	}
	total(INTERDICT_TOTAL_FLOW_CREATED);
	return 0;
}

/*
 * Lays payload[from, end) among the flow's bytes at `offset`, cut where the flow ends. Returns 1 if it
 * contradicts bytes that are there; packet->overwrite says which of them hold.
 */
__noinline __u32 flow_lay(struct xdp_md *ctx, struct packet *packet, struct interdict_flow *flow, __u32 from,
			  __u32 offset)
{
	__u32 length;

	if (!packet || !flow || offset >= INTERDICT_STREAM_MAX || from >= packet->payload_length)
		return 0;
	length = packet->payload_length - from;
	if (length > INTERDICT_STREAM_MAX - offset)
		length = INTERDICT_STREAM_MAX - offset;
	if (offset >= flow->end) {
		if (!segment_copy(ctx, &flow->bytes, offset << 16 | (from & 0xffff), length))
			stream_appended(flow, offset, length);
		return 0;
	}
	if (segment_copy(ctx, &packet->handshake, from & 0xffff, length))
		return 0;
	return stream_merge(flow, &packet->handshake, offset, length, packet->overwrite);
}

#endif
