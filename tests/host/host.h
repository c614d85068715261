// SPDX-License-Identifier: Apache-2.0
//
// host.h: the whole packet path, compiled from the sources of bpf/, in this process: no kernel, no
// privilege, one CPU, a clock that stands still until it is told to go on. There is one of it per process.
//
//     host_start(&(struct host_setup){.role = INTERDICT_ROLE_SUBSCRIBER});
//     host_load_orders(text);
//     struct host_result result = host_run(frame, length);
//
// Not for threads.
#pragma once

#include "bpf/packet.h"
#include "maps/answers.h"
#include "maps/control.h"
#include "maps/counters.h"
#include "maps/report.h"
#include "maps/rules.h"
#include "maps/scopes.h"
#include "maps/targets.h"
#include "maps/totals.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HOST_INTERFACE 1 // the number of the interface that frames come in on

struct host_setup {
    __u32 role;           // enum interdict_role bits
    __u32 flags;          // enum interdict_control_flag; INTERDICT_CONTROL_REPORT is what fills `report`
    __u32 encapsulations; // enum interdict_encapsulation bits
    __u32 flows;          // entries, 0 = INTERDICT_FLOWS_DEFAULT
    __u32 opens;          // entries, 0 = INTERDICT_OPENS_DEFAULT
};

// What maps hold of one rule set; userspace/image/image.h says what each is.
struct host_tables {
    const struct interdict_generation* header;
    const struct interdict_name_key* name_key;
    const __u64* filter;                         // INTERDICT_FILTER_WORDS
    const struct interdict_bucket* buckets;      // header->buckets
    const struct interdict_rule* rules;          // header->rules
    const struct interdict_answer* answers;      // answers_count
    const __u32* vlans;                          // INTERDICT_VLANS
    const struct interdict_prefix_key* prefixes; // prefixes_count, and a word of scopes for each
    const __u32* prefix_scopes;
    __u32 answers_count;
    __u32 prefixes_count;
    __u32 interface_scope; // of HOST_INTERFACE
};

struct host_result {
    int action;        // XDP_PASS, XDP_DROP, XDP_TX
    const __u8* frame; // as the programs left it; valid until the next run
    __u32 length;
    struct interdict_report report; // all zero without INTERDICT_CONTROL_REPORT
};

// Begins anew: maps empty, nothing live.
void host_start(const struct host_setup* setup);

// Gives the memory back.
void host_stop(void);

// Copies the tables into the idle slot and makes them live. Counters stay.
void host_publish(const struct host_tables* tables);

// Forgets conversations and totals, and the counters of the ids below `rules`; the rules stay. For fuzzing:
// cheaper than to begin anew.
void host_forget(__u32 rules);

// Fills the room that programs leave to each other and to themselves, as earlier packets would have.
void host_fill_scratch(__u8 byte);

// From now on: bytes behind a frame in its buffer. Drivers leave few; without this call, the page's.
void host_set_room(__u32 behind);

// From now on: coarse monotonic time, and TAI, in ns.
void host_set_clock(__u64 monotonic, __u64 tai);

// frame: from the Ethernet header on; 14 to 65,536 bytes.
struct host_result host_run(const __u8* frame, __u32 length);

struct interdict_control* host_control(void);
const struct interdict_totals* host_totals(void);

// All zero for an id that has no counter.
struct interdict_hits host_hits(__u32 rule);

// What the programs of the last packet left to each other.
struct packet* host_packet(void);

// Partial conversations that were let go of for want of room.
__u64 host_evicted(void);

#ifdef __cplusplus
}
#endif
