"""What was measured last, kept in a file from which the document is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Comparison, Figure
from benchmarks.machine import Machine

KEPT = Path(__file__).with_name("figures.json")
"""The figures in the document."""

_SCHEMA = "nbmlops.benchmarks/2"
_DIGITS = 4
_SAMPLES = re.compile(r'"(?:wall|cpu)": \[[^\]]*\]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One measurement: where and when it was taken, and what came of it.

    Attributes:
        machine: as it was when the measurement began.
        day: ``2026-11-21``.
        seconds: how long it took.
        comparisons: its tables.
    """

    machine: Machine
    day: str
    seconds: float
    comparisons: tuple[Comparison, ...]


def read(path: Path) -> dict[str, Section]:
    """The sections of a file by the name of their measurement; none where there is no file."""
    if not path.exists():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["schema"] != _SCHEMA:
        raise ValueError(f"{path} was written by another version: remove it and measure again.")
    return {name: _section(one) for name, one in content["sections"].items()}


def write(path: Path, sections: Mapping[str, Section]) -> None:
    """Every sample, in seconds or bytes; one line for each table's line."""
    found = {name: _rounded(asdict(section)) for name, section in sections.items()}
    text = json.dumps({"schema": _SCHEMA, "sections": found}, indent=1, ensure_ascii=False)
    path.write_text(_on_one_line(text) + "\n", encoding="utf-8")


def comparisons(sections: Mapping[str, Section]) -> Iterator[Comparison]:
    """All tables."""
    for section in sections.values():
        yield from section.comparisons


def _section(content: Mapping[str, Any]) -> Section:
    tables = tuple(
        Comparison(**{**one, "figures": tuple(map(_figure, one["figures"]))})
        for one in content["comparisons"]
    )
    return Section(
        machine=Machine(**content["machine"]),
        day=content["day"],
        seconds=content["seconds"],
        comparisons=tables,
    )


def _figure(content: Mapping[str, Any]) -> Figure:
    return Figure(**{**content, "wall": tuple(content["wall"]), "cpu": tuple(content["cpu"])})


def _rounded(value: Any) -> Any:
    """Floats with as many digits as say something."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, tuple | list) else value


def _on_one_line(text: str) -> str:
    """Samples without line breaks between them, so that the file can be read."""
    return _SAMPLES.sub(lambda found: " ".join(found.group().split()), text)
