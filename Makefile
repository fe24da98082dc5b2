# `make demo` and `make test` are all that a newcomer needs: Python 3.11 or newer, make and a network.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install test-tools system-packages demo test check lint types core-coverage check-slow bench fuzz fuzz-guided docs screenshots lock clean

PYTHON ?= $(shell tools/find-python)
BIN := .venv/bin
PIP_OPTIONS := --quiet --disable-pip-version-check --no-input
WITH_POSTGRES := $(BIN)/python tools/with-postgres
INSTALL_LOCKED := -m pip install $(PIP_OPTIONS) --require-hashes -r
INSTALL_SELF := -m pip install $(PIP_OPTIONS) --no-deps --no-build-isolation -e .

# Options for pytest, as in `make test ARGS="tests/core -k fold"`.
ARGS ?=

help:
	@echo "make demo         install what is needed, then run the demonstration"
	@echo "make test         install what is needed, then run the tests on SQLite and PostgreSQL"
	@echo "make check        format, lint, types, import contracts, then the tests"
	@echo "make check-slow   the long tests"
	@echo "make install      only make .venv with the runtime"
	@echo "make bench        measure against the baselines"
	@echo "make fuzz         read a million mutated returns (ARGS='--minutes 10' ends earlier)"
	@echo "make fuzz-guided  look for new paths in the readers, led by coverage"
	@echo "make screenshots  take the pictures of the console that the documentation shows"
	@echo "make docs         build the documentation in build/docs"
	@echo "make lock         write the lock files again (ARGS=--upgrade takes newer versions)"
	@echo "make clean        remove everything made here"

# --- environments -------------------------------------------------------------------------------------
# Each stamp depends on what it was installed from, so a second run installs nothing.

.venv/bin/pip:
	tools/make-venv "$(PYTHON)" .venv

.venv/.installed: requirements.lock pyproject.toml | .venv/bin/pip
	@echo "Installing Rebond in .venv …"
	$(BIN)/python $(INSTALL_LOCKED) requirements.lock
	$(BIN)/python $(INSTALL_SELF)
	@$(BIN)/python -m compileall -q src
	@echo "Compiling the rules …"
	@$(BIN)/rebond qualify --text "550 5.1.1 user unknown" >/dev/null
	@touch $@

.venv/.installed-test: requirements-test.lock .venv/.installed
	@echo "Installing the test tools in .venv …"
	$(BIN)/python $(INSTALL_LOCKED) requirements-test.lock
	@touch $@

.venv-%/.installed: requirements-%.lock pyproject.toml
	@echo "Installing what $* needs in .venv-$* …"
	tools/make-venv "$(PYTHON)" .venv-$*
	.venv-$*/bin/python $(INSTALL_LOCKED) requirements-$*.lock
	.venv-$*/bin/python $(INSTALL_SELF)
	@touch $@

install: .venv/.installed

test-tools: .venv/.installed-test

system-packages: install
	tools/ensure-system-packages

# --- what people run ----------------------------------------------------------------------------------

demo: install
	$(BIN)/rebond demo $(ARGS)

test: test-tools system-packages
	$(WITH_POSTGRES) tools/run-tests $(ARGS)

check: lint types core-coverage test

lint: test-tools
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: test-tools
	$(BIN)/mypy

# The core decides; every branch of it is tested, without a database.
core-coverage: test-tools
	$(BIN)/pytest tests/core -q --cov=rebond.core --cov-branch --cov-report=term --cov-fail-under=100

check-slow: test-tools system-packages .venv-docs/.installed
	REBOND_TEST_MARK=slow $(WITH_POSTGRES) tools/run-tests $(ARGS)

bench: .venv-bench/.installed system-packages
	$(WITH_POSTGRES) .venv-bench/bin/python -m benchmarks $(ARGS)

fuzz: install
	$(BIN)/python -m fuzz $(ARGS)

fuzz-guided: .venv-fuzz/.installed
	.venv-fuzz/bin/python -m fuzz.guided $(ARGS)

screenshots: test-tools system-packages
	$(BIN)/python tools/screenshots.py

docs: .venv-docs/.installed
	.venv-docs/bin/mkdocs build --strict $(ARGS)

lock:
	PYTHON="$(PYTHON)" tools/lock $(ARGS)

clean:
	rm -rf .venv .venv-* build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
