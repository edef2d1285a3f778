#!/usr/bin/env bash
# The embedded node beside a real bitcoind, in one run: the first healthy answer, blocks connected, resident memory.
#
#   benches/embedded.sh [BLLVMCTL] [ROUNDS] [BLOCKS]      needs BITCOIND_EXE, curl, python3
#
# Prints lines for docs/NUMBERS.md. Everything is on loopback, bounded, and ends by itself.
set -euo pipefail
bin=$(realpath "${1:-target/release/bllvmctl}") rounds=${2:-5} blocks=${3:-100000}
: "${BITCOIND_EXE:?names no bitcoind; scripts/install-bitcoind.sh brings one}"
data=$(realpath "$(dirname "$0")/../crates/regtest-node/tests/data")
dir=$(mktemp -d) pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap finish EXIT

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
median() { sort -n | awk '{v[NR] = $1} END{print v[int((NR + 1) / 2)]}'; }
range() { sort -n | awk '{v[NR] = $1} END{printf "%s (%s to %s)", v[int((NR + 1) / 2)], v[1], v[NR]}'; }
resident() { awk '/^VmRSS/{printf "%.1f", $2 / 1024}' "/proc/$1/status"; }
ended() { kill "$1" && wait "$1" 2>/dev/null || true; }

# until_200 PORT PATH SECONDS: waits for a 200.
until_200() {
  python3 - "$1" "$2" "$3" <<'PY'
import http.client, sys, time
port, path, limit = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
end = time.monotonic() + limit
while time.monotonic() < end:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        connection.request("GET", path)
        if connection.getresponse().status == 200:
            sys.exit(0)
    except OSError:
        pass
    time.sleep(0.001)
sys.exit(f"no 200 on {path} within {limit} s")
PY
}

