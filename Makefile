# Everything from nothing: `make demo`, `make test`. Needs Python 3.11 or later; npm for the query page.

PYTHON ?= python3
PORT ?= 8000
DIR ?= .guichet/demo
SCALE ?= small
SEED ?= 1

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
NPM := $(shell command -v npm 2>/dev/null)
PAGE := web/dist/index.html
TRIED := web/dist/.tried
PAGE_SOURCES := $(shell find web/src web/index.html web/*.ts web/*.json -type f 2>/dev/null)

# An ordinary user may have no home, or one that cannot be written to.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export npm_config_cache ?= $(CURDIR)/.guichet/npm
export npm_config_update_notifier := false
# Where no package can be had, npm says so in seconds; by its own rules it waits over a minute.
export npm_config_fetch_retry_mintimeout ?= 1000
export npm_config_fetch_retry_maxtimeout ?= 5000
export npm_config_fetch_timeout ?= 30000

.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak web clean

help:
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

demo: $(STAMP) web ## seven simulated agencies and the gateway, on this machine
	exec $(BIN)/guichet demo --port $(PORT) --dir $(DIR) --scale $(SCALE)

test: $(STAMP) web ## the whole test suite
	$(BIN)/python -m pytest

check: $(STAMP) ## lint, format, types, import contracts, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/guichet check --offline
	$(BIN)/python -m pytest tests/architecture

bench: $(STAMP) ## the side-by-side benchmark
	$(BIN)/python -m pip install --quiet --require-hashes -r bench/requirements.lock
	@test -z "$(NPM)" || npm --prefix bench/node ci --no-audit --no-fund --loglevel=error \
		|| echo "npm failed: the Node peers are not measured" >&2
	$(BIN)/python -m bench

soak: $(STAMP) ## ten minutes of load while agencies break: every answer judged, leaks counted (SEED=1)
	$(BIN)/python -m tests.kit.soak --seed $(SEED)

# The environment is made anew in place whenever the lock changes; the stamp is written last.
$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

# npm is tried once for the same sources: the demo starts without the page, and at once the next time.
ifdef NPM
web: $(TRIED)
	@test -f $(PAGE) || echo "npm failed: the query page is not built, everything else works; \`make -B web\` tries again" >&2
else
web:
	@test -f $(PAGE) || echo "npm is not there: the query page is not built, everything else works" >&2
endif

$(TRIED): $(PAGE_SOURCES)
	@rm -f $(PAGE)
	@npm --prefix web ci --no-audit --no-fund && npm --prefix web run build || true
	@mkdir -p $(@D) && touch $@

clean: ## forget what was built; the demo's data stays
	rm -rf $(VENV) web/dist web/node_modules bench/node/node_modules
