/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * http.h: finds the hosts of HTTP/1.x requests (RFC 9112): every Host header, and the authority of a target
 * in absolute form or of CONNECT. As tolerant as servers are (section 2.2): empty lines before a request,
 * line feeds alone, any blanks between the words of its first line and round a header's colon, folded
 * headers. Plain C, the same for the kernel and the host.
 */
#ifndef INTERDICT_BPF_INSPECT_HTTP_H
#define INTERDICT_BPF_INSPECT_HTTP_H

#include "bpf/inspect/hello.h"

#define HTTP_LINES_MAX 2048 /* of one reading */
#define HTTP_METHOD_MAX 24u
#define HTTP_BLANKS_MAX 128u
#define HTTP_AUTHORITY_MAX 384u
#define HTTP_SCHEME_MAX 16u
#define HTTP_NAME_MAX 17u	 /* the longest name of a header that is looked for */
#define HTTP_VERSION 8u		 /* bytes of HTTP/1.1 */
#define HTTP_BODY_MAX (1u << 30) /* sequence numbers further ahead cannot be told from those behind */
#define HTTP_BODY_UNKNOWN (~0u)

enum http_event {
	HTTP_MORE = 0, /* a good beginning: more bytes are needed, see http_leave() */
	HTTP_NAME = 1, /* a host: bytes[walk->name, + walk->name_length) */
	HTTP_HEAD = 2, /* a head is complete; walk->hosts says how many hosts it named */
	HTTP_END = 3, /* nothing more to read; the next request is at walk->start, unless walk->lost is set */
	HTTP_NOT = 4, /* no HTTP request at all */
	HTTP_BAD = 5, /* a request of a version that there is not, or of too many lines */
	HTTP_TWO = 6, /* HTTP/2 in clear text (RFC 9113 section 3.4) */
};

enum http_header {
	HTTP_OTHER = 0,
	HTTP_HOST = 1,
	HTTP_LENGTH = 2,
	HTTP_CODING = 3,
};

enum http_place {
	HTTP_OUTSIDE = 0, /* where a request begins */
	HTTP_INSIDE = 1,  /* where a line of a request's head begins */
	HTTP_WITHIN = 2,  /* within a line that does not matter */
};

/*
 * Where a reading has come to. To begin: http_begin().
 */
struct http_walk {
	__u32 end;   /* bytes from here on are not there yet */
	__u32 at;    /* the line at hand */
	__u32 start; /* the request at hand */
	__u32 name;
	__u32 name_length;
	__u32 hosts;
	__u32 lines;
	__u32 requests; /* whose head is complete */
	__u32 inside;	/* enum http_place of the line at hand */
	__u32 needed;	/* inside a head: the bytes before are done with */
	__u32 resumes;	/* and in which place a later reading may begin there */
	__u32 lost;	/* where the next request begins cannot be told */
	__u32 header;	/* enum http_header: what the line before was, with its folds */
	__u32 header_at;
	__u32 value; /* and its value, with the blanks and line ends round it */
	__u32 value_end;
	__u32 body;  /* bytes */
	__u32 sized; /* a Content-Length or a Transfer-Encoding was there */
	__u32 event; /* enum http_event */
};

INTERDICT_INLINE __u32 http_blank(__u32 byte)
{
	return byte == ' ' || byte == '\t';
}

INTERDICT_INLINE __u32 http_space(__u32 byte)
{
	return http_blank(byte) || byte == '\r' || byte == '\n';
}

/* Where the next line feed is, `end` if there is none. */
CHECKED_ONCE __u32 http_line_end(const struct interdict_bytes *bytes, __u32 from, __u32 end)
{
	__u32 i, at = 0;

	if (!bytes)
		return end;
	for (i = 0; i < INTERDICT_STREAM_MAX / 8 + 1; i++) {
		__u64 word;

		if (from >= end)
			return end;
		at = from;
		/* The high bit of every byte that is a line feed, and of few others. */
		word = load64(bytes, from) ^ 0x0a0a0a0a0a0a0a0aULL;
		if ((word - 0x0101010101010101ULL) & ~word & 0x8080808080808080ULL)
			break;
		from += 8;
	}
	for (i = 0; i < 8; i++)
		if (bytes->data[masked(at, INTERDICT_STREAM_MAX - 1) + i] == '\n')
			return from + i < end ? from + i : end;
	return end;
}

