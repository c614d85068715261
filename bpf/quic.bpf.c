// SPDX-License-Identifier: GPL-2.0-only
/*
 * quic.bpf.c: finds the server name in a QUIC client's Initials and judges it. A hello in one Initial is
 * read from the datagram and nothing is kept; only one that needs more Initials makes a flow.
 *
 * Every client Initial is input, not only the first: DCIDs change, decoys come before. Where an Initial
 * contradicts an earlier one there are two readings, as for TCP. Within one Initial the earlier bytes hold,
 * as servers have it.
 */
#include <linux/in.h>

#include "bpf/act/verdict.h"
#include "bpf/inspect/flow_key.h"
#include "bpf/inspect/fork.h"
#include "bpf/inspect/lookup.h"
#include "bpf/inspect/opened.h"
#include "bpf/inspect/quic_frames.h"
#include "bpf/inspect/segment.h"

/* A packet takes at least 20 bytes, so no ordinary datagram holds more. */
#define QUIC_PACKETS_MAX 64

/* Private to this program: room for one datagram per CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct quic_room);
} quic_scratch SEC(".maps");

INTERDICT_INLINE struct quic_room *room_at_hand(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&quic_scratch, &zero);
}

enum outcome {
	OUTCOME_MORE = 0, /* undecided */
	OUTCOME_PASS = 1, /* a hello that no rule refuses */
	OUTCOME_REFUSE = 2,
	OUTCOME_STOP = 3,   /* nothing more is read of this datagram */
	OUTCOME_FORGED = 4, /* a name that some rule is on, in an Initial that no server takes */
};

/* Tells a connection from a later one between the same ports; a hit by chance is one in 2^32. */
static __noinline __u32 cid_tag(const struct quic_room *room)
{
	__u32 i, tag = room->version + room->dcid_length;

	for (i = 0; i < INITIAL_CID_MAX; i++)
		if (i < room->dcid_length)
			tag = (tag ^ byte_at(&room->datagram, room->dcid + i)) * 0x01000193;
	return tag;
}

static __noinline void flow_forget(struct packet *packet, __u32 conflict)
{
	if (!bpf_map_delete_elem(&flows, &packet->key))
		total(INTERDICT_TOTAL_FLOW_FINISHED);
	if (conflict)
		fork_forget(packet, INTERDICT_FLOW_QUIC_OTHER);
}

/* One Initial of the budget; 0 if there is none left (counted). */
static __noinline __u32 budget_take(struct quic_room *room)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	__u32 now = coarse_seconds();

	if (!state)
		return 0;
	if (room->second != now) {
		room->second = now;
		room->spent = 0;
	}
	if (room->spent >= state->quic_budget) {
		total(INTERDICT_TOTAL_SKIP_QUIC_BUDGET);
		return 0;
	}
	room->spent++;
	return 1;
}

/* Is there any rule on packet->name or on one above it? Nothing is counted. */
static __noinline __u32 name_known(struct packet *packet)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	__u32 i, slot = masked(packet->slot, 1);
	struct interdict_hash hash;

	if (!state)
		return 0;
	for (i = 0; i <= INTERDICT_LABELS_MAX; i++) {
		if (i >= packet->name.labels)
			break;
		hash = interdict_hash_finish(packet->name.suffix[masked(i, NAME_SUFFIXES - 1)]);
		if (bloom_may_hold(slot, INTERDICT_FILTER_NAME, state->generation[slot].name_mask, hash) &&
		    target_rule(slot, hash.fingerprint, hash.place))
			return 1;
	}
	return 0;
}

/* The datagram again as it came: decryption has changed it. */
static __noinline int datagram_copy(struct xdp_md *ctx, struct quic_room *room)
{
	return segment_copy(ctx, &room->datagram, 0, room->length);
}

