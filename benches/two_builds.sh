#!/bin/bash
# Two builds of bllvmctl side by side, in one run, on one stub node: what a change costs the plain path of calls.
#   two_builds.sh BEFORE AFTER [ROUNDS]      needs nginx, wrk, openssl
# Prints requests/s, p99 and CPU microseconds per request of both, round by round in changing order, then the medians and
# their ratio. Both have the configuration of front.sh with one node.
set -euo pipefail
before=$(realpath "${1:?path of the build before}"); after=$(realpath "${2:?path of the build after}"); rounds=${3:-7}
here=$(cd "$(dirname "$0")/front" && pwd)
dir=$(mktemp -d); pids=()
trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
sed "s#@DIR@#$dir#g" "$here/upstream.conf" >"$dir/upstream.conf"
mkdir -p "$dir/data"; (umask 077; echo secret >"$dir/node-password")
salt=00112233445566778899aabbccddeeff
hmac=$(printf secret | openssl dgst -sha256 -hmac "$salt" | sed 's/.* //')
nginx -c "$dir/upstream.conf" -g 'daemon off;' & pids+=($!)
serve() { # label port binary: leaves the process in $pid
  mkdir -p "$dir/$1"
  sed -e "s#@DIR@/state#$dir/$1#" -e "s#@DIR@#$dir#g" -e "s#127.0.0.1:19335#127.0.0.1:$2#" -e "s#@RPCAUTH@#$salt\$$hmac#" \
    "$here/bllvmctl.toml" >"$dir/$1.toml"
  chmod 600 "$dir/$1.toml"
  "$3" serve --config "$dir/$1.toml" 2>"$dir/$1.log" & pid=$!; pids+=("$pid")
  for _ in $(seq 100); do
    code=$(curl -s -o /dev/null -w '%{http_code}' -u alice:secret -d '{"id":1,"method":"getblockcount"}' "http://127.0.0.1:$2/") || true
    [ "$code" = 200 ] && return; sleep 0.1
  done
  echo "the build $1 answers $code"; tail -3 "$dir/$1.log"; exit 1
}
serve before 19346 "$before"; first=$pid
serve after 19347 "$after"; second=$pid
ticks() { local f; read -r -a f < <(sed 's/.*) //' "/proc/$1/stat"); echo $((f[11] + f[12])); }
run() { # label pid port
  local a b out n; a=$(ticks "$2")
  out=$(wrk -t1 -c32 -d4s --latency -s "$here/post.lua" "http://127.0.0.1:$3/"); b=$(ticks "$2")
  n=$(awk '/requests in/{print $1}' <<<"$out")
  awk -v l="$1" -v d=$((b - a)) -v n="$n" -v r="$(awk '/Requests\/sec/{print $2}' <<<"$out")" \
    -v p99="$(awk '/ 99%/{print $2}' <<<"$out")" -v bad="$(grep -o 'Non-2xx.*' <<<"$out" || true)" \
    'BEGIN{printf "%-8s %9.0f/s  p99 %-9s cpu %6.2f us/request %s\n", l, r, p99, d*10000/n, bad}' | tee -a "$dir/table"
}
for round in $(seq "$rounds"); do
  if [ $((round % 2)) = 1 ]; then run before "$first" 19346; run after "$second" 19347
  else run after "$second" 19347; run before "$first" 19346; fi
done
median() { awk -v l="$1" '$1==l{for(i=1;i<=NF;i++) if($i=="cpu") print $(i+1)}' "$dir/table" | sort -n | awk '{a[NR]=$1} END{print a[int((NR+1)/2)]}'; }
awk -v b="$(median before)" -v a="$(median after)" 'BEGIN{printf "CPU per request: before %.2f us, after %.2f us, after/before %.3f\n", b, a, a/b}'
