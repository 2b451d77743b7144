# The two commands to know: `make demo` and `make start`. `make help` lists the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install demo start test check check-infra bench languages clean

PYTHON := .venv/bin/python
# Processes that run tests side by side: two more than cores, since each waits for servers and processes half of its time.
TEST_PROCESSES ?= $$(($$(getconf _NPROCESSORS_ONLN) + 2))
# More arguments for pytest, and for the measurements.
TESTS ?=
ARGS ?=

# Compiled files are kept whatever the environment wishes: processes start in two thirds of the time from them.
export PYTHONDONTWRITEBYTECODE :=

# The first Python that is new enough; newer ones than those the tests run on only where there is no other.
FIND_PYTHON = $$(for newest in 14 99; do for python in $(BASE_PYTHON) python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, $$newest))" >/dev/null 2>&1 && \
	echo "$$python" && break 2; done; done)

help:  ## Explain the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make demo FILE=path/to/export.csv takes an export of your own."
	@echo "  make demo LIVE=1 reads 50 subscriptions of a simulated Azure; make start AZURE=50 runs one beside the stack."

install:  ## Make .venv and fetch what the stack needs (Python packages, Azurite, fonts); quick when done before
	@python="$(FIND_PYTHON)"; \
	if [ -z "$$python" ]; then \
		echo "error: Python 3.11 or newer is needed and none was found on the PATH." >&2; \
		echo "       Install one, or name it: make install BASE_PYTHON=/path/to/python3.12" >&2; exit 1; \
	fi; \
	"$$python" infra/local/install.py

demo: install  ## Turn 1,000 realistic rows, or FILE=export.csv, or LIVE=1 a simulated Azure, into reports in out/, then stop
	@$(PYTHON) -m infra.local demo $(if $(FILE),--file "$(FILE)") $(if $(LIVE),--live)

start: install  ## Run the whole stack until Ctrl-C: addresses printed, one log, data kept in .local/
	@exec $(PYTHON) -m infra.local start $(if $(AZURE),--azure "$(AZURE)")

test: install  ## Run all tests in parallel and in random order, measure branch coverage (TESTS="-k name" for some)
	@infra/local/libreoffice.sh
	@infra/local/chromium.sh
	@rm -f .coverage .coverage.*
	$(PYTHON) -m coverage run -m pytest -n $(TEST_PROCESSES) --dist worksteal $(TESTS)
	@$(PYTHON) -m coverage combine -q
	$(PYTHON) -m coverage report $(if $(TESTS),,--fail-under=90)

check: install  ## Lint, formatting, types, import contracts
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

check-infra:  ## Check templates, images, scripts, workflows and units: syntax, types, schemas, security
	@infra/check.sh

bench: install  ## Measure against the targets (ARGS="--help" tells what there is)
	@infra/local/pango.sh
	@$(PYTHON) -c "import django, reportlab" 2>/dev/null || $(PYTHON) -m pip install -q -r tests/bench/requirements.txt
	$(PYTHON) -m tests.bench $(ARGS)

languages: install  ## Take new messages into the catalogues of translated words and say what is missing
	@$(PYTHON) -m infra.languages $(ARGS)

clean:  ## Remove what these commands made here: .venv, .local with its data, out, caches
	@python="$(FIND_PYTHON)"; "$${python:-python3}" -m infra.local.clean
