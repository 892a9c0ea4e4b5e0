# The recipes have the names that CI uses.  They need Python 3.11 or newer (with venv), make and git, nothing else.

PYTHON ?= python3
ARGS ?=
PYTEST_ARGS ?= -n auto --dist worksteal

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Read by the build: a change of either means installing the project again.
PROJECT := pyproject.toml core/kanboard_core/__init__.py

.DEFAULT_GOAL := help
.PHONY: help serve test test-all lint fix types docs recordings lock clean
.DELETE_ON_ERROR:

help: ## List the recipes
	@awk -F ':.*## ' '/^[.a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(VENV)/.serve ## Run the server on 127.0.0.1:8080, SQLite below data/ (more arguments: ARGS="...")
	$(BIN)/kanboard-server serve $(ARGS)

test: $(VENV)/.test ## Check style and types, then run the tests (choose tests: ARGS="tests/core")
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory types
	$(BIN)/python -m pytest $(PYTEST_ARGS) $(ARGS)

test-all: test ## Run the tests on PostgreSQL and MariaDB too, on those of their own; both have to be installed
	$(BIN)/python -m tests.postgres $(BIN)/python -m pytest --engine postgres $(PYTEST_ARGS) $(ARGS)
	$(BIN)/python -m tests.mysql $(BIN)/python -m pytest --engine mysql $(PYTEST_ARGS) $(ARGS)

lint: $(VENV)/.test ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

fix: $(VENV)/.test ## Correct style where a tool can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.test ## Check types
	$(BIN)/mypy

docs: $(VENV)/.test ## Write what is generated: kanboard.ini and the reference pages below docs/
	$(BIN)/python -m kanboard_core.documentation

recordings: $(VENV)/.test ## Refresh the recorded conversations (FROM=directory)
	@test -n "$(FROM)" || { echo 'say where the recordings are: make recordings FROM=DIR' >&2; exit 1; }
	$(BIN)/python tests/conformance/refresh.py "$(FROM)"

.venv: $(VENV)/.test ## Set up everything that the other recipes use
.PHONY: .venv

# Each stamp stands for an environment that holds what its lock file names, and the project itself.
$(VENV)/.serve: requirements/serve.txt $(PROJECT) | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements/serve.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements/test.txt $(PROJECT) | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements/test.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "kanboard-server needs Python 3.11 or newer, and $(PYTHON) is not: name another with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

lock: ## Choose the newest versions of all dependencies again (needs uv)
	$(LOCK) pyproject.toml --extra postgres --extra mysql --extra ldap --group build --output-file requirements/serve.txt
	$(LOCK) pyproject.toml --all-extras --group build --group test \
		--constraints requirements/serve.txt --output-file requirements/test.txt

LOCK = uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

clean: ## Remove the environment and everything that was made by a tool; data/ stays
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis plugin_template/.ruff_cache
	find core plugins plugin_template tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
