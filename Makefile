# Kommutator: everything a newcomer types. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name))))
JOBS ?= 3
TESTS ?= tests
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
VENDOR := src/kommutator/doors/console/static/vendor
SIDECARS := sidecars/node_modules
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes
CATALOGS := $(patsubst %.po,%.mo,$(shell find src -name '*.po'))
READY := $(STAMPS)/base $(STAMPS)/project $(VENDOR)/.copied $(SIDECARS)/.ready $(CATALOGS)
TOOLED := $(READY) $(STAMPS)/dev

##@ Run
.PHONY: up
up: $(READY) ## start everything: database, API, console, workers, and the demo around them
	@exec $(BIN)/kommutator up

.PHONY: demo
demo: $(READY) ## place one scripted call through the running system and watch it travel
	@exec $(BIN)/kommutator demo

##@ Check
.PHONY: test
test: lint | system-packages ## lint, then all tests but the soaks; TESTS=path, JOBS=processes
	@$(BIN)/pytest $(TESTS) -q -n $(JOBS) --dist loadgroup -m "not slow"

.PHONY: test-all
test-all: lint | system-packages ## lint, then all tests, soaks and chaos included
	@$(BIN)/pytest $(TESTS) -q -n $(JOBS) --dist loadgroup

.PHONY: bench
bench: $(TOOLED) ## measure throughput and latency on this machine
	@$(BIN)/python -m bench

.PHONY: lint
lint: $(TOOLED) ## style, types and the floors between rooms
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > $(STAMPS)/lint-imports.log || { cat $(STAMPS)/lint-imports.log; exit 1; }
	@echo "lint: style, types and floors are clean"

.PHONY: fmt
fmt: $(STAMPS)/dev ## rewrite the code in the house style
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format

##@ Prepare
.PHONY: setup
setup: $(TOOLED) ## prepare the environment without starting anything

.PHONY: assets
assets: $(VENDOR)/.copied ## fetch the console's styles, scripts and fonts

.PHONY: lock
lock: $(STAMPS)/base ## pin what pyproject.toml and package.json ask for; UPGRADE=1 takes newer versions
	@tools/lock $(if $(UPGRADE),--upgrade)

.PHONY: system-packages
system-packages: ## install the Debian packages that tests need, where root is there
	@tools/system-packages

.PHONY: clean
clean: ## remove what make made; var/ (your data) stays
	rm -rf $(VENV) $(VENDOR) $(SIDECARS) build dist .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	find src -name '*.mo' -delete

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMPS)/venv:
	@tools/venv "$(PYTHON)" $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/base: requirements/base.txt requirements/build.txt | $(STAMPS)/venv
	@echo "installing the locked packages (once)"
	@$(PIP) -r requirements/base.txt -r requirements/build.txt
	@touch $@

# The project itself, from this folder, with the locked build backend: nothing is fetched.
$(STAMPS)/project: pyproject.toml $(STAMPS)/base
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/base
	@echo "installing the locked development packages (once)"
	@$(PIP) -r requirements/dev.txt
	@touch $@

$(VENDOR)/.copied: package-lock.json tools/assets.py tools/node.py requirements/assets.txt | $(STAMPS)/base
	@echo "fetching the console's assets (once)"
	@$(BIN)/python tools/assets.py $(VENDOR)
	@touch $@

$(SIDECARS)/.ready: sidecars/package-lock.json tools/node.py requirements/assets.txt | $(STAMPS)/base
	@echo "fetching what the WhatsApp sidecar is made of (once)"
	@cd sidecars && ../$(BIN)/python ../tools/node.py npm ci --ignore-scripts --omit=optional --no-progress --loglevel=error
	@touch $@

%.mo: %.po | $(STAMPS)/base
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
