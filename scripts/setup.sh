#!/bin/sh
# Installs the Debian packages that building and testing need; does nothing when they are there.
set -eu

packages="
	build-essential clang cmake ninja-build pkg-config git ca-certificates python3
	libevent-dev libjansson-dev libsqlite3-dev libcurl4-openssl-dev libssl-dev libsodium-dev
	libqrencode-dev zlib1g-dev libcsv-dev libinih-dev uthash-dev libcmocka-dev
	chromium sqlite3 openssl nginx-light postgresql python3-aiosmtpd
"
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	packages="$packages nodejs npm"
fi

missing=
for package in $packages; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "Installing from Debian:$missing"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { $sudo apt-get update -q && $sudo apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -20 "$log" >&2
	rm -f "$log"
	exit 1
fi
rm -f "$log"
