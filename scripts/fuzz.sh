#!/bin/sh
# Runs the fuzz targets below the given folders for the given time each: fuzz.sh 3s evidence targets
set -eu
cd "$(dirname "$0")/.."
time=$1
shift
grep -rlE '^func Fuzz' --include='*_test.go' "$@" | xargs -n1 dirname | sort -u | while read -r dir; do
	grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | sed 's/^func //' | while read -r target; do
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1x "./$dir"
	done
done
