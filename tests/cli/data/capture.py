#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a pcap with one TLS ClientHello for each NAME, or sends them.

usage: capture.py [--link-type N] [--cut BYTES] NAME... >FILE
       capture.py --send INTERFACE NAME...
"""

import argparse
import socket
import struct
import sys


def client_hello(name):
    host = name.encode()
    entry = struct.pack(">BH", 0, len(host)) + host
    server_name = struct.pack(">HHH", 0, len(entry) + 2, len(entry)) + entry
    body = struct.pack(">H", 0x303) + bytes(32) + b"\0" + struct.pack(">HH", 2, 0x1301) + b"\1\0" + \
        struct.pack(">H", len(server_name)) + server_name
    handshake = b"\1" + struct.pack(">I", len(body))[1:] + body
    return struct.pack(">BHH", 22, 0x301, len(handshake)) + handshake


def frame(name, port):
    hello = client_hello(name)
    tcp = struct.pack(">HHIIBBHHH", port, 443, 1000, 1, 5 << 4, 0x18, 65535, 0, 0) + hello
    address = bytes([192, 0, 2, 1]), bytes([198, 51, 100, 10])
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0, *address)
    return bytes(12) + b"\x08\x00" + ip + tcp


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--link-type", type=int, default=1)
    parser.add_argument("--cut", type=int, default=0, help="bytes to leave out at the end of the file")
    parser.add_argument("--send", help="interface to send the frames on")
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    if options.send:
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        wire.bind((options.send, 0))
        for number, name in enumerate(options.names):
            wire.send(frame(name, 40000 + number))
        return
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, options.link_type)
    for number, name in enumerate(options.names):
        data = frame(name, 40000 + number)
        out += struct.pack("<IIII", 1700000000, 0, len(data), len(data)) + data
    sys.stdout.buffer.write(out[:len(out) - options.cut])


if __name__ == "__main__":
    main()
