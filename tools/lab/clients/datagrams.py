#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends small UDP datagrams to some addresses, or receives and counts them there, until FILE exists.

Prints a JSON object of addresses and counts.

examples:
  datagrams.py receive --until-file /run/ended 198.51.100.66 198.51.100.67
  datagrams.py send --until-file /run/ended 198.51.100.66 198.51.100.67
"""

import argparse
import json
import os
import select
import socket
import sys
import time


def endpoint(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.socket(family, socket.SOCK_DGRAM)


def send(options, counts):
    sockets = {address: endpoint(address) for address in options.addresses}
    while not os.path.exists(options.until_file):
        for address, stream in sockets.items():
            for _ in range(10):
                try:
                    stream.sendto(b"interdict lab", (address, options.port))
                    counts[address] += 1
                except ConnectionRefusedError:  # of an earlier datagram: nobody listened yet
                    pass
        time.sleep(0.001)  # leaves the processor to those under test


def receive(options, counts):
    sockets = {}
    for address in options.addresses:
        stream = endpoint(address)
        stream.bind((address, options.port))
        sockets[stream] = address
    while not os.path.exists(options.until_file):
        for stream in select.select(sockets, [], [], 0.05)[0]:
            stream.recv(2048)
            counts[sockets[stream]] += 1


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["send", "receive"])
    parser.add_argument("--until-file", required=True, metavar="FILE")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("addresses", nargs="+")
    options = parser.parse_args()
    counts = dict.fromkeys(options.addresses, 0)
    {"send": send, "receive": receive}[options.task](options, counts)
    print(json.dumps(counts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
