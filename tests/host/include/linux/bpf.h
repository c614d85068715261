/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's own header, but for the context of an XDP program: there the kernel turns 32-bit fields into
 * pointers when it loads a program; on the host they are as wide as pointers from the start.
 */
#ifndef INTERDICT_HOST_LINUX_BPF_H
#define INTERDICT_HOST_LINUX_BPF_H

#define xdp_md uapi_xdp_md
#include_next <linux/bpf.h>
#undef xdp_md

struct xdp_md {
    __u64 data;
    __u64 data_end;
    __u64 data_meta;
    __u32 ingress_ifindex;
    __u32 rx_queue_index;
    __u32 egress_ifindex;
};

#endif
