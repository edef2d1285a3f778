#!/usr/bin/env bash
# The bill of materials of bllvmctl in CycloneDX: target/dist/bllvmctl-VERSION.cdx.json.
# It needs cargo-cyclonedx (cargo install --locked cargo-cyclonedx) and jq.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/dist-common
need cargo-cyclonedx 'cargo install --locked cargo-cyclonedx'
need jq 'apt-get install jq'

# It writes beside each manifest of the workspace.
trap 'rm -f bllvmctl.cdx.json crates/regtest-node/regtest-node.cdx.json' EXIT
cargo cyclonedx --quiet --format json --spec-version 1.5 --target x86_64-unknown-linux-gnu --override-filename bllvmctl.cdx
rm -f crates/*/bllvmctl.cdx.json
# The same sources give the same file: no serial number, no time.
jq 'del(.serialNumber, .metadata.timestamp)' bllvmctl.cdx.json >"$dist/bllvmctl-$version.cdx.json"
rm -f bllvmctl.cdx.json
jq --exit-status --arg version "$version" '
  .bomFormat == "CycloneDX" and .metadata.component.version == $version
  and ([.components[].name] | index("hyper") != null) and (.components | length > 50)' \
  "$dist/bllvmctl-$version.cdx.json" >/dev/null || die 'the bill of materials is not whole'
say "$dist/bllvmctl-$version.cdx.json: $(jq '.components | length' "$dist/bllvmctl-$version.cdx.json") components"
