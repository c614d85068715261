#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Firefox under remote control (Marionette); speaks like chromium.py: one visit per line in, JSON out.

WORD is the HTTP status, the name of Firefox's error page, such as netReset, or "timeout". Sites are told
apart by their names only, so visit each name once.
"""
import argparse
import base64
import json
import os
import re
import socket
import subprocess
import sys
import time

from visits import answer_visits

PORT = 2828  # of the namespace
PREFERENCES = {
    "network.trr.mode": 5,
    # Roots that a user added end HTTP/3 otherwise.
    "network.http.http3.disable_when_third_party_roots_found": False,
    "dom.security.https_first": False,
    "network.dns.upgrade_with_https_rr": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.http.speculative-parallel-limit": 0,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.aboutwelcome.enabled": False,
}


class Browser:
    """Marionette: over TCP, JSON arrays [0, id, command, parameters] with their length in front."""

    def __init__(self, program, profile):
        self.process = subprocess.Popen([program, "--headless", "--marionette", "--no-remote", "--profile",
                                         profile, "about:blank"], stdin=subprocess.DEVNULL, stdout=sys.stderr)
        deadline = time.monotonic() + 40
        while True:
            try:
                self.connection = socket.create_connection(("127.0.0.1", PORT))
                break
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.05)
        self.connection.settimeout(60)
        self.stream = self.connection.makefile("rb")
        self.receive()
        self.serial = 0
        self.call("WebDriver:NewSession", capabilities={"alwaysMatch": {"acceptInsecureCerts": False}})
        self.call("WebDriver:SetWindowRect", width=900, height=600)

    def receive(self):
        length = b""
        while not length.endswith(b":"):
            byte = self.stream.read(1)
            if not byte:
                raise ConnectionError("Firefox has ended")
            length += byte
        return json.loads(self.stream.read(int(length[:-1])))

    def call(self, command, **parameters):
        self.serial += 1
        text = json.dumps([0, self.serial, command, parameters])
        self.connection.sendall(f"{len(text)}:{text}".encode())
        _, _, error, result = self.receive()
        if error:
            raise RuntimeError(error["message"])
        return result

    def evaluate(self, script):
        return self.call("WebDriver:ExecuteScript", script=script, args=[])["value"]

    def visit(self, url, seconds, picture):
        self.call("WebDriver:Navigate", url="about:blank")
        self.call("WebDriver:SetTimeouts", pageLoad=int(seconds * 1000))
        seen = {"seen": "", "protocol": "", "title": "", "text": ""}
        try:
            self.call("WebDriver:Navigate", url=url)
        except RuntimeError as error:
            page = re.search(r"about:\w+\?e=(\w+)", str(error))
            seen["seen"] = page.group(1) if page else "timeout" if "imeout" in str(error) else str(error)
        if seen["seen"] == "timeout":
            return seen
        if not seen["seen"]:
            status, seen["protocol"] = self.evaluate(
                "const n = performance.getEntriesByType('navigation')[0]; return [n.responseStatus, n.nextHopProtocol]")
            seen["seen"] = str(status)
        seen["title"] = self.evaluate("return document.title")
        seen["text"] = self.evaluate("return document.body ? document.body.innerText : ''")
        if picture != "-":
            with open(picture, "wb") as out:
                out.write(base64.b64decode(self.call("WebDriver:TakeScreenshot", full=False)["value"]))
        return seen

    def end(self):
        try:
            self.call("Marionette:Quit", flags=["eForceQuit"])
            self.process.wait(10)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="firefox-esr", help="default firefox-esr")
    parser.add_argument("--profile", required=True, help="a directory for its files, with the roots it trusts")
    parser.add_argument("--quic", default="", metavar="HOST[,HOST]...", help="hosts known to speak HTTP/3")
    parser.add_argument("--in", dest="visits", default="/dev/stdin", help="where visits come from")
    parser.add_argument("--out", dest="seen", default="/dev/stdout", help="where answers go")
    options = parser.parse_args()
    preferences = dict(PREFERENCES)
    if options.quic:
        preferences["network.http.http3.alt-svc-mapping-for-testing"] = ",".join(
            f"{host};h3=:443" for host in options.quic.split(","))
    with open(os.path.join(options.profile, "user.js"), "w") as out:
        for name, value in preferences.items():
            out.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
    browser = Browser(options.program, options.profile)
    answer_visits(browser, options.visits, options.seen)


if __name__ == "__main__":
    main()
