#!/usr/bin/env bash
# How much memory the daemon takes beside a real bitcoind: idle, and after calls from many client addresses.
#
#   benches/memory.sh [BLLVMCTL] [ADDRESSES]      needs BITCOIND_EXE, curl, python3
#
# This script is a trusted proxy, which reports the addresses. Each is limited by address, credentials and
# method. Everything is on loopback, bounded, and ends by itself.
set -euo pipefail
bin=$(realpath "${1:-target/release/bllvmctl}") addresses=${2:-10000}
: "${BITCOIND_EXE:?names no bitcoind; scripts/install-bitcoind.sh brings one}"
dir=$(mktemp -d) pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap finish EXIT

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
node_port=$(port) p2p_port=$(port) our_port=$(port)
mkdir "$dir/node"
"$BITCOIND_EXE" -regtest -server -datadir="$dir/node" -bind="127.0.0.1:$p2p_port" -rpcbind=127.0.0.1 \
  -rpcallowip=127.0.0.1 -rpcport="$node_port" -listenonion=0 -dnsseed=0 -fixedseeds=0 -natpmp=0 -printtoconsole=0 &
pids+=($!)
cat >"$dir/bllvmctl.toml" <<TOML
state_dir = "$dir/state"
[node]
kind = "attached"
rpc_url = "http://127.0.0.1:$node_port"
rpc_cookie_file = "$dir/node/regtest/.cookie"
data_dir = "$dir/node"
[rpc]
listen = "127.0.0.1:$our_port"
trusted_proxies = ["127.0.0.1"]
[rpc.auth]
rate_limit_rate = 0.001
rate_limit_burst = 10000000
[rpc.auth.per_method_limits]
getblockcount = { rate = 0.001, burst = 10000000 }
TOML
"$bin" serve --config "$dir/bllvmctl.toml" 2>"$dir/log" &
ours=$! pids+=($!)
until [ -s "$dir/node/regtest/.cookie" ]; do sleep 0.1; done
cookie=$(cat "$dir/node/regtest/.cookie")
until curl -sf -u "$cookie" -d '{"method":"generatetodescriptor","params":[101,"raw(51)"]}' \
  "http://127.0.0.1:$node_port/" >/dev/null; do sleep 0.2; done
"$bin" health --ready --wait 30s --config "$dir/bllvmctl.toml" -q
resident() {
  awk -v label="$1" '/VmRSS/{all=$2} /RssFile/{file=$2}
    END{printf "%-34s %5.1f MiB, %.1f of them the program and its libraries\n", label, all/1024, file/1024}' "/proc/$ours/status"
}
sleep 15
resident 'idle, 15 s after the start'
python3 - "$our_port" "$addresses" "$cookie" <<'PY'
import base64, http.client, sys
port, addresses = int(sys.argv[1]), int(sys.argv[2])
right = "Basic " + base64.b64encode(sys.argv[3].encode()).decode()
body = b'{"jsonrpc":"2.0","id":1,"method":"getblockcount"}'
connection = http.client.HTTPConnection("127.0.0.1", port)
statuses = {}
for n in range(addresses):
    address = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
    # With credentials and without: the first is a user's call, the second a failed login, and its method the address'.
    for headers in ({"Authorization": right}, {}):
        connection.request("POST", "/", body, {"X-Forwarded-For": address, **headers})
        answer = connection.getresponse()
        answer.read()
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
print("answers by status:", statuses)
PY
resident "after calls from $addresses addresses"
curl -sf "http://127.0.0.1:$our_port/metrics" | grep '^bllvm_rpc_limiter_keys'
sleep 10
resident 'ten seconds later'
