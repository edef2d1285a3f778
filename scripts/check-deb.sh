#!/usr/bin/env bash
# Installs a package in a bare Debian, follows the README beside a bitcoind until every check is good, upgrades, and
# purges; nothing may be left. It says how long the way from `apt install` to a good health took.
#
#   scripts/check-deb.sh target/dist/bllvmctl_VERSION-1_amd64.deb
#
# As root on a Debian, with debootstrap; bitcoind comes from scripts/install-bitcoind.sh unless BITCOIND_EXE names a file
# that it has installed. Nothing is installed outside of a temporary directory, and no port of this machine is used. A
# container has no systemd that runs: the lines of the unit are run by hand, as its user. About three minutes.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
suite=${SUITE:-bookworm}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }
expect() { say "$1"; shift; "$@" || die "this failed: $*"; }

# With how=exec before it in the background, the process of the job is that of the program.
within() { ${how:-command} chroot "$root" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
as() { within setpriv --reuid "$1" --regid "$1" --init-groups "${@:2}"; }

# All files, but for those that every change of packages leaves: logs, caches and lists of dpkg and apt.
files() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./run \
    -o -path ./var/cache -o -path ./var/log -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./srv \) -prune \
    -o ! -name '*-' -print | sort)
}
accounts() { within sh -c 'getent passwd; getent group'; }

mirror() {
  local list
  list=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
  [ -n "$list" ] || list=$(awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) { print $i; exit } }' \
    /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true)
  printf '%s\n' "${list:-http://deb.debian.org/debian}"
}

# The values of a key of the unit, the last one.
unit() { sed -n "s/^$1=//p" "$root/usr/lib/systemd/system/bllvmctl.service" | tail -n 1; }

# What systemd does at a start: 0 if it runs, 1 if the condition says no.
start() {
  # shellcheck disable=SC2086 # The lines of the unit are words.
  eval "as '$(unit User)' $(unit ExecCondition)" || return 1
  how="exec" as "$(unit User)" sh -c "umask $(unit UMask); exec env STATE_DIRECTORY=/var/lib/bllvmctl $(unit ExecStart)" \
    >>"$root/srv/bllvmctl.log" 2>&1 &
  daemon=$!
}
stop() {
  kill "$daemon"
  wait "$daemon" || die "the service did not stop with 0: $?"
}

node() { # NAME, then options
  how="exec" as bitcoin "$bitcoind" -regtest -datadir="/srv/$1" -rpccookieperms=group -listenonion=0 -dnsseed=0 -fixedseeds=0 \
    -natpmp=0 -printtoconsole=0 "${@:2}" &
}
cli() { as bitcoin "${bitcoind%d}-cli" -regtest -datadir=/srv/node "$@"; }

inside() {
  local node peer
  mount --make-rprivate /
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  ip link set lo up
  within useradd --system --home-dir /srv/node --shell /usr/sbin/nologin --user-group bitcoin
  install -d -m 0750 "$root"/srv/{node,peer}
  within chown -R bitcoin:bitcoin /srv/node /srv/peer
  node node -port=18444
  node=$!
  node peer -port=18555 -rpcport=18556 -connect=127.0.0.1:18444
  peer=$!
  cli -rpcwait -rpcwaittimeout=60 generatetodescriptor 1 'raw(51)' >/dev/null

  local begun=$SECONDS
  expect 'the package is installed with what it depends on' \
    within apt-get install --quiet --quiet --yes --no-install-recommends /tmp/bllvmctl.deb >/dev/null
  within bllvmctl --version
  if start; then die 'the service starts though nobody has configured it'; fi
  say 'the service does not start before somebody has configured it'
  # What a systemd that runs has done.
  within systemd-tmpfiles --create bllvmctl.conf
  # The lines of the README.
  within usermod -aG bitcoin bllvmctl
  within find /srv/node -type d -exec chmod g+rx {} +
  if within bllvmctl config init --help | grep -q -e --from-node; then
    # It names the directory, as there is a second node, which is the peer of the first.
    within bllvmctl config init /etc/bllvmctl/node.toml --from-node=/srv/node
    within cp /etc/bllvmctl/node.toml /etc/bllvmctl/config.toml
  else
    sed -i -e 's|^chain = .*|chain = "regtest"|' -e 's|^rpc_url = .*|rpc_url = "http://127.0.0.1:18443"|' \
      -e 's|^rpc_cookie_file = .*|rpc_cookie_file = "/srv/node/regtest/.cookie"|' \
      -e 's|^data_dir = .*|data_dir = "/srv/node"|' "$root/etc/bllvmctl/config.toml"
  fi
  expect 'its configuration is valid' as bllvmctl bllvmctl config check
  start || die 'the service does not start'
  expect 'it is ready' within bllvmctl health --ready --wait 2m
  cli generatetodescriptor 1 'raw(51)' >/dev/null
  for _ in $(seq 60); do
    if board=$(within bllvmctl health) && ! grep -q '^\[[^+]\]' <<<"$board"; then break; fi
    sleep 1
  done
  printf '%s\n' "$board"
  if grep -q '^\[[^+]\]' <<<"$board"; then die 'a check is not good'; fi
  local took=$((SECONDS - begun))
  say "from apt install to a good health: $took s"
  [ "$took" -lt 300 ] || die 'that is more than five minutes'

  within bllvmctl lease add indexer --from-height 1 --ttl 24h
  stop
  local own
  own=$(cat "$root/etc/bllvmctl/config.toml")
  expect 'a later version is installed over it' \
    within apt-get install --quiet --quiet --yes -o Dpkg::Options::=--force-confold /tmp/later.deb >/dev/null
  [ "$(cat "$root/etc/bllvmctl/config.toml")" = "$own" ] || die 'the upgrade has changed the configuration'
  start || die 'the upgraded service does not start'
  expect 'it is ready again' within bllvmctl health --ready --wait 2m
  grep -q '^Name:.bllvmctl$' "$root/proc/$daemon/status" || die 'the upgraded service does not run'
  within bllvmctl lease list | grep -q indexer || die 'the upgrade has lost a lease'
  stop

  expect 'it is removed' within apt-get remove --quiet --quiet --yes bllvmctl >/dev/null
  [ -e "$root/var/lib/bllvmctl/state.redb" ] || die 'a removal takes the state with it'
  [ -e "$root/etc/bllvmctl/config.toml" ] || die 'a removal takes the configuration with it'
  expect 'it is purged' within apt-get purge --quiet --quiet --yes --auto-remove bllvmctl >/dev/null
  cli stop >/dev/null
  kill "$peer"
  wait "$node" "$peer" || true
  within userdel bitcoin
  diff "$work/files" <(files) || die 'the purge has left files, or has taken others with it'
  diff "$work/accounts" <(accounts) || die 'the purge has left an account'
  say 'the purge has left nothing'
}

