# SPDX-License-Identifier: Apache-2.0
"""A daemon of a script's own, in a network namespace with sub0 and sub1: all end with the script."""

import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE = 40  # seconds


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self.path))


def request(connection, method, path, body=None):
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def wait(what, condition):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if found := condition():
                return found
        time.sleep(0.05)
    sys.exit(f"{what}: not within {PATIENCE} s")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout


def unshare_net():
    """Python has os.unshare() from 3.12 on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x40000000) != 0:
        sys.exit(f"unshare: {os.strerror(ctypes.get_errno())}")


class Edge:
    """with Edge(interdictd, {"more": "configuration"}) as edge: edge.folder, edge.send(...)"""

    def __init__(self, interdictd, config):
        self.interdictd, self.config = pathlib.Path(interdictd).resolve(), config
        self.temporary = tempfile.TemporaryDirectory(prefix="interdict-edge-")
        self.folder = pathlib.Path(self.temporary.name)
        self.pins = pathlib.Path("/sys/fs/bpf") / f"interdict-edge-{os.getpid()}"
        self.processes = []

    @staticmethod
    def missing():
        """Why there can be none; empty: there can."""
        if os.geteuid() != 0 or not os.path.ismount("/sys/fs/bpf"):
            return "a daemon needs root and a BPF file system"
        return ""

    def __enter__(self):
        unshare_net()
        for command in ("ip link set lo up", "ip link add sub0 type veth peer name sub1", "ip link set sub0 up",
                        "ip link set sub1 up"):
            run(*command.split())
        self.out = open(self.folder / "out", "w")
        return self

    def start(self):
        (self.folder / "interdict.json").write_text(json.dumps({
            "state": str(self.folder / "state"), "pins": str(self.pins), "interfaces": {"sub0": "subscriber"},
            "log": {"target": str(self.folder / "log")},
            "api": {"socket": str(self.folder / "sock"), "rate": 10000}, **self.config}))
        self.spawn(self.interdictd, "--config", self.folder / "interdict.json")
        wait("the daemon", lambda: self.ask("GET", "/v1/health")[0] == 200)

    def spawn(self, *command):
        self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.out,
                                               stderr=subprocess.STDOUT))

    def ask(self, method, path, body=None):
        return request(Unix(self.folder / "sock"), method, path, body)

    def order(self, order):
        status, body = self.ask("POST", "/v1/orders", json.dumps({"orders": [order]}))
        if status != 200:
            sys.exit(f"the order: {status} {body}")

    def __exit__(self, kind, value, trace):
        if kind:
            log = self.folder / "log"
            print(log.read_text() if log.exists() else "no log", file=sys.stderr)
        for process in self.processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        subprocess.run([self.interdictd.parent / "interdict", "--pin-path", self.pins, "--state",
                        self.folder / "state", "down"], stdout=subprocess.DEVNULL, check=False)
        self.out.close()
        self.temporary.cleanup()
