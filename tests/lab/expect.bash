# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What every lab test starts with: the lab, and expectations that are counted. Sourced by the tests.

# shellcheck source=tools/lab/lab
source "$(dirname -- "${BASH_SOURCE[0]}")/../../tools/lab/lab"

# shellcheck disable=SC2034 # for the tests
ORDERS=$LAB_ROOT/tests/lab/orders
expect_failures=0

expect_skip() {
    echo "skipped: $*"
    exit 77
}

# expect_lab NAME: skips where the lab can't run; otherwise builds it, and it goes with the test.
expect_lab() {
    local missing
    missing=$(lab_missing)
    [[ -z $missing ]] || expect_skip "$missing"
    lab_names "$1-$$"
    lab_guard
    lab_up "$1-$$" || exit 1
}

# The tests of the filter: a build without the program is a failure, not a reason to skip.
expect_interdict() {
    [[ -x $INTERDICT ]] || { echo "no program at $INTERDICT; run: make build" >&2 && exit 1; }
}

expect_failed() {
    expect_failures=$((expect_failures + 1))
    printf 'FAILED %s\n' "$*"
}

# expect WHAT WANTED SEEN
expect() {
    if [[ $2 == "$3" ]]; then printf 'ok     %s: %s\n' "$1" "$3"; else expect_failed "$1: $3, expected $2"; fi
}

# expect_true WHAT CMD...
expect_true() {
    local what=$1
    shift
    if "$@"; then printf 'ok     %s\n' "$what"; else expect_failed "$what"; fi
}

# expect_exit WHAT CODE ARGUMENT...: runs interdict; its output is shown if the exit code is another.
expect_exit() {
    local what=$1 wanted=$2 output
    local -i status=0
    shift 2
    output=$(lab_interdict "$@" 2>&1) || status=$?
    expect "$what: exit code of interdict $1" "$wanted" "$status"
    [[ $wanted == "$status" ]] || printf '%s\n' "$output"
}

# Both ways of blocking at work, and nothing else touched.
expect_filtering() { # WHEN
    expect "$1: blocked.example" reset "$(lab_client_curl 10 4 https://blocked.example/)"
    expect "$1: blocked.example, IPv6" reset "$(lab_client_curl 10 6 https://blocked.example/)"
    expect "$1: the blocked address" timeout "$(lab_client_curl 1 4 https://198.51.100.66/)"
    expect "$1: allowed.example" 200 "$(lab_client_curl 10 4 https://allowed.example/)"
}

expect_end() {
    if ((expect_failures)); then
        echo "$expect_failures expectations did not hold"
        exit 1
    fi
    echo "every expectation held"
}
