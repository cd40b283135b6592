#!/bin/sh
# Runs every fuzz target for the given time each: fuzz.sh 3s
set -eu
cd "$(dirname "$0")/.."
time=${1:-3s}
grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r dir; do
	grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | sed 's/^func //' | while read -r target; do
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1x "$dir"
	done
done
