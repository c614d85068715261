# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Chromium and Firefox on the subscriber, without a window, under remote control. Sourced by `lab`.

# A browser runs until lab_browser_end: it takes seconds to start. BROWSER is chromium or firefox.
declare -gA LAB_BROWSER_IN=() LAB_BROWSER_OUT=() LAB_BROWSER_PID=()

# lab_browser_missing BROWSER: prints why it can't run here; nothing if it can.
lab_browser_missing() {
    local program=$1
    [[ $1 != firefox ]] || program=firefox-esr
    lab_program_missing "$program" "$program"
    lab_program_missing certutil libnss3-tools
}

# lab_browser_start BROWSER [ARGUMENT...]: with a home of its own, that trusts the lab's CA.
lab_browser_start() {
    local browser=$1 home=$LAB_DIR/$1 trust in out
    local profile=$home/profile
    shift
    # Where each looks for the roots that its user has added.
    trust=$profile
    [[ $browser == firefox ]] || trust=$home/.pki/nssdb
    install -d -m 700 "$home" "$profile" "$home/.pki" "$trust"
    certutil -N --empty-password -d "sql:$trust"
    certutil -A -d "sql:$trust" -n lab -t C,, -i "$LAB_DIR/pki/ca.pem"
    mkfifo "$home/in" "$home/out"
    # Both ends open, so that neither side waits for the other to open its own.
    exec {in}<>"$home/in" {out}<>"$home/out"
    LAB_BROWSER_IN[$browser]=$in
    LAB_BROWSER_OUT[$browser]=$out
    lab_spawn subscriber "$browser" env -u DBUS_SESSION_BUS_ADDRESS -u DISPLAY HOME="$home" \
        XDG_CONFIG_HOME="$home" XDG_CACHE_HOME="$home" XDG_RUNTIME_DIR="$home" \
        "$LAB_PYTHON" -B "$LAB_TOOLS/clients/$browser.py" --profile "$profile" --in "$home/in" --out "$home/out" "$@"
    LAB_BROWSER_PID[$browser]=$!
}

# lab_browser_visit BROWSER LIMIT URL [PICTURE]: prints what was seen as JSON (see clients/chromium.py);
# LIMIT in seconds. PICTURE is a PNG file to write.
lab_browser_visit() {
    local line
    printf '%s %s %s\n' "$3" "$2" "${4:--}" >&"${LAB_BROWSER_IN[$1]}"
    # Starting the browser and taking the picture come on top.
    if ! read -r -t $(($2 + 60)) -u "${LAB_BROWSER_OUT[$1]}" line; then
        line='{"seen": "error: no answer from the browser"}'
    fi
    printf '%s\n' "$line"
}

lab_browser_end() { # BROWSER
    local in=${LAB_BROWSER_IN[$1]} out=${LAB_BROWSER_OUT[$1]}
    echo end >&"$in"
    wait "${LAB_BROWSER_PID[$1]}" || lab_say "$1 did not end well; see its log"
    exec {in}>&- {out}>&-
}
