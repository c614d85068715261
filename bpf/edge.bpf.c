// SPDX-License-Identifier: GPL-2.0-only
/*
 * edge.bpf.c: where every frame comes in. Judges the address of ordinary packets itself; hands on, by
 * tail call, what needs the layer reader or an inspector. An established connection leaves here.
 */
#include "bpf/act/address.h"
#include "bpf/act/verdict.h"
#include "bpf/parse/armed.h"
#include "bpf/parse/channels.h"
#include "bpf/parse/short.h"

/* Place of the interface in control.interfaces, INTERDICT_INTERFACES if it has none. */
__noinline __u32 interface_place(const struct interdict_control *state, __u32 ifindex)
{
	__u32 i;

	if (!state)
		return INTERDICT_INTERFACES;
	for (i = 0; i < INTERDICT_INTERFACE_PROBES; i++) {
		__u32 place = masked(ifindex + i, INTERDICT_INTERFACES - 1);

		if (state->interfaces[place].ifindex == ifindex)
			return place;
		if (!state->interfaces[place].ifindex)
			break;
	}
	return INTERDICT_INTERFACES;
}

INTERDICT_INLINE void map_address(__u8 out[16], const __u8 *in, __u32 family)
{
	const __u32 *from = (const __u32 *)in;
	__u32 *to = (__u32 *)out;

	if (family == 4) {
		to[0] = 0;
		to[1] = 0;
		to[2] = bpf_htonl(0xffff);
		to[3] = from[0];
	} else {
		to[0] = from[0];
		to[1] = from[1];
		to[2] = from[2];
		to[3] = from[3];
	}
}

/* The tags that the short way skipped, as the layer reader would note them. */
static __noinline void packet_tags(struct xdp_md *ctx, struct packet *packet)
{
	struct vlan_tag tag;

	packet->vlan = INTERDICT_UNTAGGED;
	packet->vlan_key = 0;
	if (packet->network < ETH_HLEN + sizeof(tag) || bpf_xdp_load_bytes(ctx, ETH_HLEN, &tag, sizeof(tag)))
		return;
	packet->vlan = bpf_ntohs(tag.id) & 0xfff;
	packet->vlan_key = packet->vlan << 4;
	if (packet->network >= ETH_HLEN + 2 * sizeof(tag) &&
	    !bpf_xdp_load_bytes(ctx, ETH_HLEN + sizeof(tag), &tag, sizeof(tag)))
		packet->vlan_key ^= bpf_ntohs(tag.id) & 0xfff;
}

/* Only packets that need more than the quick look pay for this. */
INTERDICT_INLINE void packet_fill(struct packet *packet, const struct short_frame *frame)
{
	map_address(packet->source, frame->source, frame->family);
	map_address(packet->destination, frame->destination, frame->family);
	packet->family = (__u8)frame->family;
	packet->protocol = (__u8)frame->protocol;
	packet->source_port = (__u16)frame->source_port;
	packet->destination_port = (__u16)frame->destination_port;
	packet->has_ports = 1;
	packet->tcp_flags = (__u8)frame->tcp_flags;
	packet->answerable = 1;
	packet->datagram = 0;
	packet->path[0].at = 0;
	packet->path[0].kind = LAYER_ETHERNET;
	packet->path[1].at = (__u16)frame->network;
	packet->path[1].kind = frame->family == 4 ? LAYER_IPV4 : LAYER_IPV6;
	packet->path_length = 2;
	packet->network = frame->network;
	packet->transport = frame->transport;
	packet->payload = frame->payload;
	packet->payload_length = frame->start.length;
	packet->sequence = frame->sequence;
	packet->acknowledgement = frame->acknowledgement;
}

INTERDICT_INLINE void packet_start(struct packet *packet, const struct interdict_control *state, __u32 slot,
				   const struct interdict_interface *interface, __u32 length)
{
	packet->slot = slot;
	packet->flags = state->flags;
	packet->role = interface->role;
	packet->side = interface->role;
	packet->interface_scope = interface->scope[slot];
	packet->frame_length = length;
	packet->rule = 0;
	packet->channel = 0;
	packet->split = 0;
	packet->fired.count = 0;
	packet->behind.count = 0;
	packet->closing = 0;
	packet->asked.length = 0;
	packet->name.length = 0;
}

INTERDICT_INLINE __u64 near_mix(const struct short_frame *frame, const __u8 *address)
{
	return interdict_near_mix(frame->family, (const __u32 *)address);
}

/* Low bits say for the destination, the next two for the source, what the quick question left open. */
#define MAY_BE_SOURCE_SHIFT 2

