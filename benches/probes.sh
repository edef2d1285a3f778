#!/usr/bin/env bash
# How fast the probes and the metrics are, beside a real bitcoind and beside nginx, in one run.
#
#   benches/probes.sh [BLLVMCTL] [ROUNDS]      needs BITCOIND_EXE, nginx, wrk, curl, python3
#
# Prints a table, then the ratios; docs/NUMBERS.md holds a run. Machines are noisy: quote ratios, and CPU per request
# rather than requests per second. Everything is on loopback, bounded, and ends by itself.
set -euo pipefail
bin=$(realpath "${1:-target/release/bllvmctl}") rounds=${2:-3}
: "${BITCOIND_EXE:?names no bitcoind; scripts/install-bitcoind.sh brings one}"
dir=$(mktemp -d) pids=()
finish() {
  for pid in "${pids[@]}"; do kill -CONT "$pid" 2>/dev/null || true; kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap finish EXIT

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
node_port=$(port) p2p_port=$(port) our_port=$(port) nginx_port=$(port)

mkdir "$dir/node"
"$BITCOIND_EXE" -regtest -server -datadir="$dir/node" -bind="127.0.0.1:$p2p_port" -rpcbind=127.0.0.1 \
  -rpcallowip=127.0.0.1 -rpcport="$node_port" -listenonion=0 -dnsseed=0 -fixedseeds=0 -natpmp=0 -printtoconsole=0 &
node=$! pids+=($!)
cat >"$dir/bllvmctl.toml" <<TOML
state_dir = "$dir/state"
[node]
kind = "attached"
rpc_url = "http://127.0.0.1:$node_port"
rpc_cookie_file = "$dir/node/regtest/.cookie"
data_dir = "$dir/node"
[rpc]
listen = "127.0.0.1:$our_port"
TOML
"$bin" serve --config "$dir/bllvmctl.toml" 2>"$dir/log" &
ours=$! pids+=($!)
cat >"$dir/nginx.conf" <<NGINX
worker_processes 1; daemon off; pid $dir/nginx.pid; error_log $dir/nginx.err;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000000;
  client_body_temp_path $dir/b; proxy_temp_path $dir/p; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
  server { listen 127.0.0.1:$nginx_port backlog=4096;
    location = /health { default_type application/json; return 200 '{"status":"healthy","timestamp":1234567890}'; } } }
NGINX
nginx -c "$dir/nginx.conf" &
pids+=($!)

until curl -sf -o /dev/null "http://127.0.0.1:$node_port/rest/" || [ -s "$dir/node/regtest/.cookie" ]; do sleep 0.1; done
call() { curl -sf -u "$(cat "$dir/node/regtest/.cookie")" -d "$1" "http://127.0.0.1:$node_port/"; }
until call '{"method":"generatetodescriptor","params":[101,"raw(51)"]}' >/dev/null; do sleep 0.2; done
"$bin" health --ready --wait 30s --config "$dir/bllvmctl.toml" -q
worker=$(pgrep -P "$(cat "$dir/nginx.pid")" | head -1)

# Nanoseconds on a CPU, of all threads; finer than the ticks of /proc/PID/stat.
on_cpu() { awk '{sum += $1} END{printf "%.0f", sum}' /proc/"$1"/task/*/schedstat; }
run() { # label pid url
  local before out after
  before=$(on_cpu "$2"); out=$(wrk -t1 -c32 -d3s --latency "$3"); after=$(on_cpu "$2")
  awk -v label="$1" -v nanoseconds=$((after - before)) -v requests="$(awk '/requests in/{print $1}' <<<"$out")" \
    -v rate="$(awk '/Requests\/sec/{print $2}' <<<"$out")" -v p99="$(awk '/ 99%/{print $2}' <<<"$out")" \
    -v bad="$(grep -o 'Non-2xx.*' <<<"$out" || true)" \
    'BEGIN{printf "%-22s %8.0f/s  p99 %-9s cpu %5.2f us/request %s\n", label, rate, p99, nanoseconds/1000/requests, bad}' | tee -a "$dir/table"
}
# One request at a time on a kept-alive connection, as a probe does; milliseconds.
latency() { # label path
  python3 - "$our_port" "$2" "$1" <<'PY' | tee -a "$dir/table"
import http.client, sys, time
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
connection.connect()
times = []
for _ in range(3000):
    start = time.perf_counter()
    connection.request("GET", sys.argv[2])
    connection.getresponse().read()
    times.append((time.perf_counter() - start) * 1e3)
times.sort()
print(f"{sys.argv[3]:<22} p50 {times[1500]:.3f} ms  p99 {times[2970]:.3f} ms")
PY
}
base=http://127.0.0.1:$our_port
resident() { awk '/VmRSS/{printf "%.1f MiB", $2/1024}' "/proc/$ours/status"; }
echo "resident, idle         $(resident)"
for _ in $(seq "$rounds"); do
  run nginx-return "$worker" "http://127.0.0.1:$nginx_port/health"
  run health "$ours" "$base/health"
  run health-live "$ours" "$base/health/live"
  run live-daemon "$ours" "$base/health/live?scope=daemon"
done
latency live-healthy /health/live
latency metrics-healthy /metrics
kill -STOP "$node"
until [ "$(curl -s -o /dev/null -w '%{http_code}' "$base/health/ready")" = 503 ]; do sleep 0.2; done
run live-frozen "$ours" "$base/health/live"
latency live-frozen-one /health/live
latency metrics-frozen /metrics
kill -CONT "$node"
echo "resident, after load   $(resident)"
python3 - "$bin" "$dir/bllvmctl.toml" <<'PY'
import subprocess, sys, time
times = []
for _ in range(50):
    start = time.perf_counter()
    subprocess.run([sys.argv[1], "health", "-q", "--config", sys.argv[2]], check=False)
    times.append((time.perf_counter() - start) * 1e3)
times.sort()
print(f"{'bllvmctl health':<22} p50 {times[25]:.1f} ms  p99 {times[-1]:.1f} ms, the whole process")
PY
echo "binary                 $(awk -v bytes="$(stat -c %s "$bin")" 'BEGIN{printf "%.1f MB", bytes/1e6}')"
median() { awk -v label="$1" '$1==label{for(i=1;i<=NF;i++) if($i=="cpu") print $(i+1)}' "$dir/table" | sort -n | awk '{a[NR]=$1} END{print a[int((NR+1)/2)]}'; }
nginx_cpu=$(median nginx-return)
for label in health health-live live-daemon; do
  awk -v label="$label" -v ours="$(median "$label")" -v nginx="$nginx_cpu" 'BEGIN{printf "CPU per request, %s / nginx return: %.2f\n", label, ours/nginx}'
done
