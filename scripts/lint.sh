#!/bin/sh
# Checks that need no test: format, vet for both operating systems, staticcheck.
set -eu
cd "$(dirname "$0")/.."
unformatted=$(gofmt -l $(git ls-files '*.go' | grep -v '\.pb\.go$'))
if [ -n "$unformatted" ]; then
	echo "not formatted (run 'make fmt'): $unformatted" >&2
	exit 1
fi
go vet ./...
GOOS=windows go vet ./cmd/portolan-agent ./cmd/portolan-browser ./agent/... ./probe/... ./internal/...
go tool staticcheck ./...