SEC("xdp")
int interdict_edge(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	struct interdict_totals *sums = bpf_map_lookup_elem(&totals, &ZERO);
	const struct interdict_interface *interface;
	struct packet *packet;
	const struct interdict_generation *live;
	struct short_frame frame = {};
	struct interdict_hash hash = {};
	__u32 length, slot, place, may = 0, stage = STAGE_NONE, index = 0;
	__u64 number;

	if (!state || !sums)
		return XDP_PASS;
	length = (__u32)bpf_xdp_get_buff_len(ctx);
	sums->value[INTERDICT_TOTAL_PACKETS]++;
	sums->value[INTERDICT_TOTAL_BYTES] += length;
	number = *(volatile __u64 *)&state->live;
	/* Nearly always the first place; the search is a call. */
	place = masked(ctx->ingress_ifindex, INTERDICT_INTERFACES - 1);
	if (state->interfaces[place].ifindex != ctx->ingress_ifindex)
		place = interface_place(state, ctx->ingress_ifindex);
	if (place >= INTERDICT_INTERFACES) {
		sums->value[INTERDICT_TOTAL_NO_INTERFACE]++;
		return XDP_PASS;
	}
	if (!number)
		return XDP_PASS;
	interface = &state->interfaces[place];
	slot = number & 1;
	live = &state->generation[slot];

	if (short_parse(data, data_end, &frame)) {
		packet = packet_at_hand();
		if (!packet)
			return XDP_PASS;
		packet_start(packet, state, slot, interface, length);
		bpf_tail_call(ctx, &stages, INTERDICT_STAGE_LAYERS);
		sums->value[INTERDICT_TOTAL_SKIP_STAGE]++;
		return XDP_PASS;
	}

	if (interface->role & INTERDICT_ROLE_SUBSCRIBER) {
		may = address_may_match(live, slot, frame.family, frame.destination, &hash);
		if (may & MAY_BE_HOST && plain_drop(slot, hash.fingerprint, hash.place, length,
						    near_mix(&frame, frame.destination)))
			goto drop;
	}
	if (interface->role & INTERDICT_ROLE_UPLINK) {
		__u32 source = address_may_match(live, slot, frame.family, frame.source, &hash);

		/* A rule on the destination comes first, if there may be one. */
		if (!may && source & MAY_BE_HOST &&
		    plain_drop(slot, hash.fingerprint, hash.place, length, near_mix(&frame, frame.source)))
			goto drop;
		may |= source << MAY_BE_SOURCE_SHIFT;
	}
	if (interface->role & INTERDICT_ROLE_SUBSCRIBER &&
	    live->means & ~INTERDICT_MEANS(INTERDICT_CHANNEL_ADDRESS)) {
		__u32 start = may_start(frame.destination_port, frame.tcp_flags, frame.start.first);

		if (frame.protocol == IPPROTO_TCP) {
			index = armed_slot(frame.family, frame.source, frame.destination,
					   frame.source_port << 16 | frame.destination_port);
			start = start ||
				((frame.start.length || live->means & MEANS_ANSWERED) && is_armed(index));
		}
		if (start)
			stage = names_stage(
				live->means, index,
				transport_bits(frame.destination_port, frame.tcp_flags, frame.protocol),
				frame.start.length, start_bytes(&frame.start));
	}
	if (!may && stage == STAGE_NONE && !(state->flags & INTERDICT_CONTROL_REPORT))
		return XDP_PASS;

	packet = packet_at_hand();
	if (!packet)
		return XDP_PASS;
	packet_start(packet, state, slot, interface, length);
	packet_fill(packet, &frame);
	packet_tags(ctx, packet);
	if (may & (MAY_BE_HOST | MAY_BE_PREFIX)) {
		packet->side = INTERDICT_ROLE_SUBSCRIBER;
		if (judge_address(packet, may) == JUDGED_FIRE)
			return refuse(ctx, packet);
	}
	if (may >> MAY_BE_SOURCE_SHIFT) {
		packet->side = INTERDICT_ROLE_UPLINK;
		if (judge_address(packet, may >> MAY_BE_SOURCE_SHIFT) == JUDGED_FIRE)
			return refuse(ctx, packet);
	}
	if (stage != STAGE_NONE) {
		packet->side = INTERDICT_ROLE_SUBSCRIBER;
		packet->armed = index;
		bpf_tail_call(ctx, &stages, stage);
		total(INTERDICT_TOTAL_SKIP_STAGE);
	}
	return pass(packet);
drop:
	sums->value[INTERDICT_TOTAL_HIT_ADDRESS]++;
	sums->value[INTERDICT_TOTAL_DROPPED]++;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