/* What was read of a hello: judges the name, if it is there. */
__noinline __u32 hello_judge(struct xdp_md *ctx, const struct interdict_bytes *bytes, __u64 result)
{
	struct packet *packet = packet_at_hand();
	struct quic_room *room = room_at_hand();
	__u32 status = HELLO_STATUS(result), known;

	if (!packet || !room || !bytes || status == HELLO_MORE)
		return OUTCOME_MORE;
	if (status == HELLO_NOT || status == HELLO_BAD) {
		total(INTERDICT_TOTAL_SKIP_MALFORMED);
		return OUTCOME_PASS;
	}
	packet->channel = INTERDICT_CHANNEL_QUIC;
	if (status == HELLO_NAME &&
	    name_take(packet, bytes, HELLO_NAME_OFFSET(result), HELLO_NAME_LENGTH(result))) {
		total(INTERDICT_TOTAL_SKIP_NAME);
		status = HELLO_NOT;
	}
	/* A tag takes as long as all the rest: only names that may be refused pay for it, and reports. */
	known = status == HELLO_NAME && name_known(packet);
	if (status == HELLO_NAME && (known || packet->flags & INTERDICT_CONTROL_REPORT) &&
	    (datagram_copy(ctx, room) || !quic_tag_right(room))) {
		packet->name.length = 0;
		if (known) {
			total(INTERDICT_TOTAL_SKIP_QUIC);
			return OUTCOME_FORGED;
		}
	}
	total(INTERDICT_TOTAL_QUIC_HELLO);
	if (result & HELLO_HAS_ECH)
		total(INTERDICT_TOTAL_QUIC_ECH);
	if (packet->split)
		total(INTERDICT_TOTAL_QUIC_SPLIT);
	if (status == HELLO_NO_NAME)
		total(INTERDICT_TOTAL_QUIC_NO_NAME);
	if (status == HELLO_NAME && judge_taken(packet) == JUDGED_FIRE)
		return OUTCOME_REFUSE;
	return OUTCOME_PASS;
}

/*
 * Of a connection that is refused only the rule is kept. The client sends its Initials again, cut
 * differently, and what is missing at the server must not get through later.
 */
static __noinline void mark_refused(struct packet *packet, __u32 tag)
{
	struct interdict_open mark = {
		.base = tag, .rule = packet->rule, .whole = packet->whole, .channel = INTERDICT_CHANNEL_QUIC};

	open_store(packet, &mark);
}

/* That there was a hello here that passed: Initials under keys that are gone are its later ones. */
static __noinline void mark_passed(struct packet *packet, __u32 tag)
{
	struct interdict_open mark = {.base = tag, .channel = INTERDICT_CHANNEL_QUIC};

	if (!open_find(packet))
		open_store(packet, &mark);
}

/* An Initial of a connection that was refused: the rule is asked again, so that a lift holds at once. */
static __noinline __u32 refused_judge(struct packet *packet, const struct interdict_open *mark)
{
	packet->channel = INTERDICT_CHANNEL_QUIC;
	if (judge_rules(packet, mark->rule, INTERDICT_CHANNEL_QUIC, mark->whole) == JUDGED_FIRE) {
		total(INTERDICT_TOTAL_RETRANSMITTED);
		return OUTCOME_REFUSE;
	}
	open_remove(packet);
	return OUTCOME_MORE;
}

/* Makes packet->flow one without bytes. */
static __noinline void flow_clear(struct packet *packet)
{
	__u32 i;

	for (i = 0; i < STREAM_WORDS; i++)
		packet->flow.map[i] = 0;
	packet->flow.ready = 0;
	packet->flow.end = 0;
}

