// SPDX-License-Identifier: Apache-2.0
#include "host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/inspect/quic.h"
#include "bpf/maps.bpf.h"
#include "host/frame.h"
#include "host/maps.h"

// bpf/*.bpf.c, and where each is in map "stages".
#define STAGES(X)                     \
    X(INTERDICT_STAGE_LAYERS, layers) \
    X(INTERDICT_STAGE_TCP, tcp)       \
    X(INTERDICT_STAGE_QUIC, quic)     \
    X(INTERDICT_STAGE_DNS, dns)       \
    X(INTERDICT_STAGE_ANSWER, answer)

// The room that a program keeps to itself.
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct quic_room);
} quic_scratch SEC(".maps");

// Those of bpf/maps.bpf.h and of single programs, whose declarations say what they are.
#define MAPS(X)    \
    X(control)     \
    X(name_keys)   \
    X(filter)      \
    X(totals)      \
    X(flows)       \
    X(opens)       \
    X(armed)       \
    X(vlan_scopes) \
    X(sketches)    \
    X(report)      \
    X(packets)     \
    X(quic_scratch)

#define OUTER_MAPS(X) \
    X(targets)        \
    X(rules)          \
    X(answers)        \
    X(counters)       \
    X(prefix_scopes)

int interdict_edge(struct xdp_md* ctx);
#define X(stage, name) int interdict_##name(struct xdp_md* ctx);
STAGES(X)
#undef X

#define NUMBER(field) ((__u32)(sizeof(*(field)) / sizeof(int)))
#define TAIL_CALLS_MAX 33

static struct {
#define X(name) struct host_map* name;
    MAPS(X)
    OUTER_MAPS(X)
#undef X
    struct host_map* stages;
    // Of each slot.
    struct interdict_bucket* buckets[INTERDICT_SLOTS];
    struct host_map* slot_rules[INTERDICT_SLOTS];
    struct host_map* slot_answers[INTERDICT_SLOTS];
    struct host_map* slot_prefixes[INTERDICT_SLOTS];
    __u64 monotonic;
    __u64 tai;
    __u32 tail_calls;
    __u8 output[HOST_FRAME_MAX + 4096];
} host;

static void free_slot(__u32 slot)
{
    free(host.buckets[slot]);
    host_map_free(host.slot_rules[slot]);
    host_map_free(host.slot_answers[slot]);
    host_map_free(host.slot_prefixes[slot]);
    host.buckets[slot] = NULL;
    host.slot_rules[slot] = host.slot_answers[slot] = host.slot_prefixes[slot] = NULL;
}

void host_stop(void)
{
    if (!host.control)
        return;
    for (__u32 slot = 0; slot < INTERDICT_SLOTS; slot++)
        free_slot(slot);
    for (__u32 i = 0; i < host.counters->entries; i++)
        host_map_free(host.counters->inner[i]);
#define X(name) host_map_free(host.name);
    MAPS(X)
    OUTER_MAPS(X)
#undef X
    host_map_free(host.stages);
    host_frame_free();
    host_frame_room(HOST_LINEAR_MAX);
    memset(&host, 0, sizeof(host));
}

