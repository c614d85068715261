// SPDX-License-Identifier: Apache-2.0
//
// frame.c: frames through the whole packet path of the host build, with the rules of tests/host/orders.h.
// Input: a byte of options, then frames, each with its length in two bytes before it; the last takes what is
// left. Every input runs three times: with different left-overs of earlier packets in the scratch room, and
// without reports, as on a router.
#include <linux/bpf.h>

#include "answer.h"
#include "expected.h"
#include "host/load.h"
#include "host/orders.h"

#define FRAMES_MAX 24
#define FRAME_MIN 14
#define FRAME_MAX 9000

enum option {
    OPTION_UPLINK = 1 << 0,  // both roles
    OPTION_PLAIN = 1 << 1,   // no encapsulation is looked into
    OPTION_OBSERVE = 1 << 2, // dry run
    OPTION_SMALL = 1 << 3,   // hardly any decryption is allowed
    OPTION_SLOW = 1 << 4,    // eleven seconds from one frame to the next
    OPTION_TIGHT = 1 << 5,   // no room behind a frame
};

struct outcome {
    int action;
    uint32_t length;
    uint64_t frame; // FNV-1a of its bytes
    struct interdict_report report;
    struct interdict_totals totals;
};

static unsigned rules;
static struct interdict_totals before;
static uint64_t before_hits[256];

static void prepare(void)
{
    static const struct host_setup setup = {.flags = INTERDICT_CONTROL_REPORT, .flows = 64, .opens = 64};

    if (rules)
        return;
    host_start(&setup);
    rules = host_load_orders(kHostOrders);
    MUST(rules > 1 && rules <= 256);
}

static uint64_t grown(enum interdict_total which)
{
    return host_totals()->value[which] - before.value[which];
}

static uint64_t hits_grown(void)
{
    uint64_t sum = 0;

    for (unsigned i = INTERDICT_TOTAL_HIT_ADDRESS; i <= INTERDICT_TOTAL_HIT_HTTP; i++)
        sum += grown((enum interdict_total)i);
    return sum;
}

// The only change to a frame that passes: a segment without payload becomes the reset that closes an answered
// connection at its server.
static void check_passed(const uint8_t* frame, uint32_t length, const struct host_result* result)
{
    const struct packet* packet = host_packet();
    uint32_t at = packet->transport;

    MUST(result->length == length);
    if (!grown(INTERDICT_TOTAL_CLOSED)) {
        MUST(memcmp(frame, result->frame, length) == 0);
        return;
    }
    MUST(memcmp(frame, result->frame, at) == 0);
    MUST(memcmp(frame + at + 20, result->frame + at + 20, length - at - 20) == 0);
    MUST(memcmp(frame + at, result->frame + at, 4) == 0);
    MUST(result->frame[at + 13] == 0x04);
    // The right checksum stays right; padding behind the packet is not part of it.
    if (checksum_holds(frame, packet->payload, packet->network, at, 6))
        MUST(checksum_holds(result->frame, packet->payload, packet->network, at, 6));
}

static void check_verdict(const struct host_result* result)
{
    uint64_t answered =
        grown(INTERDICT_TOTAL_RESET) + grown(INTERDICT_TOTAL_ANSWERED) + grown(INTERDICT_TOTAL_NOTICED);

    MUST(result->action == XDP_PASS || result->action == XDP_DROP || result->action == XDP_TX);
    MUST(grown(INTERDICT_TOTAL_DROPPED) == (result->action == XDP_DROP));
    MUST((result->action == XDP_PASS) == (result->report.verdict == INTERDICT_VERDICT_PASS));
    MUST((result->action == XDP_DROP) == (result->report.verdict == INTERDICT_VERDICT_DROP));
    if (result->action == XDP_TX)
        MUST(answered + grown(INTERDICT_TOTAL_CLOSED) == 1);
    else
        MUST(answered == 0);
    if (grown(INTERDICT_TOTAL_RESET))
        MUST(result->report.verdict == INTERDICT_VERDICT_RESET);
    if (grown(INTERDICT_TOTAL_SKIP_ANSWER))
        MUST(result->action != XDP_PASS && result->action != XDP_TX);
}

// A refusal is counted once by its channel and by its rule; nothing else is.
static void check_counts(uint32_t length, const struct host_result* result)
{
    struct interdict_hits hits = host_hits(result->report.rule);

    if (result->action == XDP_PASS) {
        MUST(hits_grown() == 0);
        return;
    }
    MUST(result->report.rule > 0 && result->report.rule < rules);
    if (hits_grown() == 0) {
        // Without payload, after the answer: the rule was counted then.
        MUST(host_packet()->protocol == 6 && host_packet()->payload_length == 0);
        return;
    }
    MUST(hits_grown() == 1);
    MUST(grown((enum interdict_total)(INTERDICT_TOTAL_HIT_ADDRESS + (unsigned)result->report.channel)) == 1);
    MUST(hits.packets > before_hits[result->report.rule] && hits.bytes >= length && hits.last_seen > 0);
}

