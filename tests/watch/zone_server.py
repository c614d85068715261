#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Name servers whose zone changes on command, for tests of the watcher.

usage: zone_server.py COUNT

Binds COUNT servers to 127.0.0.1, 127.0.0.2 ..., each on a free UDP port, and prints one line of JSON,
{"servers": ["127.0.0.1:PORT", ...]}. Then reads commands from standard input, one JSON object a line, and answers
each with "ok" once it holds:

    {"set": NAME, "records": {"A": [...], "AAAA": [...], "NS": [...], "CNAME": [...], "SOA": [...], "MX": [...]}}
    {"set": NAME, "rcode": "NXDOMAIN"}          or SERVFAIL, REFUSED
    {"set": NAME, "error": 16, "rcode": ...}    with an extended error (RFC 8914)
    {"set": NAME, "rotate": {"A": [[...], [...]]}}    one list after the other, one per answer
    {"silent": true}                            no answers at all

"servers": [0, 2] limits a command to these. A name that nobody set does not exist. Ends with standard input.
"""

import ipaddress
import itertools
import json
import selectors
import socket
import struct
import sys

TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 15: "MX", 28: "AAAA"}
NUMBERS = {name: number for number, name in TYPES.items()}
RCODES = {"NOERROR": 0, "SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}
OPT, EXTENDED_ERROR, TTL = 41, 15, 300


def encode_name(name):
    labels = [label for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def read_name(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode().lower())
        at += 1 + message[at]
    return ".".join(labels), at + 1


def encode_value(kind, value):
    if kind in {"A", "AAAA"}:
        return ipaddress.ip_address(value).packed
    if kind == "SOA":
        primary, responsible = value.split()
        return encode_name(primary) + encode_name(responsible) + struct.pack("!5I", 1, 3600, 600, 86400, 60)
    return (struct.pack("!H", 10) if kind == "MX" else b"") + encode_name(value)


class Zone:
    def __init__(self):
        self.names, self.turns, self.silent = {}, {}, False

    def set(self, command):
        if "silent" in command:
            self.silent = command["silent"]
        if "set" in command:
            self.names[command["set"]] = command
            self.turns = {key: turn for key, turn in self.turns.items() if key[0] != command["set"]}

    def values(self, name, kind):
        entry = self.names.get(name, {})
        if kind in entry.get("rotate", {}):
            lists = entry["rotate"][kind]
            turn = self.turns.setdefault((name, kind), itertools.count())
            return lists[next(turn) % len(lists)]
        return entry.get("records", {}).get(kind, [])

    def answer(self, question):
        """The whole answer to a DNS message, or None."""
        if self.silent:
            return None
        number, flags = struct.unpack("!HH", question[:4])
        name, end = read_name(question, 12)
        kind = TYPES.get(struct.unpack("!H", question[end:end + 2])[0], "")
        entry = self.names.get(name, {"rcode": "NXDOMAIN"})
        records = []
        if "rcode" not in entry:
            for _ in range(8):  # aliases
                alias = self.values(name, "CNAME") if kind != "CNAME" else []
                records += [(name, "CNAME", value) for value in alias]
                if not alias:
                    break
                name = alias[0]
            records += [(name, kind, value) for value in self.values(name, kind)]
        body = b"".join(
            encode_name(owner) + struct.pack("!HHIH", NUMBERS[type_], 1, TTL, len(data := encode_value(type_, value))) +
            data for owner, type_, value in records)
        option = struct.pack("!HHH", EXTENDED_ERROR, 2, entry["error"]) if "error" in entry else b""
        opt = b"\0" + struct.pack("!HHIH", OPT, 1232, 0, len(option)) + option
        head = struct.pack("!HHHHHH", number, 0x8180 | flags & 0x0100 | RCODES[entry.get("rcode", "NOERROR")], 1,
                           len(records), 0, 1)
        return head + question[12:end + 4] + body + opt


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    zones, sockets, names = [], [], []
    waiting = selectors.DefaultSelector()
    for index in range(int(sys.argv[1])):
        sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sockets[-1].bind((f"127.0.0.{index + 1}", 0))
        zones.append(Zone())
        names.append("%s:%d" % sockets[-1].getsockname())
        waiting.register(sockets[-1], selectors.EVENT_READ, index)
    waiting.register(sys.stdin.buffer.raw, selectors.EVENT_READ, None)
    print(json.dumps({"servers": names}), flush=True)
    commands = b""
    while True:
        for key, _ in waiting.select():
            if key.data is None:
                chunk = sys.stdin.buffer.raw.read(65536)
                if not chunk:
                    return
                *lines, commands = (commands + chunk).split(b"\n")
                for line in lines:
                    command = json.loads(line)
                    for index in command.get("servers", range(len(zones))):
                        zones[index].set(command)
                    print("ok", flush=True)
            else:
                question, client = key.fileobj.recvfrom(4096)
                if (answer := zones[key.data].answer(question)) is not None:
                    key.fileobj.sendto(answer, client)


if __name__ == "__main__":
    main()
