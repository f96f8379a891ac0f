"""Which cells of a notebook are steps, and how they are called."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nbmlops.domain.pipelines import StepsFrom
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.document import Cell, Document
from nbmlops.notebook.labels import Label, label_of, strip_commands, strip_label
from nbmlops.notebook.normalize import normalized
from nbmlops.pipelines import kale, parameters

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(?P<words>.*?)[ \t#]*$")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_DEFINING = (
    *(ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    ast.Pass,
)
_FIRST_SECTION = "start"
_NOTHING = normalized("")
_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What cells are, by position.

    Attributes:
        labels: what the cells say of themselves.
        step_at: the step that a cell belongs to.
        after: the steps that a cell is declared to come after.
        always: cells that go along whether a step needs them or not.
        metrics: the variables of a cell that are metrics.
        parameters_at: the cells tagged as parameters.
    """

    labels: Mapping[int, Label]
    step_at: Mapping[int, str]
    after: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    always: frozenset[int] = frozenset()
    metrics: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    parameters_at: tuple[int, ...] = ()


def name_cells(document: Document, cells: Sequence[Cell], steps_from: StepsFrom) -> Naming:
    """Find the steps of a notebook.

    Args:
        document: the notebook.
        cells: its code cells that are not left out, in notebook order.
        steps_from: ``named`` takes the cells that labels or tags name, ``headings`` one step for
            each section, ``cells`` each cell that does more than define something, ``all`` each.
    """
    labels = {
        position: label
        for position, cell in enumerate(cells)
        if (label := label_of(cell.source, cell.tags)) is not None
    }
    tagged = tuple(
        position
        for position, cell in enumerate(cells)
        if {parameters.TAG, kale.PARAMETERS} & set(cell.tags)
    )
    if steps_from == "named" and kale.speaks(document):
        blocks = kale.read(cells, labels)
        return Naming(
            labels=labels,
            step_at=blocks.step_at,
            after=blocks.after,
            always=frozenset(blocks.always),
            metrics=blocks.metrics,
            parameters_at=tagged,
        )
    own = {position: label.name for position, label in labels.items() if label.name is not None}
    if steps_from != "named":
        free = [
            position
            for position, cell in enumerate(cells)
            if position not in tagged
            and normalized(cell.source) != _NOTHING
            and (steps_from == "all" or not only_defines(cell.source))
        ]
        own = _sections(document, cells, free) if steps_from == "headings" else {
            position: own.get(position) or f"cell-{cells[position].index + 1}" for position in free
        }  # fmt: skip
    return Naming(labels=labels, step_at=own, parameters_at=tagged)


def only_defines(source: str) -> bool:
    r"""Whether a cell does nothing but import, and define functions and classes.

    >>> only_defines("import os\n\ndef f(): ..."), only_defines("import os\\nos.getcwd()")
    (True, False)
    """
    try:
        parsed = syntax.parse(strip_commands(strip_label(source)))
    except CellSyntaxError:
        return False
    return parsed.foreign is None and all(
        isinstance(node, _DEFINING) or _is_text(node) for node in parsed.tree.body
    )


def slug(words: str) -> str:
    """A heading as the name of a step.

    >>> slug("2. Train & évaluate the `model`")
    'step-2-train-evaluate-the-model'
    """
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9_]+", "-", plain)[:_LONGEST].strip("-")
    if not name:
        return "section"
    return f"step-{name}" if name[0].isdigit() else name


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _sections(document: Document, cells: Sequence[Cell], free: Iterable[int]) -> dict[int, str]:
    """The section of each of these cells, by position; two of one heading are told apart."""
    position_of = {cells[position].index: position for position in free}
    found: dict[int, str] = {}
    counted: dict[str, int] = {}
    heading, name = _FIRST_SECTION, ""
    for cell in document.cells:
        words = list(_headings(cell.source)) if cell.kind == "markdown" else []
        if words:
            heading, name = words[-1], ""
        elif cell.index in position_of:
            if not name:
                name = slug(heading)
                counted[name] = counted.get(name, 0) + 1
                while counted[name] > 1 and f"{name}-{counted[name]}" in counted:
                    counted[name] += 1
                if counted[name] > 1:
                    name = f"{name}-{counted[name]}"
                    counted[name] = 1
            found[position_of[cell.index]] = name
    return found


def _headings(text: str) -> Iterator[str]:
    """The headings of a Markdown cell; a ``#`` in a block of code is none."""
    fenced = False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and (match := _HEADING.match(line)) and match["words"]:
            yield match["words"]
