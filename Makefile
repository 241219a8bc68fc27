# make run    a running Refmill and a running n8n with our nodes, a demo campaign and workflows
# make test   every test
# make help   the rest
#
# Both set up what they need on a fresh Debian machine and are quick the second time.

.DEFAULT_GOAL := help
.PHONY: help setup build run test bench bench-backlog bench-lists bench-links drill threads fuzz lint format clean

help:
	@echo "make run      start Refmill and n8n with a demo campaign; Ctrl-C stops both"
	@echo "make test     run every test"
	@echo "make build    build/refmill, the server"
	@echo "make bench    measure it beside nginx on this machine"
	@echo "make bench-backlog  see what a million due deliveries, and old ones, do to everybody else"
	@echo "make bench-lists  measure lists and searches of a million users"
	@echo "make bench-links  measure links and pages of up to ten million links"
	@echo "make drill    simulate the sender for long, then kill it again and again under load, and check what is left"
	@echo "make threads  the API, webhooks and command line from outside, under ThreadSanitizer"
	@echo "make fuzz     fuzz the parsers (FUZZ_SECONDS=60 each)"
	@echo "make lint     check the layers, cppcheck"
	@echo "make format   clang-format"
	@echo "make clean    remove what was built"

setup:
	@scripts/setup.sh

build: setup
	@scripts/build.sh release

run: build
	@scripts/with-node.sh node scripts/run.mjs

test:
	@scripts/test.sh

bench: build
	@scripts/with-node.sh node tests/bench/bench.mjs
	@scripts/with-node.sh node tests/bench/deliver.mjs

bench-backlog: build
	@scripts/with-node.sh node tests/bench/backlog.mjs

bench-lists: build
	@scripts/with-node.sh node tests/bench/lists.mjs

bench-links: build
	@scripts/with-node.sh node tests/bench/links.mjs

drill: setup
	@scripts/build.sh asan webhook_simulator_test
	@REFMILL_SIM_SECONDS=$${REFMILL_SIM_SECONDS:-600} build/asan/webhook_simulator_test
	@scripts/build.sh drill
	@REFMILL_BIN=build/drill/refmill scripts/with-node.sh node tests/drill/kill.mjs

threads: setup
	@scripts/build.sh tsan
	@cd tests && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@REFMILL_BIN=$(CURDIR)/build/tsan/refmill scripts/with-node.sh node --test --test-timeout=300000 --test-concurrency=2 \
		tests/api/*.test.mjs tests/webhooks/*.test.mjs tests/cli/*.test.mjs

fuzz: setup
	@scripts/fuzz.sh

lint: setup
	@scripts/check-layers.sh
	@scripts/build.sh dev
	@cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem -I src --project=build/dev/compile_commands.json

format:
	@git ls-files 'src/*.c' 'src/*.h' 'tests/*.c' | xargs clang-format -i

clean:
	@rm -rf build
