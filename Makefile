# Bare `make` lists the targets. Everything is installed into .venv and node_modules, nothing
# outside this folder; `make test` alone may add Debian packages as root (see bin/setup.py).

T ?= tests
MINUTES ?= 5
VENV := .venv/bin
PY := $(VENV)/python
NODE := $(VENV)/node

# Byte code is cached also in containers that switch it off: each process compiled Sluice again.
unexport PYTHONDONTWRITEBYTECODE

# Where `check` and `test` let the settings write, so that they never touch the data of `make run`.
SCRATCH := $(CURDIR)/.sluice-scratch

PYTEST := SLUICE_DATA_DIR=$(SCRATCH) $(PY) -m pytest $(if $(SEED),--randomly-seed=$(SEED))

# Modules that pages load, in Node: `node --test`, with jsdom where one needs a document.
JS_TESTS := $(NODE) --test --test-reporter=dot "tests/js/*.test.js"

# Tests share the cores, file by file, in the order of tests/conftest.py: the longest begin first.
SHARED := -n auto --dist loadfile --no-loadscope-reorder
ROOMS := -m "not (browser or real)" $(SHARED) tests
# Half of the tests in a seventh of the time: pages and the API need a database, 0.1 s each.
FAST := -m "not (browser or real or database or slow)" \
	-n $(shell getconf _NPROCESSORS_ONLN) --dist loadfile tests

# The first interpreter that really is Python 3.11 or newer (a name alone proves nothing).
SETUP = @for p in python3.11 python3 python3.12 python3.13; do \
	  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && exec $$p bin/setup.py $(1); \
	done; \
	echo "Sluice needs Python 3.11 or newer. Found: $$(python3 --version 2>/dev/null || echo none)." >&2; exit 1

