#!/bin/sh
# build.sh PRESET [TARGET …]: configures and builds one of CMakePresets.json.
# The release build is also put at build/refmill.
set -eu

cd "$(dirname "$0")/.."
preset=$1
shift
mkdir -p build
log=build/$preset.log
started=$(date +%s)
if ! { cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}; } >"$log" 2>&1; then
	tail -60 "$log" >&2
	exit 1
fi
[ "$preset" != release ] || ln -sf release/refmill build/refmill
took=$(($(date +%s) - started))
[ "$took" -lt 3 ] || echo "Built $preset in $took s"
