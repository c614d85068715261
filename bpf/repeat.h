/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * repeat.h: repeat(times, step, context) calls step(0, context), step(1, context)... until one returns
 * non-zero: bpf_loop (Linux 5.17) in the kernel, a plain loop on the host.
 */
#ifndef INTERDICT_BPF_REPEAT_H
#define INTERDICT_BPF_REPEAT_H

#include <linux/types.h>

#ifdef __bpf__
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#define repeat(times, step, context) bpf_loop(times, step, context, 0)
#else
static inline void repeat(__u32 times, long (*step)(__u32, void *), void *context)
{
	__u32 i;

	for (i = 0; i < times && !step(i, context); i++)
		;
}
#endif

/* Before a loop: how clang is to write it. What is left rolled takes less of the instruction cache. */
#ifdef __clang__
#define LOOP_ROLLED _Pragma("clang loop unroll(disable)")
#define LOOP_BY_4 _Pragma("clang loop unroll_count(4)")
#define LOOP_UNROLLED _Pragma("clang loop unroll(full)")
#else
#define LOOP_ROLLED
#define LOOP_BY_4
#define LOOP_UNROLLED
#endif

#endif
