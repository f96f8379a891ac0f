"""``python -m benchmarks``: measure everything and print tables of medians and ratios."""

from __future__ import annotations

import argparse
import compileall
import os
import sys
import sysconfig
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    absence,
    building,
    cells,
    columns,
    document,
    executions,
    fingerprints,
    front_end,
    ledger,
    loading,
    machine,
    memory,
    metrics,
    peers,
    pipelines,
    punctuality,
    report,
    results,
    runs,
    soak,
    storing,
    throughput,
    timetravel,
    undoing,
    verdicts,
    versions,
    warm,
)
from benchmarks.figures import Comparison, Effort
from benchmarks.results import Section

MEASUREMENTS: dict[str, Callable[[Effort], Iterator[Comparison]]] = {
    "peers": peers.measure,  # milliseconds are measured before others fill the disk and caches
    "cells": cells.measure,
    "building": building.measure,
    "memory": memory.measure,
    "runs": runs.measure,
    "pipelines": pipelines.measure,
    "loading": loading.measure,
    "fingerprints": fingerprints.measure,
    "metrics": metrics.measure,
    "storing": storing.measure,
    "columns": columns.measure,
    "timetravel": timetravel.measure,
    "undoing": undoing.measure,
    "ledger": ledger.measure,
    "absence": absence.measure,
    "punctuality": punctuality.measure,
    "throughput": throughput.measure,
    "soak": soak.measure,
    "versions": versions.measure,
    "executions": executions.measure,
    "front_end": front_end.measure,
    "warm": warm.measure,
}


def main() -> None:
    """Run the measurements that the command line names; all of them by default."""
    options = _options()
    if not options.quick:
        _compile()
    names = options.measurements or list(MEASUREMENTS)
    target = options.json or (None if options.quick else results.KEPT)
    kept = results.read(target) if target else {}
    taken: dict[str, Section] = {}
    failed: list[str] = []
    began = time.perf_counter()
    for number, name in enumerate(names, start=1):
        elapsed = time.perf_counter() - began
        print(f"[{number}/{len(names)}] {name}, after {elapsed:.0f} s\n", flush=True)
        section, broke = _measured(name, Effort(quick=options.quick))
        failed += [name] if broke else []
        if not broke or name not in kept:  # what is whole is not replaced by a part
            taken[name] = section
        if target:  # each at once: a run that is broken off leaves what it has
            results.write(target, _in_order(kept | taken))
    print(report.markdown(verdicts.HEAD, verdicts.rows(results.comparisons(taken), every=False)))
    print(f"\nMeasured in {time.perf_counter() - began:.0f} s.")
    if target == results.KEPT:
        document.write(document.DOCUMENT, _in_order(kept | taken))
    if failed:
        sys.exit(f"Broke off: {', '.join(failed)}.")


def _measured(name: str, effort: Effort) -> tuple[Section, bool]:
    """What came of a measurement, and whether it broke off."""
    broke = False
    found, began = machine.describe(), time.perf_counter()
    comparisons = []
    try:
        for comparison in MEASUREMENTS[name](effort):
            comparisons.append(comparison)
            print(report.table(comparison), flush=True)
    except Exception:  # noqa: BLE001  the edge: what comes after it is measured all the same
        broke = True
        traceback.print_exc()
    section = Section(
        machine=found,
        day=datetime.now(UTC).date().isoformat(),
        seconds=time.perf_counter() - began,
        comparisons=tuple(comparisons),
    )
    return section, broke


def _in_order(sections: Mapping[str, Section]) -> dict[str, Section]:
    return {name: sections[name] for name in MEASUREMENTS if name in sections}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("measurements", nargs="*", choices=[*MEASUREMENTS, []], metavar="NAME",
                        help=f"what to measure: {', '.join(MEASUREMENTS)}")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="few repetitions, to see it work")
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help=f"where every sample is written; by default {results.KEPT.name}, "
        f"from which {document.DOCUMENT.name} is made, or nowhere with --quick",
    )
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
