# make run: set up and start the bot. make test: set up and pass the quick checks. make: this list.
.DEFAULT_GOAL := help
.PHONY: help run test test-quick test-slow check bench format catalogue docs lock clean

PYTHON ?= python3
# One process more than cores, since many tests wait; at most 4, for their memory.
WORKERS := "import os; print(min(4, 1 + (os.cpu_count() or 1)))"
BIN := .venv/bin
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses $$($(BIN)/python -c $(WORKERS)) --dist worksteal
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

help:
	@echo "make run     set up and start the bot (on a local page without DISCORD_TOKEN)"
	@echo "make test    set up and pass the checks: style, types, tests (4 minutes)"
	@echo "make test-slow  pass the slow tests: trainings with Keras, a cluster, kills"
	@echo "make bench   measure the speed of everything, and write docs/performance.md (3 minutes)"
	@echo "make format  format the code"
	@echo "make catalogue  collect the sentences that members are shown in bot/locales, for translators"
	@echo "make docs    build the site of docs/ in out/site"
	@echo "make lock    pin the newest dependencies that pyproject.toml allows"
	@echo "make clean   remove what the other commands made"

run: .venv/base
	@$(BIN)/python -m bot; code=$$?; \
	if [ $$code -eq 4 ]; then \
		echo "Starting the local page instead."; exec $(BIN)/python -m bot --local; \
	fi; exit $$code

test: .venv/dev
	@$(MAKE) --no-print-directory --jobs 2 check test-quick

test-quick: .venv/dev
	$(PYTEST) --ignore tests/slow -p tests.constructions

test-slow: .venv/dev
	$(PYTEST) tests/slow

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/vulture

bench: .venv/dev
	$(BIN)/python -m tools.performance --write

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

catalogue: .venv/dev
	$(BIN)/python -m babel.messages.frontend -q extract --mapping-file=babel.cfg --no-location --sort-output --omit-header --no-wrap \
		--add-comments=TRANSLATORS: --strip-comments \
		--keyword=_ --keyword=ngettext:1,2 --keyword=CorpusError:1 --keyword=NamesError:1 --keyword=Sentence:1 --keyword=Figure:1 \
		--output-file=bot/locales/messages.pot bot data models tools
	[ -z "$(wildcard bot/locales/*/LC_MESSAGES/messages.po)" ] || $(BIN)/python -m babel.messages.frontend -q update \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap \
		--input-file=bot/locales/messages.pot --output-dir=bot/locales

docs: .venv/docs
	$(BIN)/zensical build --strict --clean

lock: .venv/dev
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --upgrade \
		--custom-compile-command "make lock" pyproject.toml --output-file requirements.txt
	for extra in train evaluate sentry slack cluster dev; do \
		$(BIN)/uv pip compile --quiet --universal --generate-hashes --upgrade --extra $$extra \
			--custom-compile-command "make lock" --constraint requirements.txt \
			pyproject.toml --output-file requirements-$$extra.txt; \
	done
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --upgrade --group docs \
		--custom-compile-command "make lock" --constraint requirements-dev.txt \
		--output-file requirements-docs.txt

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it with PYTHON=, as in: make run PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

# With Slack, whose packages are small.
.venv/base: .venv/python requirements-slack.txt
	$(PIP) --requirement requirements-slack.txt
	@touch $@

# The site needs nothing of the bot.
.venv/docs: .venv/python requirements-docs.txt
	$(PIP) --requirement requirements-docs.txt
	@touch $@

.venv/dev: .venv/python requirements-dev.txt
	@echo "Installing what training and the tests need (about 2 GB on disk) ..."
	$(PIP) --requirement requirements-dev.txt
	@touch $@ .venv/base

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .cache data/cache out
