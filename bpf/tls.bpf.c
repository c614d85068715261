// SPDX-License-Identifier: GPL-2.0-only
/*
 * tls.bpf.c: finds the server name of a TLS connection over TCP and judges it. A hello in one segment is
 * read from a copy and nothing is kept; only one that needs more segments makes a flow.
 *
 * XDP cannot hold a packet back: undecided segments pass, since no server answers half a hello, and the
 * one that completes the name is refused. Of the connection then only the rule is kept, which is asked
 * again for every retransmission: by its state at that moment, whichever generation is live.
 */
#include "bpf/act/verdict.h"
#include "bpf/inspect/flow.h"
#include "bpf/inspect/lookup.h"
#include "bpf/inspect/records.h"

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

static __noinline void key_fill(struct packet *packet)
{
	__builtin_memcpy(packet->key.source, packet->source, 16);
	__builtin_memcpy(packet->key.destination, packet->destination, 16);
	packet->key.source_port = packet->source_port;
	packet->key.destination_port = packet->destination_port;
	packet->key.vlan = packet->vlan_key;
	packet->key.protocol = IPPROTO_TCP;
	packet->key.kind = INTERDICT_FLOW_TCP;
}

static __noinline void flow_forget(struct packet *packet, __u32 conflict)
{
	if (!bpf_map_delete_elem(&flows, &packet->key)) {
		total(INTERDICT_TOTAL_FLOW_FINISHED);
		disarm(packet->armed);
	}
	if (conflict) {
		packet->key.kind = INTERDICT_FLOW_TCP_OTHER;
		bpf_map_delete_elem(&flows, &packet->key);
		packet->key.kind = INTERDICT_FLOW_TCP;
	}
}

INTERDICT_INLINE void open_forget(struct packet *packet)
{
	if (!bpf_map_delete_elem(&opens, &packet->key))
		disarm(packet->armed);
}

/* A SYN: remembers where the stream starts; what an earlier connection left behind goes. */
static __noinline void open_start(struct packet *packet)
{
	struct interdict_open *known = bpf_map_lookup_elem(&opens, &packet->key);
	struct interdict_flow *flow = bpf_map_lookup_elem(&flows, &packet->key);
	struct interdict_open fresh = {.base = packet->sequence + 1, .armed = packet->armed};

	if (flow) {
		if (flow->base == fresh.base)
			return;
		flow_forget(packet, flow->conflict);
	}
	if (known) {
		if (known->base == fresh.base)
			return;
		*known = fresh;
		return;
	}
	if (bpf_map_update_elem(&opens, &packet->key, &fresh, BPF_ANY))
		total(INTERDICT_TOTAL_SKIP_TABLE_FULL);
	else
		arm(packet->armed);
}

enum outcome {
	OUTCOME_MORE = 0,
	OUTCOME_PASS = 1,
	OUTCOME_REFUSE = 2,
	OUTCOME_NOT_TLS = 3,
	OUTCOME_UNKNOWN = 4, /* nothing is kept of the connection */
};

/* Reads the hello in bytes[0, ready) and judges its name. */
__noinline __u32 hello_judge(struct packet *packet, const struct interdict_bytes *bytes, __u32 ready)
{
	__u32 status, judged;
	__u64 result;

	if (!packet || !bytes || ready > INTERDICT_STREAM_MAX)
		return OUTCOME_PASS;
	result = records_read(packet, bytes, ready);
	status = HELLO_STATUS(result);
	if (status == HELLO_MORE)
		return OUTCOME_MORE;
	if (status == HELLO_NOT)
		return OUTCOME_NOT_TLS;
	if (status == HELLO_BAD) {
		total(INTERDICT_TOTAL_SKIP_MALFORMED);
		return OUTCOME_PASS;
	}
	total(INTERDICT_TOTAL_TLS_HELLO);
	if (result & HELLO_HAS_ECH)
		total(INTERDICT_TOTAL_TLS_ECH);
	if (packet->split)
		total(INTERDICT_TOTAL_TLS_SPLIT);
	if (status == HELLO_NO_NAME) {
		total(INTERDICT_TOTAL_TLS_NO_NAME);
		return OUTCOME_PASS;
	}
	packet->channel = INTERDICT_CHANNEL_TLS;
	judged = judge_name(packet, result & HELLO_DEFRAMED ? &packet->handshake : bytes,
			    HELLO_NAME_OFFSET(result), HELLO_NAME_LENGTH(result));
	return judged == JUDGED_FIRE ? OUTCOME_REFUSE : OUTCOME_PASS;
}

