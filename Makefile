# Every target works in a fresh clone: whichever comes first sets up .venv from requirements.lock.
SHELL := bash
.DEFAULT_GOAL := help
SETUP := bash deploy/local/setup.sh
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE # dozens of processes are started, each would compile all of it anew

.PHONY: help
help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 18

.PHONY: check venv
check:
	@$(SETUP) check
venv:
	@$(SETUP) venv

.PHONY: demo up
demo: check venv ## Live through fiscal year 2560 and show its tables; stays until Ctrl-C, ONCE=1 ends by itself
	@$(BIN)/obec demo
up: check venv ## Start the stack and the services, or do nothing when they run
	@$(BIN)/obec up

.PHONY: down reset status
down: venv ## Stop what `up` started
	@$(BIN)/obec down
reset: venv ## Stop, and throw the stack's data away; asks first
	@$(BIN)/obec reset
status: venv ## What runs, and whether it answers
	@$(BIN)/obec status

.PHONY: test lint
test: check venv ## Run the tests in three processes, which wait more than they work, T=unit those of tests/unit
	@$(if $(filter-out browser%,$(T)),:,$(SETUP) browser || :) # without a browser, tests/browser fails and says what to install
	@$(BIN)/pytest tests/$(T) -n 3 --dist loadscope --no-loadscope-reorder $(PYTEST_ARGS)
lint: venv ## ruff, mypy, the rules on imports, and whether the contracts break with what was released
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m shared.contracts.evolution check

.PHONY: planted campaign screenshots
planted: check venv ## Plant one-line defects; each must turn its test red
	@$(BIN)/python -m tests.planted
campaign: check venv ## Long random runs of the fault tests
	@$(BIN)/python -m tests.campaign
screenshots: check venv ## Take the pictures of the pages that the README shows
	@$(SETUP) browser
	@$(BIN)/python -m tests.browser.screenshots

.PHONY: bench
bench: check venv ## Measure beside peers and lower bounds, FIGURE=name one of them, SIZE=quick smaller
	@$(SETUP) venv .venv-bench requirements-bench.lock
	@PEERS_PYTHON=.venv-bench/bin/python $(BIN)/python -m bench $(FIGURE) --size $(or $(SIZE),full)
