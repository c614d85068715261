#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A Piracy Shield server for tests, on loopback, with TLS and with faults on demand.

usage: piracyshield_server.py FOLDER

Makes a certificate authority and a certificate for 127.0.0.1 in FOLDER (needs openssl), then listens on a free port and
prints it. Ends when its standard input does. FOLDER/ca.pem is what a client has to trust; FOLDER/other.pem is an
authority that signed nothing.

POST /control sets what happens from then on, as a JSON object: lists (fqdn, ipv4, ipv6), tickets, items (by ticket), and
faults, a list of {"path": part of it, "count": how often, "kind": ...}, the first that fits being used up:
    status (with "status", "retry_after"), error (with "status", "code", "message"), body (with "body"), slow (seconds),
    cut (half a body and then nothing), expire (tokens are worth nothing any more), shuffle (lines in another order),
    rotate (the same, another one at each call), redirect (with "status", "location"), echo (with "status": all that was
    sent comes back in an error's words), reflect (the same as a body that is no answer)
GET /control answers with the requests so far, and forgets them.
"""

import hashlib
import http.server
import json
import pathlib
import ssl
import subprocess
import sys
import threading
import time

EMAIL, PASSWORD = "isp@example.org", "correct horse"


def make_certificates(folder):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name} of a test", "-days", "1")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "server.key", "-out",
            "server.csr", "-subj", "/CN=server of a test")
    (folder / "server.ext").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1",
            "-extfile", "server.ext", "-out", "server.pem")


class State:
    def __init__(self):
        self.lock = threading.Lock()
        self.lists = {"fqdn": [], "ipv4": [], "ipv6": []}
        self.tickets, self.items, self.faults, self.requests = [], {}, [], []
        self.access, self.refresh, self.issued, self.rotation = set(), set(), 0, 0

    def token(self, kind):
        self.issued += 1
        token = f"{kind.upper()}-{self.issued}"
        (self.access if kind == "access" else self.refresh).add(token)
        return token

    def fault(self, path):
        for fault in self.faults:
            if fault["path"] in path and fault.get("count", 1) > 0:
                fault["count"] = fault.get("count", 1) - 1
                return fault
        return {}


STATE = State()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body, kind="application/json", headers=()):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def success(self, data):
        self.send(200, json.dumps({"status": "success", "data": data, "note": None}))

    def error(self, status, code, message):
        self.send(status, json.dumps({"status": "error", "code": code, "message": message}))

    def text(self, text):
        self.send(200, text, "text/plain; charset=UTF-8")

    def do_GET(self):
        self.handle_request({})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.handle_request(json.loads(body))

    def handle_request(self, body):
        with STATE.lock:
            if self.path == "/control":
                return self.control(body)
            STATE.requests.append({"path": self.path, "body": body,
                                   "token": self.headers.get("Authorization", "").removeprefix("Bearer ")})
            fault = STATE.fault(self.path)
        kind = fault.get("kind")
        if kind == "status":
            headers = [("Retry-After", str(fault["retry_after"]))] if "retry_after" in fault else []
            return self.send(fault["status"], "<html>overloaded</html>", "text/html", headers)
        if kind == "error":
            return self.error(fault["status"], fault["code"], fault["message"])
        if kind == "body":
            return self.send(200, fault["body"], "text/plain")
        if kind == "redirect":
            return self.send(fault["status"], "", "text/plain", [("Location", fault["location"])])
        sent = json.dumps([body, self.headers.get("Authorization", "")])
        if kind == "echo":
            return self.error(fault["status"], "1001", sent)
        if kind == "reflect":
            return self.send(200, sent, "text/plain")
        if kind == "slow":
            time.sleep(fault["seconds"])
        if kind == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
            self.close_connection = True
            return None
        with STATE.lock:
            if kind == "expire":
                STATE.access.clear()
                if fault.get("refresh"):
                    STATE.refresh.clear()
            return self.answer(body, kind)

    def control(self, body):
        if self.command == "GET":
            requests, STATE.requests = STATE.requests, []
            return self.send(200, json.dumps(requests))
        for key, value in body.items():
            setattr(STATE, key, value)
        return self.success(None)

    def answer(self, body, kind):
        path = self.path.removeprefix("/api/v1")
        if path == "/authentication/login":
            if body != {"email": EMAIL, "password": PASSWORD}:
                return self.error(401, "1001", "wrong credentials")
            return self.success({"access_token": STATE.token("access"), "refresh_token": STATE.token("refresh")})
        if path == "/authentication/refresh":
            if body.get("refresh_token") not in STATE.refresh:
                return self.error(401, "1002", "refresh token expired")
            return self.success({"access_token": STATE.token("access")})
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in STATE.access:
            return self.error(401, "1003", "token expired")
        if path == "/ping":
            return self.success("pong")
        if path == "/ticket/get/all":
            return self.success(STATE.tickets)
        if path == "/ticket/item/get/all":
            if body.get("ticket_id") not in STATE.items:
                return self.error(400, "4001", "no such ticket")
            return self.success(STATE.items[body["ticket_id"]])
        if path in ("/ticket/item/set/processed", "/ticket/item/set/unprocessed"):
            return self.set_item(path.rpartition("/")[2], body)
        for genre, values in STATE.lists.items():
            values = list(values)
            if kind == "shuffle":
                values.reverse()
            if kind == "rotate":
                STATE.rotation += 1
                values = values[STATE.rotation % len(values):] + values[:STATE.rotation % len(values)]
            joined = "\n".join(values)
            if path == f"/{genre}/get/all":
                return self.success(values)
            if path == f"/{genre}/get/all/txt":
                return self.text(joined)
            if path == f"/{genre}/get/all/txt/checksum":
                if not values:
                    return self.error(400, "5011", "no items")
                return self.text(hashlib.sha256(joined.encode()).hexdigest())
        return self.send(404, "not found", "text/plain")

    def set_item(self, status, body):
        for items in STATE.items.values():
            for item in items:
                if item["value"] == body.get("value"):
                    if item["status"] != "pending":
                        return self.error(400, "5008", "already reported")
                    item["status"] = status
                    return self.success(None)
        return self.error(400, "5001", "no such item")


def main():
    folder = pathlib.Path(sys.argv[1])
    make_certificates(folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
