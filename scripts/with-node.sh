#!/bin/sh
# with-node.sh COMMAND …: runs a command with Node 20 or newer in front of the path. Debian 12's own
# is older; then it is the one that comes with the installed n8n.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
if [ "$major" -lt 20 ]; then
	dir=$("$here/../n8n/runtime/install.sh")
	PATH=$(dirname "$(cat "$dir/.node")"):$PATH
	export PATH
fi
exec "$@"
