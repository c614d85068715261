// SPDX-License-Identifier: Apache-2.0
#include "host/maps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf_helpers.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HOST_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HOST_ASAN
#endif
#ifdef HOST_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

static void* room(size_t count, size_t size)
{
    void* memory = calloc(count > 0 ? count : 1, size);

    if (!memory) {
        fprintf(stderr, "host: no memory for %zu times %zu bytes\n", count, size);
        abort();
    }
    return memory;
}

static __u32 index_of(const void* key)
{
    __u32 index;

    memcpy(&index, key, sizeof(index));
    return index;
}

// LRU_HASH. Values have allocations of their own, so that a sanitizer sees who leaves one; the value of an
// entry that is gone is poisoned: in the kernel another CPU may be filling it by then. Evicts the entry used
// longest ago, the kernel only roughly that one.

#define NONE (~0u)

struct entry {
    __u32 chain;        // next one in its bucket or in the free list
    __u32 newer, older; // by last use
    __u8* key;
    __u8* value;
};

struct host_lru {
    struct entry* entries;
    __u32* buckets;
    __u32 mask;
    __u32 free;
    __u32 newest, oldest;
    __u64 evicted;
};

static void lru_reset(struct host_map* map)
{
    struct host_lru* lru = map->lru;

    for (__u32 i = 0; i <= lru->mask; i++)
        lru->buckets[i] = NONE;
    for (__u32 i = 0; i < map->entries; i++) {
        lru->entries[i].chain = i + 1 < map->entries ? i + 1 : NONE;
        ASAN_POISON_MEMORY_REGION(lru->entries[i].value, map->value_size);
    }
    lru->free = 0;
    lru->newest = lru->oldest = NONE;
    lru->evicted = 0;
}

static void lru_make(struct host_map* map)
{
    struct host_lru* lru = room(1, sizeof(*lru));
    __u32 buckets = 1;

    while (buckets < map->entries)
        buckets *= 2;
    map->lru = lru;
    lru->mask = buckets - 1;
    lru->buckets = room(buckets, sizeof(*lru->buckets));
    lru->entries = room(map->entries, sizeof(*lru->entries));
    for (__u32 i = 0; i < map->entries; i++) {
        lru->entries[i].key = room(1, map->key_size);
        lru->entries[i].value = room(1, map->value_size);
    }
    lru_reset(map);
}

static void lru_free(struct host_map* map)
{
    for (__u32 i = 0; i < map->entries; i++) {
        ASAN_UNPOISON_MEMORY_REGION(map->lru->entries[i].value, map->value_size);
        free(map->lru->entries[i].key);
        free(map->lru->entries[i].value);
    }
    free(map->lru->entries);
    free(map->lru->buckets);
    free(map->lru);
}