void host_start(const struct host_setup* setup)
{
    struct interdict_interface* interface;

    host_stop();
#define X(name)                                                                                           \
    host.name =                                                                                           \
        host_map_new(#name, (enum bpf_map_type)NUMBER(name.type), sizeof(*name.key), sizeof(*name.value), \
                     (void*)&name == (void*)&flows && setup->flows   ? setup->flows                       \
                     : (void*)&name == (void*)&opens && setup->opens ? setup->opens / INTERDICT_OPEN_WAYS \
                                                                     : NUMBER(name.max_entries));         \
    host_map_bind(&name, host.name);
    MAPS(X)
#undef X
#define X(name)                                                                                   \
    host.name = host_map_new(#name, BPF_MAP_TYPE_ARRAY_OF_MAPS, sizeof(*name.key), sizeof(__u32), \
                             NUMBER(name.max_entries));                                           \
    host_map_bind(&name, host.name);
    OUTER_MAPS(X)
#undef X
    host.stages =
        host_map_new("stages", BPF_MAP_TYPE_PROG_ARRAY, sizeof(__u32), sizeof(__u32), INTERDICT_STAGE_MAX);
    host_map_bind(&stages, host.stages);

    host_control()->layout = INTERDICT_LAYOUT_VERSION;
    host_control()->flags = setup->flags;
    host_control()->encapsulations = setup->encapsulations;
    host_control()->counter_shards = 1;
    host_control()->quic_budget = INTERDICT_QUIC_BUDGET_DEFAULT;
    host_control()->tai_offset = 37;
    host_control()->open_sets = host.opens->entries;
    for (__u32 i = 0; i < sizeof(host_control()->open_key) / sizeof(__u64); i++)
        memcpy((__u8*)&host_control()->open_key + i * sizeof(__u64), &(__u64){(i + 1) * 0x9e3779b97f4a7c15u},
               sizeof(__u64));
    interface = &host_control()->interfaces[HOST_INTERFACE];
    interface->ifindex = HOST_INTERFACE;
    interface->role = setup->role;
    host_set_clock(1000000000000u, 1893456037000000000u); // 2030-01-01
}

static struct host_map* filled(const char* name, const void* values, __u32 count, __u32 size)
{
    struct host_map* map = host_map_new(name, BPF_MAP_TYPE_ARRAY, sizeof(__u32), size, count > 0 ? count : 1);

    // The records that are published this way are multiples of 8 bytes.
    if (count > 0)
        memcpy(map->values, values, (size_t)count * size);
    return map;
}

static void grow_counters(__u32 ids)
{
    for (__u32 i = 0; i << INTERDICT_COUNTERS_SHIFT < ids; i++)
        if (!host.counters->inner[i])
            host.counters->inner[i] = host_map_new(
                "counters_inner", BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(struct interdict_hits_page),
                interdict_counter_elements(1) / INTERDICT_COUNTERS_OF_PAGE);
}

void host_publish(const struct host_tables* tables)
{
    const struct interdict_generation* header = tables->header;
    __u64 number = host_control()->live + 1;
    __u32 slot = number & 1;
    struct host_map* trie;

    free_slot(slot);
    grow_counters(header->rules > 0 ? header->rules : 1);
    // The table's look-up in maps/targets.h takes the plain array here.
    host.buckets[slot] = calloc(header->buckets + 1, sizeof(struct interdict_bucket));
    if (!host.buckets[slot])
        abort();
    if (header->buckets > 0)
        memcpy(host.buckets[slot], tables->buckets, header->buckets * sizeof(struct interdict_bucket));
    host.slot_rules[slot] = filled("rules_inner", tables->rules, header->rules, sizeof(*tables->rules));
    host.slot_answers[slot] =
        filled("answers_inner", tables->answers, tables->answers_count, sizeof(*tables->answers));
    trie = host_map_new("prefix_inner", BPF_MAP_TYPE_LPM_TRIE, sizeof(struct interdict_prefix_key),
                        sizeof(__u32), tables->prefixes_count + 1);
    for (__u32 i = 0; i < tables->prefixes_count; i++)
        bpf_map_update_elem(trie, &tables->prefixes[i], &tables->prefix_scopes[i], BPF_ANY);
    host.slot_prefixes[slot] = trie;

    host.targets->inner[slot] = host.buckets[slot];
    host.rules->inner[slot] = host.slot_rules[slot];
    host.answers->inner[slot] = host.slot_answers[slot];
    host.prefix_scopes->inner[slot] = trie;
    memcpy(host.name_keys->values + (size_t)slot * host.name_keys->stride, tables->name_key,
           sizeof(*tables->name_key));
    memcpy(host.filter->values + (size_t)slot * INTERDICT_FILTER_WORDS * sizeof(__u64), tables->filter,
           INTERDICT_FILTER_WORDS * sizeof(__u64));
    for (__u32 i = 0; i < INTERDICT_VLANS; i++)
        memcpy(host.vlan_scopes->values + ((size_t)slot * INTERDICT_VLANS + i) * host.vlan_scopes->stride,
               &tables->vlans[i], sizeof(__u32));
    host_control()->interfaces[HOST_INTERFACE].scope[slot] = tables->interface_scope;
    host_control()->generation[slot] = *header;
    host_control()->generation[slot].number = number;
    host_control()->live = number;
}

