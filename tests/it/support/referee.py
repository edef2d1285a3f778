"""Feeds blocks, one in hexadecimal a line, to Bitcoin Core's own validation and prints the tip after each."""

import sys

import pbk

chain = pbk.load_chainman(sys.argv[1], pbk.ChainType.REGTEST)
for line in sys.stdin:
    try:
        chain.process_block(pbk.Block(bytes.fromhex(line.strip())))
    except pbk.ProcessBlockException:
        pass
    active = chain.get_active_chain()
    print(active.block_tree_entries[active.height].block_hash, flush=True)
