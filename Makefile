# Everything a person does with a checkout. `make` lists it.
#
#   PYTHON=python3.12   the interpreter that makes the environment
#   VENV=.venv          where the environment lies

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
SETUP := $(VENV)/.setup-done
TESTS := $(VENV)/.tests-done
EXTRAS := $(VENV)/.extras-done
DEMO := $(VENV)/.demo-done
# A file's tests stay together: they share what is slow to make.
PYTEST := $(BIN)/pytest -n auto --dist loadfile

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup ask demo test test-all check format wheel bench clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

setup: $(SETUP) ## make the environment in .venv (320 MB to download, a minute or two)

$(SETUP): pyproject.toml setup.py constraints.txt scripts/develop.py
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Sightline needs Python 3.11 or later, and $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=python3.12 ...")'
	@echo "Setting up $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) setuptools
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@$(BIN)/python scripts/develop.py
	@touch $@

$(DEMO): $(SETUP) Makefile
	@echo "Adding the extra demo to $(VENV) ..."
	@$(PIP) --no-build-isolation --editable '.[dev,demo]'
	@$(BIN)/python scripts/develop.py
	@touch $@

# What the tests need beside: Inspect, Gradio, clingo, Rerun, and what drives a browser. The browser is the system's.
$(TESTS): $(SETUP) Makefile
	@echo "Adding the extras evals, demo, symbolic and rerun, and playwright, to $(VENV) ..."
	@$(PIP) --no-build-isolation --editable '.[dev,evals,demo,symbolic,rerun]' playwright axe-playwright-python
	@$(BIN)/python scripts/develop.py
	@touch $@

# What the slow tests need beside: the learned back ends, reconstruction, slides and vector graphics, bpy where this is
# the Python it is built for, and `transformers serve`, a server that nobody here wrote and that stands in for a provider.
# Blender, LibreOffice and bubblewrap are the system's: .ci/run installs them, `sightline doctor` says how.
$(EXTRAS): $(TESTS) Makefile
	@echo "Adding the extras vision, recon and graphics, and bpy, to $(VENV) ..."
	@$(PIP) --no-build-isolation --editable '.[dev,evals,demo,symbolic,rerun,vision,recon,graphics]' 'transformers[serving]'
	@$(BIN)/python scripts/develop.py
	@if $(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then \
		XDG_DATA_HOME=$(abspath $(VENV))/share $(BIN)/sightline blender install; fi
	@touch $@

ask: setup ## set up, then answer a question about a bundled photo (no key, no weights)
	$(BIN)/sightline ask demos/samples/coins.png -q "How many coins are there?"

demo: $(DEMO) ## set up, then serve the web page on http://127.0.0.1:7860
	$(BIN)/sightline demo

test: $(TESTS) ## set up, then run the quick tests
	$(PYTEST)

test-all: $(EXTRAS) ## also install the extras vision, recon, graphics and bpy (7 GB, with CUDA), and run the slow tests too
	$(PYTEST) -m "slow or not slow"

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