/* The first byte at or behind `from` that is no blank and ends no line; `end` if there is none. */
CHECKED_ONCE __u32 http_skip(const struct interdict_bytes *bytes, __u32 from, __u32 end)
{
	__u32 i;

	for (i = 0; bytes && i < HTTP_BLANKS_MAX; i++)
		if (from + i >= end || !http_space(byte_at(bytes, from + i)))
			return from + i;
	return end;
}

/* Behind the last byte of bytes[from, end) that is no blank and ends no line. */
CHECKED_ONCE __u32 http_trim(const struct interdict_bytes *bytes, __u32 from, __u32 end)
{
	__u32 i;

	for (i = 0; bytes && i < HTTP_BLANKS_MAX; i++)
		if (end - i <= from || !http_space(byte_at(bytes, end - i - 1)))
			return end - i;
	return from;
}

/* Bytes of the method at `from`: up to the first that none has, HTTP_METHOD_MAX + 1 if it is too long. */
CHECKED_ONCE __u32 http_method(const struct interdict_bytes *bytes, __u32 from, __u32 end)
{
	__u32 i;

	for (i = 0; bytes && i <= HTTP_METHOD_MAX; i++) {
		__u32 byte = byte_at(bytes, from + i);

		if (from + i >= end || (byte - 'A' > 'Z' - 'A' && byte != '-' && byte != '_'))
			return i;
	}
	return HTTP_METHOD_MAX + 1;
}

/* Behind the "scheme://" that a target in absolute form begins with, 0 if it does not. */
CHECKED_ONCE __u32 http_scheme(const struct interdict_bytes *bytes, __u32 from, __u32 end)
{
	__u32 i;

	for (i = 0; bytes && i < HTTP_SCHEME_MAX; i++) {
		__u32 byte = byte_at(bytes, from + i), letter = (byte | 0x20) - 'a' <= 'z' - 'a';

		if (from + i + 3 > end)
			return 0;
		if (byte == ':')
			return i && be16_at(bytes, from + i + 1) == ('/' << 8 | '/') ? from + i + 3 : 0;
		if (!letter && (!i || (byte - '0' > 9 && byte != '+' && byte != '-' && byte != '.')))
			return 0;
	}
	return 0;
}

#define HTTP_SPAN(start, length) ((__u64)(start) | (__u64)(length) << 32)

/*
 * The host in the authority that bytes[from, end) begins with, without user information and port: its place
 * and length, HTTP_SPAN. An address in brackets is none: length 0. uri: 0 for the value of a Host header,
 * which is an authority without user information, and nothing else.
 */
CHECKED_ONCE __u64 http_authority(const struct interdict_bytes *bytes, __u32 from, __u32 end, __u32 uri)
{
	__u32 i, start = from, colon = end, stop = end;

	if (!bytes || from >= end)
		return HTTP_SPAN(from, 0);
	for (i = 0; i < HTTP_AUTHORITY_MAX; i++) {
		__u32 at = from + i, byte = byte_at(bytes, at), user, port;

		if (at >= end)
			break;
		if (uri && (byte == '/' || byte == '?' || byte == '#' || byte == '\\')) {
			stop = at;
			break;
		}
		/* No branches: the verifier would follow every combination. All ones where it holds. */
		user = 0 - (uri & (unknown(byte ^ '@') - 1) >> 31);
		port = 0 - ((unknown(byte ^ ':') - 1) >> 31 & (unknown(at - colon)) >> 31);
		start = (start & ~user) | ((at + 1) & user);
		colon = (colon & ~(user | port)) | (end & user) | (at & port);
	}
	if (byte_at(bytes, start) == '[' || start >= stop)
		return HTTP_SPAN(start, 0);
	return HTTP_SPAN(start, (colon < stop ? colon : stop) - start);
}

