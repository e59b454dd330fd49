# Two commands for newcomers: `make demo` and `make test`. Each sets everything up on a fresh machine.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := build/demo

.PHONY: help demo quick test test-all bench mutants sentences docs lint format clean

help:  ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(READY)  ## Build the release, mark a small class, write the report
	$(BIN)/python -m tests.demo $(DEMO)

quick: lint  ## Style, types, and the tests that your change touches (seconds; the first time, minutes)
	@$(BIN)/python -m tests.touched
	$(BIN)/python -m pytest -q --testmon -m "not slow and not processes" $(ARGS) || test $$? -eq 5  # 5: there is none

test: lint  ## Everything that runs on every push (under 10 minutes on 2 cores)
	$(BIN)/python -m pytest -m "not slow" -n 4 --dist loadgroup --no-loadscope-reorder $(ARGS)

test-all: $(READY)  ## That, and what takes long (docs/tests.md lists it)
	$(BIN)/python -m pytest $(ARGS)

bench: $(READY)  ## What everything costs, as ratios (half an hour; ARGS="check build" for some parts)
	$(BIN)/python -m tests.bench $(ARGS)

mutants: $(READY)  ## How many wrong programs the checks tell from the right one (minutes; ARGS="--task TASK")
	$(BIN)/python -m tests.mutants $(ARGS)

sentences: $(READY)  ## Every sentence that a student can get, in one list (ARGS="--task TASK")
	$(BIN)/python -m tests.sentences $(ARGS)

docs: $(READY)  ## The documentation, into build/docs; a broken link is an error
	$(BIN)/python -m sphinx -b html -W --keep-going -q docs build/docs

lint: $(READY)  ## Style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)  ## Put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## Take away what was built here, the environment included
	rm -rf build dist marks $(VENV)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "Python 3.10 or newer is needed; $(PYTHON) is $$($(PYTHON) --version). Say which: make PYTHON=python3.12 …"; exit 1; }
	@echo "Setting up $(VENV): some minutes the first time, most of them for torch."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[course,dev,cluster]'
	@touch $@
