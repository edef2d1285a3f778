"""The configuration lines with which HAProxy answers as a node does: answers.py FIXTURES DIR, from recorded answers."""
import json
import pathlib
import sys

fixtures, directory = map(pathlib.Path, sys.argv[1:])
for method in ["getbestblockhash", "getblockchaininfo", "getnetworkinfo", "getpeerinfo", "getindexinfo",
               "getmempoolinfo", "getnettotals"]:
    result = json.loads((fixtures / f"{method}.json").read_text())["response"]["json"]["result"]
    body = json.dumps({"result": result, "error": None}, separators=(",", ":")).replace("%", "%%")
    file = directory / f"{method}.json"
    file.write_text(body[:-1] + ",\"id\":\"%[req.body,json_query('$.id')]\"}\n")
    print(f"  http-request return status 200 content-type application/json lf-file {file} if {{ var(txn.m) -m str {method} }}")