/* A Content-Length, HTTP_BODY_UNKNOWN if it is none, or more than can be followed. */
CHECKED_ONCE __u32 http_number(const struct interdict_bytes *bytes, __u32 from, __u32 end)
{
	__u32 i, number = 0;

	if (!bytes || from >= end || end - from > 9)
		return HTTP_BODY_UNKNOWN;
	for (i = 0; i < 9; i++) {
		__u32 digit = byte_at(bytes, from + i) - '0';

		if (from + i >= end)
			break;
		if (digit > 9)
			return HTTP_BODY_UNKNOWN;
		number = number * 10 + digit;
	}
	return number < HTTP_BODY_MAX ? number : HTTP_BODY_UNKNOWN;
}

/* The version that bytes[from, from + HTTP_VERSION) are, as its two digits; 0: none. */
INTERDICT_INLINE __u32 http_version(const struct interdict_bytes *bytes, __u32 from)
{
	if ((be16_at(bytes, from) | 0x2020) != ('h' << 8 | 't') ||
	    (be16_at(bytes, from + 2) | 0x2020) != ('t' << 8 | 'p') || byte_at(bytes, from + 4) != '/' ||
	    byte_at(bytes, from + 5) - '0' > 9 || byte_at(bytes, from + 6) != '.' ||
	    byte_at(bytes, from + 7) - '0' > 9)
		return 0;
	return byte_at(bytes, from + 5) << 8 | byte_at(bytes, from + 7);
}

/* Is the header at `from` called `name`, of `length` letters and hyphens? */
INTERDICT_INLINE __u32 http_called(const struct interdict_bytes *bytes, __u32 from, const char *name,
				   const __u32 length)
{
	__u32 i, differs = 0;

#pragma GCC unroll 17
	for (i = 0; i < length; i++)
		differs |= (byte_at(bytes, from + i) | 0x20) ^ (__u32)name[i];
	return !differs;
}

struct http_loop {
	struct http_walk *walk;
	const struct interdict_bytes *bytes;
};

/* Leaves the event; 1 ends the loop. */
INTERDICT_INLINE long http_stop(struct http_walk *walk, enum http_event event)
{
	walk->event = event;
	return 1;
}

/* The host of `span`, if it has one. Returns 1 then. */
INTERDICT_INLINE long http_found(struct http_walk *walk, __u64 span)
{
	walk->name = (__u32)span;
	walk->name_length = (__u32)(span >> 32);
	if (!walk->name_length)
		return 0;
	return http_stop(walk, HTTP_NAME);
}

/* What is no request: the whole, or what stands behind the requests that were read. */
INTERDICT_INLINE long http_no_request(struct http_walk *walk)
{
	walk->lost = 1;
	return http_stop(walk, walk->requests ? HTTP_END : HTTP_NOT);
}

