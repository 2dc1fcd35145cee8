# Two commands are enough to begin: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
WORKERS ?= 3

.PHONY: setup demo test soak planted check bench format lock clean

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Shouwang needs Python 3.11 or newer; say PYTHON=/path/to/python3.11 make $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	$(BIN)/shouwang demo

test: setup
	$(BIN)/python -m pytest -n $(WORKERS)

SEEDS ?= 200

soak: setup
	$(BIN)/python -m tests.year --seeds $(SEEDS) --workers $(WORKERS)

planted: setup
	$(BIN)/python -m tests.year.planted

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n 0 tests/storage/test_migrations.py

bench: setup
	@for program in benchmarks/*.py; do \
		case $$program in */_*) continue;; esac; \
		$(BIN)/python $$program || exit 1; \
	done

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
