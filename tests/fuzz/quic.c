// SPDX-License-Identifier: Apache-2.0
//
// quic.c: Initials. Input: a byte that chooses. Even: the rest is a UDP payload, read as it comes, twice,
// with different bytes behind its end. Odd: the rest is the plain payload of an Initial, its frames against a
// simple reader of RFC 9000 section 19.
#include "bpf/inspect/quic_frames.h"
#include "seal.h"

static struct quic_room room, other_room;
static struct interdict_flow flow, other_flow;

static void clear(struct quic_room* at, struct interdict_flow* kept, int fill)
{
    memset(at, fill, sizeof(*at));
    memset(kept, fill, sizeof(*kept));
    memset(kept->map, 0, sizeof(kept->map));
    kept->ready = kept->end = 0;
    at->overwrite = 0;
}

static int is_there(const struct interdict_flow* at, uint32_t byte)
{
    return (int)(at->map[byte / 64] >> byte % 64 & 1);
}

static void must_be_sound(const struct interdict_flow* at)
{
    uint32_t ready = 0, end = 0;

    while (ready < INTERDICT_STREAM_MAX && is_there(at, ready))
        ready++;
    for (uint32_t i = 0; i < INTERDICT_STREAM_MAX; i++)
        if (is_there(at, i))
            end = i + 1;
    MUST(at->ready == ready && at->end == end);
}

static void must_be_same(void)
{
    must_be_sound(&flow);
    MUST(memcmp(flow.map, other_flow.map, sizeof(flow.map)) == 0);
    for (uint32_t i = 0; i < flow.end; i++)
        MUST(!is_there(&flow, i) || flow.bytes.data[i] == other_flow.bytes.data[i]);
    MUST(room.bad == other_room.bad && room.crypto == other_room.crypto);
    MUST(room.beyond == other_room.beyond && room.differs == other_room.differs);
}

struct read_packet {
    uint64_t peeked; // what quic_peek() says
    int walked;      // its frames were read
    int genuine;     // its tag is right
};

// The packet at `at`, from its header to its frames. Returns its type. data: the datagram as it came.
static uint32_t read_packet(struct quic_room* at, struct interdict_flow* kept, const uint8_t* data,
                            struct read_packet* out)
{
    uint32_t before = at->next, type = quic_header_read(at);

    memset(out, 0, sizeof(*out));
    if (type <= QUIC_PACKET_HANDSHAKE) {
        MUST(at->number <= at->end && at->end <= at->length && at->next == at->end && at->end > before);
        MUST(at->dcid_length <= INITIAL_CID_MAX && at->dcid + at->dcid_length < at->length);
    }
    if (type != QUIC_PACKET_INITIAL)
        return type;
    quic_take_cid(at);
    MUST(quic_same_cid(at, &at->keys));
    if (initial_derive(&at->derivation, &at->keys, at->scheme) || quic_open(at))
        return type;
    MUST(at->payload > at->number && at->payload < at->payload_end && at->payload_end + QUIC_TAG == at->end);
    if (!quic_plausible(at))
        return type;
    out->walked = 1;
    out->peeked = quic_peek(at);
    quic_walk(at, kept);
    memcpy(at->datagram.data, data, at->length);
    out->genuine = quic_tag_right(at);
    return type;
}

static void datagram(const uint8_t* data, size_t size)
{
    struct read_packet read, other;
    uint32_t type;

    clear(&room, &flow, 0x00);
    clear(&other_room, &other_flow, 0xff);
    room.length = other_room.length = keep(&room.datagram, 0, data, size, 0x00);
    keep(&other_room.datagram, 0, data, size, 0xff);
    room.next = other_room.next = 0;
    for (int i = 0; i < 64; i++) {
        type = read_packet(&room, &flow, data, &read);
        MUST(read_packet(&other_room, &other_flow, data, &other) == type);
        MUST(read.walked == other.walked && read.peeked == other.peeked && read.genuine == other.genuine);
        if (type > QUIC_PACKET_HANDSHAKE)
            return;
        MUST(room.next == other_room.next);
        if (!read.walked)
            continue;
        must_be_same();
        // Read where it lies, the hello is the same as put together, as long as nothing contradicts it.
        if (HELLO_STATUS(read.peeked) == HELLO_NAME && i == 0 && !room.differs) {
            uint64_t laid = hello_read(&flow.bytes, 0, flow.ready);

            MUST(HELLO_STATUS(laid) == HELLO_NAME || HELLO_STATUS(laid) == HELLO_BAD);
            MUST(HELLO_STATUS(laid) == HELLO_BAD ||
                 HELLO_NAME_LENGTH(laid) == HELLO_NAME_LENGTH(read.peeked));
        }
    }
}

static struct {
    uint8_t bytes[INTERDICT_STREAM_MAX];
    uint8_t there[INTERDICT_STREAM_MAX];
    int bad, beyond, differs;
    uint32_t crypto;
} model;

