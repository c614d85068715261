#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads exports into the programs that they are for and asks those.

usage: exports.py INTERDICT

Unbound answers from a local zone in which every name exists, so no network is needed: what is not blocked has
the address 192.0.2.1, and what ends in addressed.test the address that an order blocks. BIND's zone checker
and BIRD's parser read what is for them. A program that is not installed is a skip with its reason; the exit
code is 77 if all were skipped.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PASSED, BLOCKED_ADDRESS = "192.0.2.1", "198.51.100.7"
NXDOMAIN, NODATA, REFUSED = "NXDOMAIN", "NODATA", "REFUSED"

# What each resolver has to say; where they differ, Unbound's local zones are second.
QUESTIONS = [
    # (name, type, RPZ, local zones)
    ("bad.example", "A", NXDOMAIN, NXDOMAIN),
    ("www.bad.example", "A", NXDOMAIN, NXDOMAIN),  # also exact in another order
    ("x.www.bad.example", "A", NXDOMAIN, NXDOMAIN),  # that opens nothing below it
    ("a.b.c.bad.example", "AAAA", NXDOMAIN, NXDOMAIN),
    ("bad.example", "MX", NXDOMAIN, NXDOMAIN),
    ("notbad.example", "A", PASSED, PASSED),
    ("example", "A", PASSED, PASSED),
    ("help.bad.example", "A", PASSED, PASSED),  # exempt
    ("x.help.bad.example", "A", PASSED, PASSED),
    ("again.help.bad.example", "A", NXDOMAIN, NXDOMAIN),  # blocked again below
    ("w3.help.bad.example", "A", NXDOMAIN, NODATA),  # another order's
    ("x.w3.help.bad.example", "A", PASSED, PASSED),
    ("deep.down.bad.example", "A", PASSED, PASSED),
    ("down.bad.example", "A", NXDOMAIN, NXDOMAIN),  # between a record and the wildcard above it
    ("y.down.bad.example", "A", NXDOMAIN, NXDOMAIN),
    ("only.example", "A", NXDOMAIN, NODATA),  # exact
    ("www.only.example", "A", PASSED, PASSED),
    ("group.example", "A", NXDOMAIN, NXDOMAIN),
    ("www.group.example", "A", NXDOMAIN, NXDOMAIN),
    ("bank.group.example", "A", PASSED, PASSED),  # protected, below a blocked name
    ("www.bank.group.example", "A", PASSED, PASSED),
    ("sunk.example", "A", "192.0.2.80", "192.0.2.80"),
    ("www.sunk.example", "AAAA", "2001:db8::80", "2001:db8::80"),
    ("sunk.example", "TXT", NODATA, NODATA),
    ("sunk-alone.example", "A", "192.0.2.80", "192.0.2.80"),
    ("www.sunk-alone.example", "A", PASSED, PASSED),
    ("refused.example", "A", NXDOMAIN, REFUSED),
    ("www.refused.example", "A", NXDOMAIN, REFUSED),
    ("tls-only.example", "A", PASSED, PASSED),
    ("ended.example", "A", PASSED, PASSED),
]
ADDRESS_QUESTIONS = [
    ("www.addressed.test", "A", NXDOMAIN),
    ("www.addressed.example", "A", PASSED),
]

failures = 0


def check(what, good, detail=""):
    global failures
    failures += not good
    if not good:
        print(f"FAILED {what}: {detail}")


class Unbound:
    """A resolver in the foreground on a port of its own."""

    def __init__(self, folder, server="", clauses=""):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.config = folder / "unbound.conf"
        self.config.write_text(f"""server:
    interface: 127.0.0.1@{self.port}
    access-control: 127.0.0.0/8 allow
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    logfile: ""
    do-daemonize: no
    module-config: "respip iterator"
    do-not-query-localhost: no
    domain-insecure: "."
    local-zone: "test." transparent
    num-threads: 1
{server}
auth-zone:
    name: "."
    zonefile: "{folder}/root.zone"
    for-downstream: no
    for-upstream: yes
    fallback-enabled: no
{clauses}
remote-control:
    control-enable: no
""")
        (folder / "root.zone").write_text(f"""$TTL 60
. SOA localhost. hostmaster.invalid. 1 60 30 604800 60
. NS localhost.
*. A {PASSED}
*. AAAA 2001:db8::1
*.addressed.test. A {BLOCKED_ADDRESS}
*.test. A {PASSED}
""")

    def __enter__(self):
        checked = subprocess.run(["unbound-checkconf", self.config], capture_output=True, text=True)
        check("unbound-checkconf", checked.returncode == 0, checked.stdout + checked.stderr)
        self.process = subprocess.Popen(["unbound", "-d", "-p", "-c", self.config], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        deadline = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < deadline:
            if self.ask("ready.example", "A") == PASSED:
                return self
        self.process.kill()
        sys.exit("FAILED unbound did not start:\n" + self.process.communicate()[0])

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=30)

    def ask(self, name, kind):
        answer = subprocess.run(["dig", "@127.0.0.1", "-p", str(self.port), "+tries=2", "+time=2", "+noedns",
                                 name, kind], capture_output=True, text=True).stdout
        status = next((line.split("status: ")[1].split(",")[0] for line in answer.splitlines()
                       if "status: " in line), "no answer")
        if status != "NOERROR":
            return status
        records = [line.split()[-1] for line in answer.splitlines()
                   if line and not line.startswith(";") and line.split()[3] == kind]
        return records[0] if records else NODATA


