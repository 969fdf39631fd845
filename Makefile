# The two commands: `make demo` and `make test`. Each sets up whatever it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint setup browser clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --editable . --group dev
	touch $@

# The demo needs neither torch nor the developers' tools: it takes the environment above where
# that is ready, else a lighter one of its own. DEMO_SERVE=0 leaves the server out.
DEMO := .demo
DEMO_SERVE ?= 1
DEMO_PORT ?= 8765
ifneq ($(wildcard $(VENV)/.ready),)
DEMO_READY := $(VENV)/.ready
DEMO_BIN := $(BIN)
else
DEMO_READY := $(DEMO)/venv/.ready
DEMO_BIN := $(DEMO)/venv/bin
endif
DEMO_LIBRARY := $(DEMO)/library
LOOKALIKE = $(DEMO_BIN)/lookalike

$(DEMO)/venv/.ready: pyproject.toml
	$(PYTHON) -m venv $(DEMO)/venv
	$(DEMO)/venv/bin/pip install --quiet --upgrade "pip>=25.1"
	$(DEMO)/venv/bin/pip install --quiet --editable .
	touch $@

demo: $(DEMO_READY)
	$(LOOKALIKE) index samples/pictures -L $(DEMO_LIBRARY)
	$(LOOKALIKE) search "animal that flies" -k 8 -L $(DEMO_LIBRARY)
	$(LOOKALIKE) search samples/pictures/birds/kingfisher.jpg -k 8 -L $(DEMO_LIBRARY)
	$(LOOKALIKE) search samples/pictures/energy/windmill-rhodes.jpg sea -k 8 -L $(DEMO_LIBRARY)
ifneq ($(DEMO_SERVE),0)
	$(LOOKALIKE) serve --port $(DEMO_PORT) -L $(DEMO_LIBRARY)
endif

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

browser: setup
	scripts/install_browser.sh $(BIN)

test: lint browser
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadgroup

clean:
	rm -rf $(VENV) .demo
