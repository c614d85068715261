// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp.bpf.c: finds the names in TCP streams and judges them. A message in one segment is read from a copy and
 * nothing is kept; only one that needs more segments makes a flow.
 */
#include "bpf/inspect/connection.h"
#include "bpf/inspect/readers.h"
#include "bpf/inspect/refused.h"

/* Reads on in one of the two readings of a flow. */
INTERDICT_INLINE __u32 reading_judge(struct packet *packet, struct interdict_flow *flow)
{
	__u32 outcome;

	if (flow->reading.from >= flow->ready)
		return flow->judged ? OUTCOME_PASS : OUTCOME_MORE;
	packet->reading = flow->reading;
	packet->split = 1;
	outcome = stream_judge(packet, &flow->bytes, flow->ready);
	flow->reading = packet->reading;
	flow->judged = outcome == OUTCOME_PASS;
	return outcome;
}

/* Of a connection that is refused only that is kept, and by which rule. next: as of refused_keep(). */
INTERDICT_INLINE void flow_refuse(struct packet *packet, const struct interdict_flow *flow, __u32 next)
{
	__u32 base = flow->base;

	flow_forget(packet, flow->conflict);
	refused_keep(packet, base, next);
}

/* A later segment of a flow. */
INTERDICT_INLINE __u32 flow_continue(struct xdp_md *ctx, struct packet *packet, struct interdict_flow *flow)
{
	struct interdict_flow *other;
	__u32 next = flow->base + flow->ready, taken, outcome, second;

	taken = flow_take(ctx);
	if (taken & FLOW_FORGOTTEN)
		return OUTCOME_UNKNOWN;
	flow = bpf_map_lookup_elem(&flows, &packet->key);
	if (!flow)
		return OUTCOME_UNKNOWN;
	outcome = reading_judge(packet, flow);
	if (flow->conflict && outcome != OUTCOME_REFUSE) {
		other = flow_other(ctx, packet, taken);
		if (other) {
			second = reading_judge(packet, other);
			if (second == OUTCOME_REFUSE || second == OUTCOME_MORE)
				outcome = second;
		}
	}
	if (outcome == OUTCOME_REFUSE) {
		flow_refuse(packet, flow, next);
		return outcome;
	}
	/* A decoy may have come first: what the server makes of it shows in the client's next segment. */
	if (outcome == OUTCOME_PASS)
		return outcome;
	if (outcome == OUTCOME_MORE) {
		if (flow->ready >= INTERDICT_STREAM_MAX)
			total(INTERDICT_TOTAL_SKIP_LONG);
		else if (flow->packets > INTERDICT_FLOW_PACKETS_MAX)
			total(INTERDICT_TOTAL_SKIP_PIECES);
		else
			return outcome;
	}
	flow_forget(packet, flow->conflict);
	return OUTCOME_PASS;
}

/* Where the segment at hand belongs: payload[from] is the stream's byte `offset`. */
struct place {
	__u32 base; /* sequence number of byte 0, where a message begins */
	__u32 offset;
	__u32 from;
	__u32 known; /* that one begins there is known, not only likely by how it looks */
};

/*
 * After a message was judged: OUTCOME_MORE if the segment is a copy of it, or what follows it (then `open` is
 * where that begins); OUTCOME_PASS inside its body; OUTCOME_UNKNOWN if only its looks can tell.
 */
static __noinline __u32 judged_place(struct packet *packet, struct interdict_open *open)
{
	__u32 answered = (__s32)(packet->acknowledgement - open->acked) > 0, start = data_sequence(packet);

	if (!answered && start - open->base < open->length)
		return OUTCOME_MORE;
	if (open->channel == INTERDICT_CHANNEL_TLS && !answered)
		return OUTCOME_PASS;
	if (open->lost) {
		if (answered)
			open_forget(packet);
		return OUTCOME_UNKNOWN;
	}
	if ((__s32)(start + packet->payload_length - open->next) <= 0)
		return OUTCOME_PASS;
	open->base = open->next;
	open->length = 0;
	open_keep(packet, open);
	return OUTCOME_MORE;
}

/* Returns OUTCOME_MORE if the segment is to be read. open: what is kept of the connection, null if nothing.
 */
static __noinline __u32 segment_place(struct packet *packet, struct interdict_open *open, struct place *place)
{
	__u32 outcome;

	place->base = data_sequence(packet);
	place->offset = 0;
	place->from = 0;
	place->known = 0;
	if (!open)
		return OUTCOME_MORE;
	if (open->length) {
		outcome = judged_place(packet, open);
		if (outcome == OUTCOME_PASS)
			return outcome;
		if (outcome == OUTCOME_UNKNOWN)
			return OUTCOME_MORE;
	}
	place->known = 1;
	place->offset = place->base - open->base;
	place->base = open->base;
	if ((__s32)place->offset < 0) {
		place->from = -place->offset;
		place->offset = 0;
	}
	if (place->offset >= INTERDICT_STREAM_MAX || place->from >= packet->payload_length)
		return OUTCOME_PASS;
	return OUTCOME_MORE;
}

/* What a segment that was read by itself leaves behind. */
static __noinline void segment_keep(struct packet *packet, const struct place *place, __u32 outcome,
				    __u32 length)
{
	if (outcome == OUTCOME_MORE) {
		if (length < INTERDICT_STREAM_MAX)
			flow_begin(packet, place->base, 0, length);
		else
			total(INTERDICT_TOTAL_SKIP_LONG);
	} else if (outcome == OUTCOME_PASS) {
		if (place->known ||
		    (packet->reading.from != INTERDICT_READING_OVER && packet->reading.from > length))
			open_judged(packet, place->base, length);
	} else if (outcome == OUTCOME_NOT && place->known) {
		open_forget(packet);
	}
}

