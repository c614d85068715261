#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command and reports in how many TCP segments its first flight to ADDRESS left, as seen on
the interface after segmentation: the proof that a hello was really cut.

Prints the command's output unchanged and writes a JSON object to --report: segments (with payload,
up to the server's first answer or reset; retransmissions not counted), bytes, name_whole (true if one
segment carries the whole name). Exits with the command's exit code.

example:
  segments.py --report out.json 198.51.100.11 blocked.example -- openssl s_client -connect 198.51.100.11:443
"""

import argparse
import json
import select
import socket
import struct
import subprocess
import sys

from hello import packed

RST = 4


def first_flight(frames, server):
    """The client's segments (sequence number to payload) before the server's first payload or reset."""
    family, address = packed(server)
    segments = {}
    for frame in frames:
        if family == socket.AF_INET6:
            if frame[12:14] != b"\x86\xdd" or frame[20] != socket.IPPROTO_TCP:
                continue
            at, end = 54, 54 + struct.unpack_from("!H", frame, 18)[0]
            source, destination = frame[22:38], frame[38:54]
        else:
            if frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_TCP:
                continue
            at, end = 14 + (frame[14] & 15) * 4, 14 + struct.unpack_from("!H", frame, 16)[0]
            source, destination = frame[26:30], frame[30:34]
        _, _, sequence, _, offset, flags = struct.unpack_from("!HHIIBB", frame, at)
        data = frame[at + (offset >> 4) * 4 : end]
        if source == address and (data or flags & RST):
            break
        if destination == address and data:
            segments.setdefault(sequence, data)
    return segments


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interface", default="eth0")
    parser.add_argument("--report", required=True)
    parser.add_argument("address", help="the server; nobody else may talk to it meanwhile")
    parser.add_argument("name")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()

    everything = 3  # ETH_P_ALL, the only way to see what leaves
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(everything)) as tap:
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        tap.bind((options.interface, everything))
        status = subprocess.run(options.command, check=False).returncode
        frames = []
        while select.select([tap], [], [], 0)[0]:
            frames.append(tap.recv(65536))
    segments = first_flight(frames, options.address)
    with open(options.report, "w", encoding="utf-8") as report:
        json.dump({
            "segments": len(segments),
            "bytes": sum(len(data) for data in segments.values()),
            "name_whole": any(options.name.encode() in data for data in segments.values()),
        }, report)
    return status


if __name__ == "__main__":
    sys.exit(main())