/* The first contradiction: from here on a second reading, in which the bytes that differ hold. */
static __noinline void flow_fork(struct packet *packet, struct interdict_flow *flow)
{
	flow->conflict = 1;
	total(INTERDICT_TOTAL_CONFLICT);
	packet->key.kind = INTERDICT_FLOW_TCP_OTHER;
	if (bpf_map_update_elem(&flows, &packet->key, flow, BPF_ANY))
		total(INTERDICT_TOTAL_SKIP_TABLE_FULL);
	packet->key.kind = INTERDICT_FLOW_TCP;
}

/* Keeps what is in packet->flow.bytes; the flow takes the place of the SYN that was remembered. */
static __noinline void flow_begin(struct packet *packet, __u32 base, __u32 offset, __u32 length)
{
	if (flow_start(packet, base, offset, length))
		return;
	arm(packet->armed);
	open_forget(packet);
}

/* Of a connection that is refused only that is kept, and by which rule. */
static __noinline void flow_refuse(struct packet *packet, __u32 base, __u32 conflict)
{
	struct interdict_open mark = {
		.base = base, .armed = packet->armed, .rule = packet->rule, .whole = packet->whole};

	flow_forget(packet, conflict);
	if (bpf_map_update_elem(&opens, &packet->key, &mark, BPF_ANY))
		total(INTERDICT_TOTAL_SKIP_TABLE_FULL);
	else
		arm(packet->armed);
}

/*
 * A segment of a connection that was refused. The rule is asked again, so that a lift or an expiry holds
 * at once.
 */
static __noinline __u32 refused_judge(struct packet *packet, struct interdict_open *mark)
{
	packet->channel = INTERDICT_CHANNEL_TLS;
	if (judge_rules(packet, mark->rule, INTERDICT_CHANNEL_TLS, mark->whole) == JUDGED_FIRE) {
		total(INTERDICT_TOTAL_RETRANSMITTED);
		return OUTCOME_REFUSE;
	}
	open_forget(packet);
	return OUTCOME_PASS;
}

/* A later segment of a flow. */
__noinline __u32 flow_continue(struct xdp_md *ctx)
{
	struct packet *packet = packet_at_hand();
	struct interdict_flow *flow, *other;
	__u32 offset, from = 0, differs = 0, outcome, second = OUTCOME_MORE;

	if (!packet)
		return OUTCOME_PASS;
	flow = bpf_map_lookup_elem(&flows, &packet->key);
	if (!flow)
		return OUTCOME_UNKNOWN;
	if ((__s32)(packet->acknowledgement - flow->acked) > 0) {
		if (flow->judged) {
			/* The server has answered: it is the judged hello that it took. */
			flow_forget(packet, flow->conflict);
			return OUTCOME_UNKNOWN;
		}
		flow->acked = packet->acknowledgement;
	}
	offset = data_sequence(packet) - flow->base;
	if ((__s32)offset < 0) {
		from = -offset;
		offset = 0;
	}
	if (from < packet->payload_length && offset < INTERDICT_STREAM_MAX) {
		flow->packets++;
		packet->overwrite = 0;
		differs = flow_lay(ctx, packet, flow, from, offset);
		if (differs && !flow->conflict)
			flow_fork(packet, flow);
	}
	packet->split = 1;
	outcome = hello_judge(packet, &flow->bytes, flow->ready);
	if (flow->conflict && outcome != OUTCOME_REFUSE) {
		packet->key.kind = INTERDICT_FLOW_TCP_OTHER;
		other = bpf_map_lookup_elem(&flows, &packet->key);
		if (other) {
			/* Bytes that repeat the first reading take nothing from the second. */
			packet->overwrite = differs;
			if (from < packet->payload_length && offset < INTERDICT_STREAM_MAX)
				flow_lay(ctx, packet, other, from, offset);
			second = hello_judge(packet, &other->bytes, other->ready);
		}
		packet->key.kind = INTERDICT_FLOW_TCP;
		if (second == OUTCOME_REFUSE || (second == OUTCOME_MORE && other))
			outcome = second;
	}
	if (outcome == OUTCOME_REFUSE) {
		flow_refuse(packet, flow->base, flow->conflict);
		return outcome;
	}
	if (outcome == OUTCOME_MORE) {
		if (flow->ready >= INTERDICT_STREAM_MAX)
			total(INTERDICT_TOTAL_SKIP_LONG);
		else if (flow->packets > INTERDICT_FLOW_PACKETS_MAX)
			total(INTERDICT_TOTAL_SKIP_PIECES);
		else
			return outcome;
	} else if (outcome == OUTCOME_PASS) {
		/* A decoy may have come first: what the server makes of it shows in the client's next
		 * segment. */
		flow->judged = 1;
		return outcome;
	}
	flow_forget(packet, flow->conflict);
	return OUTCOME_PASS;
}

