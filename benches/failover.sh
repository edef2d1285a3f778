#!/bin/bash
# What readers see while the primary node is killed, and while it is frozen: bllvmctl and HAProxy, the same two nodes.
#   failover.sh BLLVMCTL [ROUNDS]      needs BITCOIND_EXE, haproxy, openssl, python3
# 32 clients read without a pause; prints answers, failures, p99 and the longest wait, round by round.
set -euo pipefail
bin=$(realpath "${1:?path of bllvmctl}"); rounds=${2:-1}; here=$(cd "$(dirname "$0")/failover" && pwd)
: "${BITCOIND_EXE:?the path of a bitcoind}"
dir=$(mktemp -d); declare -A node=(); others=()
trap 'for p in "${node[@]}" "${others[@]}"; do kill -CONT "$p" 2>/dev/null || true; kill "$p" 2>/dev/null || true; done
  for p in "${node[@]}" "${others[@]}"; do while kill -0 "$p" 2>/dev/null; do sleep 0.1; done; done; rm -rf "$dir"' EXIT
# Below the ports that the system gives to outgoing connections.
read -r A B HAPROXY BLLVMCTL PA PB < <(python3 -c 'import random, socket
ports = []
while len(ports) < 6:
    port = random.randrange(20000, 32000)
    with socket.socket() as s:
        if port not in ports and s.connect_ex(("127.0.0.1", port)) != 0:
            ports.append(port)
print(*ports)')
salt=00112233445566778899aabbccddeeff
hmac=$(printf secret | openssl dgst -sha256 -hmac "$salt" | sed 's/.* //')
basic=$(printf bench:secret | base64)
(umask 077; echo secret >"$dir/password")
for f in haproxy.cfg bllvmctl.toml; do
  sed -e "s#@DIR@#$dir#g; s#@A@#$A#g; s#@B@#$B#g; s#@HAPROXY@#$HAPROXY#g; s#@BLLVMCTL@#$BLLVMCTL#g; s#@BASIC@#$basic#g; s#@RPCAUTH@#$salt\$$hmac#g" "$here/$f" >"$dir/$f"
done
chmod 600 "$dir/bllvmctl.toml"
start() { # name rpcport p2pport
  mkdir -p "$dir/$1"
  "$BITCOIND_EXE" -regtest -server -datadir="$dir/$1" -rpcport="$2" -bind="127.0.0.1:$3" -rpcauth="bench:$salt\$$hmac" \
    -rpcbind=127.0.0.1 -rpcallowip=127.0.0.1 -listenonion=0 -dnsseed=0 -fixedseeds=0 -natpmp=0 -printtoconsole=0 & node[$1]=$!
  disown # bash would report that it was killed
  for _ in $(seq 300); do [[ "$(rpc "$2" getblockcount '[]')" == *'"error":null'* ]] && return; sleep 0.1; done
  echo "node $1 does not answer"; exit 1
}
rpc() { curl -s -u bench:secret -d "{\"id\":1,\"method\":\"$2\",\"params\":$3}" "http://127.0.0.1:$1/" || true; }
# A node that is killed has the blocks that it has written.
flush() { local port; for port in "$A" "$B"; do rpc "$port" gettxoutsetinfo '[]' >/dev/null; done; }
has_chain() { for _ in $(seq 300); do [[ "$(rpc "$1" getblockcount '[]')" == *'"result":110,'* ]] && return; sleep 0.1; done
  echo "port $1 has no chain"; exit 1; }
connect() { rpc "$B" addnode "[\"127.0.0.1:$PA\",\"onetry\"]" >/dev/null; }
ready() { for _ in $(seq 900); do
    [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$BLLVMCTL/health/ready?node=a")" = 200 ] && return; sleep 0.1; done
  echo 'the primary is not ready'; tail -5 "$dir/bllvmctl.log"; exit 1; }
served_by_a() { for _ in $(seq 900); do
    curl -s -D - -o /dev/null -u bench:secret -d '{"method":"getblockcount"}' "http://127.0.0.1:$BLLVMCTL/" | grep -qi '^x-bllvmctl-node: a' && return; sleep 0.1; done
  echo 'the primary is not used'; exit 1; }
start a "$A" "$PA"; start b "$B" "$PB"
rpc "$A" generatetodescriptor '[110,"raw(51)"]' >/dev/null; connect; has_chain "$B"; flush
haproxy -db -f "$dir/haproxy.cfg" >"$dir/haproxy.log" 2>&1 & others+=($!); disown
"$bin" serve --config "$dir/bllvmctl.toml" 2>"$dir/bllvmctl.log" & others+=($!); disown
load() { python3 "$here/load.py" "$@"; }
for round in $(seq "$rounds"); do
  for proxy in bllvmctl haproxy; do
    port=$BLLVMCTL; [ "$proxy" = bllvmctl ] || port=$HAPROXY
    ready; served_by_a
    printf '%-9s killed  ' "$proxy"; load "$port" "Basic $basic" 12 3 kill -9 "${node[a]}"
    while kill -0 "${node[a]}" 2>/dev/null; do sleep 0.1; done
    start a "$A" "$PA"; connect; ready; served_by_a
    printf '%-9s frozen  ' "$proxy"; load "$port" "Basic $basic" 40 3 kill -STOP "${node[a]}"
    kill -CONT "${node[a]}"
  done
done
