/* SPDX-License-Identifier: Apache-2.0 */
/*
 * initial.h: protects one Initial packet of QUIC version 1 after another (RFC 9001), all with one connection
 * id and the packet number 0, by the ciphers that the programs read them with.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PROBE_CID_BYTES 8
#define PROBE_TAG_BYTES 16
#define PROBE_PLAIN_MAX 1200

#ifdef __cplusplus
extern "C" {
#endif

struct probe_sealer;

/* Null if there is no memory. */
struct probe_sealer* probe_sealer_new(const uint8_t cid[PROBE_CID_BYTES]);
void probe_sealer_delete(struct probe_sealer* sealer);

/*
 * packet: `header` bytes of a long header that ends in a packet number of four bytes, all 0; then `plain`
 * bytes of frames, at most PROBE_PLAIN_MAX; then room for the tag. Everything is protected in place.
 */
void probe_seal(const struct probe_sealer* sealer, uint8_t* packet, size_t header, size_t plain);

#ifdef __cplusplus
}
#endif
