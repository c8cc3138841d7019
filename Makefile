# `make demo` and `make test` start from nothing but a system Python; the first run sets up .venv (some minutes).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RUN := runs/demo
# One process per core, each with one thread: more threads than cores make everything slower. A file stays in one
# process, so that what its tests share is made once. Modules are compiled once, not by each of the tests' processes.
PARALLEL := env -u PYTHONDONTWRITEBYTECODE OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false
WORKERS := -n auto --dist loadfile
SLOWEST := --durations=10 --durations-min=1

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-lowest fuzz lint docs bench release-check sbom clean

help:
	@echo "make demo    audit the embedded sample and say where the report is"
	@echo "make test    all tests (report tests need Chromium, or skip and say so)"
	@echo "make test-lowest  the same with the oldest versions allowed"
	@echo "make fuzz    damaged inputs by the hundred thousand (hours; goes on where it stopped)"
	@echo "make lint    ruff and mypy"
	@echo "make docs    the documentation site, into runs/site; every link is held"
	@echo "make bench   side-by-side measurements"
	@echo "make release-check  what a release must pass (docs/release.md); sbom: the bill of materials alone"
	@echo "make clean   remove .venv and runs"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@echo "== Setting up $(VENV) (once; torch is large, this takes a few minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@# torch first and pinned: a looser request would fetch the CUDA build.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[accelerate,datasets,dp,pdf,peft,ray,xlsx]' --group dev
	@touch $(READY)

demo: $(READY)
	@echo "== Auditing the embedded sample: the hiring model sample_data/screener"
	@$(BIN)/audit run sample_data/audit.yaml --out $(RUN) --overwrite

test: $(READY)
	@echo "== Running all tests (about 20 minutes on two cores)"
	@$(PARALLEL) $(BIN)/python -m pytest $(WORKERS) $(SLOWEST)

# The oldest versions that pyproject.toml allows, in an environment of their own.
test-lowest:
	@echo "== Setting up $(VENV)-lowest and running the tests there"
	@test -x $(VENV)-lowest/bin/python || $(PYTHON) -m venv $(VENV)-lowest
	@$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-lowest.txt torch
	@$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-lowest.txt \
		-e '.[accelerate,datasets,dp,pdf,peft,ray,xlsx]' --group test
	@$(PARALLEL) $(VENV)-lowest/bin/python -m pytest $(WORKERS) $(SLOWEST)

# Seeded and resumable; what failed lies in runs/fuzz-SEED/failures with the command that fails.
FUZZ_COUNT ?= 100000
FUZZ_SEED ?= 0
fuzz: $(READY)
	@echo "== Trying $(FUZZ_COUNT) damaged configurations, tables, run folders and checkpoints"
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz --count $(FUZZ_COUNT) --seed $(FUZZ_SEED) --out runs/fuzz-$(FUZZ_SEED)

lint: $(READY)
	@echo "== ruff and mypy"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

docs: $(READY)
	@echo "== Building the documentation site"
	@$(BIN)/python -m documentation --out runs/site

bench: $(READY)
	@$(BIN)/python -m benchmarks

release-check: $(READY)
	@echo "== Holding versions, schemas, wheel, bill of materials and clean environments against docs/release.md"
	@$(BIN)/python -m release check

sbom: $(READY)
	@$(BIN)/python -m release sbom

clean:
	rm -rf $(VENV) $(VENV)-lowest runs
