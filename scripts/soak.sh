#!/bin/sh
# The long versions of the tests: many property checks under the race detector, FUZZCOUNT executions of each fuzz target, twelve drawn
# histories where one or two are folded otherwise, and the end-to-end tests with their faults repeated. About half an hour on two cores.
set -eu
cd "$(dirname "$0")/.."
GOOS=windows go vet ./cmd/portolanctl
properties=$(go list -f '{{.ImportPath}} {{.TestImports}} {{.XTestImports}}' ./... | awk '/pgregory.net\/rapid/ { print $1 }')
go test -race -count 1 -timeout 30m $properties -rapid.checks=1000
scripts/fuzz.sh "${FUZZCOUNT:-20000x}" .
PORTOLAN_SOAK=1 go test -count 1 -run 'Recomputed_Adopts|Revision_Rises|Rollups_Give' ./collector/projection
PORTOLAN_SOAK=1 go test -count 1 -parallel 8 -timeout 40m ./e2e
