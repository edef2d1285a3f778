"""Calls over one connection until the chain has a height: `python follow.py URL HEIGHT`, with the login in the URL."""

import sys
import time

from bitcoinrpc.authproxy import AuthServiceProxy

url, height = sys.argv[1], int(sys.argv[2])
node = AuthServiceProxy(url)
calls = 1
while node.getblockcount() < height:
    calls += 1
    time.sleep(0.005)
print(calls)
