# Two commands for newcomers: `make demo` and `make test`. On a fresh machine, each sets everything up first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := build/demo
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
WHOLE := -c constraints.txt -e '.[course,dev,cluster]'
# uv installs on all cores, in an eighth of the time. It does not read pip's configuration: where that alone names the
# index, pip installs.
UV := $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python
# Half of all code in the environment: parts of libraries that nothing here imports need not be compiled.
UNUSED := /(tests?|testing|sympy|networkx|triton|pip|mypy|playwright|_dynamo|_inductor)/

# Without compiled files, each of the many processes that tests start would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo quick test pushed test-all bench gpu mutants sentences docs lint format clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(READY)  ## Build the release, mark a small class, write the pages
	$(BIN)/python -m tests.demo $(DEMO)

quick: lint  ## Check style, types, and the tests that your change touches (seconds; the first time, minutes)
	@$(BIN)/python -m tests.touched
	$(BIN)/python -m pytest -q --testmon-forceselect -m "not slow and not processes" $(ARGS) || test $$? -eq 5  # 5: there is none

test: $(READY)  ## Check everything that a push must pass (minutes)
	@$(MAKE) --no-print-directory -j 2 lint pushed

pushed: $(READY)  ## Run the tests of `make test` alone, without style and types
	$(BIN)/python -m pytest -m "not slow" -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

test-all: $(READY)  ## Run all tests, also the slow ones (docs/tests.md lists them)
	$(BIN)/python -m pytest $(ARGS)

bench: $(READY)  ## Measure what everything costs, as ratios (half an hour; ARGS="check build" for some parts)
	$(BIN)/python -m tests.bench $(ARGS)

gpu: $(READY)  ## Run what needs a GPU, mark the sample class on it, train on it (minutes; needs one)
	$(BIN)/python -m tests.gpu $(ARGS)

mutants: $(READY)  ## Count the wrong programs that the checks tell from the right one (minutes; ARGS="--task TASK")
	$(BIN)/python -m tests.mutants $(ARGS)

sentences: $(READY)  ## Print every sentence that a student can get, in one list (ARGS="--task TASK")
	$(BIN)/python -m tests.sentences $(ARGS)

docs: $(READY)  ## Build the documentation, into build/docs; a broken link is an error
	$(BIN)/python -m sphinx -b html -W --keep-going -q docs build/docs

lint: $(READY)  ## Check style, types, and that each floor of the house looks only down
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(READY)  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## Remove what was built here, with the environment
	rm -rf build dist marks $(VENV)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "Python 3.10 or newer is needed; $(PYTHON) is $$($(PYTHON) --version). Choose another: make PYTHON=python3.12 …"; exit 1; }
	@echo "Setting up $(VENV): a few minutes the first time, most of them for torch."
	$(PYTHON) -m venv $(VENV)
	$(PIP) -c constraints.txt uv && $(UV) $(WHOLE) || $(PIP) $(WHOLE)
	@$(BIN)/python -m compileall -qq -j 0 -x '$(UNUSED)' $(VENV)/lib || true  # a few files of libraries do not compile
	@touch $@
