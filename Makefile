# Everything starts with one of these; each does its own set-up.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
PYTHON ?= python3

# Idle OpenMP threads that spin slow everything else down tenfold on a busy machine.
export OMP_WAIT_POLICY ?= PASSIVE

# uv, where present, installs in seconds; plain pip does the same from the same lock.
UV := $(shell command -v uv 2>/dev/null)
ifdef UV
INSTALL = UV_COMPILE_BYTECODE=1 uv pip install --quiet --python .venv/bin/python
else
INSTALL = .venv/bin/python -m pip install --quiet --disable-pip-version-check
endif

.PHONY: help demo test proof lint types floors pytest fmt lock clean

help:            ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.txt pyproject.toml | .venv/bin/python
	$(INSTALL) -r requirements/run.txt
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/run.stamp
	$(INSTALL) -r requirements/dev.txt
	@touch $@

demo: .venv/run.stamp  ## the whole story on synthetic leads: train, tiers, five leads over HTTP
	leadscore demo

test: lint types floors pytest  ## everything that CI runs

lint: .venv/dev.stamp  ## ruff
	ruff check .
	ruff format --check .

types: .venv/dev.stamp  ## mypy --strict
	mypy

floors: .venv/dev.stamp  ## import-linter
	lint-imports

pytest: .venv/dev.stamp  ## the tests alone, doctests among them
	pytest -n 2 --dist loadfile

proof: .venv/dev.stamp  ## each promise of the service with its figure and goal (half an hour)
	python benchmarks/proof.py

fmt: .venv/dev.stamp  ## put the code into shape
	ruff check --fix .
	ruff format .

lock:            ## resolve the requirements anew (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml --extra train --extra serve --extra dev -o requirements/dev.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml requirements/build.in --extra train --extra serve -c requirements/dev.txt -o requirements/run.txt

clean:           ## remove what make made
	rm -rf .venv build dist
