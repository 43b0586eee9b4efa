#!/bin/sh
# Writes expected/: what the programs of this folder print with libtorch.
# Usage: make_expected.sh PYTHON [PROGRAM...]    PYTHON has torch
set -eu
cd "$(dirname "$0")"
python=$1
shift
torch=$("$python" -c 'import os, torch; print(os.path.dirname(torch.__file__))')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for source in ${*:-*.cpp}; do
  name=$(basename "$source" .cpp)
  g++ -std=c++17 -w -I"$torch/include" -I"$torch/include/torch/csrc/api/include" "$name.cpp" -o "$work/$name" \
    -L"$torch/lib" -Wl,-rpath,"$torch/lib" -ltorch -ltorch_cpu -lc10
  (cd "$work" && "./$name") >"expected/$name.txt" 2>/dev/null
done
