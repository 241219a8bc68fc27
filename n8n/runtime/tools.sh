#!/bin/sh
# Makes n8n/node_modules, the tools that build, lint and check the package: one
# installation in the user's cache per lock file, and a link to it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/cache.sh"
package=$(dirname "$here")
dir=$(refmill_cache_dir n8n-tools "$package/package-lock.json")

if [ ! -f "$dir/.installed" ]; then
	command -v npm >/dev/null || { echo "tools.sh: npm is missing" >&2; exit 1; }
	mkdir -p "$dir"
	exec 9>"$dir.lock"
	flock 9
fi
if [ ! -f "$dir/.installed" ]; then
	cp "$package/package.json" "$package/package-lock.json" "$dir/"
	# A script of a dependency asks the network which package manager runs it.
	with_progress "Installing the tools for n8n nodes (once, about a minute)" "$dir/npm.log" \
		npm --prefix "$dir" ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch "$dir/.installed"
fi

# A folder made by a plain "npm install" is somebody's choice: it stays.
if [ -L "$package/node_modules" ] || [ ! -e "$package/node_modules" ]; then
	ln -sfn "$dir/node_modules" "$package/node_modules"
fi
