# `make help` lists the targets. CI runs .ci/run.

.DEFAULT_GOAL := help
.PHONY: help test lint fmt fuzz bench load chaos dist release start setup clean

TOOL := go tool -modfile=tools/go.mod

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what the tests use besides Go, such as a C compiler, Node, Python and a JDK
	@.ci/setup

test: setup ## run every test, with the race detector
	@.ci/test

lint: ## find mistakes, style errors and dead code
	$(TOOL) golangci-lint run ./...
	@found=$$($(TOOL) deadcode -test ./...) && test -z "$$found" || { echo "nothing calls these: $$found"; exit 1; }

fmt: ## format all Go code
	$(TOOL) gofumpt -w .

fuzz: ## run each fuzz target for 30 s (FUZZTIME)
	@.ci/fuzz $(or $(FUZZTIME),30s)

bench: ## measure every performance goal (or GOALS=22,23) and print the table; needs wrk and an idle machine
	@.ci/setup wrk
	@go test ./bench -count=1 -run '^TestTable$$' -timeout 30m -v -args -table -goals '$(GOALS)'

load: ## run the load and fault tests for 60 s each (LOAD)
	@LOAD=$(or $(LOAD),60s) go test ./functions -count=1 -run 'TestLoad|TestVaultAwayUnderLoad' -timeout 30m -v

chaos: ## kill the handler 1,000 times (KILLS) while it rotates and readers log in; CHAOS_SEED repeats a run
	@.ci/setup
	@KILLS=$(or $(KILLS),1000) go test ./chaos -count=1 -run '^TestKills$$' -timeout 60m -v

dist: ## stage dist/ for deployment to linux/amd64; SIGN_IN=tokens for callers with tokens
	@go run ./internal/stage/dist -sign-in $(or $(SIGN_IN),keys)

release: ## build the files of a release in bin/release, twice, and compare them; VERSION=v1.2.3
	@.ci/release $(or $(VERSION),v0.0.0-dev)

start: ## run the app in Azure Functions Core Tools with local.settings.json
	@command -v func >/dev/null || { echo "make start: func is not on the PATH: install Azure Functions Core Tools 4, or use: go run ./local"; exit 1; }
	@test -f local.settings.json || { echo "make start: local.settings.json is missing: copy local.settings.json.example and set KEY_VAULT_NAME"; exit 1; }
	@go run ./internal/stage/dist -os "$$(go env GOOS)" -arch "$$(go env GOARCH)" -sign-in $(or $(SIGN_IN),keys)
	@cp local.settings.json dist/ # Core Tools reads it there; make dist stages without it
	func start --script-root dist

clean: ## remove build output and installed node modules
	rm -rf dist bin internal/standin/conformance/js/node_modules internal/lease/azurite/node_modules internal/rotators/postgres/servers/node_modules internal/deploy/grammar/node_modules internal/openapi/lint/node_modules internal/standin/conformance/python/.venv internal/standin/conformance/java/target
