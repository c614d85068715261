# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The lab's clients. Each lab_client_* runs one real client on the subscriber and prints one word:
# an HTTP status, `connected`, `answered`, `resolves`, `reset`, `timeout`, or `error:` and a reason.
# LIMIT is in seconds. Sourced by `lab`.

# lab_client_curl LIMIT FAMILY URL: FAMILY is 4 or 6; the server's certificate is verified.
lab_client_curl() {
    local output
    local -i status=0
    output=$(lab_exec subscriber curl -sS "-$2" --max-time "$1" --cacert "$LAB_DIR/pki/ca.pem" \
        -o /dev/null -w '%{http_code}' "$3" 2>&1) || status=$?
    case "$status $output" in
    0\ *) echo "$output" ;;
    28\ *) echo timeout ;;
    *[Rr]eset\ by\ peer*) echo reset ;;
    *) echo "error: curl $status ${output%%$'\n'*}" ;;
    esac
}

# lab_client_dig LIMIT NAME
lab_client_dig() {
    local output
    output=$(lab_exec subscriber dig +short +tries=1 "+time=$1" "@$LAB_DNS" "$2" A) || output=
    case $output in
    198.51.100.*) echo resolves ;;
    *timed\ out* | "") echo timeout ;;
    *) echo "error: ${output%%$'\n'*}" ;;
    esac
}

# lab_client_openssl LIMIT ADDRESS NAME REPORT ARGUMENT...: s_client, with its segments counted into
# the file REPORT (see clients/segments.py). Nobody else may talk to ADDRESS meanwhile.
lab_client_openssl() {
    local limit=$1 address=$2 name=$3 report=$4 output
    local -i status=0
    shift 4
    output=$(lab_exec subscriber "$LAB_PYTHON" -B "$LAB_TOOLS/clients/segments.py" --report "$report" \
        "$address" "$name" -- timeout "$limit" openssl s_client -brief -connect "$address:443" \
        -servername "$name" -CAfile "$LAB_DIR/pki/ca.pem" -verify_return_error "$@" </dev/null 2>&1) || status=$?
    case "$status $output" in
    *CONNECTION\ ESTABLISHED*) echo connected ;;
    124\ *) echo timeout ;;
    *errno=104* | *[Rr]eset\ by\ peer*) echo reset ;;
    *) echo "error: s_client $status ${output%%$'\n'*}" ;;
    esac
}

# ALPN protocols nobody speaks: they make a hello as long as one with a post-quantum key share, which
# Debian 12's OpenSSL can't make.
lab_long_alpn() {
    local -i i
    printf http/1.1
    for ((i = 0; i < 15; i++)); do printf ',x-lab-%02d-%090d' "$i" 0; done
}

lab_client_openssl_long() { # LIMIT ADDRESS NAME REPORT
    lab_client_openssl "$@" -alpn "$(lab_long_alpn)"
}

lab_client_openssl_small_segments() { # LIMIT ADDRESS NAME REPORT
    lab_client_openssl "$@" -bind "$LAB_SMALL_V4:0"
}

# lab_client_hello LIMIT ARGUMENT...: clients/hello_client.py
lab_client_hello() {
    local output
    output=$(lab_exec subscriber "$LAB_PYTHON" -B "$LAB_TOOLS/clients/hello_client.py" --timeout "$@" 2>&1) ||
        output="error: ${output##*$'\n'}"
    echo "$output"
}

lab_client_raw4() { # LIMIT ARGUMENT...
    lab_client_hello "$1" --raw "$LAB_RAW_V4" --router-mac "$LAB_MAC_SUB0" "${@:2}"
}

lab_client_raw6() { # LIMIT ARGUMENT...
    lab_client_hello "$1" --raw "$LAB_RAW_V6" --router-mac "$LAB_MAC_SUB0" "${@:2}"
}
