// SPDX-License-Identifier: GPL-2.0-only
/*
 * layers.bpf.c: the long way through a frame: tunnels, extension headers, fragments, odd link layers.
 * The address of every IP header is judged, the innermost last; fragments are put together, as far as
 * they fit a flow, so that names in them are found.
 */
#include "bpf/act/address.h"
#include "bpf/act/verdict.h"
#include "bpf/inspect/flow.h"
#include "bpf/parse/armed.h"
#include "bpf/parse/channels.h"
#include "bpf/parse/layers.h"

#define DATAGRAM_SECONDS 30 /* RFC 8200 section 4.5 allows 60; identifications come round sooner */

__noinline int layer_next(struct xdp_md *ctx, struct packet *packet)
{
	if (!packet)
		return LAYER_TRUNCATED;
	switch (packet->next) {
	case LAYER_ETHERNET:
		return layer_ethernet(ctx, packet);
	case LAYER_TYPE:
		return layer_type(ctx, packet);
	case LAYER_IPV4:
		return layer_ipv4(ctx, packet);
	case LAYER_IPV6:
		return layer_ipv6(ctx, packet);
	case LAYER_IP_PAYLOAD:
		return layer_ip_payload(ctx, packet);
	case LAYER_MPLS:
		return layer_mpls(ctx, packet);
	case LAYER_GTPU:
		return layer_gtpu(ctx, packet);
	case LAYER_VXLAN:
		return layer_vxlan(ctx, packet);
	case LAYER_GENEVE:
		return layer_geneve(ctx, packet);
	case LAYER_INNER:
		return layer_inner(ctx, packet);
	default:
		return LAYER_UNKNOWN;
	}
}

INTERDICT_INLINE __u32 packet_may_match(const struct interdict_generation *live, const struct packet *packet,
					const __u8 *address)
{
	struct interdict_hash hash = {};

	return address_may_match(live, masked(packet->slot, 1), packet->family,
				 packet->family == 4 ? address + 12 : address, &hash);
}

/* Judges the addresses of the IP header that was read last. */
__noinline __u32 judge_header(struct packet *packet)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	const struct interdict_generation *live;
	__u32 may;

	if (!packet || !state)
		return JUDGED_NOTHING;
	live = &state->generation[masked(packet->slot, 1)];
	/* A name is behind the innermost address. */
	packet->behind.count = 0;
	if (packet->role & INTERDICT_ROLE_SUBSCRIBER) {
		packet->side = INTERDICT_ROLE_SUBSCRIBER;
		may = packet_may_match(live, packet, packet->destination);
		if (may && judge_address(packet, may) == JUDGED_FIRE)
			return JUDGED_FIRE;
	}
	if (packet->role & INTERDICT_ROLE_UPLINK) {
		packet->side = INTERDICT_ROLE_UPLINK;
		may = packet_may_match(live, packet, packet->source);
		if (may && judge_address(packet, may) == JUDGED_FIRE)
			return JUDGED_FIRE;
	}
	packet->side = INTERDICT_ROLE_SUBSCRIBER;
	return JUDGED_NOTHING;
}

/* stop: where the layer reader could go no further. */
static __noinline int pass_because(struct packet *packet, int stop)
{
	if (stop == LAYER_TRUNCATED)
		total(INTERDICT_TOTAL_SKIP_TRUNCATED);
	else if (stop == LAYER_UNKNOWN)
		total(INTERDICT_TOTAL_SKIP_LINK);
	else if (stop == LAYER_OTHER)
		total(INTERDICT_TOTAL_SKIP_PROTOCOL);
	else if (stop == LAYER_TOO_DEEP)
		total(INTERDICT_TOTAL_SKIP_DEPTH);
	return pass(packet);
}

/* Where the reader is about to read what, for an answer that goes back the same way. */
INTERDICT_INLINE void path_note(struct packet *packet)
{
	struct packet_layer *layer = &packet->path[masked(packet->path_length, PACKET_PATH_MAX - 1)];

	layer->at = (__u16)packet->cursor;
	layer->kind = (__u16)packet->next;
	layer->what = packet->next == LAYER_TYPE ? packet->type : packet->protocol;
	packet->path_length++;
}

