# What one does with this repository. `make` alone lists it; a line with two hashes is shown there.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Cargo.lock is part of the source: a build that would change it stops instead. `make test LOCKED=` lifts that.
LOCKED ?= --locked
CLIENTS := tests/clients
# The TypeScript half is one npm workspace; npm notes here what it has installed.
NPM := node_modules/.package-lock.json
# What the web client is built from: the SDK's sources, too.
WEB := $(shell find web sdk/typescript/src -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' 2>/dev/null)
# Seconds for each fuzz target.
TIME ?= 60
# Arguments of the load generator.
ARGS ?= all

.PHONY: help
help: ## Lists these targets
	@awk 'BEGIN { FS = ":.*## "; print "make <target>, one of:" } /^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: ## Builds for release, the web client too, and serves on http://localhost:3000, data in ./data; SOTTO_* variables are respected
	@if [[ "$${SOTTO_WEB:-on}" == off ]]; then \
		echo "== SOTTO_WEB=off: the web client is not built"; \
	elif scripts/have-node; then \
		$(MAKE) web; \
	else \
		echo "== Node 20.19 or later and npm are not here: the web client is not built, the server serves $$( \
			[[ -e web/dist/index.html ]] && echo 'the one in web/dist' || echo 'without it')"; \
	fi
	@cargo build $(LOCKED) --release -p sotto-server --bin sotto
	@SOTTO_LISTEN="$${SOTTO_LISTEN:-127.0.0.1:3000}" exec target/release/sotto

.PHONY: web
web: web/dist/index.html ## Builds the web client in web/dist, from where the next release build takes it into the server

web/dist/index.html: $(NPM) $(WEB)
	@echo "== building the web client"
	@npm run --silent -w web build

$(NPM): package-lock.json
	@echo "== installing what the TypeScript half needs"
	@npm ci --ignore-scripts --no-audit --no-fund

# The TypeScript tests start the server, and the Rust tests start what is written in TypeScript, so all is built first.
# The binaries are built together with the tests: alone, their dependencies would have other features and be compiled a second time.
.PHONY: test
test: test-tools $(NPM) $(CLIENTS)/.venv/.installed ## Runs every test, installing what it needs first
	@echo "== building the tests, and the binaries that they start as processes"
	@cargo build $(LOCKED) --workspace --bins --tests
	@echo "== TypeScript SDK: build, types, tests"
	@npm run --silent -w sdk/typescript build
	@npm run --silent -w sdk/typescript check
	@npm test --silent -w sdk/typescript
	@npm run --silent -w sdk/typescript peer
	@echo "== web client: types, tests, build"
	@npm run --silent -w web check
	@npm test --silent -w web
	@$(MAKE) web
	@echo "== tests"
	@cargo test $(LOCKED) --workspace
	@echo "== the web client in a browser"
	@npm run --silent -w tests/browser check
	@npm test --silent -w tests/browser
	@$(MAKE) generated

# Debian packages that tests use: installed only where something is missing.
.PHONY: test-tools
test-tools:
	@scripts/install-test-tools

$(CLIENTS)/.venv/.installed: $(CLIENTS)/requirements.txt
	@echo "== installing python-socketio"
	@rm -rf $(CLIENTS)/.venv
	@python3 -m venv $(CLIENTS)/.venv
	@$(CLIENTS)/.venv/bin/pip install --quiet --disable-pip-version-check -r $(CLIENTS)/requirements.txt
	@touch $@

.PHONY: check
check: $(NPM) ## Format, lints, licences and sources of all dependencies, generated files: what a change must pass beside the tests
	@echo "== format"
	@cargo fmt --all --check
	@echo "== lints"
	@cargo clippy $(LOCKED) --workspace --all-targets -- -D warnings
	@echo "== types of the TypeScript half"
	@npm run --silent --workspaces --if-present check
	@echo "== dependencies: bans, licences, sources"
	@scripts/need-cargo-deny
	@cargo fetch --quiet $(LOCKED)
	@cargo deny --offline check bans licenses sources
	@$(MAKE) generated
	@echo "all checks passed"

.PHONY: generated
generated: $(NPM) ## Checks that the generated files are what the sources generate, and that TypeScript and AsyncAPI tools take them
	@echo "== generated files"
	@cargo run --quiet $(LOCKED) -p sotto-protocol --bin sotto-bindings -- --check
	@cargo run --quiet $(LOCKED) -p sotto-crypto --features vectors --example vectors -- --check
	@npm run --silent -w sdk/typescript vectors -- --check
	@echo "== the TypeScript SDK's reference, every public name documented"
	@npm run --silent -w sdk/typescript docs
	@echo "== bindings, as TypeScript and AsyncAPI tools read them"
	@npm test --silent -w protocol-spec/check

.PHONY: advisories
advisories: ## Asks RustSec about known vulnerabilities (needs the network; scripts/advisories exits 1 for findings, 75 when out of reach)
	@scripts/need-cargo-deny
	@scripts/advisories

.PHONY: fix
fix: ## Formats, and mends what clippy can mend by itself
	@cargo fmt --all
	@cargo clippy $(LOCKED) --workspace --all-targets --fix --allow-dirty --allow-staged

.PHONY: generate
generate: $(NPM) ## Writes the generated files anew: bindings of the protocol, test vectors of the cryptography (by both generators)
	@cargo run --quiet $(LOCKED) -p sotto-protocol --bin sotto-bindings
	@cargo run --quiet $(LOCKED) -p sotto-crypto --features vectors --example vectors
	@npm run --silent -w sdk/typescript vectors

.PHONY: bench
bench: ## Measures a release build; ARGS="…" are those of the load generator, by default `all`
	@cargo build $(LOCKED) --release -p sotto-server -p sotto-bench
	@target/release/sotto-bench $(ARGS)

.PHONY: fuzz
fuzz: ## Fuzzes each target for TIME seconds (60); needs nightly Rust and cargo-fuzz
	@scripts/fuzz $(TIME)
