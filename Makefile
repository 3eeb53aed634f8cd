# Every target makes .venv by itself and renews it when the metadata or the lock changes.
.PHONY: help million watching floods changes storms demo test check golden bench endings fuzz kills huge
.DEFAULT_GOAL := help
# A process a processor, but no more than eight: each has servers of its own.
PARALLEL = -n logical --maxprocesses 8 --dist worksteal

help:
	@echo "make demo    export a sample account into export/ and say what to open"
	@echo "make test    run the tests"
	@echo "make check   lint, types and tests"
	@echo "make golden  write tests/golden/, the sample account's vault, anew: read the diff, it is how notes are reviewed"
	@echo "make bench   measure; JSON=1 for a machine"
	@echo "make fuzz    try hostile texts and messages at length, new examples each time"
	@echo "make million measure what exports and imports of a million messages take: minutes"
	@echo "make floods  measure what exports make of a server's limits; takes half an hour, and mostly waits"
	@echo "make changes measure what tobs sync finds among 100,000 messages; takes some minutes"
	@echo "make watching watch a server that is cut off and restarted, then look at memory for half an hour"
	@echo "make storms  read 200 chats that change meanwhile, over connections that fail"
	@echo "make kills   kill exports of a large file and of many small ones twenty times, and count what is fetched twice"
	@echo "make huge    measure the memory that a file of 4 GB takes"
	@echo "make endings stop exports at twenty moments in every way, and compare what a re-run makes of it"

.venv/ready: pyproject.toml requirements-dev.lock scripts/make-venv
	@scripts/make-venv

demo: .venv/ready
	@.venv/bin/python -m tobs demo

test: .venv/ready
	.venv/bin/python -m pytest $(PARALLEL)

check: .venv/ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/python -m pytest $(PARALLEL)

golden: .venv/ready
	.venv/bin/python -m tests.golden_vault
	git diff --stat -- tests/golden

storms: .venv/ready
	TOBS_STORMS=200 .venv/bin/python -m pytest tests/test_storms.py tests/test_searching.py tests/test_checking.py

million: .venv/ready
	@.venv/bin/python -m bench million desktop-million giant

changes: .venv/ready
	@.venv/bin/python -m bench changes

floods: .venv/ready
	@.venv/bin/python -m bench floods

bench: .venv/ready
	@.venv/bin/python -m bench $(if $(JSON),--json)

watching: .venv/ready
	@.venv/bin/python -m bench watching

endings: .venv/ready
	TOBS_POINTS=20 .venv/bin/python -m pytest $(PARALLEL) tests/test_endings.py

kills: .venv/ready
	TOBS_KILLS=20 .venv/bin/python -m pytest tests/test_kills.py

huge: .venv/ready
	@.venv/bin/python -m bench huge

fuzz: .venv/ready
	TOBS_FUZZ=50000 .venv/bin/python -m pytest $(PARALLEL) tests/test_hostile.py
	TOBS_FUZZ=6000 .venv/bin/python -m pytest $(PARALLEL) tests/test_roundtrip.py
	TOBS_FUZZ=1000 .venv/bin/python -m pytest $(PARALLEL) tests/test_orders.py
