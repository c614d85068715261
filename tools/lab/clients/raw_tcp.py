# SPDX-License-Identifier: Apache-2.0
"""A minimal TCP client on a packet socket: it alone decides which segment leaves when.

Its address must belong to no kernel (or that kernel would reset the connection) and the router
must have a fixed neighbour entry for it. No retransmission: the lab's links lose nothing."""

import random
import select
import socket
import struct
import time

from hello import checksum, packed

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


class RawTcp:
    def __init__(self, interface, router_mac, source, destination, port, timeout):
        self.family, self.source = packed(source)
        _, self.destination = packed(destination)
        self.ports = (random.randrange(32768, 61000), port)
        self.deadline = time.monotonic() + timeout
        ethertype = 0x86DD if self.family == socket.AF_INET6 else 0x0800
        self.link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
        self.link.bind((interface, ethertype))
        self.header = bytes.fromhex(router_mac.replace(":", "")) + self.link.getsockname()[4]
        self.header += struct.pack("!H", ethertype)
        self.sequence, self.acknowledged = random.randrange(1 << 32), 0

    def transmit(self, sequence, flags, data=b""):
        options = struct.pack("!BBH", 2, 4, 1400) if flags & SYN else b""
        tcp = struct.pack("!HHIIBBHHH", *self.ports, sequence % (1 << 32), self.acknowledged,
                          (5 + len(options) // 4) << 4, flags, 65535, 0, 0) + options + data
        pseudo = self.source + self.destination + struct.pack("!II", len(tcp), socket.IPPROTO_TCP)
        tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
        if self.family == socket.AF_INET6:
            ip = struct.pack("!IHBB", 6 << 28, len(tcp), socket.IPPROTO_TCP, 64)
            ip += self.source + self.destination
        else:
            ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), random.randrange(1 << 16), 0x4000,
                             64, socket.IPPROTO_TCP, 0) + self.source + self.destination
            ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        self.link.send(self.header + ip + tcp)

    def receive(self):
        """The next segment for this connection: (sequence, flags, data). TimeoutError at the deadline."""
        while True:
            left = self.deadline - time.monotonic()
            if left <= 0 or not select.select([self.link], [], [], left)[0]:
                raise TimeoutError
            frame, address = self.link.recvfrom(65536)
            if address[2] == socket.PACKET_OUTGOING:
                continue
            if self.family == socket.AF_INET6:
                size, protocol = struct.unpack_from("!HB", frame, 18)
                at, end, peers = 54, 54 + size, frame[22:54]
            else:
                at, protocol = 14 + (frame[14] & 15) * 4, frame[23]
                end, peers = 14 + struct.unpack_from("!H", frame, 16)[0], frame[26:34]
            if protocol != socket.IPPROTO_TCP or peers != self.destination + self.source:
                continue
            remote, local, sequence, _, offset, flags = struct.unpack_from("!HHIIBB", frame, at)
            if (local, remote) == self.ports:
                return sequence, flags, frame[at + (offset >> 4) * 4 : end]

    def connect(self):
        self.transmit(self.sequence, SYN)
        while True:
            sequence, flags, _ = self.receive()
            if flags & RST:
                raise ConnectionRefusedError
            if flags & SYN and flags & ACK:
                self.acknowledged = (sequence + 1) % (1 << 32)
                self.sequence += 1
                self.transmit(self.sequence, ACK)
                return

    def send_pieces(self, pieces):
        """Sends (offset, bytes) pieces in the order given; offsets may repeat and overlap."""
        for offset, data in pieces:
            self.transmit(self.sequence + offset, ACK | PSH, data)

    def first_data(self):
        """The server's first payload; ConnectionResetError on a reset."""
        while True:
            _, flags, data = self.receive()
            if flags & RST:
                raise ConnectionResetError
            if data:
                return data

    def abandon(self, sent):
        """Frees the server's connection after `sent` stream bytes."""
        self.transmit(self.sequence + sent, RST | ACK)
        self.link.close()
