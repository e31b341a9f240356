# Everything a person does with a checkout. `make` lists it.
#
#   PYTHON=python3.12   the interpreter that makes the environment
#   VENV=.venv          where the environment lies

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
SETUP := $(VENV)/.setup-done
SERVING := $(VENV)/.serving-done

# 2.13.0 has a CPU build that transformers works with. It is no pin for users (constraints.txt says nothing of
# torch): torchvision's operators, which the `vision` extra needs, do not load with it.
TORCH := torch==2.13.0

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup ask test test-all check format wheel bench clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

setup: $(SETUP) ## make the environment in .venv (320 MB to download, about a minute)

$(SETUP): pyproject.toml setup.py constraints.txt scripts/develop.py
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Sightline needs Python 3.11 or later, and $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=python3.12 ...")'
	@echo "Setting up $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) setuptools
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@$(BIN)/python scripts/develop.py
	@touch $@

# A server that nobody here wrote, `transformers serve`, stands in for a provider in some slow tests.
$(SERVING): $(SETUP) Makefile
	@echo "Adding torch and transformers to $(VENV) ..."
	@$(PIP) '$(TORCH)' 'transformers[serving]'
	@touch $@

ask: setup ## set up, then answer a question about a bundled photo (no key, no weights)
	$(BIN)/sightline ask demos/samples/coins.png -q "How many coins are there?"

test: setup ## set up, then run the quick tests
	$(BIN)/pytest

test-all: $(SERVING) ## also install torch and transformers (200 MB more), and run the slow tests too
	$(BIN)/pytest -m "slow or not slow"

check: setup ## lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup ## format, and mend what ruff can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

wheel: setup ## build dist/*.tar.gz, and dist/*.whl from it
	rm -f dist/sightline-*
	$(BIN)/python -m build --quiet --no-isolation

bench: setup ## measure speed and memory, side by side with others
	@set -e; for file in benchmarks/bench_*.py; do $(BIN)/python "$$file"; done

clean: ## delete what was built, the environment included
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
