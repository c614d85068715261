#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a pcap with one TLS ClientHello, DNS query or HTTP request for each NAME, or sends them.

usage: capture.py [--channel tls|dns|http] [--link-type N] [--cut BYTES] NAME... >FILE
       capture.py --send INTERFACE [--channel tls|dns|http] NAME...
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


def dns_query(name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    edns = b"\0" + struct.pack(">HHIH", 41, 1232, 0, 0)
    return struct.pack(">HHHHHH", 0x1234, 0x0100, 1, 0, 0, 1) + labels + b"\0" + struct.pack(">HH", 1, 1) + edns


def http_request(name):
    return f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode()


def frame(channel, name, port):
    if channel == "dns":
        query = dns_query(name)
        protocol, transport = 17, struct.pack(">HHHH", port, 53, 8 + len(query), 0) + query
    else:
        payload, server = (client_hello(name), 443) if channel == "tls" else (http_request(name), 80)
        protocol, transport = 6, struct.pack(">HHIIBBHHH", port, server, 1000, 1, 5 << 4, 0x18, 65535, 0, 0) + payload
    address = bytes([192, 0, 2, 1]), bytes([198, 51, 100, 10])
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(transport), 0, 0x4000, 64, protocol, 0, *address)
    return bytes(12) + b"\x08\x00" + ip + transport


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channel", choices=["tls", "dns", "http"], default="tls")
    parser.add_argument("--link-type", type=int, default=1)
    parser.add_argument("--cut", type=int, default=0, help="bytes to leave out at the end of the file")
    parser.add_argument("--send", help="interface to send the frames on")
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    if options.send:
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        wire.bind((options.send, 0))
        for number, name in enumerate(options.names):
            wire.send(frame(options.channel, name, 40000 + number))
        return
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, options.link_type)
    for number, name in enumerate(options.names):
        data = frame(options.channel, name, 40000 + number)
        out += struct.pack("<IIII", 1700000000, 0, len(data), len(data)) + data
    sys.stdout.buffer.write(out[:len(out) - options.cut])


if __name__ == "__main__":
    main()
