#!/bin/sh
# Builds and checks the package, then runs its tests: alone, with a floor of how much of
# the code they reach, and as it would be published in a real n8n against the real server. REFMILL_BIN names the server (default: build/refmill).
set -eu

cd "$(dirname "$0")/.."
sh runtime/tools.sh
bin=node_modules/.bin

# The animation of n8n-node is for people at a terminal.
run() {
	name=$1
	shift
	if output=$("$@" 2>&1); then
		echo "n8n package: $name: ok"
	else
		printf '%s\n' "$output"
		echo "n8n package: $name: failed" >&2
		exit 1
	fi
}

run format "$bin/prettier" --check credentials nodes '!**/__schema__/**'
run build "$bin/n8n-node" build
run lint "$bin/n8n-node" lint
run scan node harness/scan-local.mjs
run pages node docs/pages.mjs --check
run schemas node docs/schemas.mjs --check
n8n=$(sh runtime/install.sh)

# n8n's own Node: it knows how to hold a floor.
units="actions convert deliveries pickers signature trigger"
status=0
"$(cat "$n8n/.node")" --test --test-reporter=tap --experimental-test-coverage --test-coverage-include='dist/**' \
	--test-coverage-lines=99 --test-coverage-branches=94 --test-coverage-functions=97 \
	$(printf 'test/%s.test.mjs ' $units) || status=1
node --test --test-timeout=840000 --test-concurrency=1 test/real.test.mjs test/run.test.mjs test/story.test.mjs || status=1
exit "$status"
