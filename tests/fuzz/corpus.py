#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes seeds for the fuzz targets of what is in captures.

usage: corpus.py OUT CAPTURE...

Of TLS ClientHellos, wherever they stand in a file, so that its format does not matter; a hello over several segments is
kept as far as its first one goes. Of pcap files with Ethernet frames also of DNS queries, HTTP requests and QUIC Initials,
of frames, and of a few frames in a row. Writes OUT/<target>/<sha1>, each content once.
"""

import collections
import hashlib
import os
import re
import struct
import sys

# Handshake record, any 3.x, length, ClientHello, 24-bit length below 64 KB, a 3.x version.
HELLO = re.compile(rb"\x16\x03[\x00-\x04](..)\x01\x00..\x03[\x00-\x03]", re.DOTALL)
SERVER_NAME = re.compile(rb"\x00\x00(..)(..)\x00(..)", re.DOTALL)
SEGMENT_MAX = 1448
RECORD_HEADER = 5
TCP, UDP = 6, 17
ROW_FRAMES, ROW_BYTES = 8, 8000


def hellos(data):
    """The records, each cut where a segment may have ended."""
    for found in HELLO.finditer(data):
        length = struct.unpack(">H", found.group(1))[0]
        yield data[found.start():found.start() + min(RECORD_HEADER + length, SEGMENT_MAX)]


def server_name(message):
    """The name in a hello, or None; the lengths of a server_name extension with one name give it away."""
    for found in SERVER_NAME.finditer(message):
        extension, names, name = (struct.unpack(">H", group)[0] for group in found.groups())
        if extension == names + 2 == name + 5 and name:
            return message[found.end():found.end() + name]
    return None


def frames(data):
    """The frames of a pcap file with Ethernet frames, in its order."""
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}.get(data[:4])
    if not order or len(data) < 24 or struct.unpack(order + "I", data[20:24])[0] != 1:
        return
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack(order + "I", data[at + 8:at + 12])[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def transport(frame):
    """Protocol, destination port, payload and what tells the conversation from others, or None. Without tunnels."""
    at = 12
    while frame[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    kind, at = frame[at:at + 2], at + 2
    if kind == b"\x08\x00" and len(frame) >= at + 20 and not struct.unpack(">H", frame[at + 6:at + 8])[0] & 0x3fff:
        protocol, ends, header = frame[at + 9], frame[at + 12:at + 20], (frame[at] & 15) * 4
    elif kind == b"\x86\xdd" and len(frame) >= at + 40:
        protocol, ends, header = frame[at + 6], frame[at + 8:at + 40], 40
    else:
        return None
    at += header
    if len(frame) < at + 8 or protocol not in (TCP, UDP):
        return None
    size = 8
    if protocol == TCP:
        if len(frame) < at + 20:
            return None
        size = (frame[at + 12] >> 4) * 4
    half = len(ends) // 2
    talk = frozenset([(ends[:half], frame[at:at + 2]), (ends[half:], frame[at + 2:at + 4])])
    return protocol, struct.unpack(">H", frame[at + 2:at + 4])[0], frame[at + size:], talk


def row(of):
    """An input of the target `frame`: options, then each frame with its length before it."""
    return b"\x00" + b"".join(struct.pack(">H", len(frame)) + frame for frame in of)


def rows(of):
    """Cuts a list of frames into rows that are not too long."""
    part, size = [], 0
    for frame in of:
        if part and (len(part) == ROW_FRAMES or size + len(frame) > ROW_BYTES):
            yield part
            part, size = [], 0
        part.append(frame)
        size += len(frame)
    if part:
        yield part


def save(out, target, content):
    folder = os.path.join(out, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, hashlib.sha1(content).hexdigest()), "wb") as file:
        file.write(content)


def save_payload(out, protocol, port, payload):
    if protocol == UDP and port == 53:
        save(out, "dns", payload)
    elif protocol == TCP and port == 53 and len(payload) > 2:
        save(out, "dns", payload[2:])
    elif protocol == UDP and payload[:1] and payload[0] >= 0xc0:
        save(out, "quic", b"\x00" + payload)
    elif protocol == TCP and payload[:3].isalpha() and payload[:3].isupper():
        save(out, "http", b"\x00\x40" + payload)


def save_hello(out, record):
    message = record[RECORD_HEADER:]
    save(out, "hello", message)
    save(out, "records", b"\x00" + record)
    save(out, "records", b"\x01\x03\x1f\x00\x7f" + message)
    # As the only frame of an Initial's payload.
    save(out, "quic", b"\x01\x06\x00" + struct.pack(">H", 0x4000 | len(message)) + message)
    if name := server_name(message):
        save(out, "name", name)


def main(arguments):
    if len(arguments) < 2 or arguments[0].startswith("-"):
        print(__doc__.strip())
        return 0 if arguments[:1] == ["--help"] else 2
    out, captures = arguments[0], arguments[1:]
    found = collections.Counter()
    for path in captures:
        with open(path, "rb") as file:
            data = file.read()
        for record in hellos(data):
            save_hello(out, record)
            found["hellos"] += 1
        talks = collections.defaultdict(list)
        for frame in frames(data):
            found["frames"] += 1
            save(out, "frame", row([frame]))
            known = transport(frame)
            # Tunnels and fragments in the order in which they came.
            talks[known[3] if known else None].append(frame)
            if known:
                save_payload(out, *known[:3])
        for talk in talks.values():
            for part in rows(talk):
                save(out, "frame", row(part))
    print(f"corpus: {found['hellos']} hellos and {found['frames']} frames from {len(captures)} captures")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
