#!/usr/bin/env bash
# Puts a real Valkey of Debian sid under DIR, for the tests: REDIS_EXE=DIR/bin/valkey-server.
#
#   scripts/install-valkey.sh DIR     ->   DIR/bin/{valkey-server,valkey-cli}
[ $# -eq 1 ] || { echo 'usage: install-valkey.sh DIR' >&2; exit 1; }
exec "$(dirname "$0")/install-from-sid.sh" "$1" valkey-server,valkey-tools valkey-server valkey-cli
