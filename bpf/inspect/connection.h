/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * connection.h: what is kept of a TCP connection, whatever it carries: where its stream starts, the pieces of
 * a message that is not whole, and, once it was refused, by which rule.
 */
#ifndef INTERDICT_BPF_INSPECT_CONNECTION_H
#define INTERDICT_BPF_INSPECT_CONNECTION_H

#include <linux/in.h>

#include "bpf/inspect/flow.h"
#include "bpf/inspect/fork.h"
#include "bpf/inspect/opened.h"

INTERDICT_INLINE void arm(__u32 index)
{
	struct interdict_armed *slot = bpf_map_lookup_elem(&armed, &index);

	if (!slot)
		return;
	__sync_fetch_and_add(&slot->count, 1);
	slot->stamp = coarse_seconds();
}

INTERDICT_INLINE void disarm(__u32 index)
{
	struct interdict_armed *slot = bpf_map_lookup_elem(&armed, &index);

	if (slot && slot->count)
		__sync_fetch_and_add(&slot->count, -1);
}

/* An entry that was evicted never took its count back; the slot is believed only for a while. */
INTERDICT_INLINE void armed_check(__u32 index)
{
	struct interdict_armed *slot = bpf_map_lookup_elem(&armed, &index);

	if (slot && slot->count && coarse_seconds() - slot->stamp > INTERDICT_ARMED_SECONDS)
		slot->count = 0;
}

/* A SYN takes one number, so data that comes with it (RFC 7413) starts at the next. */
INTERDICT_INLINE __u32 data_sequence(const struct packet *packet)
{
	return packet->sequence + (packet->tcp_flags & TCP_SYN ? 1 : 0);
}

static __noinline void flow_forget(struct packet *packet, __u32 conflict)
{
	if (!bpf_map_delete_elem(&flows, &packet->key)) {
		total(INTERDICT_TOTAL_FLOW_FINISHED);
		disarm(packet->armed);
	}
	if (conflict)
		fork_forget(packet, INTERDICT_FLOW_TCP_OTHER);
}

static __noinline void open_forget(struct packet *packet)
{
	if (open_remove(packet))
		disarm(packet->armed);
}

/* Keeps `open`, in the place of what was known of the connection. */
static __noinline void open_keep(struct packet *packet, const struct interdict_open *open)
{
	if (open_store(packet, open) == OPEN_NEW)
		arm(packet->armed);
}

/* A SYN: remembers where the stream starts; what an earlier connection left behind goes. */
static __noinline void open_start(struct packet *packet)
{
	struct interdict_open *known = open_find(packet);
	struct interdict_flow *flow = bpf_map_lookup_elem(&flows, &packet->key);
	struct interdict_open fresh = {.base = packet->sequence + 1};

	if (flow) {
		if (flow->base == fresh.base)
			return;
		flow_forget(packet, flow->conflict);
	}
	if (!known || known->base != fresh.base)
		open_keep(packet, &fresh);
}

/*
 * What was judged and passed ends at `base + length`: kept until the server has answered it, since a decoy
 * may have come first, and until the body behind it is through.
 */
static __noinline void open_judged(struct packet *packet, __u32 base, __u32 length)
{
	struct interdict_open open = {.base = base, .length = length, .acked = packet->acknowledgement};

	open.channel = packet->channel;
	open.lost = packet->reading.from == INTERDICT_READING_OVER;
	open.next = base + packet->reading.from;
	open_keep(packet, &open);
}

/* Keeps what is in packet->flow.bytes; the flow takes the place of the SYN that was remembered. */
static __noinline void flow_begin(struct packet *packet, __u32 base, __u32 offset, __u32 length)
{
	packet->flow.reading = packet->reading;
	if (flow_start(packet, base, offset, length))
		return;
	arm(packet->armed);
	open_forget(packet);
}

