#!/usr/bin/env bash
# The licences of everything that is linked into bllvmctl, with their texts: target/dist/THIRD-PARTY.md.
# It needs cargo-about: cargo install --locked --features cli cargo-about
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/dist-common
need cargo-about 'cargo install --locked --features cli cargo-about'

cargo about generate --locked --fail --output-file "$dist/THIRD-PARTY.md" about.hbs
# Each package that is linked is in it; cargo knows them without cargo-about.
missing=$(cargo tree --locked --edges normal --target all --prefix none --format '{p}' | sed 's/ (.*//' | sort -u |
  awk '$1 != "bllvmctl" && $1 != "regtest-node" { sub(/^v/, "", $2); print $1 " " $2 }' |
  grep -vxF -f <(sed -n 's/^- \(.*\)$/\1/p' "$dist/THIRD-PARTY.md") || true)
foreign=$(cargo tree --locked --edges normal --prefix none --format '{p}' | sed 's/ (.*//' | awk '{ sub(/^v/, "", $2); print $1 " " $2 }')
missing=$(comm -12 <(sort -u <<<"$missing") <(sort -u <<<"$foreign") | sed '/^$/d')
[ -z "$missing" ] || die "packages without a licence in THIRD-PARTY.md: $missing"
say "$dist/THIRD-PARTY.md: $(grep -c '^## ' "$dist/THIRD-PARTY.md") licence texts"