/* Starts a flow with packet->flow's bytes and the keys at hand. A flow under other keys gives way. */
static __noinline void flow_keep(struct packet *packet, struct quic_room *room, __u32 judged)
{
	struct interdict_flow *flow = &packet->flow;

	flow->quic = room->keys;
	flow->base = cid_tag(room);
	flow->total = 0;
	flow->packets = 1;
	flow->stamp = coarse_seconds();
	flow->armed = 0;
	flow->conflict = 0;
	flow->judged = (__u8)judged;
	flow->acked = 0;
	if (bpf_map_lookup_elem(&flows, &packet->key))
		flow_forget(packet, 1);
	if (bpf_map_update_elem(&flows, &packet->key, flow, BPF_ANY))
		total(INTERDICT_TOTAL_SKIP_TABLE_FULL);
	else
		total(INTERDICT_TOTAL_FLOW_CREATED);
}

/*
 * Its later Initials are not to be taken for those of a connection that was refused between the same ports:
 * where there was one, the keys tell them apart.
 */
static __noinline void alone_passed(struct packet *packet, struct quic_room *room)
{
	struct interdict_open *mark = open_find(packet);

	if (!mark || !mark->rule) {
		mark_passed(packet, cid_tag(room));
		return;
	}
	flow_clear(packet);
	flow_keep(packet, room, 1);
}

/* An Initial by itself: room->keys are its own, and it is open. */
__noinline __u32 initial_alone(struct xdp_md *ctx)
{
	struct packet *packet = packet_at_hand();
	struct quic_room *room = room_at_hand();
	struct interdict_flow *flow;
	__u32 outcome;
	__u64 result;

	if (!packet || !room)
		return OUTCOME_PASS;
	flow = &packet->flow;
	packet->split = 0;
	result = quic_peek(room);
	outcome = hello_judge(ctx, &room->datagram, result);
	if (outcome == OUTCOME_MORE) {
		flow_clear(packet);
		room->overwrite = 0;
		quic_walk(room, flow);
		if (room->differs)
			total(INTERDICT_TOTAL_CONFLICT);
		outcome = hello_judge(ctx, &flow->bytes, hello_read(&flow->bytes, 0, flow->ready));
	}
	if (outcome == OUTCOME_REFUSE)
		mark_refused(packet, cid_tag(room));
	if (outcome == OUTCOME_PASS)
		alone_passed(packet, room);
	if (outcome != OUTCOME_MORE)
		return outcome;
	if (room->bad) {
		total(INTERDICT_TOTAL_SKIP_QUIC);
		return OUTCOME_PASS;
	}
	if (flow->ready >= INTERDICT_STREAM_MAX || (room->beyond && !room->crypto)) {
		total(INTERDICT_TOTAL_SKIP_LONG);
		return OUTCOME_PASS;
	}
	flow_keep(packet, room, 0);
	return OUTCOME_MORE;
}

INTERDICT_INLINE __u32 flow_judge(struct xdp_md *ctx, struct interdict_flow *flow)
{
	return hello_judge(ctx, &flow->bytes, hello_read(&flow->bytes, 0, flow->ready));
}

