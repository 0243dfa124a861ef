# The two commands that set everything up by themselves on a fresh machine are `make audit` and `make test`.
PYTHON  ?= python3
CADENCE ?= daily
TARGET  ?= embedded
BIN     := .venv/bin
READY   := .venv/.ready

# A run starts processes by the dozen: none of them should have to compile every module again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: audit test check lint bench matrix clean

audit: $(READY)  ## run the duties of one cadence: make audit CADENCE=heartbeat TARGET=staging
	@$(BIN)/python -m pytest -m $(CADENCE) --target $(TARGET)

test: $(READY)  ## the suite's own tests
	@$(BIN)/python -m pytest tests -n 2 -q --ignore tests/test_tripwires.py --ignore tests/alone
	@$(BIN)/python -m pytest tests/alone -n 0 -q  # what measures time bears nothing beside it
	@$(BIN)/python -m pytest tests/test_tripwires.py -n 4 -q  # these wait for nodes more than they work

check: lint test  ## everything a change must pass

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

matrix: $(READY)  ## duties x faults, every duty seen to fail
	@JUNZI_MATRIX=1 $(BIN)/python -m pytest tests/test_tripwires.py -n 2 -q
	@$(BIN)/python tests/matrix.py

bench: $(READY)  ## what the figures in the docs come from, small; see benchmarks/ for the whole
	@$(BIN)/python -m benchmarks --smoke
	@$(BIN)/python -m benchmarks.heartbeat

clean:
	rm -rf .venv reports/*/ .data .mypy_cache .ruff_cache

$(READY): requirements.lock requirements-bootstrap.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 4; }
	@echo "Setting up .venv (once) ..."
	@$(PYTHON) -m venv .venv || { echo "The venv module is missing; on Debian: apt-get install python3-venv"; exit 4; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
	@$(BIN)/uv pip sync --system-certs --quiet --require-hashes --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --system-certs --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $(READY)
