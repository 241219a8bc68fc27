# Shared by install.sh and tools.sh: a folder of the user's cache, keyed by a lock
# file, that is filled once. Sourced, not run.

# refmill_cache_dir NAME LOCKFILE
refmill_cache_dir() {
	key=$(sha256sum <"$2" | cut -c1-12)
	printf '%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}/refmill/$1-$key"
}

# with_progress TEXT LOG COMMAND...: runs COMMAND with its output in LOG and says
# on standard error, every 15 seconds, that it still goes on.
with_progress() {
	text=$1
	log=$2
	shift 2
	echo "$text" >&2
	"$@" >"$log" 2>&1 &
	job=$!
	# A stop by the user ends npm as well.
	trap 'kill "$job" 2>/dev/null; exit 130' INT TERM
	seconds=0
	while kill -0 "$job" 2>/dev/null; do
		sleep 1
		seconds=$((seconds + 1))
		[ $((seconds % 15)) -ne 0 ] || echo "  still at it, ${seconds} s" >&2
	done
	trap - INT TERM
	if ! wait "$job"; then
		tail -30 "$log" >&2
		echo "That did not work. The whole log: $log" >&2
		return 1
	fi
	echo "  done after ${seconds} s" >&2
}