/* A later Initial of a flow; it is open. */
__noinline __u32 initial_more(struct xdp_md *ctx)
{
	struct packet *packet = packet_at_hand();
	struct quic_room *room = room_at_hand();
	struct interdict_flow *flow, *other;
	__u32 outcome = OUTCOME_PASS, second, differs;

	if (!packet || !room)
		return OUTCOME_PASS;
	flow = bpf_map_lookup_elem(&flows, &packet->key);
	if (!flow)
		return OUTCOME_PASS;
	packet->split = 1;
	flow->packets++;
	room->overwrite = 0;
	quic_walk(room, flow);
	differs = room->differs;
	if (differs && !flow->conflict)
		flow_fork(packet, flow, INTERDICT_FLOW_QUIC_OTHER);
	/* What repeats or only acknowledges changes nothing in a reading that was judged. */
	if (!flow->judged)
		outcome = flow_judge(ctx, flow);
	if (flow->conflict && outcome != OUTCOME_REFUSE && room->crypto) {
		second = OUTCOME_MORE;
		packet->key.kind = INTERDICT_FLOW_QUIC_OTHER;
		other = bpf_map_lookup_elem(&flows, &packet->key);
		packet->key.kind = INTERDICT_FLOW_QUIC;
		if (other) {
			/* Bytes that repeat the first reading take nothing from the second. */
			room->overwrite = differs;
			quic_walk(room, other);
			second = flow_judge(ctx, other);
			if (second == OUTCOME_REFUSE)
				outcome = second;
		}
	}
	if (outcome == OUTCOME_REFUSE) {
		mark_refused(packet, flow->base);
		flow_forget(packet, flow->conflict);
		return outcome;
	}
	if (outcome == OUTCOME_PASS) {
		/* A decoy may have come first; the client's Handshake packet shows that the server has a
		 * hello. */
		flow->judged = 1;
	} else if (flow->ready >= INTERDICT_STREAM_MAX) {
		total(INTERDICT_TOTAL_SKIP_LONG);
		flow_forget(packet, flow->conflict);
		return outcome;
	} else if (room->bad) {
		total(INTERDICT_TOTAL_SKIP_QUIC);
	}
	if (flow->packets > INTERDICT_FLOW_PACKETS_MAX) {
		if (outcome == OUTCOME_MORE)
			total(INTERDICT_TOTAL_SKIP_PIECES);
		flow_forget(packet, flow->conflict);
	}
	return outcome;
}

/* Opens the Initial with the saved keys of a flow. sure: the connection id says that they are its keys. */
static __noinline __u32 open_saved(struct packet *packet, struct quic_room *room,
				   const struct interdict_flow *flow, __u32 sure)
{
	room->keys = flow->quic;
	if (quic_open(room) || !quic_plausible(room))
		return 0;
	if (sure)
		return 1;
	/* Another connection's would now and then begin as if these were its keys. */
	quic_walk(room, 0);
	return !room->bad;
}

static __noinline __u32 open_own(struct quic_room *room)
{
	quic_take_cid(room);
	if (initial_derive(&room->derivation, &room->keys, room->scheme))
		return 0;
	return !quic_open(room) && quic_plausible(room);
}

enum opened {
	OPENED_NOT = 0,
	OPENED_SAVED = 1,
	OPENED_OWN = 2,
};

/* Finds the keys of the Initial at hand. */
__noinline __u32 initial_open(struct xdp_md *ctx)
{
	struct packet *packet = packet_at_hand();
	struct quic_room *room = room_at_hand();
	struct interdict_flow *flow;
	__u32 same = 0;

	if (!packet || !room)
		return OPENED_NOT;
	flow = bpf_map_lookup_elem(&flows, &packet->key);
	if (!flow)
		return open_own(room) ? OPENED_OWN : OPENED_NOT;
	same = quic_same_cid(room, &flow->quic);
	/* The server's id in place of the client's first one: the keys stay. After a Retry, which a token
	 * comes with, they are made anew; but so do the ids that earlier connections left. */
	if (same || !room->token_length) {
		if (open_saved(packet, room, flow, same))
			return OPENED_SAVED;
		if (same)
			return OPENED_NOT;
		datagram_copy(ctx, room);
		return open_own(room) ? OPENED_OWN : OPENED_NOT;
	}
	if (open_own(room)) {
		quic_walk(room, 0);
		if (!room->bad) {
			datagram_copy(ctx, room);
			quic_open(room);
			return OPENED_OWN;
		}
	}
	datagram_copy(ctx, room);
	return open_saved(packet, room, flow, 0) ? OPENED_SAVED : OPENED_NOT;
}

/*
 * Whether the Initial at hand, which its own keys have opened, really is under them; it is open afterwards.
 * One of a judged connection that has the server's connection id now would now and then begin as if it were
 * another's, and let through what was refused: only the tag tells.
 */
