#!/usr/bin/env bash
# Puts a real bitcoind (bitcoin-knots 29 of Debian sid, a Bitcoin Core derivative) under DIR, for the tests.
#
#   scripts/install-bitcoind.sh DIR     ->   DIR/bin/{bitcoind,bitcoin-cli,…}
#
# About 12 s and 71 MB. A DIR whose bitcoind already runs is left alone.
#
# For regtest only: this Knots carries a hard fork of its own that is off there.
[ $# -eq 1 ] || { echo 'usage: install-bitcoind.sh DIR' >&2; exit 1; }
exec "$(dirname "$0")/install-from-sid.sh" "$1" bitcoin-knots \
  bitcoind bitcoin-cli bitcoin-tx bitcoin-util bitcoin-wallet
