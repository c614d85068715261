/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands before libbpf's header of this name when the programs are compiled for the host (tests/host): the
 * same words, with the helpers of tests/host/kernel.c and the maps of tests/host/maps.c behind them.
 *
 * Programs and maps are weak and visible, so that all programs share one map of a name; everything else of a
 * program is hidden and made local to it (CMakeLists.txt), as in an object of its own.
 */
#ifndef INTERDICT_HOST_BPF_HELPERS_H
#define INTERDICT_HOST_BPF_HELPERS_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stddef.h>

#define SEC(name) __attribute__((weak, visibility("default")))

#define __uint(name, value) int(*name)[value]
#define __type(name, value) __typeof__(value)* name
#define __array(name, value) __typeof__(value)* name[]

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#undef __noinline
#define __noinline __attribute__((noinline))
#undef __weak
#define __weak __attribute__((weak))
#define __hidden __attribute__((visibility("hidden")))
#define barrier() __asm__ volatile("" ::: "memory")
#define barrier_var(value) __asm__ volatile("" : "+r"(value))

/* libbpf has functions of these names for userspace, which tests call as well. */
#define bpf_map_lookup_elem host_map_lookup_elem
#define bpf_map_update_elem host_map_update_elem
#define bpf_map_delete_elem host_map_delete_elem

#pragma GCC visibility push(default)
void* bpf_map_lookup_elem(const void* map, const void* key);
long bpf_map_update_elem(void* map, const void* key, const void* value, __u64 flags);
long bpf_map_delete_elem(void* map, const void* key);

long bpf_xdp_load_bytes(struct xdp_md* ctx, __u32 offset, void* to, __u32 length);
long bpf_xdp_store_bytes(struct xdp_md* ctx, __u32 offset, const void* from, __u32 length);
long bpf_xdp_adjust_head(struct xdp_md* ctx, int delta);
long bpf_xdp_adjust_tail(struct xdp_md* ctx, int delta);
__u64 bpf_xdp_get_buff_len(struct xdp_md* ctx);
__s64 bpf_csum_diff(const __be32* from, __u32 from_size, const __be32* to, __u32 to_size, __wsum seed);

long bpf_loop(__u32 times, void* step, void* context, __u64 flags);
__u32 bpf_get_smp_processor_id(void);
__u64 bpf_ktime_get_ns(void);
__u64 bpf_ktime_get_coarse_ns(void);
__u64 bpf_jiffies64(void);
__u64 bpf_ktime_get_boot_ns(void);
__u64 bpf_ktime_get_tai_ns(void);

typedef int (*host_program)(struct xdp_md* ctx);
/* What the program array holds at `index`; NULL if nothing, or if too many tail calls went before. */
host_program host_stage(const void* map, __u32 index);
#pragma GCC visibility pop

/* As in the kernel: the function at hand returns what the stage returns, or goes on if there is none. */
#define bpf_tail_call(ctx, map, index)                       \
    do {                                                     \
        host_program stage_at_hand = host_stage(map, index); \
                                                             \
        if (stage_at_hand)                                   \
            return stage_at_hand(ctx);                       \
    } while (0)

#endif
