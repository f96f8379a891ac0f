"""Results of tests as JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from nbmlops.commands.junit import to_xml
from nbmlops.domain.cell_tests import CellTestResult, CellTestStatus


def result(name: str, status: CellTestStatus, message: str = "", **more: object) -> CellTestResult:
    """A result of a test in the third cell."""
    return CellTestResult(
        notebook="flights.ipynb",
        name=name,
        cell=3,
        cell_id=name,
        status=status,
        message=message,
        duration=0.5,
        **more,  # type: ignore[arg-type]
    )


def test_every_status_has_its_element_and_is_counted() -> None:
    root = ET.fromstring(  # noqa: S314 (it was written by the line below)
        to_xml(
            [
                result("a", CellTestStatus.PASSED, unchanged=True),
                result("b", CellTestStatus.FAILED, "assert 1 == 2", line=4, traceback="Traceback"),
                result("c", CellTestStatus.ERROR, "\x1b[31mKeyError"),
                result("d", CellTestStatus.SKIPPED, "no GPU", output="hello\x00"),
            ]
        )
    )
    assert {key: root.attrib[key] for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
    }
    a, b, c, d = root.iter("testcase")
    assert (list(a), a.get("time")) == ([], "0.000")
    assert b[0].tag == "failure"
    assert (b[0].get("message"), b[0].text) == ("cell 3, line 4: assert 1 == 2", "Traceback")
    assert (c[0].tag, c[0].get("message")) == ("error", "cell 3: [31mKeyError")
    assert (d[0].tag, d[1].text) == ("skipped", "hello")
