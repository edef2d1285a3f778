#!/bin/bash
# The JSON-RPC front against nginx and HAProxy, side by side in one run, on one stub node.
#   front.sh BLLVMCTL [ROUNDS]      needs nginx, haproxy, wrk, openssl
# MAX_IN_FLIGHT=8 gives the stub as many calls at once as Core 29 and later get; without, it is no known node and gets 4.
# Prints requests/s, p50, p99 and CPU microseconds per request of each proxy, round by round, then the
# median ratios. CPU per request is the figure to quote: it holds when the machine is noisy.
# HAProxy: per address, per credential and per method (it parses the body, as the front must). nginx: address and user only.
# Each of them writes a line per request to a file.
# Then bllvmctl before one and before three nodes that answer what it polls: the same stub, so that the difference is the routing.
set -euo pipefail
bin=$(realpath "${1:?path of bllvmctl}"); rounds=${2:-3}; here=$(cd "$(dirname "$0")/front" && pwd)
dir=$(mktemp -d); pids=()
trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
for f in upstream.conf nginx-proxy.conf haproxy.cfg nodes.cfg bllvmctl.toml bllvmctl-one.toml bllvmctl-three.toml; do sed "s#@DIR@#$dir#g" "$here/$f" >"$dir/$f"; done
python3 "$here/answers.py" "$here/../../tests/fixtures/core-31.99/synced-archive-indexed" "$dir" >"$dir/answers"
sed -i -e "/@ANSWERS@/{r $dir/answers" -e 'd}' "$dir/nodes.cfg"
mkdir -p "$dir/data" "$dir/state"; (umask 077; echo secret >"$dir/node-password")
salt=00112233445566778899aabbccddeeff
hmac=$(printf secret | openssl dgst -sha256 -hmac "$salt" | sed 's/.* //')
sed -i "s#@RPCAUTH@#$salt\$$hmac#" "$dir"/bllvmctl*.toml; chmod 600 "$dir"/bllvmctl*.toml
[ -z "${MAX_IN_FLIGHT:-}" ] || sed -i "s/^\[rpc\]/[rpc]\nmax_in_flight = $MAX_IN_FLIGHT/" "$dir"/bllvmctl*.toml
nginx -c "$dir/upstream.conf" -g 'daemon off;' & pids+=($!)
nginx -c "$dir/nginx-proxy.conf" -g 'daemon off;' & ng=$!; pids+=($ng)
haproxy -db -f "$dir/haproxy.cfg" >"$dir/haproxy.log" 2>&1 & ha=$!; pids+=($ha)
haproxy -db -f "$dir/nodes.cfg" >"$dir/nodes.log" 2>&1 & pids+=($!)
"$bin" serve --config "$dir/bllvmctl.toml" 2>"$dir/bllvmctl.log" & bc=$!; pids+=($bc)
"$bin" serve --config "$dir/bllvmctl-one.toml" 2>"$dir/bllvmctl-one.log" & b1=$!; pids+=($b1)
"$bin" serve --config "$dir/bllvmctl-three.toml" 2>"$dir/bllvmctl-three.log" & b3=$!; pids+=($b3)
for port in 19332 19333 19334 19335 19339 19340; do
  for _ in $(seq 100); do curl -sf -o /dev/null -u alice:secret -d '{"id":1,"method":"getblockcount"}' "http://127.0.0.1:$port/" && break; sleep 0.1; done
  code=$(curl -s -o /dev/null -w '%{http_code}' -u alice:secret -d '{"id":1,"method":"getblockcount"}' "http://127.0.0.1:$port/")
  [ "$code" = 200 ] || { echo "port $port answers $code"; tail -3 "$dir/bllvmctl.log"; exit 1; }
done
ng=$(pgrep -P "$ng" | head -1)
ticks() { local f; read -r -a f < <(sed 's/.*) //' "/proc/$1/stat"); echo $((f[11] + f[12])); }
run() { # label pid port path script
  local a b out n; a=$(ticks "$2")
  out=$(wrk -t1 -c32 -d4s --latency ${5:+-s "$5"} "http://127.0.0.1:$3$4"); b=$(ticks "$2")
  n=$(awk '/requests in/{print $1}' <<<"$out")
  awk -v l="$1" -v d=$((b - a)) -v n="$n" -v r="$(awk '/Requests\/sec/{print $2}' <<<"$out")" \
    -v p50="$(awk '/ 50%/{print $2}' <<<"$out")" -v p99="$(awk '/ 99%/{print $2}' <<<"$out")" -v bad="$(grep -o 'Non-2xx.*' <<<"$out" || true)" \
    'BEGIN{printf "%-18s %9.0f/s  p50 %-9s p99 %-9s cpu %6.1f us/request %s\n", l, r, p50, p99, d*10000/n, bad}' | tee -a "$dir/table"
}
for _ in $(seq "$rounds"); do
  run haproxy "$ha" 19334 / "$here/post.lua"; run bllvmctl "$bc" 19335 / "$here/post.lua"; run nginx "$ng" 19333 / "$here/post.lua"
  run one-node "$b1" 19339 / "$here/post.lua"; run three-nodes "$b3" 19340 / "$here/post.lua"
  run nginx-health "$ng" 19333 /health ""; run bllvmctl-health "$bc" 19335 /health/live?scope=daemon ""
done
median() { awk -v l="$1" '$1==l{for(i=1;i<=NF;i++) if($i=="cpu") print $(i+1)}' "$dir/table" | sort -n | awk '{a[NR]=$1} END{print a[int((NR+1)/2)]}'; }
b=$(median bllvmctl); awk -v b="$b" -v h="$(median haproxy)" -v n="$(median nginx)" -v one="$(median one-node)" -v three="$(median three-nodes)" -v bh="$(median bllvmctl-health)" -v nh="$(median nginx-health)" -v rss="$(awk '/VmRSS/{print $2/1024}' "/proc/$bc/status")" \
  'BEGIN{printf "CPU per request: bllvmctl/haproxy %.2f  bllvmctl/nginx %.2f  health bllvmctl/nginx %.2f  three nodes/one %.2f   resident %.1f MiB\n", b/h, b/n, bh/nh, three/one, rss}'
