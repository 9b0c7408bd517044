# Thin: each target is one or two commands that also work by hand. See README.md and CONTRIBUTING.md.
PYTHON ?= python3
PORT ?= 8888
WORKERS ?= auto
SEED ?= $(shell date +%s)

FIRST := notebooks/01_neuron.ipynb
COURSE := notebooks/assignments
UNIT := api calibration datasets errors gradient_check gradients layers losses metrics \
	neuron parameters saving training
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: help setup lab test coverage fuzz mutants test-course browser-test matrix matrix-quick bench notebooks assignments grade format lock clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/.ready  ## create .venv with the versions in constraints.txt

.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": try make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(INSTALL) '.[lab,course,test]'
	$(BIN)/python -c 'import matplotlib.pyplot'
	@touch $@

.venv/.browser: .venv/.ready
	$(INSTALL) '.[lab,course,test,browser]'
	@touch $@

.venv/.bench: .venv/.ready
	$(INSTALL) '.[lab,course,test,bench]'
	@touch $@

.venv/.matrix: .venv/.ready
	$(INSTALL) '.[lab,course,test,matrix]'
	@touch $@

.venv/.mutants: .venv/.ready
	$(INSTALL) '.[lab,course,test,mutants]'
	@touch $@

lab: .venv/.ready  ## open JupyterLab at lesson 01
	PATH="$(CURDIR)/$(BIN):$$PATH" JUPYTER_CONFIG_PATH=$(CURDIR)/$(COURSE)$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH} \
		$(BIN)/jupyter lab --notebook-dir . --LabApp.default_url /lab/tree/$(FIRST) --port $(PORT) $(AS_ROOT)

test: .venv/.ready  ## ruff, the unit tests, and every stored output of the lessons
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest --nbval --numprocesses $(WORKERS) --dist loadfile

fuzz: .venv/.ready  ## try bad input in bulk, other examples each time: SEED=... repeats
	$(BIN)/python -m pytest tests/test_fuzz.py --hypothesis-profile=fuzz --hypothesis-seed=$(SEED)

coverage: .venv/.ready  ## the unit tests alone cover each line and branch of the network
	$(BIN)/python -m coverage run -m pytest --quiet $(UNIT:%=tests/test_%.py)
	$(BIN)/python -m coverage report

mutants: .venv/.mutants  ## change the network's code in small ways: the unit tests notice
	$(BIN)/python tests/mutation/run.py $(OPTIONS)

test-course: .venv/.ready  ## grade a class of forty, and all else about grading that takes long
	$(BIN)/python -m pytest -m course tests/course

browser-test: .venv/.browser  ## run all lessons in JupyterLab in a real Chromium
	$(BIN)/python -m pytest -m browser tests

bench: .venv/.bench  ## measure nnlib against its peers; QUICK=1 to try
	$(BIN)/python tests/benchmarks/bench.py $(if $(QUICK),--quick)

matrix: .venv/.matrix  ## run all tests with other Pythons, versions, BLAS: table in README (an hour)
	rm -rf build/matrix
	$(BIN)/nox -- --readme

matrix-quick: .venv/.matrix  ## the same with the oldest and the newest versions only
	rm -rf build/matrix
	$(BIN)/nox --tags quick

notebooks: .venv/.ready  ## run the lessons again and store their outputs
	$(BIN)/ruff check --fix --quiet notebooks
	$(BIN)/ruff format --quiet notebooks
	$(BIN)/python notebooks/execute.py

assignments: .venv/.ready  ## run the assignments' sources again, and generate the hand-outs
	$(BIN)/ruff check --fix --quiet $(COURSE)/source
	$(BIN)/ruff format --quiet $(COURSE)/source
	$(BIN)/python notebooks/execute.py $(COURSE)/source/*/*.ipynb
	$(BIN)/python -m nnlib.course.release

grade: .venv/.ready  ## grade submitted/*/NAME of the course: make grade ASSIGNMENT=NAME
	@test -n "$(ASSIGNMENT)" || { echo "Which one? make grade ASSIGNMENT=03_backprop"; exit 2; }
	$(BIN)/python -m nnlib.course.grade $(ASSIGNMENT) $(OPTIONS)

format: .venv/.ready  ## format code and notebooks, mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/.ready  ## write constraints.txt anew from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
		--all-extras --no-header --no-annotate --no-emit-index-url --upgrade \
		--output-file constraints.txt pyproject.toml

clean:  ## remove .venv and caches
	rm -rf .venv .nox .mutants build .pytest_cache .ruff_cache .hypothesis
