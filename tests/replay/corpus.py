#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays captures of real clients through the real programs and compares with what is known to be in them.

A folder has captures.jsonl (a line per capture: pcap, linktypes), truth.jsonl (a line per name: pcap, kind, host,
frames that carry it) and, optionally, negatives.jsonl (names that appear but must not be acted on). For every capture
one order blocks exactly its names; a name is found if one of the frames that carry it gets a verdict other than pass
under a rule for that name. Negatives are blocked too, and any verdict on them is a fault.

usage: corpus.py [options] FOLDER...
exit code: 0 all expectations hold, 1 some do not, 4 skipped (the reason is printed)
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 4
ETHERNET, RAW_IP = {1}, {12, 14, 101, 228, 229}


def host(name):
    return name.lower().rstrip(".")


def is_host_name(name):
    labels = name.split(".")
    return (len(labels) > 1 and len(name) <= 253 and all(0 < len(label) <= 63 for label in labels)
            and name.isascii() and all(c.isalnum() or c in "-_." for c in name)
            and not name.replace(".", "").isdigit())


def order_file(names):
    return {"orders": [{
        "id": "replay-test", "kind": "court-order", "authority": "A court", "reference": "1/2020", "jurisdiction": "ZZ",
        "issued": "2020-01-01", "effective": "2020-01-01T00:00:00Z", "means": ["dns", "tls", "quic", "http"],
        "targets": [{"name": name, "match": "exact"} for name in sorted(names)]}]}


def lines(path):
    return [json.loads(line) for line in path.open()] if path.exists() else []


def replay(binary, capture, names):
    """Frames with a verdict other than pass, by target. Raises RuntimeError with what the command said."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as orders:
        json.dump(order_file(names or {"nothing.invalid"}), orders)
        orders.flush()
        result = subprocess.run([binary, "replay", "--json", "--orders", orders.name, str(capture)],
                                capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"{capture.name}: exit {result.returncode}: {result.stderr.strip()[-300:]}")
    hits = collections.defaultdict(set)
    for line in result.stdout.splitlines():
        entry = json.loads(line)
        if "frame" in entry and entry.get("verdict", "pass") != "pass":
            hits[host(entry.get("target") or entry.get("name") or "")].add(entry["frame"])
    return hits


def on_links(capture, links):
    types = set(capture.get("linktypes", [1]))
    return links == "all" or types <= ETHERNET | RAW_IP


class Score:
    def __init__(self):
        self.found = self.total = self.captures = 0
        self.missed, self.acted_on, self.errors = [], [], []

    def folder(self, folder, binary, kind, links):
        truth = collections.defaultdict(list)
        for line in lines(folder / "truth.jsonl"):
            line["host"] = host(line.get("host") or line["name"])
            if is_host_name(line["host"]):
                truth[line["pcap"]].append(line)
        negatives = collections.defaultdict(set)
        for line in lines(folder / "negatives.jsonl"):
            if "ambiguous" not in line.get("why", "").lower():
                negatives[line["pcap"]].add(host(line["name"]))
        captures = [c for c in lines(folder / "captures.jsonl") if (folder / c["pcap"]).exists()]

        def run(capture):
            names = {line["host"] for line in truth[capture["pcap"]]}
            names |= {name for name in negatives[capture["pcap"]] if is_host_name(name)}
            try:
                return replay(binary, folder / capture["pcap"], names), None
            except (RuntimeError, ValueError) as error:
                return collections.defaultdict(set), str(error)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(run, captures))
        for capture, (hits, error) in zip(captures, results):
            self.captures += 1
            self.errors += [error] if error else []
            name = capture["pcap"]
            self.count(name, truth[name], negatives[name], hits, kind if on_links(capture, links) else None)

    def count(self, capture, truth, negatives, hits, kind):
        """kind: names to score; None: none, only negatives."""
        wanted = {line["host"] for line in truth}
        self.acted_on += [f"{capture}: {name}" for name in sorted(negatives - wanted) if hits[name]]

        frames = collections.defaultdict(set)
        for line in truth:
            if line["kind"] == kind:
                key = line["host"], bool(line.get("reassembled")), line.get("encap", "none")
                frames[key] |= set(line.get("frames") or [line["frame"]])
        for (name, *_), carrying in sorted(frames.items()):
            self.total += 1
            if hits[name] & carrying:
                self.found += 1
            else:
                self.missed.append(f"{capture}: {name} in frames {sorted(carrying)}, verdicts in {sorted(hits[name])}")

    def holds(self, recall):
        return not self.errors and not self.acted_on and self.total and self.found >= recall * self.total

    def report(self, title, recall):
        share = self.found / self.total if self.total else 0
        print(f"{title}: {self.captures} captures, {self.found} of {self.total} names found, {share:.2%} "
              f"(asked for {recall:.0%}), negatives acted on: {len(self.acted_on)}, errors: {len(self.errors)}")
        for heading, entries in (("missed", self.missed), ("acted on", self.acted_on), ("error", self.errors)):
            for entry in entries[:20]:
                print(f"  {heading}: {entry}")


def skip(reason):
    print(f"skipped: {reason}")
    return SKIPPED


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interdict", default="build/interdict", help="the command (default: %(default)s)")
    parser.add_argument("--kind", default="tls", help="kind of names to score (default: %(default)s)")
    parser.add_argument("--recall", type=float, default=0.97, help="share to be found (default: %(default)s)")
    parser.add_argument("--links", choices=("all", "ethernet-ip"), default="all",
                        help="score captures of every link type, or of Ethernet and raw IP only")
    parser.add_argument("--corpus", action="store_true",
                        help="FOLDER is relative to INTERDICT_CORPUS, else to ../shared/corpus beside the repository")
    parser.add_argument("folders", nargs="+", type=pathlib.Path, metavar="FOLDER")
    arguments = parser.parse_args()

    folders = arguments.folders
    if arguments.corpus:
        beside = pathlib.Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
        root = pathlib.Path(os.environ.get("INTERDICT_CORPUS") or beside)
        if not root.is_dir():
            return skip(f"no corpus: {root} is not there; set INTERDICT_CORPUS to its folder")
        folders = [root / folder for folder in folders]
    if not os.access(arguments.interdict, os.X_OK):
        return skip(f"{arguments.interdict} is not built")
    if os.geteuid() != 0:
        return skip("replay loads BPF programs: run as root")

    score = Score()
    for folder in folders:
        score.folder(folder, arguments.interdict, arguments.kind, arguments.links)
    score.report(", ".join(folder.name for folder in folders), arguments.recall)
    return 0 if score.holds(arguments.recall) else 1


if __name__ == "__main__":
    sys.exit(main())
