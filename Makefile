# Everything a fresh machine with Python 3.11+ needs comes from the package index that pip is set up for.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
DEMO   ?= demo-study
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help demo setup setup-test models test test-all attack check bench bench-attribution bench-refinements bench-anonymise bench-coding bench-recode \
	bench-stories bench-notes bench-reports build clean

help:  ## list what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 20

demo: setup  ## set everything up and run the whole pipeline on a sample study
	$(BIN)/copipe models pull
	test -e $(DEMO)/copipe.toml || $(BIN)/copipe init $(DEMO) --demo
	$(BIN)/copipe run $(DEMO)
	$(BIN)/copipe -s $(DEMO) status
	@echo "The reports are in $(DEMO)/reports: start with $(DEMO)/reports/synthesis.md"
	@echo "Next: $(BIN)/copipe -s $(DEMO) roles assign 2016-02   (says who the two voices of the recorded call are)"

setup: $(VENV)/.installed  ## a virtual environment with copipe in it

setup-test: $(VENV)/.installed-test  ## the same, with what the tests and checks need

$(VENV)/.python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "copipe needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	touch $@

# torch first and alone: with its exact version asked for, pip takes a CPU-only build where the index has one.
$(VENV)/.installed: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing copipe into $(VENV) (a few minutes the first time) ..."
	$(PIP) torch
	$(PIP) -e '.[meaning]'
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP) -e '.[meaning,openai-whisper,test,check,bench]'
	touch $@

models: setup
	$(BIN)/copipe models pull

test: setup-test models  ## set everything up and run the tests (under seven minutes on two cores)
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-all: setup-test models  ## the slow tests too
	HYPOTHESIS_PROFILE=new $(BIN)/python -m pytest -m 'slow or not slow'

attack: setup-test models  ## all attacks that must be held, counted by kind; the table is in SECURITY.md
	$(BIN)/python -m tests.attack

check: setup-test models  ## lint, format, types, import contracts, tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 --dist worksteal

bench: setup-test models  ## accuracy and speed on recordings with known truth
	$(BIN)/python benchmarks/transcription.py
	$(BIN)/python benchmarks/diarization.py
	$(BIN)/python benchmarks/second_run.py

bench-attribution: setup-test models  ## who said it, across meetings: half an hour the first time
	$(BIN)/python benchmarks/attribution.py --long

bench-refinements: setup-test models  ## what each refinement of attribution is worth
	$(BIN)/python benchmarks/refinements.py

bench-anonymise: setup-test models  ## names and identifiers found, and false alarms
	$(BIN)/python benchmarks/anonymise.py

bench-coding: setup-test models  ## candidates before and after learning from decisions
	$(BIN)/python benchmarks/coding.py

bench-recode: setup-test models  ## a changed codebook over a million words
	$(BIN)/python benchmarks/recode.py

bench-stories: setup-test models  ## passages that look like stories, against labels
	$(BIN)/python benchmarks/stories.py

bench-notes: setup-test models  ## notes against transcripts, against labels
	$(BIN)/python benchmarks/notes.py

bench-reports: setup-test models  ## reports of 17 meetings
	$(BIN)/python benchmarks/long_study.py

build: setup-test  ## a wheel in dist/
	$(BIN)/python -m build --wheel --no-isolation

clean:  ## remove what was built; models and studies stay
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache $(VENV)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
