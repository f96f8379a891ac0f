"""The part of ``docs/benchmarks.md`` that is written from the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks import report, results, verdicts
from benchmarks.results import Section

DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_BEGIN = "<!-- from here on: written by `make bench` from benchmarks/figures.json -->"
_END = "<!-- up to here -->"


def write(path: Path, sections: Mapping[str, Section]) -> None:
    """Put the figures where the document has room for them; all else stays.

    Raises:
        ValueError: the document does not say where.
    """
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{path} has no place for the figures: {_BEGIN} … {_END}")
    body = "\n".join(_lines(sections))
    path.write_text(f"{before}{begin}\n\n{body}\n{end}{after}", encoding="utf-8")


def _lines(sections: Mapping[str, Section]) -> Iterator[str]:
    yield "## Targets"
    yield ""
    yield report.markdown(verdicts.HEAD, verdicts.rows(results.comparisons(sections), every=True))
    yield ""
    yield "## Where and when"
    yield ""
    yield from _machines(sections)
    for name, section in sections.items():
        yield f"## {name}"
        yield ""
        for comparison in section.comparisons:
            yield report.table(comparison)


def _machines(sections: Mapping[str, Section]) -> Iterator[str]:
    for lines in dict.fromkeys(tuple(one.machine.lines[:2]) for one in sections.values()):
        yield "; ".join(lines) + "."
        yield ""
    rows = [
        (name, one.day, f"{one.machine.load:.1f}", one.machine.file, f"{one.seconds:.0f} s")
        for name, one in sections.items()
    ]
    yield report.markdown(("part", "day", "load at its start", "a new file", "took"), rows)
    yield ""
