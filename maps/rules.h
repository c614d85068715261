/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * rules.h: one record per rule, read by the kernel only after a hit in the target table.
 *
 * Map "rules": ARRAY_OF_MAPS with two slots (generation & 1); each inner map is an ARRAY of
 * struct interdict_rule, BPF_F_MMAPABLE | BPF_F_INNER_MAP, indexed by the stable rule id.
 * Index 0 is never a rule.
 */
#ifndef INTERDICT_MAPS_RULES_H
#define INTERDICT_MAPS_RULES_H

#include "maps/types.h"

/* How a match was made; also the bit number in `means`. */
enum interdict_channel {
	INTERDICT_CHANNEL_ADDRESS = 0,
	INTERDICT_CHANNEL_TLS = 1,
	INTERDICT_CHANNEL_QUIC = 2,
	INTERDICT_CHANNEL_DNS = 3,
	INTERDICT_CHANNEL_HTTP = 4,
	INTERDICT_CHANNEL_MAX = 5,
};

#define INTERDICT_MEANS(channel) (1u << (channel))

/* What to do with a packet that a rule matches. 0 means "the channel's default". */
enum interdict_action {
	INTERDICT_ACTION_DEFAULT = 0,
	INTERDICT_ACTION_DROP = 1,
	INTERDICT_ACTION_RESET = 2,    /* TCP: RST back to the sender; elsewhere: drop */
	INTERDICT_ACTION_NXDOMAIN = 3, /* DNS answers */
	INTERDICT_ACTION_REFUSED = 4,
	INTERDICT_ACTION_SINKHOLE = 5,
	INTERDICT_ACTION_NOTICE = 6, /* HTTP 451 */
	INTERDICT_ACTION_MAX = 7,
};

/* What the channel does where the order asks for nothing else. */
INTERDICT_INLINE __u32 interdict_default_action(__u32 channel)
{
	if (channel == INTERDICT_CHANNEL_TLS)
		return INTERDICT_ACTION_RESET;
	if (channel == INTERDICT_CHANNEL_DNS)
		return INTERDICT_ACTION_NXDOMAIN;
	return channel == INTERDICT_CHANNEL_HTTP ? INTERDICT_ACTION_NOTICE : INTERDICT_ACTION_DROP;
}

enum interdict_rule_flag {
	INTERDICT_RULE_SUBTREE = 1 << 0, /* the name and everything below it */
	INTERDICT_RULE_OBSERVE = 1 << 1, /* count, never act */
	INTERDICT_RULE_EXEMPT = 1 << 2,	 /* carved out of its order: ends the search, passes */
	INTERDICT_RULE_PRESENT = 1 << 3, /* the record is in use */
};

/* Several rules may share a target; the kernel reads at most this many of them. */
#define INTERDICT_RULE_CHAIN_MAX 8
#define INTERDICT_RULE_PORTS_MAX 4

/* Of a rule that came in place: only the rule set itself says who cites it. */
#define INTERDICT_ORDER_NOT_SAID (~0u)

/* Inclusive, host byte order. */
struct interdict_port_range {
	__u16 first;
	__u16 last;
};

struct interdict_rule {
	__u32 id;
	__u32 next;	  /* id of the next rule on the same target, 0 = none */
	__u32 scope;	  /* bit per named scope; 0 = everywhere */
	__u32 order;	  /* index in the list of orders of the generation as it was compiled, or NOT_SAID */
	__u64 not_before; /* seconds since the Unix epoch, 0 = no limit */
	__u64 not_after;  /* first second in which the rule no longer applies, 0 = no limit */
	__u8 flags;	  /* enum interdict_rule_flag */
	__u8 means;	  /* INTERDICT_MEANS() bits */
	__u8 protocol;	  /* IP protocol number, 0 = any */
	__u8 ports_count; /* 0 = any port */
	__u8 action[INTERDICT_CHANNEL_MAX + 3];			     /* enum interdict_action per channel */
	struct interdict_port_range ports[INTERDICT_RULE_PORTS_MAX]; /* of the blocked side */
	/*
	 * Index in map "answers", 0 = the general one; of a rule on an address that observes, and so never
	 * answers, index in map "sketches", 0 = none.
	 */
	__u32 answer;
};

INTERDICT_ASSERT(sizeof(struct interdict_rule) == 64, "a rule is one cache line");
INTERDICT_ASSERT(__builtin_offsetof(struct interdict_rule, not_before) == 16, "layout");
INTERDICT_ASSERT(__builtin_offsetof(struct interdict_rule, ports) == 44, "layout");

#endif
