// SPDX-License-Identifier: Apache-2.0
//
// maps.h: BPF maps in the memory of this process, with the kernel's semantics as far as bpf/ can see them.
// One CPU, so a per-CPU array is an array.
//
// The first word of whatever a program takes for a map is a pointer to its struct host_map: of a declaration
// in bpf/maps.bpf.h, where host_map_bind() has written it, as of an inner map, where it points to itself.
#pragma once

#include <linux/bpf.h>
#include <linux/types.h>

struct host_lru;
struct host_trie;

struct host_map {
    const struct host_map* self;
    const char* name;
    enum bpf_map_type type;
    __u32 key_size;
    __u32 value_size;
    __u32 entries;
    __u32 stride;           // arrays: bytes from one value to the next, value_size rounded up to 8
    __u8* values;           // arrays
    void** inner;           // ARRAY_OF_MAPS: what a look-up gives, NULL = nothing
    struct host_lru* lru;   // LRU_HASH
    struct host_trie* trie; // LPM_TRIE
};

// Never NULL: aborts without memory. Types: ARRAY, PERCPU_ARRAY, ARRAY_OF_MAPS, LRU_HASH, LPM_TRIE,
// PROG_ARRAY (which has no memory: host_stage() is its content).
struct host_map* host_map_new(const char* name, enum bpf_map_type type, __u32 key_size, __u32 value_size,
                              __u32 entries);
void host_map_free(struct host_map* map);

// From now on `declaration` is this map.
void host_map_bind(void* declaration, const struct host_map* map);

// As it was when it was new. Inner maps are forgotten, not freed.
void host_map_clear(struct host_map* map);

// Entries that an LRU_HASH has let go of to make room.
__u64 host_map_evicted(const struct host_map* map);
