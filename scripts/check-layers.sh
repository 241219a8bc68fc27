#!/bin/sh
# Checks that the folders of src/ only include what the design lets them (ARCHITECTURE.md, "Layers"):
# themselves and what stands above them; domain and store know nothing of http; webhook, api and web
# know nothing of each other. Also that SQL and the HTTP engine stay where they belong.
set -eu

cd "$(dirname "$0")/../src"
failed=0
complain() {
	echo "layers: $*" >&2
	failed=1
}

may_include() {
	case $1 in
		base) echo base ;;
		http) echo base http ;;
		domain) echo base domain ;;
		store) echo base domain store ;;
		engine) echo base http domain store engine ;;
		webhook) echo base http domain store engine webhook ;;
		api) echo base http domain store engine api ;;
		web) echo base http domain store engine web ;;
		app) echo base http domain store engine webhook api web app ;;
		*) complain "$1/ is no layer" ;;
	esac
}

for file in $(find . -name '*.[ch]' | sed 's|^\./||'); do
	layer=${file%%/*}
	allowed=$(may_include "$layer")
	for included in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file"); do
		case $included in
			*/*) ;;
			*) complain "$file includes \"$included\" without its folder" ;;
		esac
		case " $allowed " in
			*" ${included%%/*} "*) ;;
			*) complain "$file includes $included" ;;
		esac
	done
	case $file in *_test.c) most=900 ;; *) most=600 ;; esac
	lines=$(wc -l <"$file")
	[ "$lines" -le "$most" ] || complain "$file has $lines lines: split it by meaning"
done

belongs() { # belongs PATTERN WHERE WHAT
	for file in $(grep -rlE "$1" --include='*.[ch]' . | sed 's|^\./||' | grep -v "$2" || true); do
		complain "$file has $3, which belongs in $2"
	done
}
belongs '#include <(event2/|evhttp)' '^http/engine_evhttp\|^http/loop\|_test\.c$' "libevent's types"
belongs '#include <sqlite3' '^store/sqlite/\|_test\.c$' "SQLite's types"
belongs '#include <curl/' '^webhook/' "libcurl's types"
belongs '\bsql_(query|exec)(_values)?\(' '^store/\|_test\.c$\|^webhook/simulator_' 'SQL'
belongs '(^|[^_a-z])(malloc|calloc|realloc|free)\(' '^base/alloc\|_test\.c$\|_fuzz\.c$' 'memory of its own'

exit $failed
