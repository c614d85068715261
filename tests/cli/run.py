#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs declarative tests of the command line.

usage: run.py [--interdict PROGRAM] [--verbose] [--update] FILE.case...

A case file is cases between blank lines; # starts a comment. A case is

    NAME what is expected, for people
    NEEDS root | bpf           skipped with its reason where that is not given; bpf: a network namespace of its
                               own with the interfaces a0 and a1, and a BPF file system
    RUN a command for bash     "interdict" is the program with pins and state of this case
    EXPECT text                in standard output            EXPECT_NOT text
    EXPECT_STDERR text         in standard error
    EXPECT_JSON json           part of the (last line of) output: members of objects may be left out, lists
                               have all their elements; "<any>" stands for any value
    GOLDEN file                the output is exactly this JSON, in golden/, where "<any>" stands for any value;
                               --update writes it, and leaves "<any>" where it is
    EXIT number                default 0

Everything after RUN is about that command; a case may have several. In all of them $DATA is tests/cli/data,
$EXAMPLES is examples/, $TMP an empty folder, $PINS and $STATE what interdict is given. Exits with 77 if every case was skipped.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BPFFS = pathlib.Path("/sys/fs/bpf")
PRELUDE = 'interdict() { "$INTERDICT" --pin-path "$PINS" --state "$STATE" "$@"; }; export -f interdict\n'
TIMEOUT = 60


class Step:
    def __init__(self, command, line):
        self.command, self.line, self.exit = command, line, 0
        self.checks = []  # (keyword, argument)


class Case:
    def __init__(self):
        self.name, self.needs, self.steps = "", [], []


def parse(path):
    cases, case = [], None
    for number, raw in enumerate(path.read_text().splitlines(), 1):
        line = raw.strip()
        if line.startswith("#"):
            continue
        if not line:
            case = None
            continue
        keyword, _, argument = line.partition(" ")
        argument = argument.strip()
        if case is None:
            case = Case()
            cases.append(case)
        if keyword == "NAME":
            case.name = argument
        elif keyword == "NEEDS":
            case.needs += argument.split()
        elif keyword == "RUN":
            case.steps.append(Step(argument, number))
        elif keyword in {"EXPECT", "EXPECT_NOT", "EXPECT_STDERR", "EXPECT_JSON", "GOLDEN"} and case.steps:
            case.steps[-1].checks.append((keyword, argument))
        elif keyword == "EXIT" and case.steps:
            case.steps[-1].exit = int(argument)
        else:
            sys.exit(f"{path}:{number}: {keyword}: not a keyword, or nothing was RUN before it; see run.py --help")
    return cases


def missing(needs):
    """Why the case cannot run here, or None."""
    if ("root" in needs or "bpf" in needs) and os.geteuid() != 0:
        return "needs root"
    if "bpf" in needs:
        if subprocess.run(["stat", "-f", "-c", "%T", BPFFS], capture_output=True, text=True).stdout.strip() != "bpf_fs":
            return f"no BPF file system at {BPFFS}; mount one: mount -t bpf bpf {BPFFS}"
        if not shutil.which("ip") or not shutil.which("nsenter"):
            return "needs ip (iproute2) and nsenter (util-linux)"
    return None


def contains(whole, part):
    if part == "<any>":
        return True
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(k in whole and contains(whole[k], v) for k, v in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(contains, whole, part))
    return whole == part


def golden_of(old, seen):
    """What a golden file says of this output: itself, with "<any>" where the file had it."""
    if old == "<any>":
        return old
    if isinstance(old, dict) and isinstance(seen, dict):
        return {key: golden_of(old.get(key), value) for key, value in seen.items()}
    if isinstance(old, list) and isinstance(seen, list) and len(old) == len(seen):
        return list(map(golden_of, old, seen))
    return seen


