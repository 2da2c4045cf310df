# Needs python3 (3.11 or newer, with venv) and make. Nothing outside this folder is touched but, for tests, Chromium.
# Settings come from the environment and from .env: PORT=8001 DATA_DIR=data-2 make run. See config/example.env.
.POSIX:
.SILENT:

PYTHON = python3
IN = .venv/bin/python -m
ARGS =
# Two processes, each with databases, a Redis and a Chromium of its own; a file's tests stay in one of them.
AT_ONCE = -n 2 --dist loadfile --no-loadscope-reorder

help: ## this list
	grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):[^#]*## /  make \1	/' | expand -t 22

run: venv ## start everything here and say where to look; Ctrl-C stops it
	exec $(IN) moderation run

test: venv-test chromium check ## style, types, floors and all tests but the long ones
	$(IN) pytest $(AT_ONCE) $(ARGS)

check: venv-test ## style, types and floors only
	$(IN) ruff check .
	$(IN) mypy
	.venv/bin/lint-imports --no-logo

test-long: venv-test chromium ## the tests that take minutes
	$(IN) pytest -m long --timeout 1800 $(ARGS)

bench: venv-test ## measure, beside a peer, on this machine
	$(IN) tests.bench $(ARGS)

screenshots: venv-test chromium ## every page at 1600, 1024 and 360 px, light and dark, into screenshots/
	$(IN) tests.screenshots $(ARGS)

lock: venv-test ## write the requirement locks anew from pyproject.toml
	.venv/bin/python -m uv --version >/dev/null 2>&1 || .venv/bin/python -m pip install --quiet uv
	$(IN) uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 pyproject.toml -o requirements.txt
	$(IN) uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 --extra test -c requirements.txt pyproject.toml -o requirements-test.txt

venv:
	$(PYTHON) -m moderation.launch.install requirements.txt

venv-test:
	$(PYTHON) -m moderation.launch.install requirements-test.txt

chromium: venv-test
	.ci/chromium

clean: ## remove what was made here, but no data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis reports screenshots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help run test check test-long bench screenshots lock venv venv-test chromium clean
