"""The benchmarks run, keep what they measure, and write their page from it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import document, machine, results, verdicts
from benchmarks.figures import Comparison, Figure
from benchmarks.results import Section
from benchmarks.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]

TABLE = Comparison(
    title="From nothing to the first cell",
    figures=(
        Figure(name="cold", wall=(2.0, 3.0, 2.5), cpu=(1.0, 1.0, 1.0)),
        Figure(name="warm", wall=(0.1, 0.1234567, 0.11)),
    ),
    note="a note",
    key="warm",
)


@pytest.mark.slow
def test_a_quick_measurement_prints_tables_and_writes_every_sample(tmp_path: Path) -> None:
    target = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "metrics", "ledger", "undoing", "--quick"]
    done = subprocess.run(
        [*command, "--json", str(target)],
        cwd=ROOT,
        env={**os.environ, "BENCH_ALONE": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "[2/3] ledger" in done.stdout
    assert "Kishu checkout is absent: others were left out" in done.stdout
    kept = results.read(target)
    assert list(kept) == ["metrics", "undoing", "ledger"]
    assert kept["metrics"].machine.cores >= 1
    (metrics,) = kept["metrics"].comparisons
    taken = {figure.name: figure for figure in metrics.figures if not figure.skipped}
    assert min(taken["nothing"].wall) < min(taken["nbmlops.metric"].wall) < 0.01
    (row,) = (row for row in verdicts.rows([metrics], every=False) if row[0] == "one metric")
    assert row[-1] == "met"


def test_what_is_kept_is_read_as_it_was_but_for_digits_that_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    results.write(path, {"warm": _section()})
    (comparison,) = results.comparisons(results.read(path))
    cold, warm = comparison.figures
    assert cold == TABLE.figures[0]
    assert warm == replace(TABLE.figures[1], wall=(0.1, 0.1235, 0.11))
    assert '"wall": [ 2.0, 3.0, 2.5 ]' in path.read_text(encoding="utf-8")


def test_the_page_is_written_between_its_marks_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    marks = [line for line in _page().splitlines() if line.startswith("<!--")]
    page.write_text(f"Before.\n{marks[0]}\nOld.\n{marks[1]}\nAfter.\n", encoding="utf-8")
    sections = {"warm": _section()}
    document.write(page, sections)
    once = page.read_text(encoding="utf-8")
    assert once.startswith("Before.\n")
    assert once.endswith("After.\n")
    assert "Old." not in once
    assert "### From nothing to the first cell" in once
    assert "cold 2.50 s" in once
    document.write(page, sections)
    assert page.read_text(encoding="utf-8") == once


def test_the_page_has_a_place_for_the_figures(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(_page(), encoding="utf-8")
    document.write(page, {})
    assert "not measured" in page.read_text(encoding="utf-8")


def test_a_target_is_met_missed_or_not_measured() -> None:
    said = {row[0]: row for row in verdicts.rows([TABLE], every=True)}
    (target,) = (one for group in TARGETS.values() for one in group if one.key == "warm")
    assert said[target.what][2:] == ("110 ms", "cold 2.50 s", "met")
    slow = replace(TABLE, figures=(TABLE.figures[0], Figure(name="warm", wall=(1.0,))))
    assert verdicts.judge(target, {"warm": slow}).met is False
    absent = replace(TABLE, figures=(TABLE.figures[0], Figure(name="warm", skipped="no Linux")))
    verdict = verdicts.judge(target, {"warm": absent})
    assert (verdict.met, verdict.measured) == (None, "warm is absent")
    assert verdicts.judge(target, {}).measured == "not measured"


def _section() -> Section:
    return Section(machine=machine.describe(), day="2026-01-01", seconds=3.0, comparisons=(TABLE,))


def _page() -> str:
    return document.DOCUMENT.read_text(encoding="utf-8")
