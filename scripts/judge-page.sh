#!/usr/bin/env bash
# The status page in Chromium, of a daemon with one node, and of one with three of which one freezes and comes back.
# usage: scripts/judge-page.sh BLLVMCTL [DIRECTORY]; pictures are left in the directory, if one is named.
# See scripts/judge-page.mjs for what is judged, and for PAGE_JUDGE_DIR and CHROMIUM_EXE.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "$1")
pictures=${2:-}
work=$(mktemp -d)
daemon=
stop() {
  if [ -n "$daemon" ]; then kill "$daemon" 2>/dev/null || true; wait "$daemon" || true; daemon=; fi
}
trap 'stop; rm -rf "$work"' EXIT

# start ARGUMENTS: serves a throw-away network, and waits until it is ready.
start() {
  local port
  port=$(node -e 'const s = require("node:net").createServer(); s.listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
  url=http://127.0.0.1:$port/
  (cd "$work" && TMPDIR=$work exec "$program" serve --dev --listen "127.0.0.1:$port" "$@" >"$work/log" 2>&1) &
  daemon=$!
  for _ in $(seq 300); do
    if curl -sf -o "$work/ready" "${url}health/ready"; then return 0; fi
    sleep 0.2
  done
  cat "$work/log" >&2
  return 1
}

# judge NAME
judge() { node "$here/judge-page.mjs" "$url" ${pictures:+"$pictures/$1"}; }

start
judge one
stop
start --nodes 3
judge three
# The tour of --dev kills the first; this one stays.
node=$(cat "$work"/bllvmctl-dev-*/c/pid)
kill -STOP "$node"
sleep 6
judge frozen
kill -CONT "$node"
sleep 6
judge back
