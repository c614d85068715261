#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves the harness and the guest before a plane test is blamed: see guest/selfcheck.
# Options are handed to `run`, e.g. --kernel 6.1 or --cache DIR.
set -euo pipefail

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
clang=${CLANG:-clang-16}
command -v "$clang" >/dev/null || { echo "SKIPPED: no $clang; remedy: apt-get install clang-16"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$clang" -O2 -g -Wall -Werror -target bpf -mcpu=v3 "-I/usr/include/$(uname -m)-linux-gnu" \
    -c "$here/bpf/beside.bpf.c" -o "$work/beside.o"
"$here/run" "$@" --file "$work/beside.o:/interdict/beside.o" \
    --file "$here/guest/selfcheck:/interdict/selfcheck" -- /interdict/selfcheck /interdict/beside.o
