"""Whether two files that show an execution say the same: executed notebooks and pages of them."""

from __future__ import annotations

from nbmlops.errors import NotebookFormatError
from nbmlops.notebook.displayed import DisplayedDifference, compare_displayed
from nbmlops.notebook.document import Document, parse

SUFFIXES = frozenset([".ipynb", ".html"])
"""Of the files that can be compared."""

_ORDER = ("volatile", "close", "different")
_ANOTHER = DisplayedDifference("different", "another content")
_BUT_FOR = DisplayedDifference("volatile", "but for the metadata of the notebook")


def compare_executed(
    before: bytes, after: bytes, *, suffix: str, tolerance: float | None = None
) -> DisplayedDifference:
    """Compare what two files show that are not equal byte for byte.

    Notebooks are compared by the sources and the outputs of their cells: identifiers, execution
    counts and times in their metadata differ each time that one is executed. A page is compared
    as one that a cell displays.

    Args:
        before: the content of the one.
        after: that of the other.
        suffix: of both, one of `SUFFIXES`.
        tolerance: the relative difference that is allowed for numbers in outputs; none if
            ``None``.
    """
    try:
        texts = before.decode("utf-8"), after.decode("utf-8")
        if suffix == ".html":
            pages = [_page(text) for text in texts]
            return compare_displayed(pages[0], pages[1], tolerance=tolerance)
        return _notebooks(parse(texts[0]), parse(texts[1]), tolerance)
    except (UnicodeDecodeError, NotebookFormatError):
        return _ANOTHER


def _page(text: str) -> list[dict[str, object]]:
    return [{"output_type": "display_data", "data": {"text/html": text}}]


def _notebooks(one: Document, other: Document, tolerance: float | None) -> DisplayedDifference:
    cells, now = one.raw["cells"], other.raw["cells"]
    if len(cells) != len(now):
        return DisplayedDifference("different", f"{len(cells)} cells before, {len(now)} now")
    worst = _BUT_FOR
    for number, (cell, again) in enumerate(zip(cells, now, strict=True), 1):
        if any(cell[key] != again[key] for key in ("cell_type", "source")):
            return DisplayedDifference("different", f"cell {number} has another source")
        outputs = cell.get("outputs", ()), again.get("outputs", ())
        found = compare_displayed(*outputs, tolerance=tolerance)
        if found.kind != "same" and _ORDER.index(found.kind) >= _ORDER.index(worst.kind):
            worst = DisplayedDifference(found.kind, f"cell {number}: {found.why}")
    return worst
