# make demo · make test · make check · make serve · make bench · make example
PYTHON ?= python3
PORT ?= 8000
# Test files that run at the same time.
JOBS ?= auto
BIN := .venv/bin
RUN := .venv/.run
DEV := .venv/.dev

.PHONY: demo serve test check format bench example lock clean

demo: $(RUN)
	@$(BIN)/qalibrate demo

serve: $(RUN)
	@QALIBRATE_LOG_FORMAT=$${QALIBRATE_LOG_FORMAT:-console} exec $(BIN)/qalibrate serve --dev-key --port $(PORT)

test: $(DEV)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV)
	$(BIN)/python -m benchmarks

# Makes the example set anew and records the answers of its constructed judge: after a change of prompt,
# redaction, scorecard or conversations.
example: $(DEV)
	$(BIN)/python -m evals.example --record

# Writes the lock files anew, with today's versions.
lock: $(DEV)
	$(BIN)/uv pip compile --quiet --upgrade $(LOCK) pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --upgrade $(LOCK) --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which with PYTHON=")'
	$(PYTHON) -m venv .venv

$(RUN): .venv/bin/python requirements.txt pyproject.toml
	@echo "installing into .venv (a minute or two, once) …" >&2
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

$(DEV): $(RUN) requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
