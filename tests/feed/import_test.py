#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`interdict import piracyshield --config`, against the server of this folder. usage: import_test.py INTERDICT"""

import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ORDER = HERE.parent / "cli" / "data" / "feeds" / "order.json"
TICKET = "0123456789abcdef0123456789abcdef"


class Test:
    def __init__(self, interdict, folder):
        self.interdict, self.folder = interdict, folder
        (folder / "server").mkdir()
        self.server = subprocess.Popen([sys.executable, HERE / "piracyshield_server.py", folder / "server"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.server.stdout.readline())
        self.context = ssl.create_default_context(cafile=folder / "server" / "ca.pem")
        shutil.copy(ORDER, folder / "order.json")
        (folder / "secret").write_text('{"email": "isp@example.org", "password": "correct horse"}')
        os.chmod(folder / "secret", 0o600)
        self.configure()

    def configure(self, **more):
        (self.folder / "config.json").write_text(json.dumps(
            {"url": f"https://127.0.0.1:{self.port}/api", "credentials": "secret", "order": "order.json",
             "ca_file": "server/ca.pem", "attempts": 1, **more}))

    def control(self, state=None):
        data = json.dumps(state).encode() if state is not None else None
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}/control", data)
        with urllib.request.urlopen(request, context=self.context) as answer:
            return json.loads(answer.read())

    def paths(self):
        return [request["path"].removeprefix("/api/v1") for request in self.control()]

    def run(self, *arguments, code=0):
        done = subprocess.run([self.interdict, "--state", self.folder / "state", "--json", "import", "piracyshield",
                               "--no-apply", "--config", self.folder / "config.json", *arguments], capture_output=True, text=True)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        assert "correct horse" not in done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def lists(self, **more):
        self.control({"lists": {"fqdn": ["a.example", "b.example"], "ipv4": ["1.2.3.4"], "ipv6": []}, "faults": [],
                      "tickets": [{"ticket_id": TICKET, "fqdn": ["a.example"], "ipv4": ["1.2.3.4"], "ipv6": [],
                                   "status": "open", "metadata": {"created_at": "2026-04-01T20:00:00+02:00"}}],
                      "requests": [], **more})

    def work(self):
        self.lists()
        seen = self.run()
        assert seen["status"] == "taken" and seen["entries"] == 3 and seen["change"]["items_added"] == 3, seen
        assert "/fqdn/get/all/txt" in self.paths()
        assert len(list((self.folder / "state/feeds/piracyshield").glob("*.txt"))) == 2

        # Nothing but checksums is asked for again, and nothing changes.
        seen = self.run()
        assert seen["change"]["unchanged"] == 1 and seen["entries"] == 3, seen
        paths = self.paths()
        assert "/fqdn/get/all/txt" not in paths and "/fqdn/get/all/txt/checksum" in paths, paths

        # An entry that is gone is lifted.
        self.lists(lists={"fqdn": ["a.example", "b.example"], "ipv4": ["1.2.3.4"], "ipv6": ["2a00::7"]})
        assert self.run()["entries"] == 4
        self.lists()
        seen = self.run()
        assert seen["change"]["items_lifted"] == 1, seen

        # Empty and broken answers keep what is in force.
        self.lists(lists={"fqdn": [], "ipv4": [], "ipv6": []})
        seen = self.run(code=2)
        assert seen["status"] == "kept" and seen["before"] == 3, seen
        self.lists(faults=[{"path": "/ipv4/", "kind": "status", "status": 500, "count": 9}])
        seen = self.run(code=2)
        assert seen["status"] == "kept" and "status 500 after 1 attempts" in seen["why"], seen

        # Tickets are a convenience: the lists are taken without them.
        self.lists(faults=[{"path": "/ticket/", "kind": "status", "status": 500, "count": 9}])
        assert self.run()["status"] == "taken"

        # Nothing was proven, so nothing is reported as processed.
        self.lists(items={TICKET: [{"value": "a.example", "status": "pending"}]})
        seen = self.run("--report")
        assert seen["report"] == {"processed": 0, "unprocessed": 0, "late": [], "failed": []}, seen
        assert not any("/set/" in path for path in self.paths())

        # A password file that others can read is not used.
        os.chmod(self.folder / "secret", 0o644)
        seen = self.run(code=1)
        assert "others than its owner can read the password" in seen["error"], seen
        os.chmod(self.folder / "secret", 0o600)
        self.configure(min_entires=5)
        assert "$.min_entires: is not a known key" in self.run(code=1)["error"]


def main():
    if not shutil.which("openssl"):
        print("skipped: needs openssl")
        return 77
    with tempfile.TemporaryDirectory(prefix="interdict-import-") as folder:
        test = Test(sys.argv[1], pathlib.Path(folder))
        try:
            test.work()
        finally:
            test.server.stdin.close()
            test.server.wait()
    print("import piracyshield: good")
    return 0


if __name__ == "__main__":
    sys.exit(main())
