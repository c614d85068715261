/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * pins.h: the names of everything under the pin path. README.md says who may touch what and when.
 */
#ifndef INTERDICT_MAPS_PINS_H
#define INTERDICT_MAPS_PINS_H

#define INTERDICT_PIN_PATH "/sys/fs/bpf/interdict"
#define INTERDICT_PIN_MAPS "maps"   /* directory: one pin per map */
#define INTERDICT_PIN_PROGS "progs" /* directory: one pin per program */
#define INTERDICT_PIN_LINKS "links" /* directory: one pin per interface, named after it */

/* Index of each program in map "stages", reached by tail call. */
enum interdict_stage {
	INTERDICT_STAGE_LAYERS = 0, /* whatever the entry program's short way does not know */
	INTERDICT_STAGE_TCP = 1,    /* names in TCP streams: TLS, HTTP, DNS */
	INTERDICT_STAGE_QUIC = 2,
	INTERDICT_STAGE_DNS = 3,    /* over UDP */
	INTERDICT_STAGE_ANSWER = 4, /* carries out a refusal that is more than a drop */
	INTERDICT_STAGE_MAX = 8,
};

#endif
