#!/usr/bin/env bash
# Puts programs of a package of Debian sid under DIR, for the tests.
#
#   scripts/install-from-sid.sh DIR PACKAGE[,PACKAGE…] PROGRAM…     ->   DIR/bin/PROGRAM
#
# It brings sid's own libc and libraries with it and stands beside the system: nothing is installed into it, so
# that a stable Debian stays as it is. A DIR whose first PROGRAM already runs is left alone. PACKAGEs are those that hold
# the PROGRAMs; the first one is fetched, with what it depends on.
#
# The programs in DIR/bin are wrappers that end in `exec`: the process id of a wrapper is the program's.
set -euo pipefail

say() { printf 'install-from-sid: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

[ $# -ge 3 ] || die 'usage: install-from-sid.sh DIR PACKAGE[,PACKAGE…] PROGRAM…'
IFS=, read -r -a packages <<<"$2"
programs=("${@:3}") first=$3

runs() { [ -x "$1/bin/$first" ] && "$1/bin/$first" --version >/dev/null 2>&1; }
version() { "$1/bin/$first" --version | sed -n 1p; }

mkdir -p "$1"
dir=$(cd "$1" && pwd)
if runs "$dir"; then
  say "already there: $(version "$dir")"
  exit 0
fi

for tool in apt-get dpkg dpkg-deb; do
  command -v "$tool" >/dev/null || die "cannot find $tool: this needs a Debian"
done
architecture=$(dpkg --print-architecture)
case $architecture in
  amd64) loader=usr/lib64/ld-linux-x86-64.so.2 libraries=usr/lib/x86_64-linux-gnu ;;
  arm64) loader=usr/lib/ld-linux-aarch64.so.1 libraries=usr/lib/aarch64-linux-gnu ;;
  *) die "no $first for the architecture $architecture" ;;
esac
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || die "cannot read $keyring: install debian-archive-keyring"

# The mirror this system already uses, in either form of its list.
mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
[ -n "$mirror" ] || mirror=$(awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) { print $i; exit } }' \
  /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true)
[ -n "$mirror" ] || mirror=http://deb.debian.org/debian

# Everything apt needs is in a directory of its own; what it is told of installed packages is: none.
work=$(mktemp -d "$dir/.apt.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{state/lists/partial,cache/archives/partial,sources,root}
: >"$work/status"
cat >"$work/sources/sid.sources" <<EOF
Types: deb
URIs: $mirror
Suites: sid
Components: main
Signed-By: $keyring
EOF
cat >"$work/apt.conf" <<EOF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/sources";
Dir::State "$work/state";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Debug::NoLocking "true";
EOF
export APT_CONFIG=$work/apt.conf DEBIAN_FRONTEND=noninteractive

# A mirror in the middle of its update answers wrongly for a moment.
patiently() {
  local attempt
  for attempt in 1 2 3; do
    if "$@" >"$work/log" 2>&1; then return 0; fi
    say "attempt $attempt of 3 failed: $*"
    sed 's/^/  /' "$work/log" | tail -n 5 >&2
    [ "$attempt" -eq 3 ] || sleep $((attempt * 5))
  done
  return 1
}
fetch() { apt-get update -qq && apt-get install -qq -y --download-only "${packages[0]}"; }
say "fetching ${packages[0]} for $architecture"
patiently fetch || die "cannot fetch ${packages[0]} of Debian sid"

for package in "$work"/cache/archives/*.deb; do
  name=${package##*/} name=${name%%_*}
  case ,$2,lib in
    *,"$name",* | *,"${name:0:3}") dpkg-deb -x "$package" "$work/root" || die "cannot unpack ${package##*/}" ;;
  esac
done
[ -e "$work/root/$loader" ] || die "the packages have no $loader"

rm -rf "${dir:?}/root" "${dir:?}/bin"
mv "$work/root" "$dir/root"
mkdir "$dir/bin"
for program in "${programs[@]}"; do
  cat >"$dir/bin/$program" <<EOF
#!/bin/sh
exec "$dir/root/$loader" --library-path "$dir/root/$libraries" "$dir/root/usr/bin/$program" "\$@"
EOF
  chmod +x "$dir/bin/$program"
done

runs "$dir" || die "the $first in $dir does not run: $("$dir/bin/$first" --version 2>&1 | tail -n 1)"
say "installed: $(version "$dir")"
