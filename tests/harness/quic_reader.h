// SPDX-License-Identifier: Apache-2.0
//
// quic_reader.h: the ciphers of bpf/crypto/ and the QUIC reader of bpf/inspect/ on the host, for C++. They
// are C that does not compile as C++, so quic_reader.c compiles them. Offsets and lengths are in bytes.
#pragma once

#include <stddef.h>

#include "maps/flows.h"

#ifdef __cplusplus
extern "C" {
#endif

void reader_sha256(const __u8* message, size_t length, __u8 digest[32]);

// sha256_expand() of one block.
void reader_schedule(const __u8 block[64], __u32 schedule[64]);

void reader_aes(const __u8 key[16], __u8 block[16]);

// Key stream of data block `index` of AES-GCM, after whatever blocks were asked for before.
struct reader_counter;
struct reader_counter* reader_counter_new(const __u8 key[16], const __u8 nonce[12]);
void reader_counter_block(struct reader_counter* counter, __u32 index, __u8 stream[16]);
void reader_counter_delete(struct reader_counter* counter);

// What is kept for salt and label: 8 words and 64 words.
const __u32* reader_salt(__u32 scheme, int outer);
const __u32* reader_label(__u32 label);

struct reader_keys {
    __u8 initial_secret[32];
    __u8 client_secret[32];
    __u8 key[16];
    __u8 iv[12];
    __u8 header_key[16];
};

// scheme: enum initial_scheme. Returns 0, or -1 if the connection id is too long.
int reader_derive(__u32 scheme, const __u8* cid, __u32 length, struct reader_keys* keys);

// enum quic_packet of bpf/inspect/quic.h, value for value.
enum reader_type {
    READER_INITIAL = 0,
    READER_ZERO_RTT = 1,
    READER_HANDSHAKE = 2,
    READER_RETRY = 3,
    READER_NONE = 4,
    READER_UNKNOWN = 5,
    READER_BAD = 6,
};

struct reader_packet {
    enum reader_type type;
    __u32 version;
    __u32 dcid; // offset
    __u32 dcid_length;
    __u32 token_length;
    __u32 number; // offset of the packet number
    __u32 end;
    int opened; // 0, or -1: wrong keys
    __u8 mask[5];
    int tag_right;
    __u8 header[INTERDICT_STREAM_MAX]; // without protection, up to the payload
    __u32 payload;                     // offset
    __u32 payload_end;
    __u8 plain[INTERDICT_STREAM_MAX]; // the payload

    // The walk over its frames.
    int bad;
    int beyond;
    int differs;
    __u32 crypto;

    // The hello as it is read in place.
    __u32 status; // enum hello_status
    __u32 name;   // offset in the datagram
    __u32 name_length;
    __u32 blocks; // that this took to decrypt
};

// The packet at `from` of the datagram, under its own keys; lays its CRYPTO bytes into flow, if there is one.
void reader_read(const __u8* datagram, size_t length, __u32 from, struct interdict_flow* flow, int overwrite,
                 struct reader_packet* out);

#ifdef __cplusplus
}
#endif
