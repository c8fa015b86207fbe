# Two commands matter: `make demo` and `make test`. Everything they need is installed into .venv on the first run.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# The first Python on the path that is new enough; PYTHON=... chooses another one for the first run.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
RUN := .venv/bin/python

# The stamp carries the sum of the lock file, so a pull that changes it installs again and nothing else does.
INSTALLED := .venv/installed-$(shell cksum < requirements/dev.lock | tr -d ' ')

BENCH_INSTALLED := .venv/bench-$(shell cksum < requirements/bench.lock | tr -d ' ')

# Tests at once; they spend much of their time waiting for the database server.
TEST_WORKERS ?= logical

.PHONY: backup restore
.PHONY: help install css demo apps screenshots shell bench bench-analytics test storm sabotage fuzz lint format messages example architecture lock clean

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/	/' | expand -t 10

install: $(INSTALLED) ## Install the locked dependencies into .venv

$(INSTALLED): requirements/dev.lock
	@test -n "$(PYTHON)" || { echo "Boost needs Python 3.11 or newer on the path (or make PYTHON=/path/to/python)."; exit 1; }
	@test -x $(RUN) || $(PYTHON) -m venv .venv || { echo "Python cannot make a virtual environment; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing the locked dependencies (once) ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@rm -f .venv/installed-*
	@touch $@

$(BENCH_INSTALLED): requirements/bench.lock | install
	@echo "Installing what only the bench needs (once) ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.lock
	@rm -f .venv/bench-*
	@touch $@

css: install ## Build the styles and collect the browser libraries (only when something changed)
	@$(RUN) -m config.assets

demo: install ## Run everything on this machine with demo data; ARGS=--reset starts over
	@$(RUN) -m config.supervisor demo $(ARGS)

apps: install ## The same, with the three portals as three apps on ports 3004, 3005 and 3006
	@$(RUN) -m config.supervisor apps $(ARGS)

screenshots: install ## Take the pictures of README and landing page of the running demo; ORIGIN=http://127.0.0.1:8100 names another one, ARGS=landing takes those of the landing page
	@DJANGO_SETTINGS_MODULE=config.settings ORIGIN=$(ORIGIN) $(RUN) -m config.pictures $(ARGS)

shell: install ## A Django shell on the demo database
	@$(RUN) -m config.supervisor manage shell $(ARGS)

backup: install ## Write the database (the demo's, or that of DATABASE_URL) into var/backups
	@$(RUN) -m config.backup backup $(ARGS)

restore: install ## Fill an empty database from a backup, prove it, compare with the payment companies; FILE=…, ARGS="--recover-as operator"
	@$(RUN) -m config.backup restore $(FILE) $(ARGS)

bench: $(BENCH_INSTALLED) ## Measure the product against the same SQL by pgbench, and against the goals; it may say no
	@$(RUN) -m bench $(ARGS)

bench-analytics: install ## Ask for analytics at 1, 10 and 30 million participations (ARGS="--millions 1"); it may say no
	@$(RUN) -m bench.analytics $(ARGS)

test: install css ## Run the whole suite on a real PostgreSQL; ARGS="tests/common -k relay" narrows it
	@$(RUN) -m pytest -n $(TEST_WORKERS) --dist loadgroup $(ARGS)

storm: install css ## Break everything at random, then prove the money; ARGS="--seed 7 --operations 2000"
	@$(RUN) -m bench.storm $(ARGS)

sabotage: install css ## Break the product in a copy, line by line; a test must notice each time; ARGS="--only lock"
	@$(RUN) -m bench.sabotage $(ARGS)

fuzz: install css ## Call every operation of both JSON APIs many times with what their documents allow and forbid; CALLS=500
	@FUZZ_CALLS=$(or $(CALLS),100) $(RUN) -m pytest -n 0 tests/campaigns/test_fuzzed_api.py $(ARGS)

lint: install css ## Format, lint, types, layers, templates, migrations
	@$(RUN) -m config.lint

format: install ## Let ruff lay out the code
	@$(RUN) -m ruff check --fix --quiet . ; $(RUN) -m ruff format .

messages: install ## Compile our Korean catalogue (locale/ko) after a change
	@$(RUN) -m config.messages

example: install ## Write .env.example from config/settings.py
	@$(RUN) -m config.example

architecture: install ## Write docs/architecture.md from the code
	@$(RUN) -m config.architecture

lock: install ## Write the lock files again from pyproject.toml
	@$(RUN) -m pip install --quiet --disable-pip-version-check uv
	@$(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		pyproject.toml -o requirements/base.lock $(ARGS)
	@$(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--extra dev pyproject.toml -o requirements/dev.lock $(ARGS)
	@$(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--extra dev --extra bench pyproject.toml -o requirements/bench.lock $(ARGS)

clean: ## Forget everything that was made here: .venv, node_modules, var (with the demo database)
	@$(RUN) -m config.supervisor stop 2>/dev/null || true
	@rm -rf .venv node_modules static/dist var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
