/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * control.h: the one record that says which generation is live and how to read it.
 *
 * Map "control": ARRAY with one struct interdict_control, BPF_F_MMAPABLE. Map "name_keys": ARRAY of two
 * struct interdict_name_key, BPF_F_MMAPABLE, indexed by slot.
 *
 * A packet reads `live` once; slot = live & 1. Publishing is one store of `live`.
 */
#ifndef INTERDICT_MAPS_CONTROL_H
#define INTERDICT_MAPS_CONTROL_H

#include "maps/hash.h"
#include "maps/opens.h"
#include "maps/rules.h"

/* How to read the maps of one slot; written only while the slot is idle. */
struct interdict_generation {
	__u64 number;	 /* 0 = never used */
	__u64 published; /* seconds since the Unix epoch */
	__u8 digest[32]; /* of the rule set */
	__u32 buckets;	 /* of the target table, 0 = no target */
	__u32 rules;	 /* records, index 0 included */
	__u32 targets;
	__u32 means;		    /* INTERDICT_MEANS() of every rule: idle channels are not inspected */
	__u32 address_mask;	    /* words of the address filter - 1 */
	__u32 name_mask;	    /* words of the name filter - 1 */
	__u32 hosts;		    /* bit 0: some /32, bit 1: some /128 */
	__u32 prefix_default_scope; /* scope bits of an address in no listed subscriber prefix */
	__u32 near_blocks;	    /* of the ids of full addresses (near.h), 0 = they lie anyhow */
	__u32 reserved;
	__u64 ipv4_lengths;    /* bit n: some prefix of length n < 32 */
	__u64 ipv6_lengths[2]; /* bit n: some prefix of length n < 128 */
	/*
	 * When every rule that the target table marks INTERDICT_TARGET_PLAIN is in force, seconds since the
	 * epoch: from the first on, before the second (0, 0 = no such rules).
	 */
	__u64 plain_from;
	__u64 plain_until;
	struct interdict_address_key key;
};

#define INTERDICT_HOSTS_IPV4 1u
#define INTERDICT_HOSTS_IPV6 2u

enum interdict_role {
	INTERDICT_ROLE_SUBSCRIBER = 1, /* subscribers' packets come in here: destination is judged */
	INTERDICT_ROLE_UPLINK = 2,     /* the world's packets come in here: source is judged */
};

/* Interfaces, open addressing: first place ifindex & 255, then the next ones. */
#define INTERDICT_INTERFACES 256
#define INTERDICT_INTERFACE_PROBES 8
struct interdict_interface {
	__u32 ifindex;
	__u32 role;		      /* enum interdict_role bits */
	__u32 scope[INTERDICT_SLOTS]; /* scope bits that do not rule this interface out */
};

enum interdict_control_flag {
	INTERDICT_CONTROL_OBSERVE = 1 << 0, /* dry run: judge and count, never act */
	INTERDICT_CONTROL_ATOMIC = 1 << 2,  /* CPUs share counters (counters.h) */
	INTERDICT_CONTROL_REPORT = 1 << 1,  /* fill map "report" for every packet (replay) */
};

enum interdict_encapsulation {
	INTERDICT_ENCAP_MPLS = 1 << 0,
	INTERDICT_ENCAP_GRE = 1 << 1,
	INTERDICT_ENCAP_IPIP = 1 << 2,
	INTERDICT_ENCAP_GTPU = 1 << 3,
	INTERDICT_ENCAP_VXLAN = 1 << 4,
	INTERDICT_ENCAP_GENEVE = 1 << 5,
	INTERDICT_ENCAP_ALL = (1 << 6) - 1,
};

/* About 15 us each: a fifth of a CPU under a flood of forged Initials. */
#define INTERDICT_QUIC_BUDGET_DEFAULT 20000

struct interdict_control {
	__u64 live;   /* number of the live generation, 0 = none: everything passes */
	__u32 layout; /* INTERDICT_LAYOUT_VERSION */
	__u32 flags;  /* enum interdict_control_flag */
	__u32 encapsulations;
	__u32 tai_offset;     /* TAI - UTC in seconds as the kernel's clock has it */
	__u64 second;	      /* of UTC, since the epoch; the programs keep it fresh */
	__u64 second_start;   /* coarse monotonic ns at which it began */
	__u64 tick;	      /* of the kernel, in which that was looked at; 0 = look again */
	__u32 counter_shards; /* 1 to INTERDICT_COUNTER_SHARDS_MAX, a power of two */
	__u32 quic_budget;    /* QUIC Initials that one CPU may decrypt in a second */
	__u32 open_sets;      /* of map "opens" */
	__u32 reserved;
	__u64 sketch_key[2]; /* of names that are counted (sketches.h); as long as the plane lives */
	struct interdict_generation generation[INTERDICT_SLOTS];
	struct interdict_interface interfaces[INTERDICT_INTERFACES];
	struct interdict_open_key open_key; /* as long as the plane lives */
};

INTERDICT_ASSERT(sizeof(struct interdict_generation) == 224, "layout");
INTERDICT_ASSERT(sizeof(struct interdict_interface) == 16, "layout");
INTERDICT_ASSERT(sizeof(struct interdict_control) == 80 + 2 * 224 + 4096 + 184, "layout");

#endif