// alone: nothing came before it, so what it is refused for is in it.
static void check_reason(const uint8_t* frame, uint32_t length, const struct host_result* result, int alone)
{
    const struct interdict_report* report = &result->report;
    const char* name = (const char*)report->name;
    int blocked = name_is_blocked(name, report->name_length, report->channel);

    MUST(report->name_length <= INTERDICT_NAME_MAX);
    for (unsigned i = 0; i < report->name_length; i++)
        MUST(strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", name[i]) && name[i]);
    if (host_control()->flags & INTERDICT_CONTROL_OBSERVE) {
        MUST(result->action == XDP_PASS);
        return;
    }
    // An Initial whose tag is wrong is one that no server takes.
    if (report->name_length > 0 && blocked && !grown(INTERDICT_TOTAL_SKIP_QUIC))
        MUST(result->action != XDP_PASS);
    if (result->action == XDP_PASS || hits_grown() == 0)
        return;
    if (report->channel == INTERDICT_CHANNEL_ADDRESS) {
        MUST(has_blocked_address(frame, length));
        return;
    }
    if (grown(INTERDICT_TOTAL_RETRANSMITTED)) {
        MUST(!alone);
        return;
    }
    MUST(report->name_length > 0 && blocked);
    if (alone && report->channel != INTERDICT_CHANNEL_QUIC)
        MUST(has_letters(frame, length, name, report->name_length));
}

static void run_frame(const uint8_t* frame, uint32_t length, int alone, struct outcome* outcome)
{
    struct host_result result;

    before = *host_totals();
    for (unsigned i = 0; i < rules; i++)
        before_hits[i] = host_hits(i).packets;
    result = host_run(frame, length);
    MUST(grown(INTERDICT_TOTAL_PACKETS) == 1 && grown(INTERDICT_TOTAL_BYTES) == length);
    if (host_control()->flags & INTERDICT_CONTROL_REPORT) {
        check_verdict(&result);
        check_counts(length, &result);
        check_reason(frame, length, &result, alone);
        if (result.action == XDP_PASS)
            check_passed(frame, length, &result);
        else if (result.action == XDP_TX)
            check_answer(host_packet(), frame, result.frame, result.length);
    }

    outcome->action = result.action;
    outcome->length = result.length;
    outcome->frame = 0xcbf29ce484222325u;
    for (uint32_t i = 0; result.action != XDP_DROP && i < result.length; i++)
        outcome->frame = (outcome->frame ^ result.frame[i]) * 0x100000001b3u;
    outcome->report = result.report;
    memset(outcome->report.name + result.report.name_length, 0,
           sizeof(result.report.name) - result.report.name_length);
    if (!result.report.name_length)
        outcome->report.channel = result.report.rule ? result.report.channel : 0;
    outcome->totals = *host_totals();
}

static size_t run_all(const uint8_t* data, size_t size, int scratch, __u32 flags, struct outcome* outcomes)
{
    static const uint64_t second = 1000000000u, monotonic = 1000 * second, tai = 1893456037 * second;
    size_t at = 1, count = 0;

    memset(outcomes, 0, FRAMES_MAX * sizeof(*outcomes));

    host_forget(rules);
    host_control()->interfaces[HOST_INTERFACE].role =
        INTERDICT_ROLE_SUBSCRIBER | (data[0] & OPTION_UPLINK ? INTERDICT_ROLE_UPLINK : 0);
    host_control()->encapsulations = data[0] & OPTION_PLAIN ? 0 : INTERDICT_ENCAP_ALL;
    host_control()->flags = flags | (data[0] & OPTION_OBSERVE ? INTERDICT_CONTROL_OBSERVE : 0);
    host_control()->quic_budget = data[0] & OPTION_SMALL ? 2 : INTERDICT_QUIC_BUDGET_DEFAULT;
    host_set_room(data[0] & OPTION_TIGHT ? 0 : 4096);
    host_fill_scratch((__u8)scratch);
    while (at + 2 < size && count < FRAMES_MAX) {
        size_t length = at_most(be16_in(data + at), size - at - 2);

        at += 2;
        if (length >= FRAME_MIN && length <= FRAME_MAX) {
            uint64_t passed = data[0] & OPTION_SLOW ? count * 11 * second : 0;

            host_set_clock(monotonic + passed, tai + passed);
            run_frame(data + at, (uint32_t)length, count == 0, &outcomes[count]);
            count++;
        }
        at += length;
    }
    return count;
}

static int same_effect(const struct outcome* one, const struct outcome* other)
{
    return one->action == other->action && one->length == other->length && one->frame == other->frame &&
           memcmp(&one->totals, &other->totals, sizeof(one->totals)) == 0;
}

TARGET(frame)
{
    static struct outcome zeroes[FRAMES_MAX], ones[FRAMES_MAX], silent[FRAMES_MAX];
    size_t count;

    if (size < 1 + 2 + FRAME_MIN)
        return 0;
    prepare();
    count = run_all(data, size, 0x00, INTERDICT_CONTROL_REPORT, zeroes);
    MUST(run_all(data, size, 0xff, INTERDICT_CONTROL_REPORT, ones) == count);
    MUST(run_all(data, size, 0xff, 0, silent) == count);
    for (size_t i = 0; i < count; i++) {
        MUST(same_effect(&zeroes[i], &ones[i]) && same_effect(&zeroes[i], &silent[i]));
        MUST(memcmp(&zeroes[i].report, &ones[i].report, sizeof(ones[i].report)) == 0);
    }
    return 0;
}
