#!/bin/sh
# Runs each file reader under libFuzzer with the address and undefined-behaviour sanitizers; stops at the first finding.
# Usage: run.sh [SECONDS a reader]    what it finds stays in build/fuzz/<reader>
#        run.sh merge                 adds to the corpus what those inputs reach and it doesn't
set -eu
cd "$(dirname "$0")/../.."
clang=$(command -v clang++ || command -v clang++-14)
flags="-std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Iinclude -Isrc -Itests"
# What reads is compiled with the sanitizers, the rest of the library is as it is built.
sources="src/core/file.cc src/data/idx.cc src/data/png.cc src/serialize/*.cc tests/fuzz/fuzzer.cc"
libraries="build/release/librelume.a -lfmt -lz -lpng -ldnnl -lhwy -lgomp"

for reader in idx png safetensors archive pickle; do
  program=build/fuzz/${reader}_fuzzer found=build/fuzz/$reader corpus=tests/fuzz/corpus/$reader log=build/fuzz/$reader.log
  mkdir -p "$found"
  if [ "${1:-60}" = merge ]; then
    "$program" -merge=1 -max_len=4096 "$corpus" "$found" 2>&1 | tail -n 1
    continue
  fi
  "$clang" $flags -DRELUME_READER="\"$reader\"" $sources $libraries -o "$program"
  "$program" -max_total_time="${1:-60}" -max_len=65536 -rss_limit_mb=2048 -timeout=10 \
    -artifact_prefix=build/fuzz/ "$found" "$corpus" >"$log" 2>&1 || { cat "$log"; exit 1; }
  echo "$reader: $(tail -n 1 "$log")"
done
