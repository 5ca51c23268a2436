#!/bin/sh
# Prints how long 2,000 files of 20 MB take to become text, and how far the peak of memory rises. The first round has the
# files in the page cache already: they were written just before.
# Usage: tests/bench/workspace.sh [exai_tests]
set -eu
exec "${1:-build/release/tests/exai_tests}" '[.benchmark][workspace]'
