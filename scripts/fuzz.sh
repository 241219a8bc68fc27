#!/bin/sh
# Fuzzes every *_fuzz.c for FUZZ_SECONDS (60) each; the corpus is kept in build/corpus.
set -eu

cd "$(dirname "$0")/.."
scripts/build.sh fuzz
for source in $(git ls-files 'src/*_fuzz.c'); do
	target=$(basename "$source" .c)
	mkdir -p "build/corpus/$target"
	echo "== $target"
	"build/fuzz/$target" -max_total_time="${FUZZ_SECONDS:-60}" -max_len=65536 -print_final_stats=0 -verbosity=0 \
		"build/corpus/$target"
done
