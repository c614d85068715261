# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The guest's root file system, staged in a directory and packed as a gzipped newc archive.
# Sourced by `run`.

# Tools that tests call, when the host has them; busybox answers for the rest. The shell is the host's:
# Debian's busybox shell would take its own `ip` before the one in PATH.
readonly GUEST_TOOLS=(ip tc bpftool ethtool nsenter xdp-loader xdp-filter)
# Drivers; one that is built in is passed over.
readonly GUEST_MODULES=(veth dummy 8021q)

stage_init() {
    local root=$1 directory
    mkdir -p "$root"/{dev,etc,proc,sys,run,tmp,root,var,interdict} "$root"/usr/{bin,sbin,lib,lib64}
    for directory in bin sbin lib lib64; do
        ln -s "usr/$directory" "$root/$directory"
    done
    ln -s ../run "$root/var/run"
    install -m 755 "$(command -v busybox)" "$root/bin/busybox"
    install -m 755 "$HERE/guest/init" "$root/init"
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\n' >"$root/etc/group"
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
    # iproute2 and getprotobyname(3) read their tables here.
    local table
    for table in /etc/protocols /etc/iproute2 /etc/ld.so.conf /etc/ld.so.conf.d; do
        if [[ -e $table ]]; then cp -a "$table" "$root/etc/"; fi
    done
}

# The shared libraries of a dynamic executable or library, loader included, at the paths of the host.
stage_libraries() {
    local root=$1 file=$2 library listing
    [[ $(head -c 4 "$file" | tr -d '\0') == $'\x7fELF' ]] || return 0
    listing=$(ldd "$file" 2>/dev/null) || return 0
    if grep -q 'not found' <<<"$listing"; then
        printf '%s needs a library that is not here:\n%s\n' "$file" "$(grep 'not found' <<<"$listing")" >&2
        return 1
    fi
    while read -r library; do
        [[ -e $root$library ]] || install -D -m 755 "$library" "$root$library"
    done < <(sed -nE 's/.*=> (\/[^ ]+) .*/\1/p; s/^[[:space:]]*(\/[^ ]+) .*/\1/p' <<<"$listing")
}

# stage_file ROOT HOST[:GUEST]: one file, executable bit kept, with the libraries that it needs.
stage_file() {
    local root=$1 host=${2%%:*} guest
    guest=$host
    [[ $2 == *:* ]] && guest=${2#*:}
    guest=$(realpath -ms "$guest")
    [[ -f $host ]] || { printf 'no such file: %s (from --file %s)\n' "$host" "$2" >&2; return 1; }
    mkdir -p "$root${guest%/*}"
    cp -L --preserve=mode "$host" "$root$guest"
    stage_libraries "$root" "$host"
}

# stage_tree ROOT HOST[:GUEST]: a directory; libraries are followed for its executables.
stage_tree() {
    local root=$1 host=${2%%:*} guest file
    guest=$host
    [[ $2 == *:* ]] && guest=${2#*:}
    guest=$(realpath -ms "$guest")
    [[ -d $host ]] || { printf 'no such directory: %s (from --tree %s)\n' "$host" "$2" >&2; return 1; }
    mkdir -p "$root$guest"
    cp -RL --preserve=mode "$host/." "$root$guest/"
    while IFS= read -r -d '' file; do
        stage_libraries "$root" "$file" || return
    done < <(find -L "$host" -type f -perm -u+x -print0)
}

# libxdp looks for xdp-dispatcher.o in a bpf/ directory beside the library.
stage_libxdp_objects() {
    local root=$1 directory
    for directory in /usr/lib/*/bpf /usr/lib/bpf; do
        if [[ -f $directory/xdp-dispatcher.o ]]; then
            mkdir -p "$root$directory"
            cp -L "$directory"/*.o "$root$directory/"
        fi
    done
}

stage_tools() {
    local root=$1 tool path
    for tool in "${GUEST_TOOLS[@]}"; do
        path=$(PATH=$PATH:/usr/sbin:/sbin type -P "$tool") || continue
        install -D -m 755 "$path" "$root/usr/sbin/$tool"
        ln -s "../sbin/$tool" "$root/usr/bin/$tool"
        stage_libraries "$root" "$path" || return
    done
    install -m 755 /bin/sh "$root/usr/bin/sh"
    stage_libraries "$root" /bin/sh
}

# The modules wanted and all they need; /interdict/modules lists them in the order of loading.
stage_modules() {
    local root=$1 kernel=$2 name line path release modules
    release=$(<"$kernel/release")
    modules=$kernel/lib/modules/$release
    : >"$root/interdict/modules"
    for name in "${GUEST_MODULES[@]}" "${EXTRA_MODULES[@]}"; do
        name=${name//[-_]/[-_]}
        grep -qE "/$name\.ko$" "$modules/modules.builtin" && continue
        line=$(grep -m1 -E "(^|/)$name\.ko:" "$modules/modules.dep") || {
            printf 'guest: %s has no module %s under net/, drivers/net/, lib/ or crypto/\n' "$release" \
                "${name//\[-_\]/_}" >&2
            return 1
        }
        # modules.dep lists what a module needs nearest first: load from the end.
        for path in $(tr -d ':' <<<"$line" | tr ' ' '\n' | tac); do
            path=/lib/modules/$release/${path#"/lib/modules/$release/"}
            grep -qxF "$path" "$root/interdict/modules" && continue
            install -D -m 644 "$kernel$path" "$root$path"
            printf '%s\n' "$path" >>"$root/interdict/modules"
        done
    done
}

# pack ROOT ARCHIVE
pack() {
    (cd "$1" && find . -print0 | cpio --null --create --format=newc --owner=0:0 --quiet) | gzip -1 >"$2"
}
