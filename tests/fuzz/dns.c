// SPDX-License-Identifier: Apache-2.0
//
// dns.c: a DNS message, against a reader that goes by RFC 1035 section 4.1 alone. Input: the message.
#include "bpf/inspect/dns.h"
#include "target.h"

static struct interdict_bytes zeroes, ones, text, other_text;

struct question {
    uint32_t status;
    size_t length; // of the name as text
    size_t labels;
    size_t next;
    uint8_t name[DNS_NAME_MAX];
};

// data[at, size) as a question.
static struct question model(const uint8_t* data, size_t at, size_t size)
{
    struct question out = {.status = DNS_MORE};
    size_t start = at;

    while (at < size) {
        size_t label = data[at];

        if (label > DNS_LABEL_MAX || at + 1 + label - start > DNS_NAME_MAX) {
            out.status = DNS_BAD;
            return out;
        }
        at++;
        if (label == 0) {
            if (at + 4 > size)
                return out;
            out.status = out.labels > 0 ? DNS_NAME : DNS_ROOT;
            out.next = at + 4;
            return out;
        }
        if (out.labels++ > 0)
            out.name[out.length++] = '.';
        for (size_t i = 0; i < label; i++, at++)
            if (at < size)
                out.name[out.length++] = data[at];
    }
    return out;
}

// Returns where the next question is, 0 if there is none to read.
static size_t read_question(const uint8_t* data, size_t size, uint32_t start, size_t at)
{
    uint32_t end = start + (uint32_t)size;
    uint64_t result = dns_question(&zeroes, start + (uint32_t)at, end, &text);
    struct question wanted = model(data, at, size);

    MUST(dns_question(&ones, start + (uint32_t)at, end, &other_text) == result);
    MUST(DNS_STATUS(result) == wanted.status);
    if (wanted.status != DNS_NAME && wanted.status != DNS_ROOT)
        return 0;
    MUST(DNS_NEXT(result) == start + wanted.next);
    if (wanted.status == DNS_ROOT)
        return wanted.next;
    MUST(DNS_LENGTH(result) == wanted.length && DNS_LABELS(result) == wanted.labels);
    MUST(memcmp(text.data + 1, wanted.name, wanted.length) == 0);
    MUST(memcmp(other_text.data + 1, wanted.name, wanted.length) == 0);
    return wanted.next;
}

TARGET(dns)
{
    uint32_t start = size > 0 ? data[0] % 3 : 0, end, records;
    size_t at = DNS_HEADER;

    size = at_most(size, INTERDICT_STREAM_MAX - start);
    end = keep(&zeroes, start, data, size, 0x00);
    keep(&ones, start, data, size, 0xff);
    MUST(dns_head(&zeroes, start, end) == dns_head(&ones, start, end));
    if (size < DNS_HEADER) {
        MUST(dns_head(&zeroes, start, end) == DNS_MORE);
        return 0;
    }
    // A standard query (QR and opcode are 0) that asks something.
    MUST((dns_head(&zeroes, start, end) == DNS_NAME) == (!(data[2] & 0xf8) && (data[4] | data[5])));
    for (int i = 0; i < DNS_QUESTIONS_MAX && at; i++) {
        size_t next = read_question(data, size, start, at);

        if (next) {
            records = data[11];
            MUST(dns_edns(&zeroes, start + (uint32_t)next, end, records) ==
                 dns_edns(&ones, start + (uint32_t)next, end, records));
        }
        at = next;
    }
    return 0;
}