/* Reads layers until the transport header or until nothing more is known. Returns where it stopped. */
static __noinline int layers_read(struct xdp_md *ctx, struct packet *packet, __u32 *judged)
{
	__u32 i;

	packet->next = LAYER_ETHERNET;
	for (i = 0; i < LAYERS_MAX; i++) {
		__u32 depth = packet->depth;

		/* Before a header inside a tunnel takes its place. */
		if (depth && (packet->next == LAYER_IPV4 || packet->next == LAYER_IPV6)) {
			*judged = judge_header(packet);
			if (*judged)
				return LAYER_OTHER;
			packet->has_ports = 0;
		}
		path_note(packet);
		packet->next = layer_next(ctx, packet);
		if (packet->next >= LAYER_TRANSPORT)
			return packet->next;
	}
	return LAYER_TOO_DEEP;
}

/* Lays the fragment at hand among the others. Returns the datagram once it is whole. */
static __noinline struct interdict_flow *datagram_lay(struct xdp_md *ctx, struct packet *packet)
{
	struct interdict_flow *flow;
	__u32 offset = packet->fragment_offset, length = packet->end - packet->cursor;

	if (packet->cursor >= packet->end || offset + length > INTERDICT_STREAM_MAX) {
		total(INTERDICT_TOTAL_SKIP_FRAGMENT);
		return 0;
	}
	flow_key(packet, packet->fragment_id >> 16, packet->fragment_id, INTERDICT_FLOW_DATAGRAM);
	packet->payload = packet->cursor;
	packet->payload_length = length;
	flow = bpf_map_lookup_elem(&flows, &packet->key);
	if (flow && coarse_seconds() - flow->stamp > DATAGRAM_SECONDS) {
		bpf_map_delete_elem(&flows, &packet->key);
		flow = 0;
	}
	if (flow) {
		/* After a whole datagram that was refused, what differs is of another one. */
		packet->overwrite = flow->total && flow->ready >= flow->total;
		if (flow_lay(ctx, packet, flow, 0, offset) && !packet->overwrite)
			total(INTERDICT_TOTAL_CONFLICT);
	} else {
		if (segment_copy(ctx, &packet->flow.bytes, offset << 16, length) ||
		    flow_start(packet, 0, offset, length))
			return 0;
		flow = bpf_map_lookup_elem(&flows, &packet->key);
		if (!flow)
			return 0;
	}
	if (packet->fragment == FRAGMENT_LAST)
		flow->total = offset + length;
	return flow->total && flow->ready >= flow->total ? flow : 0;
}

/* The transport header of a datagram that is whole. Returns 0 if its payload can be looked at. */
static __noinline int datagram_open(struct packet *packet, struct interdict_flow *flow)
{
	const __u8 *at = flow->bytes.data;
	__u32 header = 8;

	if (packet->protocol == IPPROTO_TCP) {
		header = (at[12] >> 4) * 4;
		if (header < 20)
			return -1;
		packet->sequence = be32_of(at + 4);
		packet->acknowledgement = be32_of(at + 8);
		packet->tcp_flags = at[13];
	} else if (packet->protocol != IPPROTO_UDP) {
		return -1;
	}
	if (flow->total < header)
		return -1;
	packet->source_port = (__u16)be16_of(at);
	packet->destination_port = (__u16)be16_of(at + 2);
	packet->has_ports = 1;
	packet->datagram = 1;
	packet->datagram_key = packet->key;
	packet->payload = header;
	packet->payload_length = flow->total - header;
	return 0;
}

