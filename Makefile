# `make` alone lists what can be done here. Needs make, and Python 3.11 or newer with its venv module.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)
BIN := .venv/bin
IMAGE ?= berth:dev
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test e2e lint docs chart k8s image bench lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' Makefile

run: .venv/run ## serve the Explorer on this machine; ARGS="my_app.py --seats 2" are handed to `berth up`
	@$(BIN)/berth up $(ARGS)

test: lint ## check everything, then run all tests; ARGS="-k lobby" are handed to pytest
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

e2e: .venv/dev ## test the chart on the cluster that kubectl talks to, in a namespace of its own
	$(BIN)/python -m pytest tests/e2e $(ARGS)

lint: .venv/dev ## check style, form, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/dev ## write the table of settings in README.md anew
	$(BIN)/python -m tests.support.settings_table

chart: ## write helm/README.md anew from the comments in helm/values.yaml (needs helm-docs)
	helm-docs --chart-search-root helm --sort-values-order file --log-level error

k8s: .venv/dev ## write the base and the components in k8s/ anew from the chart (needs helm)
	$(BIN)/python k8s/generate.py

image: ## build the image that every role runs in; IMAGE=registry.example.org/berth:1.0 names it
	docker build --tag $(IMAGE) --build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null || echo unknown)" .

bench: .venv/dev ## measure `panel serve` and `berth up` side by side (15 minutes) and write docs/benchmarks/
	$(BIN)/python -m loadtests.bench --write docs/benchmarks $(ARGS)

lock: ## pin the newest versions of all dependencies in constraints.txt
	rm -f constraints.txt && touch constraints.txt
	rm -rf .venv && $(MAKE) .venv/dev
	$(BIN)/python -m pip freeze --exclude-editable > constraints.txt
	touch .venv/run .venv/dev

clean: ## remove the environment and all caches
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# Both stamps say that .venv holds what pyproject.toml asks for, in the versions of constraints.txt.
.venv/run: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing Berth and Panel into .venv; this happens once and takes a minute or two."
	@$(PIP) --constraint constraints.txt --editable .
	@touch $@

.venv/dev: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing Berth, Panel and the tools for tests into .venv; this happens once and takes some minutes."
	@$(PIP) --upgrade 'pip>=25.1' # older ones do not know --group
	@$(PIP) --constraint constraints.txt --editable . --group dev
	@touch .venv/run $@

.venv/bin/python:
	@test -n "$(PYTHON)" || { \
		echo "Berth needs Python 3.11 or newer, and none is on PATH (python3 is: $$(python3 --version 2>/dev/null || echo missing))."; \
		echo "Install one, or say where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "The venv module of $(PYTHON) is missing. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv --clear .venv
