#!/bin/sh
# Runs the benchmarks whose names match and prints "name value unit" lines: bench.sh TimelineAppend. Each
# runs for the time or so often as BENCHTIME says, 1s by default: BENCHTIME=60s bench.sh 'Load$/agents-64'
set -eu
cd "$(dirname "$0")/.."
go test -timeout 4h -run '^$' -benchtime "${BENCHTIME:-1s}" -bench "${1:-.}" ./... | awk '
	/^Benchmark/ {
		name = $1; sub(/-[0-9]+$/, "", name)
		for (i = 3; i < NF; i += 2) print name, $i, $(i + 1)
	}
	/^(FAIL|panic|---)/ { failed = 1; print > "/dev/stderr" }
	END { exit failed }'
