#!/usr/bin/env bash
# The licences of everything that is linked on Linux, held to the list in deny.toml, and every source to crates.io.
# A look by the two tools that are always here; `cargo deny check` is the thorough one.
set -euo pipefail
cd "$(dirname "$0")/.."

allowed=$(sed -n 's/^allow = \[\(.*\)\]$/[\1]/p' deny.toml)
[ -n "$allowed" ] || { echo 'check-licenses: deny.toml has no line "allow = […]"' >&2; exit 1; }

for target in x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu x86_64-unknown-linux-musl; do
  cargo metadata --format-version 1 --locked --filter-platform "$target"
done | jq --raw-output --slurp --argjson allowed "$allowed" '
  # An expression as SPDX has it, AND of ORs in parentheses; "/" is the old way to write OR.
  def acceptable: gsub(" WITH "; "-WITH-") | gsub(" ?/ ?"; " OR ") | split(" AND ")
    | all(gsub("[()]"; "") | split(" OR ") | any(. as $one | $allowed | index($one)));
  [.[].packages[]] | unique_by(.id) | map(select(.source != null))
  | (map(select((.license // "") | acceptable | not) | "\(.name) \(.version): licence \(.license // "not given")")
    + map(select(.source != "registry+https://github.com/rust-lang/crates.io-index") | "\(.name): from \(.source)"))
  | if length == 0 then empty else (.[], error("not allowed by deny.toml")) end' >&2
echo 'check-licenses: all dependencies are allowed by deny.toml'
