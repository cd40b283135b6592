#!/bin/sh
# Runs the fuzz targets below the given folders, each for a number of executions: fuzz.sh 1000x evidence targets.
# A count, not a time: when the time of Go's fuzzer runs out it now and then fails with 'context deadline exceeded'.
set -eu
cd "$(dirname "$0")/.."
count=$1
shift
grep -rlE '^func Fuzz' --include='*_test.go' "$@" | xargs -n1 dirname | sort -u | while read -r dir; do
	grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | sed 's/^func //' | while read -r target; do
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$count" -fuzzminimizetime 1x "./$dir"
	done
done
