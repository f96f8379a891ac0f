"""Executed notebooks and pages of them are compared by what they show."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from nbformat import v4, writes

from nbmlops.notebook.executed_files import compare_executed


def notebook(*cells: tuple[str, str], took: str = "1") -> bytes:
    """An executed notebook of cells that printed something; identifiers and times are its own."""
    made = v4.new_notebook(
        cells=[
            v4.new_code_cell(
                source,
                metadata={"execution": {"iopub.execute_input": took}},
                execution_count=int(took),
                outputs=[v4.new_output("stream", text=printed)],
            )
            for source, printed in cells
        ]
    )
    return str(writes(made)).encode()


@dataclass(frozen=True)
class Case:
    """Two files, and how they compare."""

    before: bytes
    after: bytes
    kind: str
    why: str = ""
    suffix: str = ".ipynb"
    tolerance: float | None = None


CASES = [
    Case(notebook(("a", "1")), notebook(("a", "1"), took="2"), "volatile", "metadata"),
    Case(notebook(("a", "1")), notebook(("a", "2")), "different", "cell 1: stdout, line 1"),
    Case(notebook(("a", "1")), notebook(("b", "1")), "different", "cell 1 has another source"),
    Case(notebook(("a", "1")), notebook(), "different", "1 cells before, 0 now"),
    Case(notebook(("a", "0xabcdef12")), notebook(("a", "0xabcdef13")), "volatile", "cell 1"),
    Case(notebook(("a", "1.0")), notebook(("a", "1.01")), "close", "cell 1", tolerance=0.1),
    Case(notebook(("a", "1")), b"{", "different", "another content"),
    Case(b"\xff", notebook(("a", "1")), "different", "another content"),
    Case(b"<p>in 3 s</p>", b"<p>in 4 s</p>", "volatile", suffix=".html"),
    Case(b"<p>3</p>", b"<p>4</p>", "different", "line 1", suffix=".html"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind} {case.why}")
def test_two_executed_files_compare_by_what_they_show(case: Case) -> None:
    found = compare_executed(case.before, case.after, suffix=case.suffix, tolerance=case.tolerance)
    assert (found.kind, case.why in found.why) == (case.kind, True)
