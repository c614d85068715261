#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends a real ClientHello in chosen pieces and says what became of it.

Prints one word: the HTTP status (handshake finished, page fetched), `answered` (the server sent
its hello), `reset`, `timeout`, `refused` or `closed`. With --until-file it repeats until that file
exists and prints a JSON object of such words and their counts.

examples:
  hello_client.py 198.51.100.10 blocked.example
  hello_client.py --cut-name --padding 1600 198.51.100.10 blocked.example
  hello_client.py --records 7 198.51.100.10 blocked.example
  hello_client.py --raw 100.64.0.9 --router-mac 02:00:00:00:64:01 --cut 60,150 --order 3,1,2 \\
      198.51.100.10 blocked.example
"""

import argparse
import collections
import json
import os
import socket
import sys

from hello import Conversation, cut, in_records, name_last, name_offset
from raw_tcp import RawTcp


def arguments():
    def numbers(text):
        return [int(number) for number in text.split(",")]

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("address", help="the server, IPv4 or IPv6")
    add("name", help="the name in server_name")
    add("--port", type=int, default=443)
    add("--timeout", type=float, default=2.0, help="seconds for the whole conversation")
    add("--padding", type=int, default=0, help="lengthen the hello by about this many bytes")
    add("--name-last", action="store_true", help="make server_name the last extension")
    add("--records", type=int, metavar="N", help="TLS records of N bytes")
    add("--cut", type=numbers, default=[], metavar="A,B", help="TCP segments end at these offsets")
    add("--cut-name", action="store_true", help="a segment ends in the middle of the name")
    add("--order", type=numbers, metavar="2,1", help="(raw) send the pieces in this order; may repeat")
    add("--raw", metavar="ADDRESS", help="own TCP from this address, which no kernel may hold")
    add("--interface", default="eth0", help="(raw) send here")
    add("--router-mac", help="(raw) the next hop")
    add("--until-file", metavar="FILE", help="repeat until FILE exists; print counts")
    chosen = parser.parse_args()
    if chosen.order and not chosen.raw:
        parser.error("--order needs --raw: a kernel's TCP sends in sequence")
    if chosen.raw and not chosen.router_mac:
        parser.error("--raw needs --router-mac")
    if chosen.cut_name and chosen.records:
        parser.error("--cut-name needs the name in one record")
    return chosen


def make_pieces(options, conversation):
    stream = name_last(conversation.hello) if options.name_last else conversation.hello
    offsets = list(options.cut)
    if options.cut_name:
        offsets.append(name_offset(stream, options.name) + len(options.name) // 2)
    if options.records:
        stream = in_records(stream, options.records)
    pieces = cut(stream, offsets)
    if options.order:
        pieces = [pieces[number - 1] for number in options.order]
    return pieces, len(stream)


def over_kernel(options, conversation, pieces):
    with socket.create_connection((options.address, options.port), options.timeout) as stream:
        # Each send is a segment of its own while the initial window of ten lasts.
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _, data in pieces:
            stream.sendall(data)
        first = stream.recv(65536)
        if not first:
            return "closed"
        return "answered" if options.name_last else conversation.get(stream, first)


def over_raw(options, pieces, size):
    stream = RawTcp(options.interface, options.router_mac, options.raw, options.address, options.port,
                    options.timeout)
    try:
        stream.connect()
        stream.send_pieces(pieces)
        stream.first_data()
        return "answered"
    finally:
        stream.abandon(size)


def attempt(options):
    conversation = Conversation(options.name, options.padding)
    pieces, size = make_pieces(options, conversation)
    try:
        if options.raw:
            return over_raw(options, pieces, size)
        return over_kernel(options, conversation, pieces)
    except TimeoutError:
        return "timeout"
    except ConnectionRefusedError:
        return "refused"
    except (ConnectionResetError, BrokenPipeError):
        return "reset"


def main():
    options = arguments()
    if not options.until_file:
        print(attempt(options))
        return 0
    seen = collections.Counter()
    while not os.path.exists(options.until_file):
        seen[attempt(options)] += 1
    print(json.dumps(seen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