# The time from the start of a process to the first 200 of a path, in milliseconds.
first_healthy() {
  python3 - "$bin" "$(port)" "$1" <<'PY'
import http.client, signal, subprocess, sys, time
program, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
began = time.monotonic()
process = subprocess.Popen([program, "serve", "--dev", "--listen", f"127.0.0.1:{port}"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    while time.monotonic() < began + 30:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                print(round((time.monotonic() - began) * 1000))
                sys.exit(0)
        except OSError:
            pass
        time.sleep(0.001)
    sys.exit("no 200 within 30 s")
finally:
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)
PY
}

echo "first 200 after the start of serve --dev, ms: median (least to most) of $rounds"
for path in /health/ready /health; do
  for _ in $(seq "$rounds"); do first_healthy "$path"; done | range | sed "s|^|  $path: |"
  echo
done

core() { # directory arguments: starts a bitcoind as on main and waits until it answers
  local directory=$1; shift
  mkdir -p "$directory"
  node_port=$(port) p2p_port=$(port)
  "$BITCOIND_EXE" -regtest -server -datadir="$directory" -bind="127.0.0.1:$p2p_port" -rpcbind=127.0.0.1 \
    -rpcallowip=127.0.0.1 -rpcport="$node_port" -listenonion=0 -dnsseed=0 -fixedseeds=0 -natpmp=0 -printtoconsole=0 \
    -checkblockindex=0 -checkmempool=0 "$@" & # or regtest looks at all blocks after each
  node=$! pids+=($!) node_directory=$directory
  for _ in $(seq 600); do
    if call getblockcount '[]' >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo 'bitcoind does not answer' >&2; exit 1
}
call() {
  curl -sf -m 300 -u "$(cat "$node_directory/regtest/.cookie")" -d "{\"method\":\"$1\",\"params\":$2}" "http://127.0.0.1:$node_port/"
}
ours() { # directory peers arguments: starts the embedded node
  local directory=$1 peers=$2; shift 2
  mkdir -p "$directory"
  our_port=$(port)
  cat >"$directory/bllvmctl.toml" <<TOML
state_dir = "$directory/state"
[node]
kind = "embedded"
data_dir = "$directory/data"
[network]
peers = [$peers]
[storage]
min_free_gb = 0
[rpc]
listen = "127.0.0.1:$our_port"
TOML
  "$bin" serve --config "$directory/bllvmctl.toml" "$@" 2>"$directory/log" &
  embedded=$! pids+=($!)
}
inside() {
  curl -sf -m 300 -u "$(cat "$1/data/.cookie")" -d "{\"method\":\"$2\",\"params\":$3}" "http://127.0.0.1:$our_port/"
}
submit() { # CALL: hands each block of the signed chain to it
  python3 - "$data/regtest-wallet-chain.dat" <<'PY' | while read -r hex; do printf '["%s"]' "$hex" >"$dir/block"; "$@" submitblock "$(cat "$dir/block")" >/dev/null; done
import struct, sys
data, at = open(sys.argv[1], "rb").read(), 0
while at + 8 <= len(data):
    length = struct.unpack_from("<I", data, at + 4)[0]
    print(data[at + 8:at + 8 + length].hex())
    at += 8 + length
PY
}

core "$dir/core"
submit call
ended "$node"
ours "$dir/ours" ''
until_200 "$our_port" /health/ready 30
submit inside "$dir/ours"
ended "$embedded"
for _ in $(seq "$rounds"); do
  core "$dir/core" -reindex-chainstate -debug=bench
  until call getblockcount '[]' | grep -q '"result":236'; do sleep 0.1; done
  ended "$node"
  # The last line has the mean over all blocks since the start.
  grep -- '- Connect block:' "$dir/core/regtest/debug.log" | tail -1 | sed -E 's/.*\(([0-9.]+)ms\/blk\).*/\1/' >>"$dir/theirs.ms"
  : >"$dir/core/regtest/debug.log"
  ours "$dir/ours" '' --reindex
  until_200 "$our_port" /health/ready 30
  until inside "$dir/ours" getblockcount '[]' | grep -q '"result":236'; do sleep 0.1; done
  curl -sf "http://127.0.0.1:$our_port/metrics" | awk '/^bllvm_block_validation_seconds_sum/{s = $2} /^bllvm_block_validation_seconds_count/{c = $2}
    END{printf "%.3f\n", s / c * 1000}' >>"$dir/ours.ms"
  ended "$embedded"
done
echo "a block of the signed regtest chain connected, ms: median (least to most) of $rounds rebuilds of 236 blocks"
printf '  bitcoind -reindex-chainstate: %s\n' "$(range <"$dir/theirs.ms")"
printf '  bllvmctl serve --reindex: %s\n' "$(range <"$dir/ours.ms")"
awk -v theirs="$(median <"$dir/theirs.ms")" -v ours="$(median <"$dir/ours.ms")" \
  'BEGIN{printf "  %.0f and %.0f blocks a second, ratio of the times %.2f\n", 1000 / theirs, 1000 / ours, ours / theirs}'

# Blocks made here, one each ten minutes of the past: mined at one moment their times would run ahead of the clock by more
# than is allowed. Both read the same file.
head -c 293 "$dir/ours/data/blocks/blk00000.dat" >"$dir/blk00000.dat" # the genesis block
python3 - "$blocks" "$dir/blk00000.dat" <<'PY'
import hashlib, struct, sys
count, file = int(sys.argv[1]), open(sys.argv[2], "ab")
twice = lambda data: hashlib.sha256(hashlib.sha256(data).digest()).digest()
def push(number):
    if number <= 16: return bytes([0x50 + number])
    data = number.to_bytes((number.bit_length() + 8) // 8, "little")
    return bytes([len(data)]) + data
magic, bits, parent = bytes.fromhex("fabfb5da"), struct.pack("<I", 0x207fffff), bytes.fromhex(
    "06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f")
for height in range(1, count + 1):
    script, halvings = push(height) + b"\0", height // 150
    value = 5_000_000_000 >> halvings if halvings < 64 else 0
    coinbase = (struct.pack("<iB", 2, 1) + bytes(32) + b"\xff" * 4 + bytes([len(script)]) + script + b"\xff" * 4
                + struct.pack("<BqBBI", 1, value, 1, 0x51, 0))
    start = struct.pack("<i", 0x20000000) + parent + twice(coinbase) + struct.pack("<I", 1296688602 + height * 600) + bits
    nonce = 0
    while True:
        header = start + struct.pack("<I", nonce)
        hashed = twice(header)
        if hashed[31] < 0x7f: break
        nonce += 1
    block = header + b"\x01" + coinbase
    file.write(magic + struct.pack("<I", len(block)) + block)
    parent = hashed
PY
reached() { # SECONDS CALL: waits until it is at the last block
  local limit=$1; shift
  for _ in $(seq $((limit * 10))); do
    if "$@" getblockcount '[]' 2>/dev/null | grep -q "\"result\":$blocks[,}]"; then return; fi
    sleep 0.1
  done
  echo 'not all blocks within the limit' >&2; exit 1
}
seconds() { awk -v from="$1" -v to="$(date +%s%N)" 'BEGIN{printf "%.1f", (to - from) / 1e9}'; }

mkdir -p "$dir/long/regtest/blocks" "$dir/many/data/blocks"
cp "$dir/blk00000.dat" "$dir/long/regtest/blocks/"
cp "$dir/blk00000.dat" "$dir/many/data/blocks/"
echo "$blocks regtest blocks, each with a coinbase, from one block file"
began=$(date +%s%N)
core "$dir/long" -reindex
reached 240 call
printf '  bitcoind -reindex: %s s, resident %s MiB\n' "$(seconds "$began")" "$(resident "$node")"
ended "$node"
began=$(date +%s%N)
ours "$dir/many" '' --reindex
reached 240 inside "$dir/many"
printf '  bllvmctl serve --reindex: %s s, resident %s MiB\n' "$(seconds "$began")" "$(resident "$embedded")"
ended "$embedded"
began=$(date +%s%N)
ours "$dir/many" ''
until_200 "$our_port" /health/ready 60
printf '  bllvmctl serve: ready after %s s, resident %s MiB\n' "$(seconds "$began")" "$(resident "$embedded")"
core "$dir/long"
reached 60 call
printf '  bitcoind: resident %s MiB\n' "$(resident "$node")"
