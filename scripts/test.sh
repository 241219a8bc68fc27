#!/bin/bash
# Every test. Ends with one line that counts them: "N passed, N failed".
set -u

cd "$(dirname "$0")/.."
mkdir -p build/test-logs
passed=0
failed=0

step() { echo; echo "== $*"; }

give_up() { # a step without tests of its own did not work
	failed=$((failed + 1))
	echo "FAILED: $*"
	finish
}

finish() {
	echo
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	exit
}

# Sums up what cmocka's programs printed, run by CTest.
ctest_preset() {
	local log=build/test-logs/$1.log ok bad
	ctest --preset "$1" --verbose --parallel 2 >"$log" 2>&1
	local status=$?
	ok=$(grep -cE '\[ +OK +\]' "$log")
	bad=$(grep -cE '\[  FAILED  \] [a-z]' "$log")
	# A program that crashed or timed out has no such line.
	[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
	passed=$((passed + ok))
	failed=$((failed + bad))
	echo "$1: $ok passed, $bad failed"
	[ "$bad" -eq 0 ] || grep -E -B12 -A12 'FAILED|ERROR: |WARNING: ThreadSanitizer|\*\*\*' "$log" | tail -80
}

# Runs node's test runner and takes its closing lines. What hangs is ended, shown and tried once more:
# a machine that was put to sleep in between must not count as a failure, and must be seen.
node_tests() {
	local name=$1 minutes=$2 log=build/test-logs/$1.log ok bad status try
	shift 2
	for try in 1 2; do
		timeout --kill-after=20 "${minutes}m" scripts/with-node.sh "$@" >"$log" 2>&1 </dev/null
		status=$?
		[ "$status" -eq 124 ] || break
		cp "$log" "$log.hung-$try"
		echo "$name: hung, ended after $minutes minutes; $(pgrep -c refmill) servers, $(pgrep -c chromium) browsers left"
		grep -E '^ *(not )?ok|^# Subtest' "$log" | tail -15
	done
	ok=$(sed -nE 's/^(# |ℹ )pass ([0-9]+)$/\2/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
	bad=$(sed -nE 's/^(# |ℹ )(fail|cancelled) ([0-9]+)$/\3/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
	[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
	passed=$((passed + ok))
	failed=$((failed + bad))
	echo "$name: $ok passed, $bad failed"
	[ "$bad" -eq 0 ] || grep -A22 -E '^ *not ok' "$log" | head -150
}

step 'Setting up'
scripts/setup.sh || give_up 'the Debian packages could not be installed'
# In the background: it takes minutes the first time, and only the tests at the end need it.
n8n/runtime/install.sh >build/test-logs/n8n-install.log 2>&1 &
n8n_install=$!

step 'Layers'
scripts/check-layers.sh && passed=$((passed + 1)) || failed=$((failed + 1))

step 'Building'
for preset in release asan tsan clang; do
	scripts/build.sh "$preset" || give_up "the $preset build"
done

step 'Unit tests: AddressSanitizer with UndefinedBehaviorSanitizer, then ThreadSanitizer'
ctest_preset asan
ctest_preset tsan

step 'Installing n8n and the test tools'
wait "$n8n_install" || { tail -20 build/test-logs/n8n-install.log; give_up 'n8n could not be installed'; }
(cd tests && { [ node_modules/.package-lock.json -nt package-lock.json ] ||
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; }) || give_up 'the test tools could not be installed'

export REFMILL_BIN=$PWD/build/asan/refmill

step 'API, pages and command line, from outside'
node_tests black-box 12 node --test --test-timeout=240000 --test-concurrency=2 tests/{api,web,webhooks,cli,story,drill}/*.test.mjs

step 'The same server under ThreadSanitizer'
REFMILL_BIN=$PWD/build/tsan/refmill node_tests threads 10 node --test --test-timeout=240000 --test-concurrency=2 tests/{story,api}/*.test.mjs

step 'n8n'
node_tests n8n 15 n8n/test/run.sh

finish
