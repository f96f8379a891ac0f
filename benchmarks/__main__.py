"""``python -m benchmarks``: measure everything and print tables of medians and ratios."""

from __future__ import annotations

import argparse
import compileall
import os
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import (
    building,
    cells,
    fingerprints,
    ledger,
    loading,
    machine,
    memory,
    metrics,
    peers,
    pipelines,
    punctuality,
    report,
    runs,
    storing,
    throughput,
    timetravel,
    undoing,
    versions,
    warm,
)
from benchmarks.figures import Comparison, Effort

MEASUREMENTS: dict[str, Callable[[Effort], Iterator[Comparison]]] = {
    "building": building.measure,
    "cells": cells.measure,
    "memory": memory.measure,
    "runs": runs.measure,
    "pipelines": pipelines.measure,
    "peers": peers.measure,
    "loading": loading.measure,
    "fingerprints": fingerprints.measure,
    "metrics": metrics.measure,
    "storing": storing.measure,
    "timetravel": timetravel.measure,
    "undoing": undoing.measure,
    "ledger": ledger.measure,
    "punctuality": punctuality.measure,
    "throughput": throughput.measure,
    "versions": versions.measure,
    "warm": warm.measure,
}


def main() -> None:
    """Run the measurements that the command line names; all of them by default."""
    options = _options()
    if not options.quick:
        _compile()
    found = machine.describe()
    print("\n".join(found.lines), end="\n\n", flush=True)
    began = time.perf_counter()
    comparisons = []
    for name in options.measurements or MEASUREMENTS:
        for comparison in MEASUREMENTS[name](Effort(quick=options.quick)):
            comparisons.append(comparison)
            print(report.table(comparison), flush=True)
    print(f"Measured in {time.perf_counter() - began:.0f} s.")
    if options.json:
        report.write_json(options.json, found, comparisons)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("measurements", nargs="*", choices=[*MEASUREMENTS, []], metavar="NAME",
                        help=f"what to measure: {', '.join(MEASUREMENTS)}")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="few repetitions, to see it work")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample as well")
    return parser.parse_args()


def _compile() -> None:
    """Compile all bytecode: else fresh processes parse their sources, which triples their start."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    began = time.perf_counter()
    package = Path(__file__).parent.parent / "nbmlops"
    for folder in (sysconfig.get_path("purelib"), package):
        compileall.compile_dir(folder, quiet=2, workers=0)
    print(f"Bytecode compiled in {time.perf_counter() - began:.0f} s.")


if __name__ == "__main__":
    main()
