# `make help` lists what there is. CI runs .ci/run, which is all of it.

.DEFAULT_GOAL := help
.PHONY: help test lint fmt fuzz bench load chaos dist start setup clean

TOOL := go tool -modfile=tools/go.mod

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what the tests can use: a C compiler, Node, the JavaScript client and Azurite
	@.ci/setup

test: setup ## run every test, with the race detector
	@.ci/test

lint: ## look for mistakes and style
	$(TOOL) golangci-lint run ./...

fmt: ## format all Go code
	$(TOOL) gofumpt -w .

fuzz: ## run each fuzz target for 30 s, or for FUZZTIME
	@.ci/fuzz $(or $(FUZZTIME),30s)

bench: ## measure every goal beside its floor and print the table; needs wrk and a calm machine
	@.ci/setup wrk
	@go test ./bench -count=1 -run '^TestTable$$' -timeout 30m -v -args -table

load: ## the load and fault runs at length: 60 s each, or LOAD
	@LOAD=$(or $(LOAD),60s) go test ./functions -count=1 -run 'TestLoad|TestVaultAwayUnderLoad' -timeout 30m -v

chaos: ## kill the handler 1,000 times, or KILLS, while it rotates and readers log in; CHAOS_SEED repeats a run
	@.ci/setup
	@KILLS=$(or $(KILLS),1000) go test ./chaos -count=1 -run '^TestKills$$' -timeout 60m -v

dist: ## stage dist/ for linux/amd64, as a deployment takes it
	@go run ./internal/stage/dist

start: ## run the app in Azure Functions Core Tools, with the settings in local.settings.json
	@command -v func >/dev/null || { echo "make start: there is no func on the PATH: install Azure Functions Core Tools 4, or use: go run ./local"; exit 1; }
	@test -f local.settings.json || { echo "make start: there is no local.settings.json: copy local.settings.json.example and name your vault in it"; exit 1; }
	@go run ./internal/stage/dist -os "$$(go env GOOS)" -arch "$$(go env GOARCH)"
	@cp local.settings.json dist/ # Core Tools read it there; make dist stages anew, without it
	func start --script-root dist

clean: ## remove what was built and installed here
	rm -rf dist bin internal/standin/conformance/js/node_modules internal/lease/azurite/node_modules
