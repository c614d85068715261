// SPDX-License-Identifier: Apache-2.0
#include "harness/quic_reader.h"

#include <stdlib.h>
#include <string.h>

#include "bpf/inspect/quic_frames.h"

_Static_assert((int)READER_INITIAL == QUIC_PACKET_INITIAL, "same values");
_Static_assert((int)READER_ZERO_RTT == QUIC_PACKET_ZERO_RTT, "same values");
_Static_assert((int)READER_HANDSHAKE == QUIC_PACKET_HANDSHAKE, "same values");
_Static_assert((int)READER_RETRY == QUIC_PACKET_RETRY, "same values");
_Static_assert((int)READER_NONE == QUIC_PACKET_NONE, "same values");
_Static_assert((int)READER_UNKNOWN == QUIC_PACKET_UNKNOWN, "same values");
_Static_assert((int)READER_BAD == QUIC_PACKET_BAD, "same values");

static __u32 be32(const __u8* at)
{
    return (__u32)at[0] << 24 | (__u32)at[1] << 16 | (__u32)at[2] << 8 | at[3];
}

static void be32_put(__u8* at, const __u32* words, size_t count)
{
    for (size_t i = 0; i < 4 * count; ++i)
        at[i] = (__u8)(words[i / 4] >> (24 - 8 * (i % 4)));
}

static void block_fill(struct sha256* hash, const __u8* block)
{
    for (size_t i = 0; i < 16; ++i)
        hash->block[i] = be32(block + 4 * i);
}

void reader_sha256(const __u8* message, size_t length, __u8 digest[32])
{
    const size_t padded = (length + 9 + 63) / 64 * 64;
    __u8* blocks = calloc(1, padded);
    struct sha256 hash;

    memcpy(blocks, message, length);
    blocks[length] = 0x80;
    for (size_t i = 0; i < 8; ++i)
        blocks[padded - 1 - i] = (__u8)((__u64)length * 8 >> 8 * i);
    memcpy(hash.state, sha256_start, sizeof(hash.state));
    for (size_t at = 0; at < padded; at += 64) {
        block_fill(&hash, blocks + at);
        sha256_expand(&hash);
        sha256_mix(&hash);
    }
    free(blocks);
    be32_put(digest, hash.state, 8);
}

void reader_schedule(const __u8 block[64], __u32 schedule[64])
{
    struct sha256 hash;

    block_fill(&hash, block);
    sha256_expand(&hash);
    memcpy(schedule, hash.schedule, sizeof(hash.schedule));
}

void reader_aes(const __u8 key[16], __u8 block[16])
{
    struct aes_key expanded;
    struct aes_block state;

    memcpy(expanded.word, key, 16);
    memcpy(state.word, block, 16);
    aes_expand(&expanded);
    aes_encrypt(&expanded, &state);
    memcpy(block, state.word, 16);
}

struct reader_counter {
    struct aes_counter mode;
};

struct reader_counter* reader_counter_new(const __u8 key[16], const __u8 nonce[12])
{
    struct reader_counter* counter = malloc(sizeof(*counter));

    memcpy(counter->mode.key.word, key, 16);
    memcpy(counter->mode.nonce, nonce, 12);
    counter->mode.upper = ~0u;
    aes_expand(&counter->mode.key);
    return counter;
}

void reader_counter_block(struct reader_counter* counter, __u32 index, __u8 stream[16])
{
    struct aes_block block;

    aes_counter_block(&counter->mode, index, &block);
    memcpy(stream, block.word, 16);
}

void reader_counter_delete(struct reader_counter* counter) { free(counter); }

const __u32* reader_salt(__u32 scheme, int outer)
{
    return outer ? initial_salts[scheme].outer : initial_salts[scheme].inner;
}

const __u32* reader_label(__u32 label) { return initial_labels[label].schedule; }

int reader_derive(__u32 scheme, const __u8* cid, __u32 length, struct reader_keys* keys)
{
    struct initial_room room;
    struct interdict_quic quic = {.dcid_length = length};

    memcpy(quic.dcid, cid, length < sizeof(quic.dcid) ? length : sizeof(quic.dcid));
    if (initial_derive(&room, &quic, scheme))
        return -1;
    be32_put(keys->initial_secret, room.initial_secret, 8);
    be32_put(keys->client_secret, room.client_secret, 8);
    memcpy(keys->key, quic.key, sizeof(keys->key));
    memcpy(keys->iv, quic.iv, sizeof(keys->iv));
    memcpy(keys->header_key, quic.header_key, sizeof(keys->header_key));
    return 0;
}

void reader_read(const __u8* datagram, size_t length, __u32 from, struct interdict_flow* flow, int overwrite,
                 struct reader_packet* out)
{
    struct quic_room* room = calloc(1, sizeof(*room));
    __u64 result;

    memset(out, 0, sizeof(*out));
    if (length > INTERDICT_STREAM_MAX)
        length = INTERDICT_STREAM_MAX;
    memcpy(room->datagram.data, datagram, length);
    room->length = (__u32)length;
    room->next = from;
    room->overwrite = (__u32)overwrite;
    out->type = (enum reader_type)quic_header_read(room);
    out->version = room->version;
    out->dcid = room->dcid;
    out->dcid_length = room->dcid_length;
    out->token_length = room->token_length;
    out->number = room->number;
    out->end = room->end;
    out->opened = -1;
    if (out->type == READER_INITIAL) {
        quic_take_cid(room);
        if (!initial_derive(&room->derivation, &room->keys, room->scheme))
            out->opened = quic_open(room);
        memcpy(out->mask, room->block.word, sizeof(out->mask));
    }
    if (!out->opened) {
        out->payload = room->payload;
        out->payload_end = room->payload_end;
        out->tag_right = quic_tag_right(room);
        memcpy(out->header, room->datagram.data + room->start, room->payload - room->start);
        result = quic_peek(room);
        out->status = HELLO_STATUS(result);
        out->name = HELLO_NAME_OFFSET(result);
        out->name_length = HELLO_NAME_LENGTH(result);
        out->blocks = room->blocks;
        quic_walk(room, flow);
        memcpy(out->plain, room->datagram.data + room->payload, room->payload_end - room->payload);
        out->bad = room->bad != 0;
        out->beyond = room->beyond != 0;
        out->differs = room->differs != 0;
        out->crypto = room->crypto;
    }
    free(room);
}
