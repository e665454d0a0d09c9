# Every target works in a fresh clone: the first one sets up .venv from requirements.lock.
SHELL := bash
.DEFAULT_GOAL := help

.PHONY: help
help:
	@echo "make demo | up | down | reset | status | test [T=folder] | lint | bench [FIGURE=name] | planted | campaign"

.PHONY: .venv
.venv:
	@bash deploy/local/setup.sh venv
