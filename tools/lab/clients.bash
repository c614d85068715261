# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The lab's clients. Each lab_client_* runs one real client on the subscriber and prints one word:
# an HTTP status, `connected`, `answered`, `resolves`, `reset`, `timeout`, or `error:` and a reason; a
# DNS client what the server said, such as `NXDOMAIN`, with the number of an extended error behind it.
# LIMIT is in seconds. Sourced by `lab`.

# lab_client_curl LIMIT FAMILY URL [ARGUMENT...]: FAMILY is 4 or 6; the server's certificate is verified.
lab_client_curl() {
    local output
    local -i status=0
    output=$(lab_exec subscriber curl -sS "-$2" --max-time "$1" --cacert "$LAB_DIR/pki/ca.pem" \
        -o /dev/null -w '%{http_code}' "$3" "${@:4}" 2>&1) || status=$?
    case "$status $output" in
    0\ *) echo "$output" ;;
    28\ *) echo timeout ;;
    *[Rr]eset\ by\ peer*) echo reset ;;
    *) echo "error: curl $status ${output%%$'\n'*}" ;;
    esac
}

# lab_client_dig LIMIT NAME [ARGUMENT...], e.g. +tcp, -t AAAA, @SERVER (default: the lab's).
lab_client_dig() {
    lab_dns_word "$2" "$(lab_exec subscriber dig +tries=1 "+time=$1" "${@:3}" "$2" 2>&1 || true)"
}

# lab_client_kdig: the same, with a resolver of another make.
lab_client_kdig() {
    lab_dns_word "$2" "$(lab_exec subscriber kdig +noidn +retry=0 "+time=$1" "${@:3}" "$2" 2>&1 || true)"
}

# lab_dns_word NAME OUTPUT: what dig or kdig printed, in a word. The question must come back as it was
# asked, each letter in its case.
lab_dns_word() {
    local status ede=
    status=$(sed -nE 's/^.*->>HEADER<<-.* status: ([A-Z]+).*$/\1/p' <<<"$2" | head -1)
    [[ ! $2 =~ EDE:\ *([0-9]+) ]] || ede=" EDE ${BASH_REMATCH[1]}"
    if [[ -z $status ]]; then
        case $2 in
        *timed\ out* | *timeout* | *no\ servers\ could\ be\ reached*) echo timeout ;;
        *) echo "error: $(grep -m 1 . <<<"$2")" ;;
        esac
    elif ! grep -qE "^;(; )?${1//./\\.}\.[[:space:]]" <<<"$2"; then
        echo "error: another question came back: $(grep -m 1 -A 1 'QUESTION SECTION' <<<"$2" | tail -1)"
    elif [[ $status == NOERROR ]]; then
        grep -qE '^[^;].*[[:space:]]IN[[:space:]]' <<<"$2" && echo "resolves$ede" || echo "empty$ede"
    else
        echo "$status$ede"
    fi
}

# lab_client_quic LIMIT ADDRESS NAME [ARGUMENT...]: ngtcp2's client; the HTTP/3 status, or `closed` if the
# server ends the connection before. The client sends a name only if it can resolve it: to ADDRESS, by a
# hosts file of its own.
lab_client_quic() {
    local output hosts=$LAB_DIR/hosts.$BASHPID
    local -i status=0
    printf '%s %s\n' "$2" "$3" >"$hosts"
    # shellcheck disable=SC2016 # expanded by the inner shell
    output=$(lab_exec subscriber unshare --mount -- sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$hosts" \
        timeout "$1" gtlsclient --no-quic-dump --exit-on-all-streams-close "${@:4}" "$3" 443 "https://$3/" 2>&1) ||
        status=$?
    rm -f "$hosts"
    case "$status $output" in
    *\[:status:\ [1-5][0-9][0-9]\]*) sed -nE 's/^.*\[:status: ([0-9]+)\].*$/\1/p' <<<"$output" | head -1 ;;
    124\ *) echo timeout ;;
    *ERR_DRAINING*) echo closed ;;
    *) echo "error: gtlsclient $status ${output##*$'\n'}" ;;
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
