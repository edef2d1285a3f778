#!/bin/bash
# What limits that are shared in a store cost: one daemon with and without the store, side by side in one run on one stub
# node; then three daemons on one caller above its limit; then the memory of 10,000 purses.
#   shared_limits.sh BLLVMCTL [ROUNDS]      needs redis-server, redis-cli, nginx, wrk
# Prints requests/s, p99 and CPU microseconds per request (of the daemon alone, and of the store) round by round, and the
# differences of the medians. CPU per request is the figure to quote: it holds when the machine is noisy.
set -euo pipefail
bin=$(realpath "${1:?path of bllvmctl}"); rounds=${2:-3}; here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d); pids=()
trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
read -r NODE REDIS OFF ON A B C < <(python3 -c 'import socket
s=[socket.socket() for _ in range(7)]
[x.bind(("127.0.0.1",0)) for x in s]
print(*[x.getsockname()[1] for x in s])')
sed -e "s#@DIR@#$dir#g" "$here/front/upstream.conf" | sed "s#19332#$NODE#g" >"$dir/upstream.conf"
nginx -c "$dir/upstream.conf" -g 'daemon off;' & pids+=($!)
redis-server --port "$REDIS" --bind 127.0.0.1 --save '' --dir "$dir" >"$dir/redis.log" & redis=$!; pids+=($redis)
(umask 077; echo user:secret >"$dir/cookie")
config() { # file port rate burst store namespace
  mkdir -p "$dir/state-$2"
  cat >"$dir/$1.toml" <<EOF
state_dir = "$dir/state-$2"
[node]
kind = "attached"
rpc_url = "http://127.0.0.1:$NODE"
rpc_cookie_file = "$dir/cookie"
poll_interval_secs = 60
[rpc]
listen = "127.0.0.1:$2"
trusted_proxies = ["127.0.0.1/32"]
max_in_flight = 8
[rpc.auth]
rate_limit_rate = $3
rate_limit_burst = $4
[rpc.auth.per_method_limits]
getblockcount = { rate = $3, burst = $4 }
[limits]
store = "$5"
url = "redis://127.0.0.1:$REDIS/0"
namespace = "$6"
EOF
  chmod 600 "$dir/$1.toml"
}
config off "$OFF" 10000000 20000000 "" one; config on "$ON" 10000000 20000000 redis one
for of in "a $A" "b $B" "c $C"; do config ${of} 1000 2000 redis three; done
declare -A daemon=()
for of in "off $OFF" "on $ON" "a $A" "b $B" "c $C"; do
  read -r name port <<<"$of"
  "$bin" serve --config "$dir/$name.toml" 2>"$dir/$name.log" & daemon[$name]=$!; pids+=($!)
  for _ in $(seq 100); do curl -sf -o /dev/null "http://127.0.0.1:$port/health/live" && break; sleep 0.1; done
  [ "$name" = off ] || for _ in $(seq 100); do
    curl -s "http://127.0.0.1:$port/metrics" | grep -q '^bllvm_limits_store_up 1' && break; sleep 0.1; done
done
ticks() { local f; read -r -a f < <(sed 's/.*) //' "/proc/$1/stat"); echo $((f[11] + f[12])); }
anon() { awk '/RssAnon/{print $2}' "/proc/$1/status"; }
calls() { redis-cli -p "$REDIS" info commandstats | sed -n 's/^cmdstat_evalsha:calls=\([0-9]*\),.*/\1/p'; }
run() { # label pid port
  local a b r s out n; a=$(ticks "$2"); r=$(ticks "$redis")
  out=$(wrk -t1 -c32 -d4s --latency -s "$here/front/post.lua" "http://127.0.0.1:$3/"); b=$(ticks "$2"); s=$(ticks "$redis")
  n=$(awk '/requests in/{print $1}' <<<"$out")
  awk -v l="$1" -v d=$((b - a)) -v q=$((s - r)) -v n="$n" -v r="$(awk '/Requests\/sec/{print $2}' <<<"$out")" -v p99="$(awk '/ 99%/{print $2}' <<<"$out")" \
    'BEGIN{printf "%-10s %9.0f/s  p99 %-9s cpu %6.2f us/request  store %6.2f us/request\n", l, r, p99, d*10000/n, q*10000/n}' | tee -a "$dir/table"
}
for _ in $(seq "$rounds"); do run off "${daemon[off]}" "$OFF"; run on "${daemon[on]}" "$ON"; done
median() { awk -v l="$1" '$1==l{for(i=1;i<=NF;i++) if($i=="cpu") print $(i+1)}' "$dir/table" | sort -n | awk '{a[NR]=$1} END{print a[int((NR+1)/2)]}'; }
p99() { awk -v l="$1" '$1==l{for(i=1;i<=NF;i++) if($i=="p99") {v=$(i+1); print v ~ /us$/ ? v/1000 : v+0}}' "$dir/table" | sort -n | awk '{a[NR]=$1} END{print a[int((NR+1)/2)]}'; }
awk -v on="$(median on)" -v off="$(median off)" -v p99on="$(p99 on)" -v p99off="$(p99 off)" \
  'BEGIN{printf "the store adds %.2f us of CPU a request, %.2f ms of p99\n", on-off, p99on-p99off}'
# Three daemons on one caller, which asks for more than its limit of 1000 a second.
redis-cli -p "$REDIS" config resetstat >/dev/null; outs=(); began=$(date +%s.%N)
for port in "$A" "$B" "$C"; do wrk -t1 -c32 -d10s -s "$here/front/post.lua" "http://127.0.0.1:$port/" >"$dir/wrk-$port" & outs+=($!); done
wait "${outs[@]}"; ended=$(date +%s.%N)
passed=0; total=0
for port in "$A" "$B" "$C"; do
  n=$(awk '/requests in/{print $1}' "$dir/wrk-$port"); bad=$(sed -n 's/.*Non-2xx or 3xx responses: //p' "$dir/wrk-$port")
  passed=$((passed + n - ${bad:-0})); total=$((total + n))
done
awk -v p="$passed" -v t="$total" -v c="$(calls)" -v s="$(awk -v a="$began" -v b="$ended" 'BEGIN{print b-a}')" \
  'BEGIN{printf "three daemons, %d requests: %d admitted of %.0f allowed, %.3f calls to the store a request admitted\n", t, p, 2000+1000*s, c/p}'
# Memory: 5,000 callers, each seen a few times, have a purse for the address and one for the method.
cat >"$dir/callers.lua" <<'EOF'
wrk.method = "POST"; wrk.body = '{"id":1,"method":"getblockcount"}'
local n = 0
request = function()
  n = (n + 1) % 5000
  return wrk.format(nil, "/", {["X-Forwarded-For"] = "10.1." .. math.floor(n / 250) .. "." .. (n % 250 + 1)})
end
EOF
for name in off on; do
  port=$OFF; [ "$name" = off ] || port=$ON
  before=$(anon "${daemon[$name]}"); wrk -t1 -c32 -d5s -s "$dir/callers.lua" "http://127.0.0.1:$port/" >/dev/null
  echo "$name: RssAnon $before kB, with 5,000 callers $(anon "${daemon[$name]}") kB"
done
