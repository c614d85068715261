#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The house rules that a machine can see. Prints one line per breach, FILE:LINE: what and the remedy.

usage: house_rules.py [ROOT]
"""

import os
import re
import sys

LINES_MAX = 600
FLOORS = ["base", "capture", "order", "feed", "book", "guard", "ruleset", "image", "probe", "plane", "evidence",
          "watch", "control", "daemon", "cli"]
TALKS_TO_THE_USER = {"daemon", "cli"}
KNOWS_THE_KERNEL = {"plane"}

SKIPPED_FOLDERS = {".git", "build", "LICENSES", "__pycache__", "node_modules", ".vagrant", ".cache"}
CODE = re.compile(r"\.(c|h|cpp|hpp|py|sh|bash|cmake)$")
TEXT = re.compile(r"\.(c|h|cpp|hpp|py|sh|bash|cmake|md|txt|json|yml|yaml|service|in|html|css|js)$")
KERNEL_C = re.compile(r"\.bpf\.[ch]$")
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')

# Spelled in parts, so that this file does not break its own rule.
MARKERS = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b|not imple" r"mented|\bst" r"ub\b(?! (resolver|zone|area))")
MACHINE_PATH = re.compile(r"(?<![\w.$}/-])/(wo" r"rk|ro" r"ot|ho" r"me/\w+)/")
VAGUE_NAME = re.compile(r"(^|_)(utils?|helpers?|misc|common)(_|\.|$)")
PRINTS = re.compile(r"\bstd::(cout|cerr)\b|\bfmt::print\b|(?<![\w.>])(f?printf|puts)\s*\(")


def licences(path):
    """The SPDX expressions that a file at this path may carry."""
    if path.startswith("maps/"):
        return {"GPL-2.0-only OR Apache-2.0"}
    if path.startswith("bpf/") and not path.endswith("CMakeLists.txt") or KERNEL_C.search(path):
        return {"GPL-2.0-only", "GPL-2.0-only OR Apache-2.0"}
    return {"Apache-2.0"}


def is_source(path, lines):
    name = os.path.basename(path)
    return bool(CODE.search(name)) or name in {"CMakeLists.txt", "Makefile", "Vagrantfile"} or \
        bool(lines and lines[0].startswith("#!"))


def check_licence(path, lines):
    head = [line for line in lines[:3] if "SPDX-License-Identifier:" in line]
    if not head:
        yield 1, "no SPDX-License-Identifier in the first three lines; see LICENSE for which one"
        return
    found = head[0].split("SPDX-License-Identifier:")[1].strip().removesuffix("*/").removesuffix("-->").strip()
    if found not in licences(path):
        yield 1, f"licence \"{found}\" in this folder; use {' or '.join(sorted(licences(path)))}, see LICENSE"


def check_size(_path, lines):
    if len(lines) > LINES_MAX:
        yield len(lines), f"{len(lines)} lines; split it by what it is about, {LINES_MAX} are allowed"


def check_name(path, _lines):
    if path.startswith("tests/host/include/"):
        return  # stand-ins for headers of that name
    if VAGUE_NAME.search(os.path.basename(path)):
        yield 1, "the name does not say what the file is about"


def check_markers(_path, lines):
    for number, line in enumerate(lines, 1):
        if found := MARKERS.search(line):
            yield number, f"\"{found.group(0)}\": finish it, or open an issue"
        if found := MACHINE_PATH.search(line):
            yield number, f"\"{found.group(0)}\": a path of one machine; make it relative"


def check_whitespace(_path, lines):
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield number, "white space at the end of the line"


def check_include(path, bracket, name):
    """Why this file may not include that header, or None."""
    top, _, rest = path.partition("/")
    if top == "maps":
        # The helpers stand behind #ifdef __bpf__, for what only one side can compile.
        if not name.startswith("maps/") and name not in {"linux/types.h", "bpf/bpf_helpers.h"}:
            return "maps/ may include only maps/, <linux/types.h> and <bpf/bpf_helpers.h>"
    elif top == "bpf":
        # The public libraries of the BPF side; everything else comes from the kernel's UAPI.
        if bracket == "<" and not re.match(r"(linux|asm|bpf|xdp|stdbool|stddef|stdint)\b", name):
            return "bpf/ may include only maps/, bpf/ and the kernel's UAPI headers"
        if bracket == '"' and name.partition("/")[0] in FLOORS:
            return "bpf/ may not know userspace"
    elif top == "userspace":
        floor, target = rest.partition("/")[0], name.partition("/")[0]
        if floor not in FLOORS:
            return None
        if bracket == '"' and target in FLOORS and FLOORS.index(target) > FLOORS.index(floor):
            return f"{floor} stands below {target} and may not include it"
        # The ciphers are plain C that the host compiles, too.
        kernel = (target in {"bpf", "xdp"} and not name.startswith("bpf/crypto/")) or name == "linux/bpf.h" \
            or name.endswith(".skel.h")
        if kernel and floor not in KNOWS_THE_KERNEL:
            return f"only {' and '.join(sorted(KNOWS_THE_KERNEL))} may know libbpf and libxdp"
    return None


def check_includes(path, lines):
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if found and (reason := check_include(path, *found.groups())):
            yield number, f"#include {found.group(2)}: {reason}"


def check_printing(path, lines):
    parts = path.split("/")
    if parts[0] != "userspace" or len(parts) < 3 or parts[1] in TALKS_TO_THE_USER:
        return
    for number, line in enumerate(lines, 1):
        if PRINTS.search(line.partition("//")[0]):
            yield number, f"{parts[1]} prints; return a value and let cli or daemon say it"


def files(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root)
            if not os.path.islink(os.path.join(root, path)):
                yield path


def breaches(root):
    for path in files(root):
        try:
            with open(os.path.join(root, path), encoding="utf-8") as file:
                text = file.read()
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a capture or another binary, or gone since it was listed
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        checks = []
        if is_source(path, lines):
            checks += [check_licence, check_size, check_name, check_markers, check_whitespace]
        elif TEXT.search(path):
            checks += [check_markers] if not path.endswith(".json") else []
        if re.search(r"\.(c|h|cpp|hpp)$", path):
            checks += [check_includes, check_printing]
        for check in checks:
            for number, message in check(path, lines):
                yield f"{path}:{number}: {message}"


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    found = list(breaches(root))
    print("\n".join(found) if found else "house rules: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