/* The first bytes of the payload, wherever it lies. */
static __noinline void start_read(struct xdp_md *ctx, struct packet *packet, struct payload_start *start)
{
	struct interdict_flow *datagram;
	__u8 first[6] = {};
	__u32 i;

	start->length = packet->payload_length;
	if (packet->datagram) {
		datagram = bpf_map_lookup_elem(&flows, &packet->datagram_key);
		for (i = 0; datagram && i < sizeof(first); i++)
			if (i < packet->payload_length)
				first[i] =
					datagram->bytes
						.data[masked(packet->payload + i, INTERDICT_STREAM_MAX - 1)];
	} else if (packet->payload_length >= sizeof(first)) {
		bpf_xdp_load_bytes(ctx, packet->payload, first, sizeof(first));
	} else if (packet->payload_length >= 3) {
		bpf_xdp_load_bytes(ctx, packet->payload, first, 3);
	} else if (packet->payload_length) {
		bpf_xdp_load_bytes(ctx, packet->payload, first, 1);
		if (packet->payload_length == 2)
			bpf_xdp_load_bytes(ctx, packet->payload + 1, first + 1, 1);
	}
	start->first = first[0];
	start->second = first[1];
	start->third = first[2];
	start->sixth = first[5];
}

/* The stage that looks for a name in the payload at hand, STAGE_NONE if none does. */
static __noinline __u32 packet_stage(struct xdp_md *ctx, struct packet *packet)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	__u32 at = packet->family == 4 ? 12 : 0, means;
	struct payload_start start = {};

	if (!state || !(packet->role & INTERDICT_ROLE_SUBSCRIBER))
		return STAGE_NONE;
	means = state->generation[masked(packet->slot, 1)].means;
	start_read(ctx, packet, &start);
	packet->armed = armed_slot(packet->family, packet->source + at, packet->destination + at,
				   (__u32)packet->source_port << 16 | packet->destination_port);
	return names_stage(means, packet->armed,
			   transport_bits(packet->destination_port, packet->tcp_flags, packet->protocol),
			   start.length, start_bytes(&start));
}

SEC("xdp")
int interdict_layers(struct xdp_md *ctx)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	struct packet *packet = packet_at_hand();
	struct interdict_flow *whole;
	__u32 judged = JUDGED_NOTHING, stage;
	__u8 ports[4];
	int stop;

	if (!packet || !state)
		return XDP_PASS;
	packet->cursor = 0;
	packet->end = packet->frame_length;
	packet->encapsulations = state->encapsulations;
	packet->depth = 0;
	packet->fragment = FRAGMENT_NONE;
	packet->vlan = INTERDICT_UNTAGGED;
	packet->vlan_key = 0;
	packet->answerable = 1;
	packet->path_length = 0;
	packet->datagram = 0;
	packet->has_ports = 0;
	packet->tcp_flags = 0;
	packet->payload_length = 0;
	packet->family = 0;

	stop = layers_read(ctx, packet, &judged);
	if (judged == JUDGED_FIRE)
		return refuse(ctx, packet);
	if (judged == JUDGED_PASS)
		return pass(packet);
	if (!packet->family)
		return pass_because(packet, stop);
	if (stop == LAYER_FRAGMENT && !packet->fragment_offset && packet->cursor + 4 <= packet->end &&
	    (packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP) &&
	    !bpf_xdp_load_bytes(ctx, packet->cursor, ports, sizeof(ports))) {
		packet->source_port = (__u16)be16_of(ports);
		packet->destination_port = (__u16)be16_of(ports + 2);
		packet->has_ports = 1;
	}
	judged = judge_header(packet);
	if (judged == JUDGED_FIRE)
		return refuse(ctx, packet);
	if (stop == LAYER_FRAGMENT) {
		whole = datagram_lay(ctx, packet);
		if (!whole || datagram_open(packet, whole))
			return pass(packet);
		/* Rules with ports can only be asked now. */
		if (packet->fragment_offset && judge_header(packet) == JUDGED_FIRE)
			return refuse(ctx, packet);
	} else if (stop != LAYER_TRANSPORT) {
		return pass_because(packet, stop);
	}
	stage = packet_stage(ctx, packet);
	if (stage != STAGE_NONE) {
		bpf_tail_call(ctx, &stages, stage);
		total(INTERDICT_TOTAL_SKIP_STAGE);
	}
	return pass(packet);
}

char LICENSE[] SEC("license") = "GPL";