/* The first line of a request, from walk->at to the line feed at `feed`. */
INTERDICT_INLINE long http_request_line(struct http_walk *walk, const struct interdict_bytes *bytes,
					__u32 feed)
{
	__u32 at = walk->at, end = walk->end, method, target, tail, version = 0, authority;

	walk->start = at;
	if (at >= end)
		return http_stop(walk, walk->requests ? HTTP_END : HTTP_MORE);
	if (feed < end && (feed == at || (feed == at + 1 && byte_at(bytes, at) == '\r'))) {
		walk->at = feed + 1;
		return 0;
	}
	if (at + 1 == end && byte_at(bytes, at) == '\r')
		return http_stop(walk, HTTP_MORE);
	method = http_method(bytes, at, end);
	if (method && method <= HTTP_METHOD_MAX && at + method >= end)
		return http_stop(walk, HTTP_MORE);
	if (!method || method > HTTP_METHOD_MAX || !http_blank(byte_at(bytes, at + method)))
		return http_no_request(walk);
	if (feed >= end)
		return http_stop(walk, HTTP_MORE);
	target = http_skip(bytes, at + method, feed);
	tail = http_trim(bytes, target, feed);
	walk->at = feed + 1;
	walk->hosts = walk->body = walk->sized = walk->header = 0;
	if (tail >= target + HTTP_VERSION && http_blank(byte_at(bytes, tail - HTTP_VERSION - 1)))
		version = http_version(bytes, tail - HTTP_VERSION);
	if (!version) {
		/* HTTP/0.9 has nothing but this line. */
		if (!http_called(bytes, at, "get", 3) || method != 3 || byte_at(bytes, target) != '/')
			return http_no_request(walk);
		walk->lost = 1;
		walk->requests++;
		return http_stop(walk, HTTP_HEAD);
	}
	if (version >> 8 == '2' && method == 3 && http_called(bytes, at, "pri", 3))
		return http_stop(walk, HTTP_TWO);
	if (version >> 8 != '1')
		return http_stop(walk, HTTP_BAD);
	walk->inside = HTTP_INSIDE;
	tail = http_trim(bytes, target, tail - HTTP_VERSION);
	authority = http_scheme(bytes, target, tail);
	if (method == 7 && http_called(bytes, at, "connect", 7)) {
		/* What follows is the tunnel's. */
		walk->body = HTTP_BODY_UNKNOWN;
		authority = target;
	}
	if (!authority)
		return 0;
	walk->hosts++;
	return http_found(walk, http_authority(bytes, authority, tail, 1));
}

/* The header before is complete. Returns 1 if it named a host. */
INTERDICT_INLINE long http_header_done(struct http_walk *walk, const struct interdict_bytes *bytes)
{
	__u32 header = walk->header, from, end, number;

	walk->header = HTTP_OTHER;
	if (header == HTTP_OTHER)
		return 0;
	from = http_skip(bytes, walk->value, walk->value_end);
	end = http_trim(bytes, from, walk->value_end);
	if (header == HTTP_HOST) {
		if (from >= end)
			return 0;
		walk->hosts++;
		return http_found(walk, http_authority(bytes, from, end, 0));
	}
	number = header == HTTP_LENGTH ? http_number(bytes, from, end) : HTTP_BODY_UNKNOWN;
	if (walk->sized && walk->body != number)
		number = HTTP_BODY_UNKNOWN;
	if (walk->body != HTTP_BODY_UNKNOWN)
		walk->body = number;
	walk->sized = 1;
	return 0;
}

INTERDICT_INLINE __u32 http_header_kind(const struct interdict_bytes *bytes, __u32 at, __u32 *name_end)
{
	__u32 first = byte_at(bytes, at) | 0x20;

	if (first == 'h' && http_called(bytes, at, "host", 4)) {
		*name_end = at + 4;
		return HTTP_HOST;
	}
	if (first == 'c' && http_called(bytes, at, "content-length", 14)) {
		*name_end = at + 14;
		return HTTP_LENGTH;
	}
	if (first == 't' && http_called(bytes, at, "transfer-encoding", 17)) {
		*name_end = at + 17;
		return HTTP_CODING;
	}
	return HTTP_OTHER;
}

/* The empty line behind the headers: what comes next is the body. */
INTERDICT_INLINE long http_head_done(struct http_walk *walk, __u32 next)
{
	walk->inside = HTTP_OUTSIDE;
	walk->requests++;
	walk->lost = walk->body == HTTP_BODY_UNKNOWN;
	walk->at = walk->lost ? next : next + walk->body;
	return http_stop(walk, HTTP_HEAD);
}

