#!/bin/bash
# TLS against HAProxy's, side by side in one run, on one stub node: P-256, TLS 1.3.
#   tls.sh BLLVMCTL [ROUNDS]      needs nginx, haproxy, wrk, openssl
# Prints CPU microseconds per call over connections that are kept alive, and full handshakes a second of CPU, without
# resumption; then the median ratios. HAProxy terminates TLS and passes on, with no limits; bllvmctl has all of its.
set -euo pipefail
bin=$(realpath "${1:?path of bllvmctl}"); rounds=${2:-3}; here=$(cd "$(dirname "$0")/front" && pwd)
dir=$(mktemp -d); pids=()
trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
sed "s#@DIR@#$dir#g" "$here/upstream.conf" >"$dir/upstream.conf"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
  -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$dir/tls.key" -out "$dir/tls.pem" 2>/dev/null
chmod 600 "$dir/tls.key"; cat "$dir/tls.pem" "$dir/tls.key" >"$dir/both.pem"
cat >"$dir/haproxy.cfg" <<CFG
global
  nbthread 1
  maxconn 8000
  tune.ssl.cachesize 0
  ssl-default-bind-options ssl-min-ver TLSv1.3 no-tls-tickets
  log stdout format raw local0
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
  option http-keep-alive
  http-reuse always
  log global
  option httplog
listen tls
  bind 127.0.0.1:19344 ssl crt $dir/both.pem alpn http/1.1
  server n1 127.0.0.1:19332 maxconn 2000
CFG
sed -e "s#@DIR@#$dir#g" -e 's#127.0.0.1:19335#127.0.0.1:19345#' -e '/^\[\[rpc.auth.users\]\]/,/^rpcauth/d' \
  -e "s#^\[rpc\]#[rpc]\ntls_cert_file = \"$dir/tls.pem\"\ntls_key_file = \"$dir/tls.key\"#" "$here/bllvmctl.toml" >"$dir/bllvmctl.toml"
mkdir -p "$dir/data" "$dir/state"; (umask 077; echo secret >"$dir/node-password"); chmod 600 "$dir/bllvmctl.toml"
nginx -c "$dir/upstream.conf" -g 'daemon off;' & pids+=($!)
haproxy -db -f "$dir/haproxy.cfg" >"$dir/haproxy.log" 2>&1 & ha=$!; pids+=($ha)
"$bin" serve --config "$dir/bllvmctl.toml" 2>"$dir/bllvmctl.log" & bc=$!; pids+=($bc)
call=(-u alice:secret -d '{"id":1,"method":"getblockcount"}' --cacert "$dir/tls.pem")
for port in 19344 19345; do
  for _ in $(seq 100); do curl -sf -o /dev/null "${call[@]}" "https://localhost:$port/" && break; sleep 0.1; done
  code=$(curl -s -o /dev/null -w '%{http_code}' "${call[@]}" "https://localhost:$port/")
  [ "$code" = 200 ] || { echo "port $port answers $code"; tail -3 "$dir/bllvmctl.log"; exit 1; }
done
ticks() { local f; read -r -a f < <(sed 's/.*) //' "/proc/$1/stat"); echo $((f[11] + f[12])); }
kept() { # label pid port
  local a b out n; a=$(ticks "$2")
  out=$(wrk -t1 -c32 -d4s --latency -s "$here/post.lua" "https://127.0.0.1:$3/"); b=$(ticks "$2")
  n=$(awk '/requests in/{print $1}' <<<"$out")
  awk -v l="$1" -v d=$((b - a)) -v n="$n" -v p99="$(awk '/ 99%/{print $2}' <<<"$out")" -v bad="$(grep -o 'Non-2xx.*' <<<"$out" || true)" \
    'BEGIN{printf "%-20s p99 %-9s cpu %6.1f us/request %s\n", l, p99, d*10000/n, bad}' | tee -a "$dir/table"
}
full() { # label pid port: s_time asks for a new session each time; what counts is the server's CPU time
  local a b n; a=$(ticks "$2")
  n=$(openssl s_time -connect "127.0.0.1:$3" -new -time 4 -tls1_3 2>/dev/null | awk '/connections in/{print $1; exit}'); b=$(ticks "$2")
  awk -v l="$1" -v d=$((b - a)) -v n="$n" 'BEGIN{printf "%-20s cpu %6.1f us/handshake %6.0f handshakes/s of CPU\n", l, d*10000/n, n*100/d}' | tee -a "$dir/table"
}
for _ in $(seq "$rounds"); do
  kept haproxy "$ha" 19344; kept bllvmctl "$bc" 19345
  full haproxy-full "$ha" 19344; full bllvmctl-full "$bc" 19345
done
median() { awk -v l="$1" '$1==l{for(i=1;i<=NF;i++) if($i=="cpu") print $(i+1)}' "$dir/table" | sort -n | awk '{a[NR]=$1} END{print a[int((NR+1)/2)]}'; }
awk -v b="$(median bllvmctl)" -v h="$(median haproxy)" -v bf="$(median bllvmctl-full)" -v hf="$(median haproxy-full)" \
  'BEGIN{printf "TLS: CPU per request bllvmctl/haproxy %.2f   full handshakes a second bllvmctl/haproxy %.2f\n", b/h, hf/bf}'
