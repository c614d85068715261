/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * report.h: what became of one packet, for `interdict replay` and the tests only.
 *
 * Map "report": ARRAY of struct interdict_report, BPF_F_MMAPABLE, indexed by CPU; written only when
 * INTERDICT_CONTROL_REPORT is set, which no attached plane does.
 */
#ifndef INTERDICT_MAPS_REPORT_H
#define INTERDICT_MAPS_REPORT_H

#include "maps/rules.h"

enum interdict_verdict {
	INTERDICT_VERDICT_PASS = 0,
	INTERDICT_VERDICT_DROP = 1,
	INTERDICT_VERDICT_RESET = 2,
	INTERDICT_VERDICT_ANSWER = 3,
	INTERDICT_VERDICT_NOTICE = 4,
};

/* Rules that one packet can hit at once and still be reported each; a power of two. */
#define INTERDICT_FIRED_MAX 8

struct interdict_report {
	__u32 rule;	   /* the rule that fired or was observed, 0 = none */
	__u8 verdict;	   /* enum interdict_verdict */
	__u8 channel;	   /* enum interdict_channel; meaningful with a rule or a name */
	__u16 name_length; /* 0 = no inspector completed a name */
	__u8 name[256];	   /* folded to lower case, no final dot */
	__u32 others;	   /* rules that fired beside the first, by other names in the same segment */
	__u32 other[INTERDICT_FIRED_MAX - 1]; /* 0 behind the last of them */
};

INTERDICT_ASSERT(sizeof(struct interdict_report) == 296, "layout");

#endif
