#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attaches an XDP program that passes everything to INTERFACE, in native mode.

A veth end takes up what its peer sends by XDP_TX only if it has an XDP program of its own: without
one the frames are put on its ring but nobody is woken to read them (veth_xdp_flush in the kernel's
drivers/net/veth.c). A hardware NIC needs no such thing. SCRATCH is a path in a bpffs, used briefly.

example: xdp_pass.py eth0 /sys/fs/bpf/pass
"""

import ctypes
import os
import platform
import struct
import subprocess
import sys

PROG_LOAD, OBJ_PIN = 5, 6  # enum bpf_cmd
TYPE_XDP, HAS_FRAGS = 6, 1 << 5
# r0 = XDP_PASS; exit
PASS = struct.pack("<BBhi", 0xB7, 0, 0, 2) + struct.pack("<BBhi", 0x95, 0, 0, 0)
SYSCALL = {"x86_64": 321, "aarch64": 280}


def bpf(command, attributes):
    number = SYSCALL.get(platform.machine())
    if number is None:
        sys.exit(f"xdp_pass: the bpf system call's number on {platform.machine()} is not known here")
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(number, command, ctypes.create_string_buffer(attributes), len(attributes))
    if result < 0:
        sys.exit(f"xdp_pass: bpf command {command}: {os.strerror(ctypes.get_errno())}")
    return result


def main():
    if len(sys.argv) != 3 or sys.argv[1].startswith("-"):
        print(__doc__)
        return 0 if sys.argv[1:] == ["--help"] else 1
    interface, scratch = sys.argv[1:]
    code, license_name = ctypes.create_string_buffer(PASS), ctypes.create_string_buffer(b"Apache-2.0")
    program = bpf(PROG_LOAD, struct.pack(
        "IIQQIIQII16s", TYPE_XDP, 2, ctypes.addressof(code), ctypes.addressof(license_name), 0, 0, 0, 0,
        HAS_FRAGS, b"lab_pass"))
    path = ctypes.create_string_buffer(scratch.encode())
    bpf(OBJ_PIN, struct.pack("QII", ctypes.addressof(path), program, 0))
    try:
        return subprocess.run(["ip", "link", "set", "dev", interface, "xdpdrv", "pinned", scratch],
                              check=False).returncode
    finally:
        os.unlink(scratch)


if __name__ == "__main__":
    sys.exit(main())