__noinline __u32 initial_own(struct xdp_md *ctx)
{
	struct quic_room *room = room_at_hand();

	if (!room || datagram_copy(ctx, room) || !quic_tag_right(room))
		return 0;
	return !datagram_copy(ctx, room) && !quic_open(room);
}

/* One client Initial. */
INTERDICT_INLINE __u32 initial_judge(struct xdp_md *ctx, struct packet *packet, struct quic_room *room)
{
	struct interdict_open *mark;
	__u32 opened;

	mark = open_find(packet);
	if (mark && mark->rule && mark->base == cid_tag(room) &&
	    refused_judge(packet, mark) == OUTCOME_REFUSE)
		return OUTCOME_REFUSE;
	if (!budget_take(room))
		return OUTCOME_MORE;
	opened = initial_open(ctx);
	if (opened == OPENED_OWN && mark && mark->base != cid_tag(room) && !initial_own(ctx))
		opened = OPENED_NOT;
	if (opened == OPENED_NOT) {
		/* Under other keys than its own, between the ports of a judged connection: one of that. */
		if (mark)
			return mark->rule ? refused_judge(packet, mark) : OUTCOME_MORE;
		total(INTERDICT_TOTAL_SKIP_QUIC);
		return OUTCOME_MORE;
	}
	total(INTERDICT_TOTAL_QUIC_INITIAL);
	if (opened == OPENED_SAVED)
		return initial_more(ctx);
	return initial_alone(ctx);
}

/* A Handshake packet: the server has answered the hello, what was kept of it can go. */
static __noinline void handshake_seen(struct packet *packet)
{
	struct interdict_flow *flow = bpf_map_lookup_elem(&flows, &packet->key);

	if (flow && flow->judged) {
		mark_passed(packet, flow->base);
		flow_forget(packet, flow->conflict);
	}
}

/* The packet at room->next. */
INTERDICT_INLINE __u32 packet_judge(struct xdp_md *ctx, struct packet *packet, struct quic_room *room)
{
	__u32 type;

	type = quic_header_read(room);
	if (type == QUIC_PACKET_INITIAL)
		return initial_judge(ctx, packet, room);
	if (type == QUIC_PACKET_HANDSHAKE)
		handshake_seen(packet);
	if (type <= QUIC_PACKET_HANDSHAKE)
		return OUTCOME_MORE;
	/* Behind a good packet anything may follow. */
	if (!room->start && type == QUIC_PACKET_UNKNOWN)
		total(INTERDICT_TOTAL_SKIP_QUIC_VERSION);
	if (!room->start && type == QUIC_PACKET_BAD)
		total(INTERDICT_TOTAL_SKIP_QUIC);
	return OUTCOME_STOP;
}

SEC("xdp")
int interdict_quic(struct xdp_md *ctx)
{
	struct packet *packet = packet_at_hand();
	struct quic_room *room = room_at_hand();
	__u32 outcome, i;

	if (!packet || !room)
		return XDP_PASS;
	if (!packet->datagram && packet->payload + packet->payload_length > packet->frame_length) {
		/* Cut short by a capture. */
		total(INTERDICT_TOTAL_SKIP_TRUNCATED);
		return pass(packet);
	}
	room->length = packet->payload_length;
	if (room->length > INTERDICT_STREAM_MAX)
		room->length = INTERDICT_STREAM_MAX;
	if (datagram_copy(ctx, room)) {
		total(INTERDICT_TOTAL_SKIP_TRUNCATED);
		return pass(packet);
	}
	flow_key(packet, packet->source_port, packet->destination_port, INTERDICT_FLOW_QUIC);
	open_at_hand(packet);
	room->next = 0;
	for (i = 0; i < QUIC_PACKETS_MAX; i++) {
		outcome = packet_judge(ctx, packet, room);
		if (outcome == OUTCOME_REFUSE)
			return refuse(ctx, packet);
		if (outcome == OUTCOME_STOP)
			break;
	}
	return pass(packet);
}

char LICENSE[] SEC("license") = "GPL";
