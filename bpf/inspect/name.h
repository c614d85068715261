/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * name.h: from the bytes of a host name to the hashes of its suffixes. Plain C, the same for the kernel
 * and the host.
 */
#ifndef INTERDICT_BPF_INSPECT_NAME_H
#define INTERDICT_BPF_INSPECT_NAME_H

#include "bpf/inspect/hello.h"
#include "bpf/packet.h"

/* Letters, digits, hyphen, underscore and dot, letters folded to lower case; 0: not in a host name. */
static const __u8 name_byte[256] = {
	['-'] = '-', ['.'] = '.', ['_'] = '_', ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3',
	['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9', ['A'] = 'a',
	['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h',
	['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o',
	['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v',
	['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c',
	['d'] = 'd', ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j',
	['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p', ['q'] = 'q',
	['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x',
	['y'] = 'y', ['z'] = 'z',
};

/*
 * Reads `length` bytes at `offset` as a host name and leaves the sums of its suffixes in `name`; one
 * final dot is ignored. With name->keep_text also leaves the folded text. Returns 0, or -1 if it is not a
 * host name (empty, too long, an empty label, a byte that no host name has).
 */
CHECKED_ONCE int name_read(const struct interdict_bytes *bytes, __u32 offset, __u32 length,
			   const struct interdict_name_key *key, struct name *name)
{
	struct interdict_lanes sum;
	__u32 i, dots = 0, bad = 0, after_dot = 1;

	if (!bytes || !key || !name)
		return -1;
	name->length = 0;
	name->labels = 0;
	if (length && byte_at(bytes, offset + length - 1) == '.')
		length--;
	if (!length || length > INTERDICT_NAME_MAX)
		return -1;
	sum.lane[0] = key->start[0];
	sum.lane[1] = key->start[1];
	for (i = 0; i < INTERDICT_NAME_MAX; i++) {
		__u32 byte, dot, at;

		if (i >= length)
			break;
		byte = name_byte[byte_at(bytes, offset + length - 1 - i)];
		/* No branches: the verifier would follow every combination of dots. */
		bad |= (unknown(byte) - 1) >> 31;
		dot = (unknown(byte ^ '.') - 1) >> 31; /* 1 for a dot, else 0 */
		bad |= dot & after_dot;
		after_dot = dot;
		dots += dot;
		/* min(dots, 16): dots is below 256. */
		at = unknown(INTERDICT_LABELS_MAX - 1 - dots) >> 31;
		at = (dots & ~(0 - at)) | (INTERDICT_LABELS_MAX & (0 - at));
		interdict_hash_name_byte(key, &sum, i, (__u8)byte);
		name->suffix[masked(at, NAME_SUFFIXES - 1)] = sum;
		if (name->keep_text)
			name->text[masked(length - 1 - i, 255)] = (__u8)byte;
	}
	if (bad | after_dot)
		return -1;
	name->length = length;
	name->labels = dots + 1;
	return 0;
}

#endif
