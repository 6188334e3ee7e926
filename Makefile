# The doors of this repository. The first use of any of them makes .venv from the lock files, once.
.DEFAULT_GOAL := help
.PHONY: help demo serve check test fuzz mutations bench fmt lock clean

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
SCALE ?= 0.1
PORT ?= 31337
N ?= 20000
SCENARIO ?=
SF ?= 1
ROUNDS ?= 5

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do \
		printf '  make %-9s %s\n' "$$name" "$$what"; done

demo: .venv/.installed  ## Take the guided tour through a whole mesh on this machine (SCALE=0.1)
	@$(BIN)/headgate demo --scale $(SCALE)

serve: .venv/.installed  ## Keep the mesh up for your own client (SCALE=0.1 PORT=31337); Ctrl-C ends it
	@$(BIN)/headgate demo --stay --scale $(SCALE) --port $(PORT)

check: .venv/.testing  ## Lint, types, layers and the fast tests; needs no services
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/unit

test: .venv/.testing  ## Install what the tests need, and run everything against real services
	$(BIN)/python -m tests.services.install || [ "$$CI" != true ]
	$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/unit
	$(BIN)/python -m pytest -q --ignore=tests/unit

fuzz: .venv/.testing  ## Ask random questions in every placement, N of each (N=20000); differences are kept as cases
	$(BIN)/python -m tests.services.install
	$(BIN)/python -m tests.fuzz --placement all --count $(N)

mutations: .venv/.testing  ## Put deliberate bugs into a copy of the code, and see that the tests find each of them
	$(BIN)/python -m tests.mutations

bench: .venv/.testing  ## Measure beside rivals (SCENARIO=tpch-mixed SF=1 ROUNDS=5); all of them in half an hour
	$(BIN)/python -m tests.services.install
	$(BIN)/python -m benchmarks $(SCENARIO) --scale $(SF) --rounds $(ROUNDS) \
		$(if $(SCENARIO),,--output benchmarks)

fmt: .venv/.testing  ## Put the code into its one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/.installed  ## Choose the newest allowed version of every dependency, and pin it by hash
	.ci/lock

clean:  ## Remove everything that the other doors made
	rm -rf .venv .services .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .headgate

.venv/.installed: requirements.lock pyproject.toml
	@python="$$(.ci/python)" && echo "Making .venv and installing what requirements.lock pins." && \
		{ test -x $(BIN)/python || "$$python" -m venv .venv; }
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/.testing: .venv/.installed requirements-test.lock
	@$(PIP) install --quiet --require-hashes -r requirements-test.lock
	@touch $@
