#!/bin/sh
# ./run check: everything that reads the source and runs none of it.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
step() {
  printf '== %s\n' "$1"
  shift
  "$@" || { bad=1; printf 'FAILED: %s\n' "$*"; }
}
sources() { git ls-files '*.cpp' '*.hpp'; }

formatted() { sources | xargs clang-format --dry-run --Werror; }
shells() { shellcheck -S warning run .ci/run tests/lint/*.sh tests/fuzz/*.sh; }
lints() { python3 tests/lint/lint.py; }
# Several sources at a time, as the build compiles them, or most of the time goes into reading the same headers again.
# Without precompiled headers: they are the compiler's own and clang cannot read them.
tidy() {
  cmake --preset dev -B build/tidy -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DBUILD_TESTING=OFF -DEXAI_UNITY=ON \
    -DEXAI_UNITY_SIZE=24 >/dev/null || return 1
  # The long ones first, so that all processors are busy to the end.
  sed -n 's/^  "file": "\(.*\)",*$/\1/p' build/tidy/compile_commands.json | grep -v /generated/ | sort -u >build/tidy/all
  { grep /Unity/ build/tidy/all; grep -v /Unity/ build/tidy/all; } |
    xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/tidy --extra-arg=-Wno-unknown-warning-option --warnings-as-errors='*' 2>/dev/null
}

step "format" formatted
step "shellcheck" shells
step "layering, coroutines, sizes, names" lints
step "clang-tidy" tidy
exit $bad