/* A segment of a connection of which nothing is kept, or only its SYN. */
__noinline __u32 segment_judge(struct xdp_md *ctx)
{
	struct packet *packet = packet_at_hand();
	struct interdict_open *open;
	__u32 length, offset = 0, base, outcome;

	if (!packet)
		return OUTCOME_PASS;
	open = bpf_map_lookup_elem(&opens, &packet->key);
	length = packet->payload_length;
	base = data_sequence(packet);
	if (open && open->rule)
		return refused_judge(packet, open);
	if (open && open->length && (__s32)(packet->acknowledgement - open->acked) > 0) {
		/* The server has answered the hello that was judged. */
		open_forget(packet);
		open = 0;
	}
	if (open) {
		offset = base - open->base;
		base = open->base;
		if ((__s32)offset < 0 || offset >= INTERDICT_STREAM_MAX ||
		    (open->length && offset >= open->length))
			return OUTCOME_PASS;
	}
	if (!open &&
	    (segment_copy(ctx, &packet->flow.bytes, 0, 1) || packet->flow.bytes.data[0] != RECORD_HANDSHAKE))
		return OUTCOME_NOT_TLS;
	if (length > INTERDICT_STREAM_MAX - masked(offset, INTERDICT_STREAM_MAX - 1))
		length = INTERDICT_STREAM_MAX - masked(offset, INTERDICT_STREAM_MAX - 1);
	if (segment_copy(ctx, &packet->flow.bytes, offset << 16, length)) {
		total(INTERDICT_TOTAL_SKIP_TRUNCATED);
		return OUTCOME_PASS;
	}
	if (offset) {
		flow_begin(packet, base, offset, length);
		return OUTCOME_MORE;
	}
	outcome = hello_judge(packet, &packet->flow.bytes, length);
	if (outcome == OUTCOME_MORE) {
		if (length >= INTERDICT_STREAM_MAX)
			total(INTERDICT_TOTAL_SKIP_LONG);
		else
			flow_begin(packet, base, 0, length);
	} else if (open && outcome == OUTCOME_PASS) {
		open->length = length;
		open->acked = packet->acknowledgement;
	} else if (open && outcome == OUTCOME_NOT_TLS) {
		open_forget(packet);
	}
	return outcome;
}

SEC("xdp")
int interdict_tls(struct xdp_md *ctx)
{
	struct packet *packet = packet_at_hand();
	__u32 outcome = OUTCOME_UNKNOWN;

	if (!packet)
		return XDP_PASS;
	key_fill(packet);
	if (!packet->datagram && packet->payload + packet->payload_length > packet->frame_length) {
		/* Cut short by a capture: what is there is read. */
		total(INTERDICT_TOTAL_SKIP_TRUNCATED);
		if (packet->payload >= packet->frame_length)
			return pass(packet);
		packet->payload_length = packet->frame_length - packet->payload;
	}
	if (packet->tcp_flags & TCP_SYN) {
		open_start(packet);
		if (!packet->payload_length)
			return pass(packet);
	}
	if (bpf_map_lookup_elem(&flows, &packet->key))
		outcome = flow_continue(ctx);
	if (outcome == OUTCOME_UNKNOWN) {
		armed_check(packet->armed);
		outcome = segment_judge(ctx);
	}
	if (outcome == OUTCOME_REFUSE)
		return refuse(ctx, packet);
	return pass(packet);
}

char LICENSE[] SEC("license") = "GPL";
