/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps.bpf.h: every map as the programs see it. Userspace creates the maps (their sizes depend on the
 * machine and the rule set) and hands them to each object before it is loaded; sizes here are minima.
 */
#ifndef INTERDICT_BPF_MAPS_H
#define INTERDICT_BPF_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "maps/answers.h"
#include "maps/control.h"
#include "maps/counters.h"
#include "maps/filter.h"
#include "maps/flows.h"
#include "maps/opens.h"
#include "maps/pins.h"
#include "maps/report.h"
#include "maps/rules.h"
#include "maps/scopes.h"
#include "maps/sketches.h"
#include "maps/targets.h"
#include "maps/totals.h"

#include "bpf/packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct interdict_control);
} control SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, INTERDICT_SLOTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct interdict_name_key);
} name_keys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, INTERDICT_FILTER_ENTRIES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} filter SEC(".maps");

/* Sizes, not types, in inner maps: clang leaves the types of a map behind a pointer incomplete. */
struct interdict_inner_targets {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct interdict_bucket));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, INTERDICT_SLOTS);
	__type(key, __u32);
	__array(values, struct interdict_inner_targets);
} targets SEC(".maps");

struct interdict_inner_rules {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct interdict_rule));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, INTERDICT_SLOTS);
	__type(key, __u32);
	__array(values, struct interdict_inner_rules);
} rules SEC(".maps");

struct interdict_inner_answers {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct interdict_answer));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, INTERDICT_SLOTS);
	__type(key, __u32);
	__array(values, struct interdict_inner_answers);
} answers SEC(".maps");

struct interdict_inner_counters {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, INTERDICT_COUNTERS_PER_MAP / INTERDICT_COUNTERS_OF_PAGE);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct interdict_hits_page));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, INTERDICT_COUNTER_MAPS);
	__type(key, __u32);
	__array(values, struct interdict_inner_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct interdict_totals);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, INTERDICT_FLOWS_DEFAULT);
	__type(key, struct interdict_flow_key);
	__type(value, struct interdict_flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, INTERDICT_OPENS_DEFAULT / INTERDICT_OPEN_WAYS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct interdict_open_set);
} opens SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, INTERDICT_ARMED_SLOTS);
	__type(key, __u32);
	__type(value, struct interdict_armed);
} armed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, INTERDICT_SLOTS * INTERDICT_VLANS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u32);
} vlan_scopes SEC(".maps");

struct interdict_inner_prefix_scopes {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct interdict_prefix_key));
	__uint(value_size, sizeof(__u32));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, INTERDICT_SLOTS);
	__type(key, __u32);
	__array(values, struct interdict_inner_prefix_scopes);
} prefix_scopes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct interdict_report);
} report SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, INTERDICT_SKETCHES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct interdict_sketch);
} sketches SEC(".maps");

/* What the programs of one packet hand to each other; never read from userspace. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct packet);
} packets SEC(".maps");

/*
 * The packet at hand. A function that the verifier checks by its types alone and that hands part of the
 * packet to a map helper asks for it here: Linux 6.1 takes no key or value by a plain pointer argument.
 */
static inline __attribute__((always_inline)) struct packet *packet_at_hand(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&packets, &zero);
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, INTERDICT_STAGE_MAX);
	__type(key, __u32);
	__type(value, __u32);
} stages SEC(".maps");

#endif
