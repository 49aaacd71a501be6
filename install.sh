#!/bin/sh
# Builds the C library and installs it below a prefix, or takes it away again. Needs cargo; for Linux.
#
#   ./install.sh PREFIX                    headers of C and C++, static and shared library, pkg-config and
#                                          CMake files
#   ./install.sh --built DIRECTORY PREFIX  the same, with libraries that cargo has left in a directory
#   ./install.sh --uninstall PREFIX        exactly what was installed there
#
# DESTDIR, where it is set, goes before the prefix. The installed tree may be moved as a whole.
set -eu

# what a static library needs besides itself: `rustc --print native-static-libs`, which a test compares
system_libraries="-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc"

usage() {
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

uninstall() {
    if [ ! -f "$root/$manifest" ]; then
        echo "install.sh: nothing of jkoflow is installed in $root" >&2
        exit 1
    fi
    while read -r file; do
        rm -f "$root/$file"
    done < "$root/$manifest"
    rm "$root/$manifest"
    for directory in share/jkoflow share lib/cmake/jkoflow lib/cmake lib/pkgconfig lib \
        include/jkoflow include; do
        rmdir "$root/$directory" 2>/dev/null || true
    done
}

# absolute PATH: seen from where the script was called
absolute() {
    case $1 in
    /*) echo "$1" ;;
    *) echo "$PWD/$1" ;;
    esac
}

# the number after a name in the header
macro() {
    sed -n "s/^#define $1 \([0-9]*\)\$/\1/p" include/jkoflow.h
}

# place MODE SOURCE FILE: copies a file, with what templates leave open filled in
place() {
    mkdir -p "$root/$(dirname "$3")"
    case $2 in
    *.in)
        sed -e "s/@VERSION@/$version/g" -e "s/@ABI@/$abi/g" \
            -e "s/@SYSTEM_LIBRARIES@/$system_libraries/g" "$2" > "$root/$3.new"
        ;;
    *) cp "$2" "$root/$3.new" ;;
    esac
    chmod "$1" "$root/$3.new"
    # replaced at once, so that programs that run keep the library they have
    mv -f "$root/$3.new" "$root/$3"
    echo "$3" >> "$root/$manifest"
}

link() {
    ln -sf "$1" "$root/$2"
    echo "$2" >> "$root/$manifest"
}

built=
action=install
while [ $# -gt 0 ]; do
    case $1 in
    --built)
        [ $# -gt 1 ] || usage
        built=$2
        shift
        ;;
    --uninstall) action=uninstall ;;
    -*) usage ;;
    *) break ;;
    esac
    shift
done
[ $# -eq 1 ] && [ -n "$1" ] || usage
root=${DESTDIR:-}$(absolute "$1")
manifest=share/jkoflow/installed

if [ $action = uninstall ]; then
    uninstall
    exit
fi

[ -z "$built" ] || built=$(absolute "$built")
cd "$(dirname "$0")"
version=$(macro JKO_VERSION_MAJOR).$(macro JKO_VERSION_MINOR).$(macro JKO_VERSION_PATCH)
abi=$(macro JKO_ABI_VERSION)
if [ -z "$built" ]; then
    target=${CARGO_TARGET_DIR:-target}
    cargo build --quiet --locked --package jkoflow --lib --release --target-dir "$target"
    built=$target/release
fi

if [ -f "$root/$manifest" ]; then
    uninstall
fi
mkdir -p "$root/share/jkoflow"
place 644 include/jkoflow.h include/jkoflow.h
for header in bindings/cpp/jkoflow.hpp bindings/cpp/jkoflow/*.hpp; do
    place 644 "$header" "include/${header#bindings/cpp/}"
done
place 644 "$built/libjkoflow.a" lib/libjkoflow.a
place 755 "$built/libjkoflow.so" "lib/libjkoflow.so.$version"
link "libjkoflow.so.$version" "lib/libjkoflow.so.$abi"
link "libjkoflow.so.$abi" lib/libjkoflow.so
place 644 packaging/jkoflow.pc.in lib/pkgconfig/jkoflow.pc
place 644 packaging/jkoflow-static.pc.in lib/pkgconfig/jkoflow-static.pc
place 644 packaging/jkoflowConfig.cmake.in lib/cmake/jkoflow/jkoflowConfig.cmake
place 644 packaging/jkoflowConfigVersion.cmake.in lib/cmake/jkoflow/jkoflowConfigVersion.cmake
