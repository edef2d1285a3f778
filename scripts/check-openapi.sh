#!/usr/bin/env bash
# The control API and the health paths against their OpenAPI description, by Schemathesis: made-up requests, valid and
# invalid, to `serve --dev`, with one node and with three. What it may find is in scripts/schemathesis.toml.
# usage: scripts/check-openapi.sh BLLVMCTL SCHEMATHESIS; as root, since the peers that it makes up must not be dialled: all
# of it happens in a network namespace. EXAMPLES (20) and API_SECS (120) are for each of the two.
set -euo pipefail
if [ -z "${IN_NAMESPACE:-}" ]; then
  IN_NAMESPACE=1 exec unshare --net -- "$0" "$@"
fi
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "$1")
schemathesis=$(realpath -s "$2")
work=$(mktemp -d)
url=http://127.0.0.1:18332
daemon=
stop() {
  if [ -n "$daemon" ]; then kill "$daemon" 2>/dev/null || true; wait "$daemon" || true; daemon=; fi
}
trap 'stop; rm -rf "$work"' EXIT
ip link set lo up

# start ARGUMENTS: serves a throw-away network, and waits until it is ready.
start() {
  (cd "$work" && TMPDIR=$work exec "$program" serve --dev "$@" >"$work/log" 2>&1) &
  daemon=$!
  for _ in $(seq 300); do
    if curl -sf -o "$work/ready" "$url/health/ready"; then return 0; fi
    sleep 0.2
  done
  cat "$work/log" >&2
  return 1
}

# check ARGUMENTS: with these for Schemathesis.
check() {
  local authorization
  authorization="Authorization: Bearer $(cat "$work"/bllvmctl-dev-*/state/control.cookie)"
  curl -sf -H "$authorization" -o "$work/openapi.json" "$url/api/v1/openapi.json"
  (cd "$work" && "$schemathesis" --config-file "$here/schemathesis.toml" run "$work/openapi.json" --url "$url" \
    -H "$authorization" --max-examples "${EXAMPLES:-20}" --max-time "${API_SECS:-120}" --no-color "$@")
  kill -0 "$daemon" || { echo 'the daemon has ended' >&2; exit 1; }
}

start
check
stop
start --nodes 3
# Of several nodes one has to be named: what these paths take is 400 then.
unnamed='^/api/v1/(drain|leases|peers|prune|queue)'
check --exclude-path-regex "^/health|$unnamed"
check --include-path-regex "$unnamed" --exclude-checks positive_data_acceptance
