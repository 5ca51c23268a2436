#!/bin/sh
# run.sh TARGET SECONDS, from the root: one fuzzer. New inputs go to a folder of their own; one that breaks something is kept
# beside it.
set -eu
target=$1 seconds=$2
found=build/fuzz/found/$target
mkdir -p "$found"
status=0
EXAI_FUZZ_TARGET=$target build/fuzz/tests/fuzz/exai-fuzz -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
  -print_final_stats=1 -artifact_prefix="$found-" "$found" "tests/fuzz/corpus/$target" >"$found.log" 2>&1 || status=1
executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found.log")
if [ $status -eq 0 ]; then
  printf '%-14s %s executions in %s s\n' "$target" "$executions" "$seconds"
else
  printf '%-14s BROKEN: the inputs are %s-*, what happened stands in %s.log\n' "$target" "$found" "$found"
fi
exit $status
