"""Reads boards with Grafana's own library and names every field that it does not know: fields.py FILE...

It needs grafana-foundation-sdk of PyPI. Fields of versions later than that library's are in LATER.
"""

import json
import sys

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

LATER = {"wideLayout", "preload"}


def unknown(given, known, path=""):
    """The paths of what is in `given` and not in `known`."""
    if isinstance(given, dict) and isinstance(known, dict):
        for key, value in given.items():
            if key in known:
                yield from unknown(value, known[key], f"{path}/{key}")
            elif key not in LATER and value not in (None, [], {}):
                yield f"{path}/{key}"
    elif isinstance(given, list) and isinstance(known, list):
        for index, (one, other) in enumerate(zip(given, known, strict=True)):
            yield from unknown(one, other, f"{path}/{index}")
    elif given != known:
        yield f"{path}: {given!r} was read as {known!r}"


def main(files):
    """Prints what is not known; whether that is nothing."""
    plugins.register_default_plugins()
    is_known = True
    for file in files:
        with open(file, encoding="utf-8") as board:
            given = json.load(board)
        read = dashboard.Dashboard.from_json(given)
        for path in unknown(given, json.loads(json.dumps(read, cls=JSONEncoder))):
            print(f"{file}: {path}")
            is_known = False
    return is_known and len(files) > 0


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
