/* SPDX-License-Identifier: GPL-2.0-only */
/* fork.h: the second reading of a flow whose pieces contradict each other, kept under a kind of its own. */
#ifndef INTERDICT_BPF_INSPECT_FORK_H
#define INTERDICT_BPF_INSPECT_FORK_H

#include "bpf/act/count.h"

/* The first contradiction: from here on a second reading, in which the bytes that differ hold. */
static __noinline void flow_fork(struct packet *packet, struct interdict_flow *flow, __u32 second)
{
	__u8 kind = packet->key.kind;

	flow->conflict = 1;
	total(INTERDICT_TOTAL_CONFLICT);
	packet->key.kind = (__u8)second;
	if (bpf_map_update_elem(&flows, &packet->key, flow, BPF_ANY))
		total(INTERDICT_TOTAL_SKIP_TABLE_FULL);
	packet->key.kind = kind;
}

static __noinline void fork_forget(struct packet *packet, __u32 second)
{
	__u8 kind = packet->key.kind;

	packet->key.kind = (__u8)second;
	bpf_map_delete_elem(&flows, &packet->key);
	packet->key.kind = kind;
}

#endif
