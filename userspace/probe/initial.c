/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/initial.h"

#include <stdlib.h>
#include <string.h>

#include "bpf/crypto/aes.h"
#include "bpf/crypto/ghash.h"
#include "bpf/crypto/initial.h"

#define BLOCKS ((PROBE_PLAIN_MAX + AES_BLOCK - 1) / AES_BLOCK)
#define NUMBER_BYTES 4 /* of the packet number: the header's last bytes */

struct probe_sealer {
    struct aes_key header_key;
    struct ghash hash;                  /* at its start */
    struct aes_block first;             /* what the hash is hidden by */
    uint8_t stream[BLOCKS * AES_BLOCK]; /* the nonce never changes, nor does what the frames are hidden by */
};

static uint64_t big_endian(const uint8_t* at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return __builtin_bswap64(word);
}

static void take(struct ghash* hash, const uint8_t* from, size_t length)
{
    uint8_t block[AES_BLOCK];

    for (; length >= sizeof(block); from += sizeof(block), length -= sizeof(block))
        ghash_block(hash, big_endian(from), big_endian(from + 8));
    if (!length)
        return;
    memset(block, 0, sizeof(block));
    memcpy(block, from, length);
    ghash_block(hash, big_endian(block), big_endian(block + 8));
}

static struct aes_block counter_block(const struct aes_key* key, const uint8_t iv[12], uint32_t counter)
{
    struct aes_block block;

    counter = __builtin_bswap32(counter);
    memcpy(block.word, iv, 12);
    memcpy(&block.word[3], &counter, sizeof(counter));
    aes_encrypt(key, &block);
    return block;
}

struct probe_sealer* probe_sealer_new(const uint8_t cid[PROBE_CID_BYTES])
{
    struct probe_sealer* sealer = calloc(1, sizeof(*sealer));
    struct interdict_quic keys = {.version = 1, .dcid_length = PROBE_CID_BYTES};
    struct initial_room room;
    struct aes_key key;
    struct aes_block zero = {};

    if (!sealer)
        return NULL;
    memset(&room, 0, sizeof(room));
    memcpy(keys.dcid, cid, PROBE_CID_BYTES);
    initial_derive(&room, &keys, INITIAL_V1);
    memcpy(sealer->header_key.word, keys.header_key, sizeof(keys.header_key));
    aes_expand(&sealer->header_key);
    memcpy(key.word, keys.key, sizeof(keys.key));
    aes_expand(&key);
    aes_encrypt(&key, &zero);
    ghash_start(&sealer->hash, big_endian((const uint8_t*)zero.word),
                big_endian((const uint8_t*)zero.word + 8));
    sealer->first = counter_block(&key, keys.iv, 1);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        const struct aes_block block = counter_block(&key, keys.iv, i + 2);

        memcpy(sealer->stream + i * AES_BLOCK, block.word, AES_BLOCK);
    }
    return sealer;
}

void probe_sealer_delete(struct probe_sealer* sealer) { free(sealer); }

void probe_seal(const struct probe_sealer* sealer, uint8_t* packet, size_t header, size_t plain)
{
    struct ghash hash = sealer->hash;
    struct aes_block mask;
    uint8_t* body = packet + header;
    uint8_t* tag = body + plain;
    const uint8_t* number = body - NUMBER_BYTES;

    for (size_t i = 0; i < plain; i++)
        body[i] ^= sealer->stream[i];
    take(&hash, packet, header);
    take(&hash, body, plain);
    ghash_block(&hash, header * 8, plain * 8);
    hash.state.high = __builtin_bswap64(hash.state.high);
    hash.state.low = __builtin_bswap64(hash.state.low);
    memcpy(tag, sealer->first.word, PROBE_TAG_BYTES);
    for (size_t i = 0; i < 8; i++) {
        tag[i] ^= ((const uint8_t*)&hash.state.high)[i];
        tag[8 + i] ^= ((const uint8_t*)&hash.state.low)[i];
    }
    /* RFC 9001 section 5.4.2: the sample begins where a number of four bytes would end. */
    memcpy(mask.word, number + 4, AES_BLOCK);
    aes_encrypt(&sealer->header_key, &mask);
    packet[0] ^= aes_byte(mask.word[0], 0) & 0x0f;
    for (uint32_t i = 0; i < NUMBER_BYTES; i++)
        body[(int)i - NUMBER_BYTES] ^= (uint8_t)aes_byte(mask.word[(i + 1) / 4], (i + 1) % 4);
}
