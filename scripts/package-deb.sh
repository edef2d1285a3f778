#!/usr/bin/env bash
# The Debian package: target/dist/bllvmctl_VERSION-1_ARCHITECTURE.deb.
#
#   scripts/package-deb.sh [amd64|arm64]        the architecture of this machine, unless given
#
# It needs cargo-deb (cargo install --locked cargo-deb), a C++ compiler, and what scripts/third-party.sh needs. For
# arm64 on amd64: apt-get install g++-aarch64-linux-gnu; with qemu-user-static the result is tried too. The package
# depends on the glibc that it is built with: build it on the oldest Debian that is to be served (12). About ten minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/dist-common
need cargo-deb 'cargo install --locked cargo-deb'
need dpkg 'this needs a Debian'

here=$(dpkg --print-architecture)
architecture=${1:-$here}
case $architecture in
  amd64) triple=x86_64-unknown-linux-gnu tools=x86_64-linux-gnu ;;
  arm64) triple=aarch64-unknown-linux-gnu tools=aarch64-linux-gnu ;;
  *) die "no package for the architecture $architecture: give amd64 or arm64" ;;
esac
build=() run=()
if [ "$architecture" != "$here" ]; then
  need "$tools-g++" "apt-get install g++-$tools"
  target "$triple"
  build=(--target "$triple")
  name=${triple^^}
  export "CARGO_TARGET_${name//-/_}_LINKER=$tools-gcc"
  case $architecture in amd64) emulator=qemu-x86_64-static ;; arm64) emulator=qemu-aarch64-static ;; esac
  if command -v "$emulator" >/dev/null; then run=("$emulator" -L "/usr/$tools"); else run=(none); fi
fi

[ -n "${THIRD_PARTY_IS_THERE:-}" ] || scripts/third-party.sh
{
  printf 'bllvmctl (%s-1) unstable; urgency=medium\n\n' "$version"
  printf '  * New release: /usr/share/doc/bllvmctl/CHANGELOG.md says what has changed.\n\n'
  printf ' -- The bllvmctl developers <maintainers@bllvmctl.invalid>  %s\n' \
    "$(date --utc --rfc-email --date="@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}")"
} >"$dist/changelog"

cargo build --release --locked "${build[@]}"
package=$dist/bllvmctl_$version-1_$architecture.deb
rm -f "$package"
cargo deb --locked --no-build --no-strip "${build[@]}" --output "$package"

# What was built is what a Debian user gets.
program=$builds/${build[1]:+$triple/}release/bllvmctl
newest=$("$tools-objdump" --dynamic-syms "$program" | grep -o 'GLIBC_[0-9.]*' | sort --version-sort --unique | tail -n 1)
[ "$(printf '%s\n' "$newest" GLIBC_2.36 | sort --version-sort | tail -n 1)" = GLIBC_2.36 ] ||
  die "the program needs $newest, and the package says 2.36: build it on Debian 12"
[ "$(dpkg-deb --field "$package" Version Architecture | tr '\n' ' ')" = "Version: $version-1 Architecture: $architecture " ] ||
  die "$package is of another version or architecture"
for file in ./usr/bin/bllvmctl ./usr/lib/systemd/system/bllvmctl.service ./etc/bllvmctl/config.toml \
  ./usr/share/man/man1/bllvmctl.1.gz ./usr/share/man/man5/bllvmctl.toml.5.gz ./usr/lib/sysusers.d/bllvmctl.conf; do
  dpkg-deb --fsys-tarfile "$package" | tar --list "$file" >/dev/null 2>&1 || die "$package has no $file"
done
if [ "${run[0]:-}" = none ]; then
  say "not run: apt-get install qemu-user-static for a program of $architecture"
else
  "${run[@]}" "$program" --version
fi
say "$package: $(stat --format %s "$package") bytes"
