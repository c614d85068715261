// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe.bpf.c: does this kernel let one program replace a function of another, as libxdp's dispatcher
 * needs? `probe_dispatcher` is loaded first; then `probe_member` is loaded for its function `slot`.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__attribute__((noinline)) int slot(struct xdp_md *ctx)
{
	volatile int verdict = XDP_PASS;

	return ctx ? verdict : XDP_ABORTED;
}

SEC("xdp")
int probe_dispatcher(struct xdp_md *ctx)
{
	return slot(ctx);
}

SEC("freplace/slot")
int probe_member(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
