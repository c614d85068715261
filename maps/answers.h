/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * answers.h: what a refused subscriber is told, laid out so that the programs only copy it.
 *
 * Map "answers": ARRAY_OF_MAPS with two slots (generation & 1); each inner map is an ARRAY of
 * struct interdict_answer, BPF_F_MMAPABLE | BPF_F_INNER_MAP, indexed by interdict_rule.answer.
 * Index 0 names no order: it is for rules whose order asks for nothing of its own.
 */
#ifndef INTERDICT_MAPS_ANSWERS_H
#define INTERDICT_MAPS_ANSWERS_H

#include "maps/types.h"

/*
 * With 40 bytes of IPv6, 20 of TCP and the tunnels that interdict knows, a whole notice fits the 1,280 bytes
 * that every IPv6 link carries (RFC 8200 section 5), and the room that drivers leave behind a frame.
 */
#define INTERDICT_NOTICE_MAX 1024u
/*
 * Drivers that fit the buffer to the frame leave little room behind it, but always some 200 bytes before it:
 * with the bytes of a short request that is enough for this.
 */
#define INTERDICT_BRIEF_MAX 288u
#define INTERDICT_ANSWER_TEXT_MAX 64u
#define INTERDICT_EDE_CENSORED 16 /* INFO-CODE: an outside requirement (RFC 8914 section 4.17) */
#define INTERDICT_SINKHOLE_TTL 60 /* seconds: a lifted order is felt within a minute */

enum interdict_answer_flag {
	INTERDICT_ANSWER_IPV4 = 1 << 0, /* sinkhole_ipv4 is set */
	INTERDICT_ANSWER_IPV6 = 1 << 1, /* sinkhole_ipv6 is set */
};

struct interdict_answer {
	__u8 sinkhole_ipv4[4]; /* as on the wire */
	__u8 sinkhole_ipv6[16];
	__u32 flags;	     /* enum interdict_answer_flag */
	__u32 notice_sum;    /* of `notice` as 16-bit words in memory order, an odd last byte padded with 0 */
	__u16 notice_length; /* bytes; 0 = no notice: a reset instead */
	__u16 text_length;
	__u8 text[INTERDICT_ANSWER_TEXT_MAX]; /* EXTRA-TEXT (RFC 8914 section 2), UTF-8 */
	__u32 brief_sum;		      /* as notice_sum */
	__u32 brief_length;
	__u8 brief[INTERDICT_BRIEF_MAX];   /* the same answer for a frame that has no room for `notice` */
	__u8 notice[INTERDICT_NOTICE_MAX]; /* an HTTP/1.1 response, head and body */
};

INTERDICT_ASSERT(sizeof(struct interdict_answer) == 32 + 64 + 8 + 288 + 1024, "layout");

#endif
