#!/bin/sh
# What `make test` leaves out: the tests on each SIMD target that this machine has, without hidden layouts, with fences
# behind blocks of memory, and under the sanitizers; those of the Python package with fences, under the
# sanitizers and under Python's debug allocator. Goes on after a failure; ends with what was counted, and exits with 1
# where anything failed.
set -u
cd "$(dirname "$0")/.."
status=0

python=$PWD/build/venv/bin/python

build() {  # build NAME [OPTION...]: configures and builds a preset; what doesn't build is a failure
  cmake --preset "$@" >/dev/null && cmake --build "build/$1" && return
  tools/run_tests.py --record "$1-build" failed
  status=1
  return 1
}

# python_tests BUILD NAME VARIABLE=VALUE...: the Python tests with the package of a build; a run without a report failed
python_tests() {
  package=build/$1/python name=$2
  reports=$PWD/build/results/$name-reports
  shift 2
  rm -rf "$reports" && mkdir -p "$reports"
  env "$@" GTEST_OUTPUT="xml:$reports/" "$python" tools/run_pytest.py "$name" "$package" python/tests || status=1
  tools/run_tests.py --report "$name" "$reports/$name.xml" || status=1
}

has_cpu_flag() { [ "$1" = - ] || grep -qw "$1" /proc/cpuinfo; }

with_python="-DRELUME_BUILD_PYTHON=ON -DPython_EXECUTABLE=$python"
# shellcheck disable=SC2086
if build release $with_python; then
  for pair in scalar:- sse4:sse4_2 avx2:avx2 avx3:avx512bw; do
    target=${pair%:*} flag=${pair#*:}
    if has_cpu_flag "$flag"; then
      RELUME_TARGET=$target tools/run_tests.py release --as "release-$target" --without scripts || status=1
    else
      echo "release-$target: not run, this processor has no $flag"
      tools/run_tests.py --record "release-$target" skipped
    fi
  done
  RELUME_HIDE_LAYOUT=0 tools/run_tests.py release --as release-no-hidden-layout --without scripts || status=1
  python_tests release python-debug-allocator PYTHONMALLOC=debug
fi
# shellcheck disable=SC2086
if build fences $with_python; then
  tools/run_tests.py fences --without "scripts|examples" || status=1
  RELUME_TARGET=scalar tools/run_tests.py fences --as fences-scalar --without "scripts|examples" || status=1
  python_tests fences python-fences
fi
# shellcheck disable=SC2086
if build asan $with_python; then
  tools/run_tests.py asan --without scripts || status=1
  # The runtimes come first, and see each object by itself; the interpreter's own leaks don't count.
  runtimes="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"
  sanitizing="detect_leaks=0:allocator_may_return_null=1"
  python_tests asan python-asan "LD_PRELOAD=$runtimes" "ASAN_OPTIONS=$sanitizing" PYTHONMALLOC=malloc
fi
if build tsan; then
  OMP_NUM_THREADS=1 tools/run_tests.py tsan --without scripts || status=1
fi
exit $status