static __u32* lru_bucket(const struct host_map* map, const void* key)
{
    const __u8* bytes = key;
    __u64 hash = 0xcbf29ce484222325u; // FNV-1a

    for (__u32 i = 0; i < map->key_size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return &map->lru->buckets[(hash ^ hash >> 32) & map->lru->mask];
}

static __u32 lru_find(const struct host_map* map, const void* key)
{
    __u32 at = *lru_bucket(map, key);

    while (at != NONE && memcmp(map->lru->entries[at].key, key, map->key_size) != 0)
        at = map->lru->entries[at].chain;
    return at;
}

static void lru_unlink(struct host_lru* lru, __u32 at)
{
    struct entry* entry = &lru->entries[at];

    *(entry->newer != NONE ? &lru->entries[entry->newer].older : &lru->newest) = entry->older;
    *(entry->older != NONE ? &lru->entries[entry->older].newer : &lru->oldest) = entry->newer;
}

static void lru_link(struct host_lru* lru, __u32 at)
{
    lru->entries[at].newer = NONE;
    lru->entries[at].older = lru->newest;
    *(lru->newest != NONE ? &lru->entries[lru->newest].newer : &lru->oldest) = at;
    lru->newest = at;
}

static void lru_drop(const struct host_map* map, __u32 at)
{
    struct host_lru* lru = map->lru;
    __u32* link = lru_bucket(map, lru->entries[at].key);

    while (*link != at)
        link = &lru->entries[*link].chain;
    *link = lru->entries[at].chain;
    lru_unlink(lru, at);
    lru->entries[at].chain = lru->free;
    lru->free = at;
    ASAN_POISON_MEMORY_REGION(lru->entries[at].value, map->value_size);
}

static void* lru_lookup(const struct host_map* map, const void* key)
{
    __u32 at = lru_find(map, key);

    if (at == NONE)
        return NULL;
    lru_unlink(map->lru, at);
    lru_link(map->lru, at);
    return map->lru->entries[at].value;
}

static long lru_update(const struct host_map* map, const void* key, const void* value)
{
    struct host_lru* lru = map->lru;
    __u32 at = lru_find(map, key);
    __u32* bucket;

    if (at == NONE) {
        if (lru->free == NONE) {
            lru_drop(map, lru->oldest);
            lru->evicted++;
        }
        at = lru->free;
        lru->free = lru->entries[at].chain;
        bucket = lru_bucket(map, key);
        memcpy(lru->entries[at].key, key, map->key_size);
        lru->entries[at].chain = *bucket;
        *bucket = at;
        ASAN_UNPOISON_MEMORY_REGION(lru->entries[at].value, map->value_size);
    } else {
        lru_unlink(lru, at);
    }
    lru_link(lru, at);
    memmove(lru->entries[at].value, value, map->value_size);
    return 0;
}

// LPM_TRIE as a list: tests have few prefixes. A key is its length in bits, then the bytes.

struct host_trie {
    __u32 used;
    __u8* keys;
    __u8* values;
};

static int trie_holds(const struct host_map* map, const __u8* prefix, const __u8* key)
{
    __u32 bits = index_of(prefix), whole = bits / 8, left = bits % 8;

    if (index_of(key) < bits || memcmp(prefix + 4, key + 4, whole) != 0)
        return 0;
    return !left || (4 + whole < map->key_size && ((prefix[4 + whole] ^ key[4 + whole]) >> (8 - left)) == 0);
}

static void* trie_lookup(const struct host_map* map, const void* key)
{
    const struct host_trie* trie = map->trie;
    __u8* found = NULL;
    __u32 longest = 0;

    for (__u32 i = 0; i < trie->used; i++) {
        const __u8* prefix = trie->keys + (size_t)i * map->key_size;

        if (trie_holds(map, prefix, key) && (!found || index_of(prefix) >= longest)) {
            longest = index_of(prefix);
            found = trie->values + (size_t)i * map->value_size;
        }
    }
    return found;
}

static long trie_update(const struct host_map* map, const void* key, const void* value)
{
    struct host_trie* trie = map->trie;

    if (trie->used == map->entries)
        return -ENOSPC;
    memcpy(trie->keys + (size_t)trie->used * map->key_size, key, map->key_size);
    memcpy(trie->values + (size_t)trie->used * map->value_size, value, map->value_size);
    trie->used++;
    return 0;
}

struct host_map* host_map_new(const char* name, enum bpf_map_type type, __u32 key_size, __u32 value_size,
                              __u32 entries)
{
    struct host_map* map = room(1, sizeof(*map));

    map->self = map;
    map->name = name;
    map->type = type;
    map->key_size = key_size;
    map->value_size = value_size;
    map->entries = entries;
    map->stride = (value_size + 7) & ~7u;
    if (type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY) {
        map->values = room(entries, map->stride);
    } else if (type == BPF_MAP_TYPE_ARRAY_OF_MAPS) {
        map->inner = room(entries, sizeof(*map->inner));
    } else if (type == BPF_MAP_TYPE_LRU_HASH) {
        lru_make(map);
    } else if (type == BPF_MAP_TYPE_LPM_TRIE) {
        map->trie = room(1, sizeof(*map->trie));
        map->trie->keys = room(entries, key_size);
        map->trie->values = room(entries, value_size);
    } else if (type != BPF_MAP_TYPE_PROG_ARRAY) {
        fprintf(stderr, "host: map %s: type %d is not known here\n", name, (int)type);
        abort();
    }
    return map;
}

void host_map_free(struct host_map* map)
{
    if (!map)
        return;
    if (map->lru)
        lru_free(map);
    if (map->trie) {
        free(map->trie->keys);
        free(map->trie->values);
        free(map->trie);
    }
    free(map->values);
    free(map->inner);
    free(map);
}

void host_map_bind(void* declaration, const struct host_map* map)
{
    const struct host_map* self = map;

    memcpy(declaration, &self, sizeof(self));
}

void host_map_clear(struct host_map* map)
{
    if (map->values)
        memset(map->values, 0, (size_t)map->entries * map->stride);
    if (map->inner)
        memset(map->inner, 0, map->entries * sizeof(*map->inner));
    if (map->lru)
        lru_reset(map);
    if (map->trie)
        map->trie->used = 0;
}

__u64 host_map_evicted(const struct host_map* map) { return map->lru ? map->lru->evicted : 0; }

static const struct host_map* map_of(const void* declaration)
{
    const struct host_map* map;

    memcpy(&map, declaration, sizeof(map));
    if (!map) {
        fprintf(stderr, "host: a map of a program is missing in tests/host/host.c\n");
        abort();
    }
    return map;
}

void* bpf_map_lookup_elem(const void* declaration, const void* key)
{
    const struct host_map* map = map_of(declaration);

    if (map->lru)
        return lru_lookup(map, key);
    if (map->trie)
        return trie_lookup(map, key);
    if (index_of(key) >= map->entries)
        return NULL;
    return map->inner ? map->inner[index_of(key)] : map->values + (size_t)index_of(key) * map->stride;
}

long bpf_map_update_elem(void* declaration, const void* key, const void* value, __u64 flags)
{
    const struct host_map* map = map_of(declaration);

    if (map->lru && flags == BPF_NOEXIST && lru_find(map, key) != NONE)
        return -EEXIST;
    if (map->lru && flags == BPF_EXIST && lru_find(map, key) == NONE)
        return -ENOENT;
    if (map->lru)
        return lru_update(map, key, value);
    if (map->trie)
        return trie_update(map, key, value);
    if (!map->values || index_of(key) >= map->entries)
        return -E2BIG;
    memcpy(map->values + (size_t)index_of(key) * map->stride, value, map->value_size);
    return 0;
}

long bpf_map_delete_elem(void* declaration, const void* key)
{
    const struct host_map* map = map_of(declaration);
    __u32 at;

    if (!map->lru)
        return -EINVAL;
    at = lru_find(map, key);
    if (at == NONE)
        return -ENOENT;
    lru_drop(map, at);
    return 0;
}
