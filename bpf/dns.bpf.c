// SPDX-License-Identifier: GPL-2.0-only
/* dns.bpf.c: judges the names that a DNS query over UDP asks for. */
#include "bpf/act/verdict.h"
#include "bpf/inspect/dns_judge.h"

/* Judges the message in the datagram at hand. */
__noinline __u32 datagram_judge(struct xdp_md *ctx)
{
	struct packet *packet = packet_at_hand();
	__u32 length;

	if (!packet)
		return JUDGED_NOTHING;
	length = packet->payload_length;
	/* Cut short by a capture: what is there is read. */
	if (!packet->datagram && packet->payload + length > packet->frame_length)
		length = packet->frame_length - packet->payload;
	if (length > INTERDICT_STREAM_MAX)
		length = INTERDICT_STREAM_MAX;
	if (segment_copy(ctx, &packet->flow.bytes, 0, length)) {
		total(INTERDICT_TOTAL_SKIP_DNS);
		return JUDGED_NOTHING;
	}
	return dns_judge(packet, &packet->flow.bytes, 0, length);
}

SEC("xdp")
int interdict_dns(struct xdp_md *ctx)
{
	struct packet *packet = packet_at_hand();

	if (!packet)
		return XDP_PASS;
	if (datagram_judge(ctx) == JUDGED_FIRE)
		return refuse(ctx, packet);
	return pass(packet);
}

char LICENSE[] SEC("license") = "GPL";
