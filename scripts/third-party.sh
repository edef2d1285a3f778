#!/usr/bin/env bash
# The licences of everything that is linked into bllvmctl, with their texts: target/dist/THIRD-PARTY.md.
# It needs cargo-about: cargo install --locked --features cli cargo-about
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/dist-common
need cargo-about 'cargo install --locked --features cli cargo-about'

# The texts are those in the packages: nothing is asked of a service.
cargo fetch --locked --quiet
cargo about generate --frozen --fail --output-file "$dist/THIRD-PARTY.md" about.hbs
# Each package that is linked here is in it; cargo knows them without cargo-about.
linked() {
  cargo tree --locked --edges normal --prefix none --format '{p}' | sed 's/ (.*//' |
    awk '$1 != "bllvmctl" && $1 != "regtest-node" { sub(/^v/, "", $2); print "- " $1 " " $2 }' | sort --unique
}
missing=$(linked | grep -vxFf <(grep '^- ' "$dist/THIRD-PARTY.md") || true)
[ -z "$missing" ] || die "packages without a licence in THIRD-PARTY.md: $missing"
say "$dist/THIRD-PARTY.md: $(grep -c '^## ' "$dist/THIRD-PARTY.md") licence texts"
