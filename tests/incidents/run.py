#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays incidents of the past: what the order was, and what interdict does with it.

usage: run.py [--interdict PROGRAM] INCIDENT.json...

An incident is a JSON object:

    incident    what happened and to whom
    safeguard   what would have stopped it
    files       optional; name -> text, a list of lines, or JSON: lists that the guard loads
    guard       optional; guard settings
    orders      the order file's "orders"
    steps       each a command and what is expected of it:
        run     arguments of interdict; $ORDERS and $GUARD are the files, $FILES the folder of `files`,
                $CAPTURES that of tests/replay/captures
        exit    the exit code; 0 if it is left out
        json    part of the output: members of objects may be left out, lists have all their elements; a text
                between slashes is a part that the text has: "/lies in 188.114.96.0/20/"
        stderr  list of texts in standard error
        absent  list of texts that are neither in the output nor in any file that interdict keeps

A failing step prints the command and what it said.
"""

import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
KEYS = {"incident", "safeguard", "files", "guard", "orders", "steps"}
STEP_KEYS = {"run", "exit", "json", "stderr", "absent"}


def contains(whole, part):
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(k in whole and contains(whole[k], v) for k, v in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(contains, whole, part))
    if isinstance(part, str) and isinstance(whole, str) and len(part) > 2 and part[0] == part[-1] == "/":
        return part[1:-1] in whole
    return whole == part


def write(folder, incident):
    """The incident's files; returns the variables that name them."""
    files = folder / "files"
    files.mkdir()
    for name, content in incident.get("files", {}).items():
        if isinstance(content, list):
            content = "\n".join(content) + "\n"
        (files / name).write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    (folder / "orders.json").write_text(json.dumps({"orders": incident["orders"]}, indent=1))
    # Beside the lists, which it names by relative paths.
    (files / "guard.json").write_text(json.dumps(incident.get("guard", {})))
    return {"ORDERS": str(folder / "orders.json"), "GUARD": str(files / "guard.json"), "FILES": str(files),
            "CAPTURES": str(HERE.parent / "replay" / "captures")}


def kept(state):
    return b"".join(file.read_bytes() for file in state.rglob("*") if file.is_file())


def judge(step, ran, state):
    """What did not hold."""
    if ran.returncode != step.get("exit", 0):
        yield f"exit code {ran.returncode}, expected {step.get('exit', 0)}"
    for text in step.get("stderr", []):
        if text not in ran.stderr:
            yield f"not in standard error: {text}"
    for text in step.get("absent", []):
        if text in ran.stdout + ran.stderr or text.encode() in kept(state):
            yield f"is there: {text}"
    if "json" in step:
        lines = ran.stdout.strip().splitlines()
        try:
            seen = json.loads(lines[-1]) if lines else None
        except json.JSONDecodeError as error:
            yield f"the output is not JSON: {error}"
            return
        if not contains(seen, step["json"]):
            yield f"not part of the output: {json.dumps(step['json'])}"


def replay(path, interdict):
    """True if interdict does what the file says."""
    incident = json.loads(path.read_text())
    unknown = set(incident) - KEYS | {key for step in incident["steps"] for key in set(step) - STEP_KEYS}
    if unknown or not incident["steps"] or not incident["incident"] or not incident["safeguard"]:
        sys.exit(f"{path.name}: unknown key or nothing to do: {', '.join(sorted(unknown)) or 'no steps'}")
    good = True
    with tempfile.TemporaryDirectory(prefix="interdict-incident-") as name:
        folder = pathlib.Path(name)
        variables = write(folder, incident)
        for step in incident["steps"]:
            arguments = shlex.split(step["run"])
            for key, value in variables.items():
                arguments = [word.replace(f"${key}", value) for word in arguments]
            ran = subprocess.run([interdict, "--state", str(folder / "state"), *arguments], capture_output=True,
                                 text=True, timeout=60, env=dict(os.environ, LC_ALL="C.UTF-8"))
            faults = list(judge(step, ran, folder / "state"))
            if faults:
                good = False
                print(f"FAILED {path.stem}: interdict {step['run']}")
                for fault in faults:
                    print(f"    {fault}")
                for line in (ran.stdout + ran.stderr).splitlines()[:40]:
                    print(f"    | {line}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interdict", default=str(HERE.parent.parent / "build" / "interdict"))
    parser.add_argument("incidents", nargs="+", type=pathlib.Path, metavar="INCIDENT.json")
    options = parser.parse_args()
    results = [replay(HERE / path, options.interdict) for path in options.incidents]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