/* The flow goes on with the first byte that is needed: what is before it is done with, its room is not. */
static __noinline void flow_advance(struct packet *packet, struct interdict_flow *flow)
{
	__u32 at = flow->reading.from, length = flow->ready - at;

	packet->reading = flow->reading;
	packet->reading.from = 0;
	bytes_copy(&packet->flow.bytes, 0, &flow->bytes, at, length);
	at += flow->base;
	flow_forget(packet, flow->conflict);
	flow_begin(packet, at, 0, length);
}

enum flow_taken {
	FLOW_NOTHING = 0, /* the segment brought nothing that belongs to the flow */
	FLOW_LAID = 1,
	FLOW_DIFFERS = 2,   /* it contradicts what was there */
	FLOW_FORGOTTEN = 4, /* the server has answered what was judged; nothing is kept of it */
};

/* The server has answered what was judged. What is left to know of the connection is where its body ends. */
static __noinline void flow_answered(struct packet *packet, struct interdict_flow *flow)
{
	struct interdict_open body = {.base = flow->base, .length = flow->ready};
	__u32 from = flow->reading.from, pending;

	pending = from != INTERDICT_READING_OVER && from > flow->ready;
	body.acked = packet->acknowledgement;
	body.next = flow->base + from;
	body.channel = INTERDICT_CHANNEL_HTTP;
	flow_forget(packet, flow->conflict);
	if (pending)
		open_keep(packet, &body);
}

/* A later segment of a flow: lays it among the others. Returns enum flow_taken bits. */
__noinline __u32 flow_take(struct xdp_md *ctx)
{
	struct packet *packet = packet_at_hand();
	struct interdict_flow *flow;
	__u32 offset, from = 0;

	if (!packet)
		return FLOW_NOTHING;
	flow = bpf_map_lookup_elem(&flows, &packet->key);
	if (!flow)
		return FLOW_FORGOTTEN;
	if ((__s32)(packet->acknowledgement - flow->acked) > 0) {
		if (flow->judged) {
			flow_answered(packet, flow);
			return FLOW_FORGOTTEN;
		}
		flow->acked = packet->acknowledgement;
	}
	offset = data_sequence(packet) - flow->base;
	if ((__s32)offset < 0) {
		from = -offset;
		offset = 0;
	}
	if (offset + packet->payload_length > INTERDICT_STREAM_MAX && offset == flow->ready &&
	    !flow->judged && flow->reading.from && flow->reading.from <= flow->ready) {
		flow_advance(packet, flow);
		flow = bpf_map_lookup_elem(&flows, &packet->key);
		if (!flow)
			return FLOW_FORGOTTEN;
		offset = flow->ready;
	}
	if (from >= packet->payload_length || offset >= INTERDICT_STREAM_MAX)
		return FLOW_NOTHING;
	flow->packets++;
	packet->overwrite = 0;
	if (!flow_lay(ctx, packet, flow, from, offset))
		return FLOW_LAID;
	if (!flow->conflict)
		flow_fork(packet, flow, INTERDICT_FLOW_TCP_OTHER);
	return FLOW_LAID | FLOW_DIFFERS;
}

/* The second reading of a flow, with the segment at hand laid into it; null if there is none. */
static __noinline struct interdict_flow *flow_other(struct xdp_md *ctx, struct packet *packet, __u32 taken)
{
	struct interdict_flow *other;
	__u32 offset, from = 0;

	packet->key.kind = INTERDICT_FLOW_TCP_OTHER;
	other = bpf_map_lookup_elem(&flows, &packet->key);
	packet->key.kind = INTERDICT_FLOW_TCP;
	if (!other)
		return 0;
	offset = data_sequence(packet) - other->base;
	if ((__s32)offset < 0) {
		from = -offset;
		offset = 0;
	}
	/* Bytes that repeat the first reading take nothing from the second. */
	packet->overwrite = taken & FLOW_DIFFERS ? 1 : 0;
	if (packet->overwrite)
		__builtin_memset(&other->reading, 0, sizeof(other->reading));
	if (taken & FLOW_LAID)
		flow_lay(ctx, packet, other, from, offset);
	return other;
}

#endif
