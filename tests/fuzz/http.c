// SPDX-License-Identifier: Apache-2.0
//
// http.c: the beginning of a TCP stream, read whole and cut short. Input: two bytes that say where to cut,
// then the stream.
#include "bpf/inspect/http.h"
#include "target.h"

#define EVENTS_MAX 4096

struct event {
    uint32_t event;
    uint32_t at; // of a name, or behind a head
    uint32_t length;
};

struct reading {
    struct event events[EVENTS_MAX];
    size_t count;
    struct http_walk last;
};

static struct interdict_bytes zeroes, ones;
static struct reading whole, part, other;

static void read_one(const struct interdict_bytes* bytes, uint32_t end, struct reading* reading)
{
    struct http_walk walk = {.end = end};

    reading->count = 0;
    for (;;) {
        uint32_t event = http_next(&walk, bytes);
        struct event* out = &reading->events[reading->count];

        // Every line names one host at most, and ends one head.
        MUST(reading->count < EVENTS_MAX);
        out->event = event;
        out->at = event == HTTP_NAME ? walk.name : event == HTTP_HEAD ? walk.at : 0;
        out->length = event == HTTP_NAME ? walk.name_length : 0;
        reading->count++;
        reading->last = walk;
        if (event == HTTP_NAME) {
            MUST(walk.name_length > 0 && walk.name_length <= end && walk.name <= end - walk.name_length);
            // An authority ends before these, and none of them ends a name.
            MUST(!memchr(bytes->data + walk.name, '\n', walk.name_length) || walk.hosts > 0);
        } else if (event != HTTP_HEAD) {
            return;
        }
    }
}

static void read_both(const uint8_t* data, size_t size, struct reading* reading)
{
    uint32_t end = keep(&ones, 0, data, size, 0xff);

    keep(&zeroes, 0, data, size, '\n');
    read_one(&ones, end, &other);
    read_one(&zeroes, end, reading);
    // Nothing behind the end has a say.
    MUST(reading->count == other.count);
    MUST(memcmp(reading->events, other.events, reading->count * sizeof(reading->events[0])) == 0);
    MUST(memcmp(&reading->last, &other.last, sizeof(other.last)) == 0);
}

TARGET(http)
{
    size_t there, cut;

    if (size < 2)
        return 0;
    there = at_most(size - 2, INTERDICT_STREAM_MAX);
    read_both(data + 2, there, &whole);
    cut = there > 0 ? ((size_t)data[0] << 8 | data[1]) % there : 0;
    read_both(data + 2, cut, &part);
    // What a shorter reading has found stays found, at the same place.
    MUST(part.count <= whole.count);
    MUST(memcmp(part.events, whole.events, (part.count - 1) * sizeof(part.events[0])) == 0);
    // What it makes an end of was one, but for what may go on.
    if (part.events[part.count - 1].event == HTTP_BAD || part.events[part.count - 1].event == HTTP_TWO)
        MUST(whole.events[part.count - 1].event == part.events[part.count - 1].event);
    return 0;
}
