"""Renders the chart by the library of Helm: render.py CHART FOLDER writes the plain manifests into FOLDER.

render.py CHART FOLDER VALUES prints what the chart makes of VALUES, which are JSON, as one stream of YAML.
"""

import json
import pathlib
import sys

import helm_python as helm

HEAD = "# Rendered from chart/ by Helm: change the chart, not this file. {about}\n"
OFF = {"enabled": False}
# What each file has, of what `values.yaml` has.
LAYOUTS = {
    "bitcoind.yaml": (
        "One bitcoind with bllvmctl as its sidecar, which clients call.",
        {"node": {"replicas": 1}, "gateway": OFF, "redis": OFF, "monitoring": OFF},
        lambda name: True,
    ),
    "two-gateways.yaml": (
        "Three nodes, and two gateways with one limit before them.",
        {"monitoring": OFF},
        lambda name: True,
    ),
    "monitoring.yaml": (
        "Metrics and alerts of either layout, for the Prometheus operator.",
        {},
        lambda name: name.endswith("/monitoring.yaml"),
    ),
}


def rendered(chart, values, wanted):
    with helm.Chart.load(chart) as loaded:
        files = loaded.render(values, name="bitcoin", namespace="default")
    documents = []
    for name, text in sorted(files.items()):
        if name.endswith(".yaml") and wanted(name) and text.strip():
            lines = (line.rstrip() for line in text.strip().splitlines())
            documents.append("---\n" + "\n".join(lines) + "\n")
    return "".join(documents)


def main():
    chart, folder = sys.argv[1:3]
    found = helm.lint(chart, {}, strict=True)
    faults = [one for one in found["messages"] if one["error"] != "icon is recommended"]
    if found["errors"] or faults:
        sys.exit(f"helm lint: {found}")
    if len(sys.argv) > 3:
        sys.stdout.write(rendered(chart, json.loads(sys.argv[3]), lambda name: True))
        return
    for file, (about, values, wanted) in LAYOUTS.items():
        text = HEAD.format(about=about) + rendered(chart, values, wanted)
        pathlib.Path(folder, file).write_text(text)


main()