/* A segment of a connection of which no pieces are kept. */
INTERDICT_INLINE __u32 segment_judge(struct xdp_md *ctx, struct packet *packet, struct interdict_open *open)
{
	struct place place;
	__u32 length, outcome;

	outcome = segment_place(packet, open, &place);
	if (outcome != OUTCOME_MORE)
		return outcome;
	length = packet->payload_length - place.from;
	if (!place.known && (segment_copy(ctx, &packet->flow.bytes, 0, 1) ||
			     !stream_channel(packet, packet->flow.bytes.data[0])))
		return OUTCOME_NOT;
	if (length > INTERDICT_STREAM_MAX - masked(place.offset, INTERDICT_STREAM_MAX - 1))
		length = INTERDICT_STREAM_MAX - masked(place.offset, INTERDICT_STREAM_MAX - 1);
	if (segment_copy(ctx, &packet->flow.bytes, place.offset << 16 | (place.from & 0xffff), length)) {
		total(INTERDICT_TOTAL_SKIP_TRUNCATED);
		return OUTCOME_PASS;
	}
	__builtin_memset(&packet->reading, 0, sizeof(packet->reading));
	if (place.offset) {
		flow_begin(packet, place.base, place.offset, length);
		return OUTCOME_MORE;
	}
	outcome = stream_judge(packet, &packet->flow.bytes, length);
	if (outcome != OUTCOME_REFUSE)
		segment_keep(packet, &place, outcome, length);
	else if (will_answer(packet))
		refused_keep(packet, place.base, data_sequence(packet) + place.from);
	return outcome;
}

/*
 * A segment of a connection that was refused. A whole message is judged for what it says itself, since it may
 * name another rule; anything else by the rule of the connection, asked again, so that a lift or an expiry
 * holds at once.
 */
INTERDICT_INLINE __u32 refused_judge(struct xdp_md *ctx, struct packet *packet,
				     const struct interdict_open *found)
{
	struct interdict_open mark = *found;
	__u32 length = packet->payload_length;

	if (mark.closing && (__s32)(data_sequence(packet) + length - mark.next) <= 0)
		return OUTCOME_PASS;
	total(INTERDICT_TOTAL_RETRANSMITTED);
	if (mark.closing && length <= INTERDICT_STREAM_MAX &&
	    !segment_copy(ctx, &packet->flow.bytes, 0, length)) {
		__builtin_memset(&packet->reading, 0, sizeof(packet->reading));
		packet->split = 0;
		if (stream_judge(packet, &packet->flow.bytes, length) == OUTCOME_REFUSE)
			return OUTCOME_REFUSE;
	}
	packet->channel = mark.channel;
	packet->asked.length = 0;
	if (judge_rules(packet, mark.rule, mark.channel, mark.whole) == JUDGED_FIRE)
		return OUTCOME_REFUSE;
	open_forget(packet);
	return OUTCOME_PASS;
}

/* A segment without payload: of interest is only what it acknowledges. */
INTERDICT_INLINE int empty_segment(struct xdp_md *ctx, struct packet *packet)
{
	struct interdict_open *open = open_find(packet);
	struct interdict_flow *flow;

	if (open) {
		if (refused_closes(packet, open))
			return refused_close(ctx, packet, open);
		if (!open->rule && open->length && (__s32)(packet->acknowledgement - open->acked) > 0 &&
		    (open->lost || (__s32)(packet->sequence - open->next) >= 0))
			open_forget(packet);
		return pass(packet);
	}
	flow = bpf_map_lookup_elem(&flows, &packet->key);
	if (flow && flow->judged && (__s32)(packet->acknowledgement - flow->acked) > 0)
		flow_answered(packet, flow);
	return pass(packet);
}

SEC("xdp")
int interdict_tcp(struct xdp_md *ctx)
{
	struct packet *packet = packet_at_hand();
	__u32 outcome = OUTCOME_UNKNOWN;
	struct interdict_open *open;
	struct interdict_flow *flow;

	if (!packet)
		return XDP_PASS;
	flow_key(packet, packet->source_port, packet->destination_port, INTERDICT_FLOW_TCP);
	open_at_hand(packet);
	if (!packet->datagram && packet->payload + packet->payload_length > packet->frame_length) {
		/* Cut short by a capture: what is there is read. */
		total(INTERDICT_TOTAL_SKIP_TRUNCATED);
		if (packet->payload >= packet->frame_length)
			return pass(packet);
		packet->payload_length = packet->frame_length - packet->payload;
	}
	if (packet->tcp_flags & TCP_SYN)
		open_start(packet);
	if (!packet->payload_length)
		return packet->tcp_flags & TCP_SYN ? pass(packet) : empty_segment(ctx, packet);
	flow = bpf_map_lookup_elem(&flows, &packet->key);
	if (flow)
		outcome = flow_continue(ctx, packet, flow);
	if (outcome == OUTCOME_UNKNOWN) {
		armed_check(packet->armed);
		open = open_find(packet);
		outcome = open && open->rule ? refused_judge(ctx, packet, open)
					     : segment_judge(ctx, packet, open);
	}
	if (outcome == OUTCOME_REFUSE)
		return refuse(ctx, packet);
	return pass(packet);
}

char LICENSE[] SEC("license") = "GPL";
