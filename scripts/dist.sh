#!/usr/bin/env bash
# Everything that a release consists of, in target/dist, with target/dist/SHA256SUMS. About half an hour.
# Each script says what it needs; one that lacks something stops here.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/dist-common

scripts/third-party.sh
scripts/sbom.sh
export THIRD_PARTY_IS_THERE=yes
scripts/package-static.sh
scripts/package-deb.sh amd64
scripts/package-deb.sh arm64
(cd "$dist" && sha256sum ./*.deb ./*.tar.gz ./*.cdx.json THIRD-PARTY.md >SHA256SUMS && sha256sum --check --quiet SHA256SUMS)
say "$(wc -l <"$dist/SHA256SUMS") files in $dist/SHA256SUMS"