static int model_number(const uint8_t* data, size_t size, size_t* at, uint64_t* value)
{
    size_t length;

    if (*at >= size)
        return -1;
    length = (size_t)1 << (data[*at] >> 6);
    if (*at + length > size)
        return -1;
    *value = data[*at] & 0x3f;
    for (size_t i = 1; i < length; i++)
        *value = *value << 8 | data[*at + i];
    *at += length;
    return 0;
}

static int model_numbers(const uint8_t* data, size_t size, size_t* at, uint64_t count)
{
    uint64_t ignored;

    for (uint64_t i = 0; i < count; i++)
        if (model_number(data, size, at, &ignored))
            return -1;
    return 0;
}

static int model_crypto(const uint8_t* data, size_t size, size_t* at)
{
    uint64_t offset, length;

    if (model_number(data, size, at, &offset) || model_number(data, size, at, &length) || length > size - *at)
        return -1;
    for (uint64_t i = 0; i < length; i++) {
        uint8_t byte = data[*at + i];

        if (offset + i >= INTERDICT_STREAM_MAX) {
            model.beyond = 1;
            continue;
        }
        model.differs |= model.there[offset + i] && model.bytes[offset + i] != byte;
        if (!model.there[offset + i])
            model.bytes[offset + i] = byte;
        model.there[offset + i] = 1;
    }
    model.crypto += length > 0 && offset < INTERDICT_STREAM_MAX;
    *at += length;
    return 0;
}

static int model_ack(const uint8_t* data, size_t size, size_t* at, int ecn)
{
    uint64_t ranges;

    if (model_numbers(data, size, at, 2) || model_number(data, size, at, &ranges) ||
        model_numbers(data, size, at, 1) || ranges > size)
        return -1;
    return model_numbers(data, size, at, 2 * ranges + (ecn ? 3 : 0));
}

static int model_close(const uint8_t* data, size_t size, size_t* at, int application)
{
    uint64_t reason;

    if (model_numbers(data, size, at, application ? 1 : 2) || model_number(data, size, at, &reason) ||
        reason > size - *at)
        return -1;
    *at += reason;
    return 0;
}

static void model_frames(const uint8_t* data, size_t size)
{
    size_t at = 0;

    memset(&model, 0, sizeof(model));
    while (at < size && !model.bad) {
        uint8_t type = data[at++];

        if (type == QUIC_FRAME_CRYPTO)
            model.bad = model_crypto(data, size, &at);
        else if (type == QUIC_FRAME_ACK || type == QUIC_FRAME_ACK_ECN)
            model.bad = model_ack(data, size, &at, type == QUIC_FRAME_ACK_ECN);
        else if (type == QUIC_FRAME_CLOSE || type == QUIC_FRAME_CLOSE_APPLICATION)
            model.bad = model_close(data, size, &at, type == QUIC_FRAME_CLOSE_APPLICATION);
        else
            model.bad = type != QUIC_FRAME_PADDING && type != QUIC_FRAME_PING;
    }
}

// As an Initial that is decrypted already.
static void walk_plain(struct quic_room* at, struct interdict_flow* kept, const uint8_t* data, size_t size,
                       uint32_t start, int fill)
{
    clear(at, kept, fill);
    at->length = keep(&at->datagram, start, data, size, fill);
    at->payload = start;
    at->payload_end = at->length;
    at->blocks = INTERDICT_STREAM_MAX / AES_BLOCK + 1;
    quic_walk(at, kept);
}

static void plain(const uint8_t* data, size_t size)
{
    uint32_t start = 40;

    size = at_most(size, 2048);
    if (size == 0)
        return;
    walk_plain(&room, &flow, data, size, start, 0x00);
    walk_plain(&other_room, &other_flow, data, size, start, 0xff);
    must_be_same();
    model_frames(data, size);
    MUST((room.bad != 0) == (model.bad != 0));
    // Where a frame was bad the rest is not looked at; what came before it counts.
    MUST(room.crypto == model.crypto && (room.differs != 0) == model.differs);
    MUST((room.beyond != 0) == model.beyond || model.bad);
    for (uint32_t i = 0; i < INTERDICT_STREAM_MAX; i++) {
        MUST(is_there(&flow, i) == model.there[i]);
        MUST(!model.there[i] || flow.bytes.data[i] == model.bytes[i]);
    }
}

TARGET(quic)
{
    if (size < 1)
        return 0;
    if (data[0] & 1)
        plain(data + 1, size - 1);
    else
        datagram(data + 1, size - 1);
    return 0;
}

#ifndef INTERDICT_REPLAY
// Half of all datagrams get right tags.
size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t limit, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, limit);
    if (size > 1 && !(data[0] & 1) && seed % 2)
        seal(data + 1, size - 1);
    return size;
}
#endif
