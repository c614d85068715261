# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# kernel_fetch SPEC: a bootable Debian kernel in the cache, from a package name, a version or a .deb.
# Sourced by `run`; call it in a subshell. Reads CACHE and REFRESH; prints the kernel's directory, which holds
#   vmlinuz, release (one line: the output of `uname -r`), lib/modules/RELEASE/ with modules.dep.
# Returns 77 with the reason in SKIP_REASON_FILE when the kernel cannot be had.

# Only what a test of network programs may need: the whole set is 300 MB.
readonly KERNEL_MEMBERS=(
    './boot/vmlinuz-*' './lib/modules/*/modules.*' './lib/modules/*/kernel/net/*'
    './lib/modules/*/kernel/drivers/net/*.ko*' './lib/modules/*/kernel/lib/*' './lib/modules/*/kernel/crypto/*'
    './usr/lib/modules/*/modules.*' './usr/lib/modules/*/kernel/net/*'
    './usr/lib/modules/*/kernel/drivers/net/*.ko*' './usr/lib/modules/*/kernel/lib/*'
    './usr/lib/modules/*/kernel/crypto/*'
)

unavailable() {
    printf '%s\n' "$*" >"$SKIP_REASON_FILE"
    return 77
}

# 6.1 -> linux-image-6.1.0-56-amd64, the newest that apt knows; a package name stays as it is.
package_of() {
    local spec=$1 pattern
    if [[ $spec != [0-9]* ]]; then
        printf '%s\n' "$spec"
        return
    fi
    pattern="^linux-image-${spec//./\\.}([.+-].*)?-amd64$"
    apt-cache pkgnames "linux-image-$spec" 2>/dev/null | grep -E "$pattern" |
        grep -vE -- '-(rt|cloud|dbg)(-|$)' | sort -V | tail -n 1
}

# download PACKAGE DIR: the path of the fetched .deb.
download() {
    local log=$2/apt.log folder
    # apt names the file and dates it as the archive does: only in a folder of its own is it known from others.
    folder=$(mktemp -d "$2/deb.XXXXXX")
    (cd "$folder" && apt-get -qq -o APT::Sandbox::User= download "$1") >"$log" 2>&1 || {
        unavailable "apt-get download $1 failed: $(grep -m1 '^E:' "$log" || tail -n1 "$log");" \
            "remedy: run apt-get update, or give another --kernel"
        return
    }
    find "$folder" -name '*.deb'
}

has_kernel() {
    # No early exit of grep: dpkg-deb would die of SIGPIPE and fail the pipeline.
    dpkg-deb --fsys-tarfile "$1" | tar -tf - | grep -c '^\./boot/vmlinuz-' >/dev/null
}

# unpack DEB DIR: vmlinuz, release and modules, ready to boot.
unpack() {
    local deb=$1 dir=$2 image release
    # tar says 2 for a pattern without a member; whether the members needed are there is seen below.
    dpkg-deb --fsys-tarfile "$deb" | tar -xf - -C "$dir" --wildcards "${KERNEL_MEMBERS[@]}" 2>/dev/null || true
    image=$(find "$dir/boot" -name 'vmlinuz-*' 2>/dev/null | head -n 1)
    if [[ -z $image ]]; then
        unavailable "$deb holds no /boot/vmlinuz-*; remedy: give a linux-image package of amd64"
        return
    fi
    release=${image##*/vmlinuz-}
    if [[ -d $dir/usr/lib/modules ]]; then
        mkdir -p "$dir/lib"
        mv "$dir/usr/lib/modules" "$dir/lib/modules"
        rm -rf "${dir:?}/usr"
    fi
    # busybox's insmod reads plain modules only; Debian compresses them from 6.12 on.
    find "$dir/lib/modules" -name '*.ko.xz' -exec xz -qd {} +
    find "$dir/lib/modules" -name '*.ko.zst' -exec zstd -q -d --rm {} +
    # The package leaves modules.dep to its postinst.
    (cd "$dir/lib/modules/$release" && busybox depmod -b "$dir" "$release")
    mv "$image" "$dir/vmlinuz"
    rm -rf "${dir:?}/boot"
    printf '%s\n' "$release" >"$dir/release"
}

kernel_fetch() {
    local spec=$1 package deb work dir name needed key
    mkdir -p "$CACHE"
    # Two runs at once must not unpack over each other. The lock goes with the subshell of the caller.
    exec 9>"$CACHE/.lock"
    flock 9
    key=${spec##*/}
    key=${key//[^A-Za-z0-9._+-]/_}
    if [[ $spec != *.deb && -z $REFRESH && -f $CACHE/$key.name ]]; then
        dir=$CACHE/$(<"$CACHE/$key.name")
        if [[ -f $dir/release ]]; then
            printf '%s\n' "$dir"
            return
        fi
    fi
    work=$(mktemp -d "$CACHE/.fetch.XXXXXX")
    # shellcheck disable=SC2064 # the path is wanted as it is now
    trap "rm -rf '$work'" EXIT
    if [[ $spec == *.deb ]]; then
        [[ -f $spec ]] || { unavailable "no such file: $spec"; return; }
        deb=$(realpath "$spec")
    else
        package=$(package_of "$spec")
        if [[ -z $package ]]; then
            unavailable "apt knows no kernel package of version $spec; remedy: run apt-get update," \
                "or name a package (apt-cache search linux-image)"
            return
        fi
        deb=$(download "$package" "$work") || return
        if ! has_kernel "$deb"; then
            # A meta package such as linux-image-amd64: the real one is its exact dependency.
            needed=$(dpkg-deb -f "$deb" Depends | tr ',' '\n' | head -n 1 |
                sed -nE 's/^ *(linux-image-[^ ]+) *\(= ([^)]+)\).*/\1=\2/p; t; s/^ *(linux-image-[^ ]+).*/\1/p')
            if [[ -z $needed ]]; then
                unavailable "$package holds no kernel and depends on none"
                return
            fi
            deb=$(download "$needed" "$work") || return
        fi
    fi
    name=$(dpkg-deb -f "$deb" Package)_$(dpkg-deb -f "$deb" Version)
    name=${name//[^A-Za-z0-9._+-]/_}
    dir=$CACHE/$name
    if [[ ! -f $dir/release ]]; then
        mkdir "$work/tree"
        unpack "$deb" "$work/tree" || return
        chmod 755 "$work/tree"
        rm -rf "$dir"
        mv "$work/tree" "$dir"
    fi
    [[ $spec == *.deb ]] || printf '%s\n' "$name" >"$CACHE/$key.name"
    printf '%s\n' "$dir"
}
