#!/usr/bin/env bash
# The program as one static file that runs on every Linux, for attached nodes only: an archive and its checksum.
#
#   scripts/package-static.sh        target/dist/bllvmctl-VERSION-x86_64-unknown-linux-musl.tar.gz{,.sha256}
#
# It needs musl-gcc (apt-get install musl-tools), the standard library of Rust for musl, which rustup brings, and what
# scripts/third-party.sh needs. No C++ compiler. About ten minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/dist-common
triple=x86_64-unknown-linux-musl
need musl-gcc 'apt-get install musl-tools'
target "$triple"

[ -n "${THIRD_PARTY_IS_THERE:-}" ] || scripts/third-party.sh
CC_x86_64_unknown_linux_musl=musl-gcc CXX=/bin/false \
  cargo build --release --locked --no-default-features --target "$triple"
program=$builds/$triple/release/bllvmctl
# No interpreter and no library: nothing of the machine is loaded.
if readelf --program-headers "$program" | grep -q INTERP || readelf --dynamic "$program" | grep -q NEEDED; then
  die "$program is not static"
fi
"$program" --version

name=bllvmctl-$version-$triple
rm -rf "${dist:?}/$name"
mkdir -p "$dist/$name"/{man,completions,contrib}
install -m 0755 "$program" "$dist/$name/bllvmctl"
cp README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$dist/THIRD-PARTY.md" "$dist/$name/"
cp man/* "$dist/$name/man/"
cp completions/* "$dist/$name/completions/"
cp -r contrib/{systemd,prometheus,grafana} "$dist/$name/contrib/"
# The same sources give the same archive.
when=@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
tar --create --sort=name --mtime="$when" --owner=0 --group=0 --numeric-owner --directory "$dist" "$name" |
  gzip --no-name --best >"$dist/$name.tar.gz"
rm -rf "${dist:?}/$name"
(cd "$dist" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256" && sha256sum --check --quiet "$name.tar.gz.sha256")
say "$dist/$name.tar.gz: $(stat --format %s "$dist/$name.tar.gz") bytes"
