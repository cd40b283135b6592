# Portolan: `make help` lists what can be done here.
SHELL := /bin/sh
GO ?= go
FUZZCOUNT ?= 1000x
SOAKCOUNT ?= 20000x

.DEFAULT_GOAL := help
.PHONY: help run build windows fips setup check test soak bench fmt clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## start the demo: simulated systems, collector and eight agents, until Ctrl-C
	@scripts/demo.sh

build: ## build the binaries into bin/
	@mkdir -p bin
	$(GO) build -o bin/ ./cmd/...

windows: ## build the agent, its browser driver and the operator's tool for Windows into bin/windows/
	@mkdir -p bin/windows
	GOOS=windows GOARCH=amd64 $(GO) build -trimpath -o bin/windows/ ./cmd/portolan-agent ./cmd/portolan-browser ./cmd/portolanctl

fips: ## build against the certified FIPS 140-3 module into bin/fips/
	@mkdir -p bin/fips
	GOFIPS140=certified $(GO) build -trimpath -o bin/fips/ ./cmd/...

setup: ## install what the tests need (Debian packages)
	@scripts/setup.sh

fmt: ## format the sources
	gofmt -w $$(git ls-files '*.go')

check: ## the fast part of test: format, vet for both systems, staticcheck, architecture, unit tests
	@scripts/lint.sh
	$(GO) test -short ./...

test: setup build ## every behaviour once: lint, unit, property, race, fuzz for seconds, end to end, pages
	@scripts/lint.sh
	$(GO) test -race -p 4 -timeout 8m $$($(GO) list ./... | grep -v /e2e)
	@scripts/fuzz.sh $(FUZZCOUNT) agent/peer agent/spool availability collector/archive evidence internal/datastream internal/interchange internal/nistitl internal/strictyaml ports probe report targets
	$(GO) test -count 1 -parallel 16 -timeout 8m ./e2e

soak: test ## the long versions: many property checks, long fuzzing, repeated faults
	@FUZZCOUNT=$(SOAKCOUNT) scripts/soak.sh

bench: ## figures as lines "name value unit"
	@scripts/bench.sh .

bench-%: ## the figures of one benchmark
	@scripts/bench.sh '$*'

clean: ## remove what build made
	rm -rf bin
