#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command and kills it where it waits for packets for the Nth time, as a power cut would.

usage: kill_at.py N COMMAND...

It is traced: membarrier() is the wait, and the command dies before the kernel carries it out. Exits with 0 if it was
killed there, with 1 if it ended by itself, with 2 if tracing does not work.
"""

import ctypes
import errno
import os
import signal
import struct
import sys

PTRACE_TRACEME, PTRACE_SYSCALL, PTRACE_SETOPTIONS, PTRACE_GET_SYSCALL_INFO = 0, 24, 0x4200, 0x420E
OPTIONS = 1 | 1 << 3 | 1 << 20  # TRACESYSGOOD, TRACECLONE, EXITKILL
WALL = 0x40000000  # threads, too
ENTRY = 1  # PTRACE_SYSCALL_INFO_ENTRY
MEMBARRIER = {"x86_64": 324, "aarch64": 283, "riscv64": 283}

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, pid, address, data):
    if libc.ptrace(request, pid, address, data) < 0:
        code = ctypes.get_errno()
        if code == errno.ESRCH:
            return
        print(f"kill_at: ptrace: {os.strerror(code)}", file=sys.stderr)
        os._exit(2)


def syscall_entered(pid):
    """Its number, or None at a return."""
    info = ctypes.create_string_buffer(88)
    ptrace(PTRACE_GET_SYSCALL_INFO, pid, len(info), ctypes.addressof(info))
    operation, number = struct.unpack_from("B23xQ", info.raw)
    return number if operation == ENTRY else None


def main():
    wait_for, command = int(sys.argv[1]), sys.argv[2:]
    membarrier = MEMBARRIER.get(os.uname().machine)
    if membarrier is None:
        sys.exit(f"kill_at: which system call is membarrier on {os.uname().machine}?")
    child = os.fork()
    if child == 0:
        ptrace(PTRACE_TRACEME, 0, None, None)
        os.execvp(command[0], command)
    os.waitpid(child, 0)
    ptrace(PTRACE_SETOPTIONS, child, None, OPTIONS)
    ptrace(PTRACE_SYSCALL, child, None, None)
    while True:
        thread, status = os.waitpid(-1, WALL)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if thread == child:
                sys.exit(f"kill_at: it ended by itself, {wait_for} waits before it was to be killed")
            continue
        stop = os.WSTOPSIG(status)
        if stop == signal.SIGTRAP | 0x80 and syscall_entered(thread) == membarrier:
            wait_for -= 1
            if wait_for == 0:
                os.kill(child, signal.SIGKILL)
                while os.waitpid(-1, WALL)[0] != child:
                    pass
                return
        # A new thread begins with a SIGSTOP, and is announced with a SIGTRAP.
        ours = stop in (signal.SIGTRAP, signal.SIGTRAP | 0x80, signal.SIGSTOP)
        ptrace(PTRACE_SYSCALL, thread, None, 0 if ours else stop)


main()
