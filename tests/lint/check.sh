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
shells() { shellcheck -S warning run .ci/run tests/lint/*.sh; }
lints() { python3 tests/lint/lint.py; }
tidy() {
  # Without precompiled headers: they are the compiler's own and clang cannot read them.
  cmake --preset dev -B build/tidy -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DBUILD_TESTING=OFF >/dev/null || return 1
  git ls-files '*.cpp' | grep -v '^tests/' | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p build/tidy --warnings-as-errors='*' 2>/dev/null
}

step "format" formatted
step "shellcheck" shells
step "layering, coroutines, sizes, names" lints
step "clang-tidy" tidy
exit $bad
