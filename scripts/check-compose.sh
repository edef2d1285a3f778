#!/usr/bin/env bash
# Brings contrib/compose up with a real engine, before three bitcoinds, and reads through it while its parts are killed and
# updated as its README says.
#
#   scripts/check-compose.sh PROGRAM        a bllvmctl
#
# As root on a Debian, with BITCOIND_EXE, docker-compose, podman with netavark, aardvark-dns and iptables, busybox-static,
# redis-server, haproxy, curl and jq. No registry of images is asked: those that the file names are made of this machine's
# programs. All is in a network of its own; no port of this machine is used. About a minute.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)

# Of the password "secret".
# shellcheck disable=SC2016 # It has a dollar in it.
rpcauth='00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f8915163d687de88b01b139720c60e410c0540a0937'

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# image NAME PROGRAM PATH [CHANGE…]: an image of a program, at PATH, with the libraries that it needs and a shell.
image() {
  local name=$1 program=$2 path=$3 root=$work/image library
  shift 3
  rm -rf "$root"
  install -d "$root"/{bin,etc,tmp,run,data} && chmod 1777 "$root/tmp"
  install -d -o 10001 -g 10001 -m 0700 "$root/var/lib/bllvmctl"
  cp "$(command -v busybox)" "$root/bin/sh"
  printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
  install -D "$program" "$root$path"
  while read -r library; do
    install -D "$library" "$root$library"
  done < <({ ldd "$program" | grep -o '/[^ ]*'; find /lib/*-linux-gnu -name 'libnss_dns.so*' -o -name 'libresolv.so.*'; } | sort -u)
  # The images of others do more at their start; what is of concern here is that their Redis is open to its network.
  printf '#!/bin/sh\nexec "$@" --protected-mode no\n' >"$root/bin/open-redis" && chmod 0755 "$root/bin/open-redis"
  tar -C "$root" -cf - . | engine import --quiet "${@/#/--change=}" - "docker.io/library/$name" >/dev/null
}
bllvmctl_image() {
  image bllvmctl:latest "$1" /usr/bin/bllvmctl 'ENTRYPOINT ["/usr/bin/bllvmctl"]' 'USER 10001:10001' 'VOLUME /var/lib/bllvmctl' \
    "LABEL build=$2"
}
engine() { podman --root "$work/store" --runroot /run/podman --cgroup-manager=cgroupfs --events-backend=none "$@"; }
compose() { (cd "$work/project" && docker-compose "$@" >>"$work/compose.log" 2>&1) || { tail "$work/compose.log" >&2; die "compose $*"; }; }
# The container of a service, and its address.
container() { engine ps --all --quiet --filter "label=com.docker.compose.service=$1"; }
address() { engine inspect "$(container "$1")" | jq --raw-output '.[0].NetworkSettings.Networks[].IPAddress'; }

node() { # INDEX
  local other others=()
  for other in 1 2 3; do [ "$other" = "$1" ] || others+=("-addnode=10.0.0.1$other:8333"); done
  mkdir -p "$work/node-$1"
  "$BITCOIND_EXE" -regtest -datadir="$work/node-$1" -server -listenonion=0 -natpmp=0 -dnsseed=0 -fixedseeds=0 -printtoconsole=0 \
    -rpcport=8332 -port=8333 -bind="10.0.0.1$1" -rpcbind="10.0.0.1$1" -rpcallowip=0.0.0.0/0 "${others[@]}" \
    -rpcauth="bllvmctl:$rpcauth" \
    -rpcauth="alice:$rpcauth" &
  nodes[$1]=$!
}
call() { # ADDRESS METHOD [PARAMS]
  curl --silent --show-error --fail --max-time 20 --user alice:secret "http://$1/" \
    --data "{\"method\": \"$2\", \"params\": [${3:-}]}" | jq --exit-status --compact-output .result
}
eventually() { # WHAT COMMAND…
  local what=$1 turn
  shift
  for turn in $(seq 200); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.2
  done
  "$@" || true
  die "waited 40 s for $what ($turn looks)"
}
height_is() { [ "$(call "$1" getblockcount)" = "$2" ]; }
is_ready() { curl --silent --fail --max-time 2 "http://$(address "$1"):18332/health/ready"; }
metric() { # SERVICE LINE
  curl --silent --fail --max-time 2 "http://$(address "$1"):18332/metrics" | grep --quiet --line-regexp --fixed-strings "$2"
}
all_in_rotation() { # SERVICE
  local name
  for name in a b c; do metric "$1" "bllvm_node_in_rotation{node=\"$name\"} 1" || return 1; done
}

# Reads without a pause until the file `stop` is there; each that fails is a line of `failed`.
read_on() {
  local error
  while [ ! -e "$work/stop" ]; do
    error=$(call 127.0.0.1:18332 getblockcount 2>&1 >/dev/null) || printf '%s\n' "$error" >>"$work/failed"
    # One character for each.
    printf . >>"$work/reads"
  done
}
# event NAME ALLOWED COMMAND…: how many reads may fail, namely those in flight at what dies.
event() {
  local name=$1 allowed=$2 before failed
  shift 2
  before=$(wc -c <"$work/reads")
  : >"$work/failed"
  "$@"
  sleep 2
  failed=$(wc -l <"$work/failed")
  say "$name: $(($(wc -c <"$work/reads") - before)) reads, $failed failed"
  [ "$failed" -le "$allowed" ] || { cat "$work/failed" >&2; die "$name: reads failed"; }
}

kill_gateway() {
  kill -KILL "$(engine inspect --format '{{.State.Pid}}' "$(container gateway-a)")"
  # restart: unless-stopped
  eventually 'the gateway to be started again' all_in_rotation gateway-a
}
kill_node() {
  kill -KILL "${nodes[1]}"
  eventually 'the node to be out' metric gateway-a 'bllvm_node_in_rotation{node="a"} 0'
  node 1
  eventually 'the node to be back' all_in_rotation gateway-a
  eventually 'the node to be back' all_in_rotation gateway-b
}
kill_redis() {
  kill -KILL "$(engine inspect --format '{{.State.Pid}}' "$(container redis)")"
  eventually 'the store to be lost' metric gateway-b 'bllvm_limits_store_up 0'
  eventually 'the store to be back' metric gateway-b 'bllvm_limits_store_up 1'
}
# As the README of the layout has it.
update() {
  local service
  bllvmctl_image "$1" next
  for service in gateway-a gateway-b; do
    compose up --detach --no-deps "$service"
    [ "$(engine inspect --format '{{.Config.Labels.build}}' "$(container "$service")")" = next ] || die "$service is not updated"
    eventually "$service to be ready" is_ready "$service"
    # HAProxy looks twice, and asks for its address anew.
    sleep 7
  done
}

inside() {
  local service place last
  mount --make-rprivate /
  mkdir -p /var/lib/containers
  for place in /run /var/lib/containers; do mount -t tmpfs tmpfs "$place"; done
  ip link set lo up
  ip link add nodes type bridge
  ip link set nodes up
  for last in 11 12 13; do ip addr add "10.0.0.$last/24" dev nodes; done
  # Control groups are not of concern here, but an engine looks at them.
  umount --recursive /sys/fs/cgroup || true
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  printf '[containers]\ncgroups = "disabled"\ncgroupns = "host"\n[network]\nnetwork_backend = "netavark"\n' >"$work/containers.conf"
  export CONTAINERS_CONF=$work/containers.conf DOCKER_HOST=unix:///run/podman.sock
  bllvmctl_image "$1" first
  image redis:7-alpine "$(command -v redis-server)" /bin/redis-server 'ENTRYPOINT ["/bin/open-redis"]'
  image haproxy:2.6-alpine "$(command -v haproxy)" /usr/sbin/haproxy \
    'ENTRYPOINT ["/usr/sbin/haproxy", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]'
  engine system service --time=0 "$DOCKER_HOST" >"$work/service.log" 2>&1 &
  for last in 1 2 3; do node "$last"; done
  for last in 1 2 3; do eventually "node $last" height_is "10.0.0.1$last:8332" 0; done
  call 10.0.0.11:8332 generatetodescriptor '3, "raw(51)"' >/dev/null
  for last in 1 2 3; do
    eventually 'one chain' height_is "10.0.0.1$last:8332" 3
    call "10.0.0.1$last:8332" gettxoutsetinfo >/dev/null
  done

  cp -r "$here/contrib/compose" "$work/project"
  sed -i 's/chain = "main"/chain = "regtest"/' "$work/project/bllvmctl.toml"
  # As the README says.
  printf 'secret\n' >"$work/project/node.pw"
  chown 10001 "$work/project/node.pw" && chmod 0400 "$work/project/node.pw"
  eventually 'the engine' test -S /run/podman.sock
  compose up --detach
  eventually 'an answer through HAProxy' height_is 127.0.0.1:18332 3
  for service in gateway-a gateway-b; do
    eventually "$service with all its nodes" all_in_rotation "$service"
    eventually "limits that $service shares" metric "$service" 'bllvm_limits_store_up 1'
  done
  [ "$(curl --silent --output /dev/null --write-out '%{http_code}' http://127.0.0.1:18332/metrics)" = 404 ] ||
    die 'metrics are for everybody'

  : >"$work/reads"
  read_on &
  event 'nothing' 0 sleep 1
  event 'a gateway is killed' 1 kill_gateway
  event 'a node is killed' 0 kill_node
  event 'Redis is killed' 0 kill_redis
  event 'both gateways are updated' 0 update "$1"
  touch "$work/stop"
  compose down --timeout 30
  say 'it went up, lived through all of it, and went down'
}

if [ $# -ne 1 ] || [ ! -x "$1" ]; then die 'usage: check-compose.sh PROGRAM'; fi
[ "$(id -u)" -eq 0 ] || die 'this needs root'
for tool in "${BITCOIND_EXE:-BITCOIND_EXE}" docker-compose podman iptables busybox redis-server haproxy curl jq unshare ip; do
  command -v "$tool" >/dev/null || die "cannot find $tool"
done
declare -A nodes
if [ "${INSIDE:-}" = yes ]; then
  inside "$1"
  exit
fi
work=$(mktemp -d /var/tmp/bllvmctl-compose.XXXXXX)
trap 'rm -rf "$work"' EXIT
export work
INSIDE=yes timeout --signal KILL 280 unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$(realpath "$1")"