def export(interdict, *arguments):
    ran = subprocess.run([interdict, "export", *arguments, "--orders", HERE / "orders.json",
                          "--protect", "bank.group.example", "--protect", "bank.example"],
                         capture_output=True, text=True)
    check(f"export {arguments[0]}", ran.returncode == 0, ran.stderr)


def rpz_unbound(interdict, folder):
    export(interdict, "rpz", "--addresses", "--out", folder / "rpz.zone")
    clause = f'rpz:\n    name: "rpz.interdict"\n    zonefile: "{folder}/rpz.zone"\n'
    with Unbound(folder, clauses=clause) as resolver:
        for name, kind, wanted, _ in QUESTIONS:
            seen = resolver.ask(name, kind)
            check(f"rpz: {name} {kind}", seen == wanted, f"{seen}, expected {wanted}")
        for name, kind, wanted in ADDRESS_QUESTIONS:
            seen = resolver.ask(name, kind)
            check(f"rpz-ip: {name} {kind}", seen == wanted, f"{seen}, expected {wanted}")


def rpz_by_authority(interdict, folder):
    (folder / "zones").mkdir()
    export(interdict, "rpz", "--by-authority", "--out", folder / "zones")
    zones = sorted(path.name.removesuffix(".zone") for path in (folder / "zones").iterdir())
    check("a zone for each authority", zones == ["agcom.rpz.interdict", "juzgado-de-lo-mercantil.rpz.interdict",
                                                 "tribunale-di-milano.rpz.interdict"], zones)
    for order in (zones, zones[::-1]):
        clauses = "".join(f'rpz:\n    name: "{zone}"\n    zonefile: "{folder}/zones/{zone}.zone"\n' for zone in order)
        with Unbound(folder, clauses=clauses) as resolver:
            for name, kind, wanted, _ in QUESTIONS:
                seen = resolver.ask(name, kind)
                check(f"rpz by authority, {order[0]} first: {name} {kind}", seen == wanted,
                      f"{seen}, expected {wanted}")


def local_zones(interdict, folder):
    export(interdict, "unbound", "--out", folder / "interdict.conf")
    with Unbound(folder, clauses=f'include: "{folder}/interdict.conf"\n') as resolver:
        for name, kind, _, wanted in QUESTIONS:
            seen = resolver.ask(name, kind)
            check(f"local zones: {name} {kind}", seen == wanted, f"{seen}, expected {wanted}")


def bind(interdict, folder):
    export(interdict, "bind", "--addresses", "--by-authority", "--out", folder)
    for zone in folder.glob("*.zone"):
        checked = subprocess.run(["named-checkzone", zone.name.removesuffix(".zone"), zone], capture_output=True,
                                 text=True)
        check(f"named-checkzone {zone.name}", checked.returncode == 0, checked.stdout + checked.stderr)
    (folder / "named.conf").write_text(f'options {{ directory "{folder}"; include "{folder}/response-policy.conf"; }};\n'
                                       f'include "{folder}/zones.conf";\n')
    checked = subprocess.run(["named-checkconf", "-z", folder / "named.conf"], capture_output=True, text=True)
    check("named-checkconf", checked.returncode == 0, checked.stdout + checked.stderr)


def bird(interdict, folder):
    for kind in ("bird", "bird-flowspec"):
        export(interdict, kind, "--next-hop-v4", "192.0.2.1", "--out", folder / f"{kind}.conf")
        (folder / "main.conf").write_text(f'router id 192.0.2.1;\nprotocol device {{ }}\n'
                                          f'include "{folder}/{kind}.conf";\n')
        checked = subprocess.run(["bird", "-p", "-c", folder / "main.conf"], capture_output=True, text=True)
        check(f"bird -p, {kind}", checked.returncode == 0, checked.stdout + checked.stderr)
        text = (folder / f"{kind}.conf").read_text()
        check(f"{kind}: targets", ("198.51.100.7/32" in text, "192.0.2.66" in text) == (True, False), text)


def main():
    interdict = os.path.abspath(sys.argv[1])
    ran = 0
    for part, programs in ((rpz_unbound, ("unbound", "dig")), (rpz_by_authority, ("unbound", "dig")),
                           (local_zones, ("unbound", "dig")), (bind, ("named-checkzone", "named-checkconf")),
                           (bird, ("bird",))):
        absent = [program for program in programs if not shutil.which(program)]
        if absent:
            print(f"skipped {part.__name__}: {', '.join(absent)} not installed; run: make deps")
            continue
        before = failures
        with tempfile.TemporaryDirectory(prefix="interdict-exports-") as folder:
            part(interdict, pathlib.Path(folder))
        ran += 1
        if failures == before:
            print(f"ok     {part.__name__}")
    print(f"{ran} parts run, {failures} failures")
    return 1 if failures else 0 if ran else 77


if __name__ == "__main__":
    sys.exit(main())
