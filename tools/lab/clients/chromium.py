#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Chromium under remote control: visits pages and says what a person would see.

Reads one visit per line, until the line "end", "URL SECONDS PICTURE" (PICTURE - for none), and answers each
with one line of JSON: {"seen": WORD, "protocol": ..., "title": ..., "text": ..., "seconds": ...}. WORD is the
HTTP status, Chromium's own name of the error, such as net::ERR_CONNECTION_RESET, or "timeout". Every visit has
a browser context of its own, so that no connection, no cached answer and no memory of QUIC goes from one to
the next.
"""
import argparse
import base64
import json
import os
import select
import subprocess
import sys
import time

from visits import answer_visits

FLAGS = [
    "--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--disable-sync", "--disable-extensions", "--disable-auto-reload", "--disable-dev-shm-usage",
    # Its own resolver asks for HTTPS records, in which a site says that it speaks HTTP/3.
    "--enable-quic", "--enable-features=AsyncDns,UseDnsHttpsSvcb,UseDnsHttpsSvcbAlpn",
    "--disable-breakpad", "--hide-scrollbars", "--window-size=900,600",
]


class Browser:
    """The DevTools protocol over descriptors 3 and 4: JSON messages, each ended by a zero byte."""

    def __init__(self, program, arguments):
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()

        def descriptors():
            os.dup2(to_browser, 3)
            os.dup2(from_browser, 4)

        # Kept from being 3 or 4 themselves, which dup2 would overwrite.
        to_browser, from_browser = (os.dup(os.dup(os.dup(d))) for d in (to_browser, from_browser))
        self.process = subprocess.Popen([program, *FLAGS, *arguments], preexec_fn=descriptors,
                                        pass_fds=(3, 4), stdin=subprocess.DEVNULL, stdout=sys.stderr)
        os.close(to_browser)
        os.close(from_browser)
        self.pending = b""
        self.events = []
        self.serial = 0
        self.session = None

    def receive(self, deadline):
        while b"\0" not in self.pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.input], [], [], left)[0]:
                raise TimeoutError
            data = os.read(self.input, 1 << 20)
            if not data:
                raise ConnectionError("Chromium has ended")
            self.pending += data
        message, self.pending = self.pending.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, seconds=20.0, session=True, **parameters):
        self.serial += 1
        message = {"id": self.serial, "method": method, "params": parameters}
        if session and self.session:
            message["sessionId"] = self.session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + seconds
        while True:
            answer = self.receive(deadline)
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, name, seconds):
        deadline = time.monotonic() + seconds
        while not any(e.get("method") == name for e in self.events):
            self.events.append(self.receive(deadline))

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression)["result"].get("value", "")

    def visit(self, url, seconds, picture):
        context = self.call("Target.createBrowserContext", session=False)["browserContextId"]
        try:
            target = self.call("Target.createTarget", session=False, url="about:blank",
                               browserContextId=context)["targetId"]
            self.session = self.call("Target.attachToTarget", session=False, targetId=target,
                                     flatten=True)["sessionId"]
            self.call("Page.enable")
            self.call("Network.enable")
            self.events.clear()
            return self.navigate(url, seconds, picture)
        finally:
            self.session = None
            self.call("Target.disposeBrowserContext", session=False, browserContextId=context)

    def navigate(self, url, seconds, picture):
        seen = {"seen": "timeout", "protocol": "", "title": "", "text": ""}
        try:
            error = self.call("Page.navigate", seconds, url=url).get("errorText", "")
            if error:
                seen["seen"] = error
            self.wait("Page.loadEventFired", seconds)
        except TimeoutError:
            return seen
        for event in self.events:
            if event.get("method") == "Network.responseReceived" and event["params"]["type"] == "Document" \
                    and not error:
                response = event["params"]["response"]
                seen["seen"], seen["protocol"] = str(response["status"]), response["protocol"]
        seen["title"] = self.evaluate("document.title")
        seen["text"] = self.evaluate("document.body ? document.body.innerText : ''")
        if picture != "-":
            with open(picture, "wb") as out:
                out.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
        return seen

    def end(self):
        try:
            self.call("Browser.close", 5, session=False)
            self.process.wait(5)
        except (TimeoutError, ConnectionError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="chromium", help="default chromium")
    parser.add_argument("--profile", required=True, help="a directory for its files")
    parser.add_argument("--trust", metavar="PIN", help="accept servers with this key (base64 of SHA-256)")
    parser.add_argument("--quic", default="", metavar="HOST[,HOST]...", help="hosts to talk QUIC with, only")
    parser.add_argument("--in", dest="visits", default="/dev/stdin", help="where visits come from")
    parser.add_argument("--out", dest="seen", default="/dev/stdout", help="where answers go")
    options = parser.parse_args()
    arguments = [f"--user-data-dir={options.profile}"]
    if options.trust:
        arguments.append(f"--ignore-certificate-errors-spki-list={options.trust}")
    if options.quic:
        arguments.append("--origin-to-force-quic-on=" + ",".join(h + ":443" for h in options.quic.split(",")))
    browser = Browser(options.program, arguments)
    answer_visits(browser, options.visits, options.seen)


if __name__ == "__main__":
    main()
