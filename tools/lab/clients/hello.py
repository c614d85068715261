# SPDX-License-Identifier: Apache-2.0
"""Real TLS ClientHellos (made by OpenSSL) and the ways a client may cut them up."""

import socket
import ssl
import struct

RECORD_HEADER = 5  # type, version, length (RFC 8446, section 5.1)
SERVER_NAME = 0  # extension type (RFC 6066, section 3)


class Conversation:
    """A TLS client whose bytes the caller carries. `hello` is its first record, as OpenSSL wrote it."""

    def __init__(self, name, padding=0):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        # Protocol names nobody speaks make the hello as long as one with a post-quantum key share.
        protocols, size = ["http/1.1"], 0
        while size < padding:
            protocols.append(f"x-lab-{len(protocols):03d}-".ljust(100, "x"))
            size += 101
        context.set_alpn_protocols(protocols)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        self.hello = self.outgoing.read()

    def get(self, stream, first):
        """Finishes the handshake over `stream`, asks for / and returns the HTTP status as text."""
        self.incoming.write(first)
        request = b"GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n"
        self._drive(stream, self.tls.do_handshake)
        self.tls.write(request)
        return self._drive(stream, lambda: self.tls.read(4096)).split(b" ")[1].decode()

    def _drive(self, stream, step):
        while True:
            try:
                result = step()
                stream.sendall(self.outgoing.read())
                return result
            except ssl.SSLWantReadError:
                stream.sendall(self.outgoing.read())
                received = stream.recv(65536)
                if not received:
                    raise ConnectionError("closed by the server") from None
                self.incoming.write(received)


def name_offset(hello, name):
    """Where the server name's first byte is in the stream; ValueError if it is not in one piece."""
    return hello.index(name.encode())


def name_last(hello):
    """The hello with server_name as its last extension. OpenSSL's client could no longer finish this
    handshake (it hashes what it wrote), but a server answers it like any other."""
    body = hello[RECORD_HEADER:]
    at = 4 + 2 + 32
    at += 1 + body[at]
    at += 2 + struct.unpack_from("!H", body, at)[0]
    at += 1 + body[at]
    fixed, at, extensions = body[: at + 2], at + 2, []
    while at < len(body):
        kind, size = struct.unpack_from("!HH", body, at)
        extensions.append((kind, body[at : at + 4 + size]))
        at += 4 + size
    extensions.sort(key=lambda extension: extension[0] == SERVER_NAME)
    return hello[:RECORD_HEADER] + fixed + b"".join(raw for _, raw in extensions)


def in_records(hello, size):
    """The same handshake message in TLS records of `size` bytes (RFC 8446, section 5.1 allows any)."""
    body = hello[RECORD_HEADER:]
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(hello[:3] + struct.pack("!H", len(piece)) + piece for piece in pieces)


def cut(stream, offsets):
    """The stream as a list of (offset, bytes), cut at the given offsets."""
    edges = [0, *sorted(o for o in set(offsets) if 0 < o < len(stream)), len(stream)]
    return [(a, stream[a:b]) for a, b in zip(edges, edges[1:])]


def checksum(data):
    """The Internet checksum (RFC 1071) of `data`, host byte order."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(address):
    """Family and network-order bytes of a textual address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.inet_pton(family, address)
