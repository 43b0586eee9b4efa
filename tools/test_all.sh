#!/bin/sh
# What `make test` leaves out: the tests on each SIMD target that this machine has, without hidden layouts, under the
# sanitizers, and unoptimised. Goes on after a failure; ends with what was counted, and exits with 1 where anything failed.
set -u
cd "$(dirname "$0")/.."
status=0

build() {  # build NAME: configures and builds a preset; what doesn't build is a failure
  cmake --preset "$1" >/dev/null && cmake --build "build/$1" && return
  tools/run_tests.py --record "$1-build" failed
  status=1
  return 1
}

has_cpu_flag() { [ "$1" = - ] || grep -qw "$1" /proc/cpuinfo; }

if build release; then
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
fi
for preset in asan debug; do
  if build "$preset"; then
    tools/run_tests.py "$preset" --without scripts || status=1
  fi
done
exit $status