PINNED := ^(\#.*|-r requirements\.txt|[a-z0-9-]+(\[[a-z]+\])?==[0-9][0-9a-z.]*( .*)?)?$$

.DEFAULT_GOAL := help
.PHONY: help run restart stop test test-fast test-rooms coverage check check-types check-rest rest-and-tests golden format sizes clean \
	test-cloud test-cluster test-public test-torture torture bench-edge bench-permits bench-propagation bench-many bench-memory bench-state bench-steps bench-assets bench-compile bench-pages bench-tails bench-observation bench-rollups bench-playground bench-web bench-guardrails bench-candidates bench-abort bench-strangers bench-insiders

help: ## List these targets
	@echo "Sluice: gradual deployments for Workers, on your own machines"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Install what is missing, then start the dashboard and one edge (Ctrl-C stops both)
	$(call SETUP,run)
	@exec $(PY) -m dashboard.run

restart: ## Start the running dashboard again with the code of now, while its edge serves on
	$(call SETUP,run)
	@exec $(PY) -m dashboard.run.restart

stop: ## End what runs in the data folder, or was left there
	@exec $(PY) -m dashboard.run.stop

test: ## Run every check and every test; a part of them: make test T=tests/routing; another order: SEED=7
	$(call SETUP,test)
	$(if $(filter tests,$(T)),@$(MAKE) --no-print-directory -j2 check-types rest-and-tests,$(PYTEST) $(T))

# At the same time as the types, which take a minute and a half of one core.
rest-and-tests: check-rest
	$(JS_TESTS)
	$(PYTEST) $(SHARED) tests

test-fast: ## The tests that need no database, browser or edge: under a minute
	$(call SETUP,dev)
	$(JS_TESTS)
	$(PYTEST) $(FAST)

test-rooms: ## The tests that start no browser, edge or whole system
	$(call SETUP,dev)
	$(PYTEST) $(ROOMS)

COVERAGE := SLUICE_DATA_DIR=$(SCRATCH) $(PY) -m coverage
coverage: ## Which rooms the tests without browser or edge run too little of (bin/coverage_rooms.py)
	$(call SETUP,dev)
	@rm -rf $(SCRATCH)/coverage && mkdir -p $(SCRATCH)/coverage
	$(COVERAGE) run -m pytest $(ROOMS)
	@$(COVERAGE) combine --quiet
	@$(COVERAGE) json --quiet -o $(SCRATCH)/coverage/report.json
	@$(PY) bin/coverage_rooms.py $(SCRATCH)/coverage/report.json

check check-types check-rest rest-and-tests: export SLUICE_DATA_DIR = $(SCRATCH)

check: ## Lint, format, types (Python and JavaScript), import contracts, templates, migrations, pinned requirements
	$(call SETUP,dev)
	@$(MAKE) --no-print-directory -j2 check-types check-rest

check-types:
	$(VENV)/mypy

check-rest:
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/lint-imports --no-logo
	$(NODE) node_modules/.bin/biome check --error-on-warnings
	$(NODE) node_modules/.bin/tsc
	$(VENV)/djlint templates --quiet
	@$(PY) bin/template_lines.py
	@$(PY) bin/dialect.py
	@$(PY) bin/artifacts.py
	$(PY) manage.py makemigrations --check --dry-run
	@echo "Requirements without an exact version:"; ! grep -nvE '$(PINNED)' requirements.txt requirements-dev.txt && echo "  none"

golden: ## Write the compiler's golden files; read the difference before you commit it
	$(call SETUP,dev)
	SLUICE_DATA_DIR=$(SCRATCH) SLUICE_GOLDEN=write $(PY) -m pytest tests/routing/compile

format: ## Format the code and fix what ruff and Biome can fix
	$(call SETUP,dev)
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .
	$(NODE) node_modules/.bin/biome check --write

sizes: ## The ten largest files and functions
	$(call SETUP,run)
	@$(PY) bin/sizes.py

test-public: ## Public-shaped Workers, by wrangler, 0 to 100%: make test-public W=hello, or W=--frameworks (npm)
	$(call SETUP,test)
	@exec $(PY) -m tests.public_workers $(W)

test-cloud: ## A connected Sluice that misbehaves, and a rollout to its verified rollback (11 min)
	$(call SETUP,test)
	SLUICE_TEST_CLOUD=1 $(PYTEST) tests/real/test_cloud_faults.py tests/real/system/test_cloud_rollout.py

test-cluster: ## Sluice on machines of network namespaces, every fault at full length (root, 45 min)
	$(call SETUP,test)
	SLUICE_TEST_CLUSTER=1 $(PYTEST) tests/real/test_cluster.py
	$(PY) -m benchmarks.cluster
	$(PY) -m benchmarks.cluster --upgrade

test-torture: ## One round of the most telling faults (a minute)
	$(call SETUP,test)
	SLUICE_TEST_TORTURE=1 $(PYTEST) tests/real/test_torture.py

torture: ## Every fault at random instants against a real edge: make torture MINUTES=30 SEED=1
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.torture --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(if $(FAULTS),--faults "$(FAULTS)")

bench-edge: ## Requests per second through the edge, against workerd, Envoy, nginx and HAProxy alone
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.edge.throughput

bench-steps: ## 30 percentage changes under load, with a Worker of every kind of storage
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.rollouts.steps

bench-assets: ## Static assets of the edge and of nginx, from the same folder
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.edge.assets

bench-permits: ## What a signed permission costs beside an ordinary override
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.edge.permits

bench-propagation: ## How soon a deployment decides requests, and that none fails meanwhile
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.edge.propagation

bench-many: ## One edge with 200 and 2,000 Workers: start, memory, a step, a cold first request
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.edge.many_workers

bench-memory: ## Idle memory of every process, and the second start of `make run`
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.edge.memory

bench-state: ## KV, D1 and R2 through the state process, against one workerd with all in one process
	$(call SETUP,bench)
	@$(PY) -m benchmarks.edge.state
	@exec $(PY) -m benchmarks.edge.r2

bench-compile: ## Time and size of the configuration for 200 and 2,000 Workers
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.edge.compile

bench-tails: ## CPU a request with and without console lines collected; 50 live logs and 10 tails at once
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.edge.tails

bench-observation: ## What counting costs, and that sent = counted through kills of either side
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.edge.observation

bench-rollups: ## Reads of the charts over 10 million requests in 30 days (DATABASE_URL: PostgreSQL)
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.dashboard.rollups

bench-playground: ## A playground send over curl and httpx, and 1,000 sends
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.dashboard.playground

bench-pages: ## Server time per page with 200 Workers, and with 2,000
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.dashboard.pages

bench-web: ## What a browser pays for each page: LCP, CLS, bytes and requests, in real Chromium
	$(call SETUP,test)
	@exec $(PY) -m benchmarks.dashboard.web

bench-guardrails: ## False alarms and time to notice of guardrails, beside a naive test
	$(call SETUP,run)
	@exec $(PY) -m benchmarks.rollouts.guardrails

bench-candidates: ## Bad candidates on a real edge: caught at which step, by which guardrail, how soon
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.rollouts.candidates

bench-strangers: ## A person's pages while strangers abuse the dashboard's listener, attack by attack
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.abuse.strangers

bench-abort: ## From the click on Abort to proof on every edge, under load
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.rollouts.abort

bench-insiders: ## Pages and tails of one person while another one takes all that they can
	$(call SETUP,bench)
	@exec $(PY) -m benchmarks.abuse.insiders

clean: ## Remove what `make` installed and cached; keeps your data in .sluice
	rm -rf .venv node_modules static/built .sluice-scratch .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
