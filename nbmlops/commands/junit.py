"""The results of tests as JUnit XML, which every CI system shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from nbmlops.domain.cell_tests import CellTestResult, CellTestStatus

_ELEMENTS = {
    CellTestStatus.FAILED: "failure",
    CellTestStatus.ERROR: "error",
    CellTestStatus.SKIPPED: "skipped",
}
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write, such as the escapes of colours."""


def to_xml(results: Sequence[CellTestResult]) -> bytes:
    """One suite per notebook, one case per test."""
    root = ET.Element("testsuites", _counts(results))
    for notebook, group in groupby(results, key=lambda result: result.notebook):
        cases = list(group)
        suite = ET.SubElement(root, "testsuite", {"name": notebook, **_counts(cases)})
        suite.extend(map(_case, cases))
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _counts(results: Iterable[CellTestResult]) -> dict[str, str]:
    listed = list(results)
    statuses = [result.status for result in listed]
    return {
        "tests": str(len(listed)),
        "failures": str(statuses.count(CellTestStatus.FAILED)),
        "errors": str(statuses.count(CellTestStatus.ERROR)),
        "skipped": str(statuses.count(CellTestStatus.SKIPPED)),
        "time": f"{sum(result.duration for result in listed if not result.unchanged):.3f}",
    }


def _case(result: CellTestResult) -> ET.Element:
    attributes = {
        "name": result.name,
        "classname": result.notebook,
        "time": f"{0.0 if result.unchanged else result.duration:.3f}",
    }
    case = ET.Element("testcase", {name: _clean(text) for name, text in attributes.items()})
    if result.status in _ELEMENTS:
        why = ET.SubElement(case, _ELEMENTS[result.status], message=_clean(_located(result)))
        why.text = _clean(result.traceback)
    if result.output:
        ET.SubElement(case, "system-out").text = _clean(result.output)
    return case


def _located(result: CellTestResult) -> str:
    place = f"cell {result.cell}" + (f", line {result.line}" if result.line else "")
    return f"{place}: {result.message}"


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("", text)
