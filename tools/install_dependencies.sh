#!/bin/sh
# Installs the Debian or Ubuntu packages that a job needs and that are missing; says which they are where it can't.
# Usage: install_dependencies.sh build|demo|test|bench|fuzz|python
# For test and python it also makes a virtual environment, build/venv, with what the Python tests import.
set -eu

build="g++ cmake ninja-build pkg-config ccache libdnnl-dev libhwy-dev libfmt-dev nlohmann-json3-dev libcli11-dev
  zlib1g-dev libpng-dev"
case "${1:-}" in
  build) wanted=$build ;;
  demo) wanted="$build dataset-fashion-mnist" ;;
  test) wanted="$build libgtest-dev libgmock-dev python3 python3-dev python3-venv binutils" ;;
  python) wanted="$build python3 python3-dev python3-venv" ;;
  bench) wanted="$build python3 binutils" ;;
  fuzz) wanted="$build clang libclang-rt-dev" ;;
  *) echo "usage: $0 build|demo|test|bench|fuzz|python" >&2; exit 2 ;;
esac

# A folder of Python packages from PyPI, and a mark that says which. Without the last two, a test each is skipped.
virtual_environment() {
  packages="numpy pytest hypothesis mypy"
  extras="matplotlib basedpyright"
  folder="$(dirname "$0")/../build/venv"
  [ "$(cat "$folder/packages" 2>/dev/null)" = "$packages $extras" ] && return
  echo "installing in build/venv: $packages $extras"
  python=/usr/bin/python3
  [ -x "$python" ] || python=python3
  "$python" -m venv "$folder"
  "$folder/bin/pip" install -q --disable-pip-version-check $packages
  for extra in $extras; do
    "$folder/bin/pip" install -q --disable-pip-version-check "$extra" || echo "without $extra: its test is skipped"
  done
  echo "$packages $extras" >"$folder/packages"
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  # Not Debian: CMake says what it does not find.
  echo "$0: no apt here. Install these, under the names that your system gives them, if the build misses them:" $wanted >&2
  exit 0
fi

missing=""
for package in $wanted; do
  installed "$package" || missing="$missing $package"
done
if [ -z "$missing" ]; then
  case "$1" in test | python) virtual_environment ;; esac
  exit 0
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "$0: these packages are missing, and there is neither root nor sudo to install them:$missing" >&2
    exit 1
  fi
  as_root=sudo
fi
echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# DEBIAN_FRONTEND goes through env, since sudo drops it.
if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
  tail -n 20 "$log" >&2
  echo "$0: could not install these packages:$missing" >&2
  exit 1
fi
case "$1" in test | python) virtual_environment ;; esac
