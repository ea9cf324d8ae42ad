# Needs Python 3.11 or newer, pip, make and git; everything else is installed into .venv, pinned by constraints.txt.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
BIN := .venv/bin

.PHONY: demo phase-demo test bench wheel lock clean

demo: .venv/installed  ## simulate phases I to V, train, score phase V, and leave the lists and the report in demo/
	$(BIN)/omdrisk demo

phase-demo: .venv/installed  ## a phase from opening to report: a worse challenger refused, a better one promoted, planted drift found
	$(BIN)/omdrisk phase demo

test: .venv/installed  ## format, lint, types, doctests and tests, with warnings as errors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist worksteal

bench: .venv/installed  ## measure; writes build/benchmarks.json (BENCH=small only proves that they run)
	$(BIN)/python -m tests.benchmarks.run

wheel: .venv/installed
	$(BIN)/python -m pip wheel --no-deps --no-build-isolation --wheel-dir build/wheel .

.venv/installed: constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement constraints.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

lock: .venv/installed  ## refresh constraints.txt from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra link --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --upgrade --quiet --output-file constraints.txt

clean:
	rm -rf .venv build demo phase-demo
