# The project's commands. Everything is installed into .venv; pip's own settings choose where from.
#   make lenet   train LeNet on handwritten digits, print its accuracy, write its graph as SVG
#   make test    lint, types and the whole test suite, compared with TensorFlow
#   make bench   time everything against TensorFlow, and write docs/performance.md
#   make venv    .venv with every extra, and nothing run
PYTHON ?= python3
WORKERS ?= 2

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: lenet test bench venv lint format clean
.DELETE_ON_ERROR:

lenet: $(VENV)/.examples
	$(BIN)/python examples/lenet.py

test: lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

bench: $(VENV)/.tests
	mkdir -p out
	$(BIN)/python tests/benchmarks/run.py --case all --json out/benchmarks.json && $(BIN)/python tests/benchmarks/report.py out/benchmarks.json

venv: $(VENV)/.tests

lint: $(VENV)/.tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.tests
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A stamp per set of extras: made again only when pyproject.toml asks for something else.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo '$(PYTHON) is older than Python 3.11; choose another: make PYTHON=python3.12 ...' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.examples: pyproject.toml | $(VENV)/.python
	$(PIP_INSTALL) --editable '.[render,examples]'
	@touch $@

# tf_keras, which the oracle's tf.layers and RNN cells are made of, asks for the package `tensorflow`: the files of
# tensorflow-cpu once more, and GPU kernels that no test uses (570 MB). Hence without its dependencies.
$(VENV)/.tests: pyproject.toml | $(VENV)/.python
	$(PIP_INSTALL) --editable '.[dev,oracle,render,examples]'
	$(PIP_INSTALL) --no-deps tf_keras
	@touch $@ $(VENV)/.examples
