#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads exports into the programs that they are for and asks those.

usage: exports.py INTERDICT

Unbound and BIND answer from a local zone in which every name exists, so no network is needed: what is not blocked has
the address 192.0.2.1, and what ends in addressed.test the address that an order blocks. BIRD's
parser reads what is for it. A program that is not installed is a skip with its reason; the exit
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
PASSED, BLOCKED_ADDRESS = "192.0.2.1", "5.45.64.7"
RPZ, LOCAL_ZONES = 2, 3  # columns of QUESTIONS
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


ROOT_ZONE = f"""$TTL 60
. SOA localhost. hostmaster.invalid. 1 60 30 604800 60
. NS localhost.
*. A {PASSED}
*. AAAA 2001:db8::1
*.addressed.test. A {BLOCKED_ADDRESS}
*.test. A {PASSED}
"""


class Resolver:
    """A program in the foreground on a port of its own."""

    def __init__(self, checker, command):
        self.checker, self.command = checker, command

    @staticmethod
    def free_port():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            return free.getsockname()[1]

    def __enter__(self):
        checked = subprocess.run(self.checker, capture_output=True, text=True)
        check(self.checker[0], checked.returncode == 0, checked.stdout + checked.stderr)
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        deadline = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < deadline:
            if self.ask("ready.example", "A") == PASSED:
                return self
        self.process.kill()
        sys.exit(f"FAILED {self.command[0]} did not start:\n" + self.process.communicate()[0])

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
        answer = answer.partition("ANSWER SECTION:")[2].partition("SECTION:")[0]
        records = [line.split()[-1] for line in answer.splitlines()
                   if line and not line.startswith(";") and line.split()[3] == kind]
        return records[0] if records else NODATA


class Unbound(Resolver):
    def __init__(self, folder, clauses=""):
        self.port = self.free_port()
        config = folder / "unbound.conf"
        config.write_text(f"""server:
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
    local-zone: "test." transparent
    num-threads: 1
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
        (folder / "root.zone").write_text(ROOT_ZONE)
        super().__init__(["unbound-checkconf", config], ["unbound", "-d", "-p", "-c", config])


class Named(Resolver):
    def __init__(self, folder):
        self.port = self.free_port()
        config = folder / "named.conf"
        config.write_text(f"""options {{
    directory "{folder}";
    listen-on port {self.port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile none;
    managed-keys-directory "{folder}";
    recursion yes;
    dnssec-validation no;
    empty-zones-enable no;
    include "{folder}/response-policy.conf";
}};
controls {{ }};
zone "." {{ type primary; file "{folder}/root.zone"; }};
include "{folder}/zones.conf";
""")
        (folder / "root.zone").write_text(ROOT_ZONE)
        super().__init__(["named-checkconf", "-z", config], ["named", "-g", "-n", "1", "-c", config])


def export(interdict, *arguments):
    ran = subprocess.run([interdict, "export", *arguments, "--orders", HERE / "orders.json",
                          "--protect", "bank.group.example", "--protect", "bank.example"],
                         capture_output=True, text=True)
    check(f"export {arguments[0]}", ran.returncode == 0, ran.stderr)


def ask_all(what, resolver, column):
    for question in QUESTIONS:
        name, kind, wanted = question[0], question[1], question[column]
        seen = resolver.ask(name, kind)
        check(f"{what}: {name} {kind}", seen == wanted, f"{seen}, expected {wanted}")


def ask_addresses(what, resolver):
    for name, kind, wanted in ADDRESS_QUESTIONS:
        seen = resolver.ask(name, kind)
        check(f"{what}: {name} {kind}", seen == wanted, f"{seen}, expected {wanted}")


def rpz_unbound(interdict, folder):
    export(interdict, "rpz", "--addresses", "--out", folder / "rpz.zone")
    clause = f'rpz:\n    name: "rpz.interdict"\n    zonefile: "{folder}/rpz.zone"\n'
    with Unbound(folder, clauses=clause) as resolver:
        ask_all("rpz", resolver, RPZ)
        ask_addresses("rpz-ip", resolver)


def rpz_by_authority(interdict, folder):
    (folder / "zones").mkdir()
    export(interdict, "rpz", "--by-authority", "--out", folder / "zones")
    zones = sorted(path.name.removesuffix(".zone") for path in (folder / "zones").iterdir())
    check("a zone for each authority", zones == ["agcom.rpz.interdict", "tribunale-di-milano.rpz.interdict"], zones)
    for order in (zones, zones[::-1]):
        clauses = "".join(f'rpz:\n    name: "{zone}"\n    zonefile: "{folder}/zones/{zone}.zone"\n' for zone in order)
        with Unbound(folder, clauses=clauses) as resolver:
            ask_all(f"rpz by authority, {order[0]} first", resolver, RPZ)


def local_zones(interdict, folder):
    export(interdict, "unbound", "--out", folder / "interdict.conf")
    with Unbound(folder, clauses=f'include: "{folder}/interdict.conf"\n') as resolver:
        ask_all("local zones", resolver, LOCAL_ZONES)


def zone_checker(interdict, folder):
    export(interdict, "bind", "--addresses", "--by-authority", "--out", folder)
    for zone in folder.glob("*.zone"):
        checked = subprocess.run(["named-checkzone", zone.name.removesuffix(".zone"), zone], capture_output=True,
                                 text=True)
        check(f"named-checkzone {zone.name}", checked.returncode == 0, checked.stdout + checked.stderr)


def rpz_bind(interdict, folder):
    for extra in ([], ["--by-authority"]):
        export(interdict, "bind", "--addresses", "--out", folder, *extra)
        with Named(folder) as resolver:
            ask_all("bind " + " ".join(extra), resolver, RPZ)
            ask_addresses("bind rpz-ip", resolver)


def bird(interdict, folder):
    for kind in ("bird", "bird-flowspec"):
        export(interdict, kind, "--next-hop-v4", "192.0.2.1", "--out", folder / f"{kind}.conf")
        (folder / "main.conf").write_text(f'router id 192.0.2.1;\nprotocol device {{ }}\n'
                                          f'include "{folder}/{kind}.conf";\n')
        checked = subprocess.run(["bird", "-p", "-c", folder / "main.conf"], capture_output=True, text=True)
        check(f"bird -p, {kind}", checked.returncode == 0, checked.stdout + checked.stderr)
        text = (folder / f"{kind}.conf").read_text()
        check(f"{kind}: targets", ("5.45.64.7/32" in text, "192.0.2.66" in text) == (True, False), text)


def main():
    interdict = os.path.abspath(sys.argv[1])
    ran = 0
    for part, programs in ((rpz_unbound, ("unbound", "dig")), (rpz_by_authority, ("unbound", "dig")),
                           (local_zones, ("unbound", "dig")), (zone_checker, ("named-checkzone",)),
                           (rpz_bind, ("named", "named-checkconf", "dig")), (bird, ("bird",))):
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
