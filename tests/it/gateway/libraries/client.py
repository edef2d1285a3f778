"""What Python's libraries say, a line for each call: `python client.py URL METHOD...`, with the login in the URL."""

import sys

import bitcoin.rpc
from bitcoinrpc.authproxy import AuthServiceProxy

url, methods = sys.argv[1], sys.argv[2:]
bitcoin.SelectParams("regtest")


def say(name, call):
    try:
        print(name, call())
    except Exception as error:  # Whatever it is, it is what a user of the library sees.
        print(name, "failed:", type(error).__name__, error)


plain = bitcoin.rpc.RawProxy(service_url=url)
typed = bitcoin.rpc.Proxy(service_url=url)
other = AuthServiceProxy(url)
for method in methods:
    say(method, getattr(plain, method))
    say(method, getattr(other, method))
say("typed", lambda: typed.getblock(typed.getbestblockhash()).GetHash().hex())
say("wrong parameter", lambda: plain.getblockhash(1_000_000))
say("wrong parameter", lambda: other.getblockhash(1_000_000))
say("batch", lambda: other.batch_([["getblockcount"], ["getblockhash", 1]]))
