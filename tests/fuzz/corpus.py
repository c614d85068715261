#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes seeds for the fuzz targets of what is in captures: TLS ClientHellos and their server names.

usage: corpus.py OUT CAPTURE...

Looks for the bytes that begin a TLS record with a ClientHello wherever they stand in a file, so that the file's
format does not matter; a hello over several segments is kept as far as its first one goes. Writes
OUT/{hello,records,name}/<sha1>, each content once.
"""

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


def save(out, target, content):
    folder = os.path.join(out, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, hashlib.sha1(content).hexdigest()), "wb") as file:
        file.write(content)


def main(arguments):
    if len(arguments) < 2 or arguments[0].startswith("-"):
        print(__doc__.strip())
        return 0 if arguments[:1] == ["--help"] else 2
    out, captures = arguments[0], arguments[1:]
    count = 0
    for path in captures:
        with open(path, "rb") as file:
            data = file.read()
        for record in hellos(data):
            message = record[RECORD_HEADER:]
            save(out, "hello", message)
            save(out, "records", b"\x00" + record)
            save(out, "records", b"\x01\x03\x1f\x00\x7f" + message)
            if name := server_name(message):
                save(out, "name", name)
            count += 1
    print(f"corpus: {count} hellos from {len(captures)} captures")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
