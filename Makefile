# Everything is run through here. Each target sets up what it needs, in .venv: a fresh clone wants only Python and make.
#
#   make test PYTHON=python3.12                 this Python for .venv, not the newest found (on first set-up)
#   make test WORKERS=8 ARGS="-k join"          more processes; any further pytest arguments

PYTHON  ?= python3.14 python3.13 python3.12 python3.11 python3
WORKERS ?= 2
ARGS    ?=

PY   := .venv/bin/python
PIP  := $(PY) -m pip --disable-pip-version-check -qq
TEST  = $(PY) -m pytest -n $(WORKERS) $(ARGS)

# Each mode of Numba gets a new cache: with a warm one it would run machine code that another mode has compiled.
FRESH_CACHE := NUMBA_CACHE_DIR=$$(mktemp -d) && export NUMBA_CACHE_DIR && trap 'rm -rf "$$NUMBA_CACHE_DIR"' EXIT

# DATA reaches the recipe through the environment and unexpanded, so that it may hold spaces, quotes and dollars.
override export DATA := $(value DATA)

.SILENT:
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test test-bounds test-nojit coverage nightly bench lint types check clean

help: ## list the targets
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: .venv/.test ## the tour, on a simulated session; DATA=<folder> takes your own recordings
	$(PY) -m ecogcat.demo $${DATA:+"$$DATA"}

test: .venv/.test ## the test-suite and the examples in the docstrings
	$(TEST)

test-bounds: .venv/.test ## the kernel tests with Numba's bounds checks on
	$(FRESH_CACHE) && NUMBA_BOUNDSCHECK=1 $(TEST) tests/kernels

test-nojit: .venv/.test ## kernels and laws with the JIT off; coverage of the kernels (95 % or more)
	$(FRESH_CACHE) && NUMBA_DISABLE_JIT=1 HYPOTHESIS_PROFILE=$${HYPOTHESIS_PROFILE:-dev} \
	$(TEST) -m "not jit and not nightly" tests/kernels tests/laws tests/storage \
	--cov=ecogcat/kernels --cov-report=term-missing:skip-covered --cov-fail-under=95

coverage: .venv/.test ## the whole test-suite with the JIT off and its coverage (95 % or more); half an hour
	$(FRESH_CACHE) && NUMBA_DISABLE_JIT=1 HYPOTHESIS_PROFILE=$${HYPOTHESIS_PROFILE:-dev} \
	$(TEST) --cov --cov-report=term-missing:skip-covered --cov-fail-under=95

nightly: .venv/.test ## all tests, the slow ones too, with 1000 examples for each property
	HYPOTHESIS_PROFILE=nightly $(TEST) -m ""

bench: .venv/.test ## time the work items beside other ways to do them
	$(PY) -m benchmarks

lint: .venv/.dev ## style, format and spelling
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m codespell_lib

types: .venv/.dev ## mypy, strict
	$(PY) -m mypy

check: lint types test test-bounds test-nojit ## all that CI runs

clean: ## remove caches and outputs (`rm -rf .venv` for the environment)
	rm -rf build dist demo htmlcov benchmarks/_build .coverage .coverage.*
	rm -rf .hypothesis .numba_cache .pytest_cache .mypy_cache .ruff_cache
	find ecogcat tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

# The environment. The stamps are older than pyproject.toml when a requirement may have changed.

.venv/.dev: pyproject.toml .venv/.made
	echo "Installing ecogcat and its developers' tools into .venv (a minute or so) ..."
	$(PIP) install -e ".[dev]"
	touch .venv/.test $@

# The extra `dev` holds `all` and `test`.
.venv/.test: pyproject.toml .venv/.made
	echo "Installing ecogcat into .venv (a minute or so) ..."
	$(PIP) install -e ".[all,test]"
	touch $@

.venv/.made:
	if ! $(PY) -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    chosen=; seen=; bare=; \
	    for python in $(PYTHON); do \
	        version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	        seen="$$seen $$python is $$version."; \
	        $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || continue; \
	        if $$python -c 'import ensurepip, venv' 2>/dev/null; then chosen=$$python; break; fi; \
	        bare=$${bare:-$$version}; \
	    done; \
	    if [ -z "$$chosen" ] && [ -n "$$bare" ]; then \
	        echo "Python $$bare is here, but not its venv module. Install it" \
	            "(Debian, Ubuntu: sudo apt install python$$bare-venv), then run make again." >&2; exit 1; \
	    elif [ -z "$$chosen" ]; then \
	        echo "ecogcat needs Python 3.11 or newer. Looked for: $(PYTHON). Found:$${seen:- none.}" >&2; \
	        echo "Install one, or name it: make <target> PYTHON=<path of a python>" >&2; exit 1; \
	    fi; \
	    echo "Creating .venv with $$($$chosen --version) ..."; \
	    $$chosen -m venv --clear .venv; \
	fi
	touch $@
