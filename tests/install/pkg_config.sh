#!/bin/sh
# Builds and runs the consumer with the flags that pkg-config gives, shared and static.
# Usage: pkg_config.sh COMPILER LIBDIR BINARY
set -eu
export PKG_CONFIG_PATH="$2/pkgconfig"
source=$(dirname "$0")/consumer/main.cc

"$1" -std=c++17 "$source" -o "$3" $(pkg-config --cflags --libs relume) -Wl,-rpath,"$2"
"$3"
"$1" -std=c++17 "$source" -o "$3" $(pkg-config --cflags relume) "$2/librelume.a" \
  $(pkg-config --static --libs-only-l relume | sed 's/-lrelume//')
"$3"
