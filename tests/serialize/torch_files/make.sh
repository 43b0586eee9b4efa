#!/bin/sh
# Writes the files of this folder with PyTorch and libtorch.
# Usage: make.sh PYTHON    which has torch
set -eu
cd "$(dirname "$0")"
torch=$("$1" -c 'import os, torch; print(os.path.dirname(torch.__file__))')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
g++ -std=c++17 -w -I"$torch/include" -I"$torch/include/torch/csrc/api/include" make.cpp -o "$work/make" \
  -L"$torch/lib" -Wl,-rpath,"$torch/lib" -ltorch -ltorch_cpu -lc10
"$work/make"
"$1" make.py
