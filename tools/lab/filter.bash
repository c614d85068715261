# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# interdict on the lab's edge: how to call it, and what can be seen of it from outside. Sourced by
# `lab`.

: "${INTERDICT:=$LAB_ROOT/build/interdict}"

# lab_interdict ARGUMENT...: interdict on the edge, with the lab's own pins and state.
lab_interdict() {
    lab_exec edge "$INTERDICT" --pin-path "$LAB_PINS" --state "$LAB_STATE" "$@"
}

# lab_interdict_up: on both of the edge's interfaces.
lab_interdict_up() {
    lab_interdict up --iface sub0:subscriber --iface up0:uplink
}

# lab_counters: one line per target, "TARGET <tab> PACKETS <tab> BYTES", rules on one target summed.
# Reads `top --once --json`.
lab_counters() {
    lab_interdict top --once --json | jq -r '
        [.. | objects
         | {target: (.target // empty), packets: (.packets // .counter.packets? // empty),
            bytes: (.bytes // .counter.bytes? // 0)}
         | .target |= (if type == "object" then (.name // .prefix) else . end
                      | split(" ")[0])]
        | group_by(.target)[]
        | [.[0].target, (map(.packets) | add), (map(.bytes) | add)] | @tsv'
}

# lab_counter TARGET: its packets, 0 for a target that is not listed.
lab_counter() {
    lab_counters | awk -F'\t' -v target="$1" '$1 == target { n = $2 } END { print n + 0 }'
}

# lab_generation: the number of the live generation.
lab_generation() {
    lab_interdict status --json | jq -r '[.. | objects | .generation? // empty | .number? // .] | first // 0'
}

# lab_channel_missing CHANNEL: prints why this kernel can't block on CHANNEL, the programs it refused; nothing
# if it can. A program that interdict does not know at all counts as refused.
lab_channel_missing() {
    local -A needed=([tls]=tcp [quic]=quic [dns]="dns tcp answer" [http]="tcp answer" [address]="")
    lab_interdict status --json | jq -r --arg needed "${needed[$1]}" '
        .stages as $stages | $needed | split(" ")[] as $name
        | [$stages[] | select(.name == $name)][0]
        | if . == null then "no stage \($name)" elif .loaded then empty
          else "stage \($name) is not loaded: \(.reason // "refused")" end'
}

# lab_attached: "DEVICE MODE PROGRAM-ID" for each of the edge's interfaces that has an XDP program;
# MODE as ip(8) says it: xdp (native), xdpgeneric, xdpoffload, xdpmulti.
lab_attached() {
    ip -n "${LAB_NS[edge]}" -j -d link show | jq -r '
        def mode: {"1": "xdp", "2": "xdpgeneric", "3": "xdpoffload", "4": "xdpmulti"}[tostring] // tostring;
        .[] | select(.xdp.prog.id? // .xdp.attached[0]?)
        | "\(.ifname) \(.xdp.mode | mode) \(.xdp.prog.id // .xdp.attached[0].prog.id)"'
}

# lab_left_behind: one line for each thing that `interdict down` should have removed.
lab_left_behind() {
    lab_attached | sed 's/^/an XDP program is still attached: /'
    # The two .debug files are the kernel's own, in every bpffs.
    find "$LAB_BPFFS" -mindepth 1 ! -name '*.debug' -printf 'still pinned: %P\n'
}

# lab_program_is_gone ID: the kernel frees a program some time after its last reference went.
lab_program_is_gone() { ! bpftool prog show id "$1" >/dev/null 2>&1; }
lab_map_is_gone() { ! bpftool map show id "$1" >/dev/null 2>&1; }
