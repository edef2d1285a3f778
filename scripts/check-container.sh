#!/usr/bin/env bash
# Runs what contrib/container/Containerfile says by hand, where there is no engine for containers: the image is made as
# its RUN line says, and its ENTRYPOINT, CMD and HEALTHCHECK run in it as its USER, with nothing else in it.
#
#   scripts/check-container.sh PROGRAM        a static bllvmctl, such as that of scripts/package-static.sh
#
# As root. No port of this machine is used.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
file=$here/contrib/container/Containerfile

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

if [ $# -ne 1 ] || [ ! -x "$1" ]; then die 'usage: check-container.sh PROGRAM'; fi
[ "$(id -u)" -eq 0 ] || die 'this needs root'
for tool in jq unshare ip; do command -v "$tool" >/dev/null || die "cannot find $tool"; done

# The words of a list of JSON.
words() { jq --raw-output '.[]' <<<"$1"; }

if [ "${INSIDE:-}" != yes ]; then
  work=$(mktemp -d /var/tmp/bllvmctl-container.XXXXXX)
  trap 'rm -rf "$work"' EXIT
  export root=$work/image
  # The last RUN, with the paths of the build replaced by those here.
  steps=$(sed -n '/^RUN install /,/[^\\]$/p' "$file" | sed -e 's/^RUN //' -e 's/\\$//' \
    -e "s|/image|$root|g" -e "s|[^ ]*/release/bllvmctl|$(realpath "$1")|" | tr '\n' ' ')
  [ -n "$steps" ] || die "$file has no line RUN install"
  bash -euc "$steps"
  INSIDE=yes unshare --net --pid --fork --kill-child "$0" "$1"
  exit
fi

ip link set lo up
user=$(sed -n 's/^USER //p' "$file")
case $user in 0* | root* | '') die "the USER is $user" ;; esac
printf 'state_dir = "/var/lib/bllvmctl"\n[node]\nkind = "attached"\nrpc_url = "http://127.0.0.1:8332"\nrpc_user = "a"\n%s' \
  'rpc_password_file = "/etc/bllvmctl/password"
' >"$root/etc/bllvmctl/config.toml"
install -m 0400 -o "${user%:*}" /dev/stdin "$root/etc/bllvmctl/password" <<<secret
mapfile -t command < <(words "$(sed -n 's/^ENTRYPOINT //p' "$file")" && words "$(sed -n 's/^CMD //p' "$file")")
# The command of the check stands on a line of its own, below its times.
mapfile -t check < <(words "$(sed -n 's/^ \+CMD //p' "$file")")
[ "${command[*]}" = '/usr/bin/bllvmctl serve --config /etc/bllvmctl/config.toml' ] || die "it would run ${command[*]}"
healthy() { chroot --userspec="$user" "$root" "${check[@]}" >/dev/null 2>&1; }
healthy && die 'it is healthy before it runs'
chroot --userspec="$user" "$root" "${command[@]}" 2>"$root/../log" &
daemon=$!
for _ in $(seq 100); do if healthy; then break; fi; sleep 0.1; done
healthy || { cat "$root/../log" >&2; die 'it is not healthy, though it runs and only its node is missing'; }
[ -e "$root/var/lib/bllvmctl/control.cookie" ] || die 'it has no state'
kill "$daemon"
wait "$daemon" || die "it did not stop with 0: $?"
if healthy; then die 'it is healthy after its end'; fi
say "runs as $user, is healthy while it runs, and needs nothing else in its image"
