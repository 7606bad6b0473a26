#!/bin/sh
# Compiles the native library into the folder that is given, and writes its digest beside it. A machine without a compiler for C
# builds without the library: lookups and digests are then Java's.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
library=$folder/libsemblance.so

if [ -f "$library.sha256" ] && [ -z "$(find "$here" -newer "$library.sha256" -print | head -n 1)" ]; then
    exit 0
fi
rm -f "$library" "$library.sha256"
for compiler in ${CC:-} gcc clang cc; do
    if command -v "$compiler" >/dev/null; then
        mkdir -p "$folder"
        # It needs nothing of a C library, so that it loads beside any.
        if "$compiler" -std=gnu11 -O3 -ffp-contract=off -Wall -Wextra -shared -fPIC -fvisibility=hidden -fno-stack-protector -nostdlib \
            -Wl,--build-id=none -Wl,-z,noexecstack -s -o "$library" "$here"/*.c -lgcc; then
            sha256sum "$library" | cut -d ' ' -f 1 >"$library.sha256"
            exit 0
        fi
        echo "hashdb: $compiler does not compile $here; this build has no native library, and lookups and digests are Java's"
        rm -f "$library"
        exit 0
    fi
done
echo "hashdb: no C compiler (gcc or clang); this build has no native library, and lookups and digests are Java's"
