# Each target makes .venv and installs what it needs the first time, and only starts after that.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help lab test test-lowest check mutants lessons site bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@echo '  ARGS="..." is passed on, as in: make lab ARGS="--no-browser --port 8899"'
	@echo '  PYTHON=... names the interpreter that .venv is made from (3.11 or newer)'

# The whole checkout is served, so that a learner can open the library beside a lesson. tools/lab has
# settings: Markdown, and so the start page, opens rendered. tools/serve.py mends what is saved.
lab: .venv/.installed-lab ## open JupyterLab on lessons/
	@case "$$TICKETLAB_SCALE" in ''|quick|class|paper) ;; \
	*) echo "TICKETLAB_SCALE is '$$TICKETLAB_SCALE'; it must be quick, class or paper, or not set."; exit 2 ;; esac
	$(BIN)/python tools/serve.py --ServerApp.root_dir=. --LabApp.app_settings_dir=tools/lab --LabApp.default_url=/lab/tree/lessons/start.md $(ARGS)

# Two workers with one torch thread each; a file, and so a lesson, stays with one worker. conftest.py puts
# the lessons first, the longest of them before all others.
test: .venv/.installed-test ## run all tests, and every lesson against its stored outputs
	TICKETLAB_SCALE=quick OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 20 --nbval --nbval-sanitize-with tests/nbval.cfg lessons tests $(ARGS)

check: .venv/.installed-test ## what takes seconds: ruff, the floors and doors, the stored lessons
	$(BIN)/python -m ruff check .
	PYTHONPATH=. $(BIN)/lint-imports
	$(BIN)/python -m pytest -q -p no:nbval tests/test_lessons.py tests/test_pages.py -k "not nbval_passes and not execute_ and not guides_cells"

# An environment of its own. The package itself is installed without dependencies, so that its own bound on
# ipywidgets counts, which is Colab's, and not that of the extra `lab`. Lessons' stored outputs are of newest versions.
test-lowest: .venv-lowest/.installed ## the tests and lesson 03 with the lowest versions of pyproject.toml
	TICKETLAB_SCALE=quick OMP_NUM_THREADS=1 .venv-lowest/bin/python -m pytest -n 2 --dist loadfile tests --ignore tests/test_lessons.py $(ARGS)
	TICKETLAB_SCALE=quick .venv-lowest/bin/python -m pytest -q --nbval-lax lessons/03_one_shot_pruning.ipynb

mutants: .venv/.installed-test ## one-line mistakes in the core: does a test notice each? (minutes)
	$(BIN)/python -m tools.mutants $(ARGS)

lessons: .venv/.installed-lab ## execute the lessons anew and store their outputs (ARGS="03": only that one)
	TICKETLAB_SCALE=quick $(BIN)/python tools/execute.py $(ARGS)

site: .venv/.installed-site ## build the site from the stored lessons into site/; nothing is executed
	$(BIN)/python tools/site/build.py $(ARGS)

bench: .venv/.installed-lab ## run the benchmarks
	$(BIN)/python -m benchmarks $(ARGS)

clean: ## remove .venv and .venv-lowest
	rm -rf .venv .venv-lowest

# The stamp is newer than pyproject.toml once its extra is installed, so a second run installs nothing.
.venv/.installed-%: pyproject.toml | .venv/bin/python
	@echo 'Installing ticketlab[$*] into .venv. The first time this downloads PyTorch and takes minutes.'
	$(BIN)/python -m pip install --disable-pip-version-check -e '.[$*]'
	$(BIN)/python tools/fetch_model.py
	@touch $@

.venv-lowest/.installed: pyproject.toml tools/lowest.py .venv/bin/python
	rm -rf .venv-lowest && $(BIN)/python -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --disable-pip-version-check $$($(BIN)/python tools/lowest.py)
	.venv-lowest/bin/python -m pip install --disable-pip-version-check --no-deps -e .
	@touch $@

# A .venv without pip (Debian without python3-venv) is taken away again, or the next run would use it.
.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo 'No "$(PYTHON)" on the PATH. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("ticketlab needs Python 3.11 or newer, but \"$(PYTHON)\" is %d.%d. Name a newer one: make PYTHON=/path/to/python3.11" % v[:2])'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo '"$(PYTHON) -m venv" failed. On Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