INTERDICT_INLINE long http_header_line(struct http_walk *walk, const struct interdict_bytes *bytes,
				       __u32 feed)
{
	__u32 at = walk->at, end = walk->end, first, kind, name_end = 0;

	walk->needed = walk->header ? walk->header_at : at;
	walk->resumes = HTTP_INSIDE;
	if (at >= end)
		return http_stop(walk, HTTP_MORE);
	if (walk->inside == HTTP_WITHIN) {
		walk->needed = end;
		walk->resumes = HTTP_WITHIN;
		if (feed >= end)
			return http_stop(walk, HTTP_MORE);
		walk->inside = HTTP_INSIDE;
		walk->at = feed + 1;
		return 0;
	}
	first = byte_at(bytes, at);
	if (http_blank(first)) {
		/* A fold: the value goes on. */
		if (feed >= end) {
			if (walk->header == HTTP_OTHER) {
				walk->needed = end;
				walk->resumes = HTTP_WITHIN;
			}
			return http_stop(walk, HTTP_MORE);
		}
		walk->value_end = feed;
		walk->at = feed + 1;
		return 0;
	}
	if (http_header_done(walk, bytes))
		return 1;
	if (feed >= end) {
		walk->needed = at;
		if (at + HTTP_NAME_MAX < end && !http_header_kind(bytes, at, &name_end)) {
			walk->needed = end;
			walk->resumes = HTTP_WITHIN;
		}
		return http_stop(walk, HTTP_MORE);
	}
	if (feed == at || (feed == at + 1 && first == '\r'))
		return http_head_done(walk, feed + 1);
	kind = http_header_kind(bytes, at, &name_end);
	if (kind) {
		name_end = http_skip(bytes, name_end, feed);
		if (name_end < feed && byte_at(bytes, name_end) == ':') {
			walk->header = kind;
			walk->header_at = at;
			walk->value = name_end + 1;
			walk->value_end = feed;
		}
	}
	walk->at = feed + 1;
	return 0;
}

/* One line; stops with 1. Called through bpf_loop, so the verifier sees it once. */
static long http_line(__u32 index, void *context)
{
	struct http_loop *loop = context;
	struct http_walk *walk = loop->walk;
	__u32 feed;

	(void)index;
	if (walk->lost)
		return http_stop(walk, HTTP_END);
	if (walk->lines++ >= HTTP_LINES_MAX)
		return http_stop(walk, HTTP_BAD);
	feed = http_line_end(loop->bytes, walk->at, walk->end);
	return walk->inside ? http_header_line(walk, loop->bytes, feed)
			    : http_request_line(walk, loop->bytes, feed);
}

/* A reading of bytes[0, end) that goes on where an earlier one ended; to read from the beginning: all zero.
 */
INTERDICT_INLINE void http_begin(struct http_walk *walk, const struct interdict_reading *reading, __u32 end)
{
	walk->end = end;
	walk->at = walk->start = walk->needed = reading->from;
	walk->inside = walk->resumes = reading->inside;
	walk->hosts = reading->hosts;
	walk->body = reading->body;
	walk->sized = reading->sized;
}

/* Where a later reading goes on, after HTTP_MORE or HTTP_END. */
INTERDICT_INLINE void http_leave(const struct http_walk *walk, struct interdict_reading *reading)
{
	__u32 inside = walk->inside;

	reading->from = walk->lost ? INTERDICT_READING_OVER : inside ? walk->needed : walk->start;
	reading->inside = inside ? walk->resumes : HTTP_OUTSIDE;
	reading->hosts = inside ? walk->hosts : 0;
	reading->body = inside ? walk->body : 0;
	reading->sized = inside ? walk->sized : 0;
}

/*
 * Reads on in bytes[0, walk->end), the bytes of a stream from where a request begins, to the next event.
 * walk->end <= INTERDICT_STREAM_MAX. After anything but HTTP_NAME and HTTP_HEAD there are no more.
 */
CHECKED_ONCE __u32 http_next(struct http_walk *walk, const struct interdict_bytes *bytes)
{
	struct http_loop loop = {.walk = walk, .bytes = bytes};

	if (!walk || !bytes)
		return HTTP_NOT;
	walk->event = HTTP_BAD;
	repeat(HTTP_LINES_MAX + 1, http_line, &loop);
	return walk->event;
}

#endif