if [ $# -ne 1 ] || [ ! -f "$1" ]; then die 'usage: check-deb.sh PACKAGE.deb'; fi
[ "$(id -u)" -eq 0 ] || die 'this needs root'
for tool in debootstrap dpkg-deb unshare ip setpriv; do command -v "$tool" >/dev/null || die "cannot find $tool"; done
if [ "${INSIDE:-}" = yes ]; then
  inside
  exit
fi

work=$(mktemp -d /var/tmp/bllvmctl-deb.XXXXXX)
trap 'rm -rf "$work"' EXIT
root=$work/root
# A bare Debian with the init that the service is for.
debootstrap --variant=minbase --include=ca-certificates,systemd "$suite" "$root" "$(mirror)" >"$work/debootstrap.log" 2>&1 ||
  { tail -n 5 "$work/debootstrap.log" >&2; die "cannot make a Debian $suite"; }
cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
# The proxies and keys with which this machine reaches its mirror.
cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
within apt-get update --quiet --quiet
if [ -z "${BITCOIND_EXE:-}" ]; then
  "$here/scripts/install-bitcoind.sh" "$work/bitcoind"
  BITCOIND_EXE=$work/bitcoind/bin/bitcoind
fi
# It has the paths of its own libraries in it: in the root it is where it is outside.
folder=$(cd "$(dirname "$BITCOIND_EXE")/.." && pwd)
mkdir -p "$root$folder"
cp -a "$folder/." "$root$folder/"
chmod -R a+rX "$root$folder"
# It may be below the home of root.
chmod 0755 "$root/root"
cp "$1" "$root/tmp/bllvmctl.deb"
# The same package as a later version, with another configuration file in it.
dpkg-deb --raw-extract "$1" "$work/later"
sed -i 's/^Version: .*/Version: 999.0.0-1/' "$work/later/DEBIAN/control"
echo '# A later version of this file.' | tee -a "$work/later/etc/bllvmctl/config.toml" >>"$work/later/usr/share/bllvmctl/config.toml"
(cd "$work/later" && find . -type f ! -path './DEBIAN/*' -printf '%P\n' | xargs -d '\n' md5sum >DEBIAN/md5sums)
dpkg-deb --root-owner-group --build "$work/later" "$root/tmp/later.deb" >/dev/null
# What the package depends on is fetched here: inside there is no network.
within apt-get install --quiet --quiet --yes --no-install-recommends --download-only /tmp/bllvmctl.deb >/dev/null
# What the first start of a machine makes.
within systemd-tmpfiles --create >/dev/null 2>&1 || true
files >"$work/files"
accounts >"$work/accounts"
bitcoind=$BITCOIND_EXE
export work root bitcoind
INSIDE=yes unshare --net --mount --pid --fork --kill-child "$0" "$1"