void host_forget(__u32 rules_used)
{
    host_map_clear(host.flows);
    host_map_clear(host.opens);
    host_map_clear(host.armed);
    host_map_clear(host.totals);
    for (__u32 id = 0; id < rules_used; id++) {
        struct host_map* inner = host.counters->inner[id >> INTERDICT_COUNTERS_SHIFT];

        if (inner)
            memset(inner->values + (size_t)interdict_hits_index(0, id) * sizeof(struct interdict_hits), 0,
                   sizeof(struct interdict_hits));
    }
}

void host_fill_scratch(__u8 byte)
{
    memset(host.packets->values, byte, host.packets->value_size);
    host_packet()->closing = 0; // whoever sets it clears it
    memset(host.quic_scratch->values, byte, host.quic_scratch->value_size);
}

void host_set_room(__u32 behind) { host_frame_room(behind); }

void host_set_clock(__u64 monotonic, __u64 tai)
{
    host.monotonic = monotonic;
    host.tai = tai;
}

struct host_result host_run(const __u8* frame, __u32 length)
{
    struct xdp_md ctx = {.ingress_ifindex = HOST_INTERFACE};
    struct host_result result = {};

    host_map_clear(host.report);
    host.tail_calls = 0;
    host_frame_set(&ctx, frame, length);
    result.action = interdict_edge(&ctx);
    result.length = host_frame_get(&ctx, host.output);
    result.frame = host.output;
    memcpy(&result.report, host.report->values, sizeof(result.report));
    return result;
}

struct interdict_control* host_control(void) { return (struct interdict_control*)host.control->values; }

const struct interdict_totals* host_totals(void) { return (struct interdict_totals*)host.totals->values; }

struct packet* host_packet(void) { return (struct packet*)host.packets->values; }

struct interdict_hits host_hits(__u32 rule)
{
    const struct host_map* inner = rule >> INTERDICT_COUNTERS_SHIFT < INTERDICT_COUNTER_MAPS
                                       ? host.counters->inner[rule >> INTERDICT_COUNTERS_SHIFT]
                                       : NULL;
    struct interdict_hits hits = {};

    if (inner)
        memcpy(&hits, inner->values + (size_t)interdict_hits_index(0, rule) * sizeof(hits), sizeof(hits));
    return hits;
}

__u64 host_evicted(void)
{
    return host_map_evicted(host.flows) + host_totals()->value[INTERDICT_TOTAL_OPEN_EVICTED];
}

host_program host_stage(const void* map, __u32 index)
{
    static const host_program programs[INTERDICT_STAGE_MAX] = {
#define X(stage, name) [stage] = interdict_##name,
        STAGES(X)
#undef X
    };

    (void)map;
    if (index >= INTERDICT_STAGE_MAX || host.tail_calls >= TAIL_CALLS_MAX)
        return NULL;
    host.tail_calls++;
    return programs[index];
}

__u64 bpf_ktime_get_coarse_ns(void) { return host.monotonic; }
__u64 bpf_jiffies64(void) { return host.monotonic / 1000000 + 1; }
__u64 bpf_ktime_get_ns(void) { return host.monotonic; }
__u64 bpf_ktime_get_boot_ns(void) { return host.monotonic; }
__u64 bpf_ktime_get_tai_ns(void) { return host.tai; }
