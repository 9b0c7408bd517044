# Thin: each target is one or two commands that also work by hand. See README.md and CONTRIBUTING.md.
PYTHON ?= python3
PORT ?= 8888
WORKERS ?= auto
USERS ?= 40

FIRST := notebooks/01_neuron.ipynb
COURSE := notebooks/assignments
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt
# uv takes seconds where pip takes a minute; pip comes in where uv is not to be had.
install = $(UV) --editable '.[$(1)]' || $(PIP) --editable '.[$(1)]'
EXTRAS := lab,course,test
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

# The largest modules come first, so that two processors end together.
MODULES ?= $(filter-out __init__ exercises,$(basename $(notdir $(shell ls -S nnlib/*.py))))
MUTATION := tests/project/mutation
MUTANTS := build/mutants
RAY := "$(CURDIR)/$(BIN)/python" $(MUTATION)/ray.py

.PHONY: help setup lab test coverage mutants test-course test-seeds hub hub-test hand-out hand-back site address browser-test matrix matrix-quick bench notebooks assignments grade collect export similar format lock clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/.ready  ## create .venv with the versions in constraints.txt

.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": try make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	-$(PIP) uv
	$(call install,$(EXTRAS))
	$(BIN)/python -c 'import matplotlib.pyplot'
	@touch $@

.venv/.browser .venv/.hub .venv/.cluster .venv/.bench .venv/.matrix .venv/.mutants .venv/.similar .venv/.site: .venv/.%: .venv/.ready
	$(call install,$*)
	@touch $@

lab: .venv/.ready  ## open JupyterLab at lesson 01
	PATH="$(CURDIR)/$(BIN):$$PATH" JUPYTER_CONFIG_PATH="$(CURDIR)/$(COURSE)$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}" \
		$(BIN)/jupyter lab --notebook-dir . --LabApp.default_url /lab/tree/$(FIRST) --port $(PORT) $(AS_ROOT)

# Two threads in each of two processes wait for one another: a lesson takes four times as long.
test test-seeds: export OPENBLAS_NUM_THREADS := 1

test: .venv/.ready  ## ruff, the unit tests, and every stored output of the lessons
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest --nbval --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

coverage: .venv/.ready  ## the unit tests alone cover each line and branch of the network
	$(BIN)/python -m coverage run -m pytest --quiet tests/nnlib
	$(BIN)/python -m coverage report

mutants: .venv/.mutants  ## change the network's code in small ways, see if the tests notice: MODULES="layers losses"
	$(BIN)/python -m pytest -q -p no:cacheprovider $(MUTATION)/check_mutation.py
	rm -rf $(MUTANTS)
	mkdir -p $(MUTANTS)/sound
	cp -R nnlib tests notebooks pyproject.toml $(MUTANTS)/sound
	cd $(MUTANTS)/sound && $(RAY) baseline $(MUTATION)/config.toml
	$(MAKE) --jobs=$$(getconf _NPROCESSORS_ONLN) $(MODULES:%=$(MUTANTS)/%)
	$(BIN)/python $(MUTATION)/survivors.py $(MUTANTS)/*/session.sqlite

$(MUTANTS)/%:
	@cp -R $(MUTANTS)/sound $@
	@sed s/MODULE/$*/ $(MUTATION)/config.toml > $@/config.toml
	@cd $@ && $(RAY) init config.toml session.sqlite
	@$(BIN)/cr-filter-operators $@/session.sqlite $@/config.toml
	cd $@ && $(RAY) exec config.toml session.sqlite

test-seeds: .venv/.ready  ## what the lessons say of training runs, with the seeds 0 to 9
	$(BIN)/python -m pytest -m seeds --numprocesses $(WORKERS) --dist loadfile tests/lessons

test-course: .venv/.ready  ## grade a class of seventy, and all else about grading that takes long
	$(BIN)/python -m pytest -m course tests/course

# The proxy needs Node.js; 5.1 is content with the one of Debian 12.
hub: .venv/.hub  ## install JupyterHub for a class on this machine; needs npm
	npm install --silent --no-audit --no-fund --prefix build/hub configurable-http-proxy@5.1

hub-test: hub  ## a class at once on a JupyterHub: USERS=40
	USERS=$(USERS) $(BIN)/python -m pytest -q -rA -o faulthandler_timeout=1800 -m hub tests/hub

site: .venv/.site  ## build pages and JupyterLite into build/site, for any static server; needs npm
	$(BIN)/python site/build_site.py
	$(BIN)/python -m pytest -q -m site tests/site

address: .venv/.ready  ## write this repository's address into README: clone line, badge, links
	$(BIN)/python site/address.py

browser-test: .venv/.browser site  ## run all lessons in JupyterLab, and the site, in a real Chromium
	$(BIN)/python -m pytest -m browser tests

bench: .venv/.bench  ## measure nnlib against its peers; QUICK=1 to try
	$(BIN)/python tests/benchmarks/bench.py $(if $(QUICK),--quick)

matrix: .venv/.matrix  ## run the tests with other Pythons, versions, BLAS: tests/project/MATRIX.md (an hour)
	rm -rf build/matrix
	$(BIN)/nox; done=$$?; $(BIN)/python tests/project/matrix.py table --page && exit $$done

matrix-quick: .venv/.matrix  ## the same with the oldest and the newest versions only
	rm -rf build/matrix
	$(BIN)/nox --tags quick; done=$$?; $(BIN)/python tests/project/matrix.py table && exit $$done

notebooks: .venv/.ready  ## run the lessons again and store their outputs
	$(BIN)/ruff check --fix --quiet notebooks
	$(BIN)/ruff format --quiet notebooks
	$(BIN)/python notebooks/execute.py

assignments: .venv/.ready  ## run the sources again, generate the hand-outs; a class's own: KEY=spring-2027 INTO=folder
ifdef KEY
	@test -n "$(INTO)" || { echo "Where to? make assignments KEY=$(KEY) INTO=../$(KEY)"; exit 2; }
	$(BIN)/python -m grading.variant "$(KEY)" "$(INTO)"
else
	$(BIN)/ruff check --fix --quiet $(COURSE)/source $(COURSE)/siblings
	$(BIN)/ruff format --quiet $(COURSE)/source $(COURSE)/siblings
	$(BIN)/python notebooks/execute.py $(COURSE)/source/*/*.ipynb $(COURSE)/siblings/*/*.ipynb
	$(BIN)/python -m grading.release
endif

grade: .venv/.ready  ## grade submitted/*/NAME of the course: make grade ASSIGNMENT=NAME
	@test -n "$(ASSIGNMENT)" || { echo "Which one? make grade ASSIGNMENT=03_backprop"; exit 2; }
	$(BIN)/python -m grading.grade $(ASSIGNMENT) $(OPTIONS)

collect: .venv/.ready  ## take a platform's zip, or FROM=exchange: make collect ASSIGNMENT=NAME FROM=downloads.zip
	$(BIN)/python -m grading.collect $(ASSIGNMENT) --from "$(FROM)" $(OPTIONS)

export: .venv/.ready  ## write grades and feedback for a platform: make export ASSIGNMENT=NAME TO=moodle
	$(BIN)/python -m grading.export $(ASSIGNMENT) --to $(TO) $(OPTIONS)

hand-out: .venv/.ready  ## on a hub, give an assignment to all: make hand-out ASSIGNMENT=NAME
	$(BIN)/python -m grading.exchange $(ASSIGNMENT) --hand-out $(OPTIONS)

hand-back: .venv/.ready  ## on a hub, give each their feedback: make hand-back ASSIGNMENT=NAME
	$(BIN)/python -m grading.exchange $(ASSIGNMENT) --hand-back $(OPTIONS)

similar: .venv/.similar  ## name submissions whose code is alike: make similar ASSIGNMENT=NAME
	$(BIN)/python -m grading.similar $(ASSIGNMENT) $(OPTIONS)

format: .venv/.ready  ## format code and notebooks, mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/.ready  ## write constraints.txt anew from pyproject.toml
	$(PIP) uv
	$(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
		--all-extras --no-header --no-annotate --no-emit-index-url --upgrade \
		--output-file constraints.txt pyproject.toml

clean:  ## remove .venv and caches
	rm -rf .venv .nox build .pytest_cache .ruff_cache .hypothesis