class Sandbox:
    """A folder, pins and, with bpf, a namespace of one case; everything goes with it."""

    def __init__(self, case, interdict):
        self.name = f"cli-{os.getpid()}-{id(case) & 0xffff:x}"
        self.temporary = tempfile.TemporaryDirectory(prefix="interdict-cli-")
        self.namespace = "bpf" in case.needs
        self.groups = []  # of processes, one of each command
        tmp = pathlib.Path(self.temporary.name)
        self.pins = BPFFS / self.name if self.namespace else tmp / "pins"
        (tmp / "tmp").mkdir()
        self.environment = dict(os.environ, INTERDICT=interdict, PINS=str(self.pins), STATE=str(tmp / "state"),
                                TMP=str(tmp / "tmp"), DATA=str(HERE / "data"), HERE=str(HERE), LC_ALL="C.UTF-8",
                                EXAMPLES=str(HERE.parent.parent / "examples"))

    def __enter__(self):
        if self.namespace:
            self.ip("netns", "add", self.name)
            self.ip("-n", self.name, "link", "add", "a0", "type", "veth", "peer", "name", "a1")
            for device in ("lo", "a0", "a1"):
                self.ip("-n", self.name, "link", "set", device, "up")
        return self

    def ip(self, *arguments):
        subprocess.run(["ip", *arguments], check=True)

    def run(self, command):
        inside = ["nsenter", f"--net=/run/netns/{self.name}"] if self.namespace else []
        with subprocess.Popen(inside + ["bash", "-c", PRELUDE + command], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=self.environment,
                              cwd=self.environment["TMP"], start_new_session=True) as shell:
            self.groups.append(shell.pid)
            try:
                out, err = shell.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                self.end_all()
                raise
            return subprocess.CompletedProcess(command, shell.returncode, out, err)

    def end_all(self):
        """What a command left running, a daemon above all, would outlive the test."""
        for group in self.groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self.groups = []

    def __exit__(self, *_):
        self.end_all()
        if self.namespace:
            self.run("interdict down")
            self.ip("netns", "del", self.name)
        self.temporary.cleanup()

    def left_behind(self):
        return [f"still pinned: {self.pins}"] if self.namespace and self.pins.exists() else []


def last_json(output):
    lines = output.strip().splitlines()
    return json.loads(lines[-1]) if lines else None


def judge(step, ran, update):
    """What did not hold."""
    if ran.returncode != step.exit:
        yield f"exit code {ran.returncode}, expected {step.exit}"
    for keyword, argument in step.checks:
        if keyword == "EXPECT" and argument not in ran.stdout:
            yield f"not in the output: {argument}"
        elif keyword == "EXPECT_NOT" and argument in ran.stdout:
            yield f"in the output: {argument}"
        elif keyword == "EXPECT_STDERR" and argument not in ran.stderr:
            yield f"not in standard error: {argument}"
        elif keyword in {"EXPECT_JSON", "GOLDEN"}:
            try:
                seen = last_json(ran.stdout)
            except json.JSONDecodeError as error:
                yield f"the output is not JSON: {error}"
                continue
            golden = HERE / "golden" / argument
            old = json.loads(golden.read_text()) if keyword == "GOLDEN" and golden.exists() else None
            if keyword == "GOLDEN" and update:
                golden.write_text(json.dumps(golden_of(old, seen), indent=2) + "\n")
            elif keyword == "GOLDEN" and golden_of(old, seen) != old:
                yield f"the output is not that of golden/{argument}; if it is right: run.py --update"
            elif keyword == "EXPECT_JSON" and not contains(seen, json.loads(argument)):
                yield f"not part of the JSON: {argument}"


def run_case(case, options):
    """True if every expectation held."""
    good = True
    sandbox = Sandbox(case, options.interdict)
    with sandbox:
        for step in case.steps:
            try:
                ran = sandbox.run(step.command)
            except subprocess.TimeoutExpired:
                print(f"FAILED {case.name}: line {step.line}: still running after {TIMEOUT} s: {step.command}")
                good = False
                break
            faults = list(judge(step, ran, options.update))
            for fault in faults:
                print(f"FAILED {case.name}: line {step.line}: {fault}")
            if faults or options.verbose:
                print(f"    $ {step.command}\n" + "".join(f"    {line}\n" for line in
                      (ran.stdout + ran.stderr).splitlines()[:40]), end="")
            good &= not faults
    for rest in sandbox.left_behind():
        print(f"FAILED {case.name}: {rest}")
        good = False
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interdict", default=str(HERE.parent.parent / "build" / "interdict"))
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    options.interdict = os.path.abspath(options.interdict)
    failed = ran = 0
    for path in options.files:
        for case in parse(path):
            if reason := missing(case.needs):
                print(f"skipped {case.name}: {reason}")
                continue
            ran += 1
            if run_case(case, options):
                print(f"ok     {case.name}")
            else:
                failed += 1
    print(f"{ran} cases run, {failed} failed")
    return 1 if failed else 0 if ran else 77


if __name__ == "__main__":
    sys.exit(main())
