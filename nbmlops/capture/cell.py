"""A cell that is about to run, as far as its source tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nbmlops.capture.part_kinds import is_plain_kind
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import Effects, analyze
from nbmlops.notebook.labels import Label, label_of, strip_commands, strip_label
from nbmlops.notebook.syntax import marked

_PASTE = re.compile(r"\s*%?c?paste\b")
_CALLS = re.compile(r"[(@%!?]|^\s*[/,;]|\b(import|del|with|class|await)\b", re.MULTILINE)
_OPERATOR = r"[-+*/&|^]|//|\*\*|<<|>>"
_BINDING = re.compile(rf"\s*(?:#.*|[^\W\d]\w*\s*(?:{_OPERATOR})?=(?!=)(?:[^.;]|\.\d)*)?")

PARAMETER_TAGS = {"parameters", "injected-parameters"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCell:
    """A cell as it was sent. ``problem`` says why it is not Python.

    ``label`` is what is written on the cell; one without a valid name makes no step. ``step`` is
    the name of the step that the cell is, ``None`` where nothing is below the label. One that
    ``only_computes`` does no more than bind names to what operators make of plain values.
    """

    source: str
    cell_id: str | None
    label: Label | None
    step: str | None
    is_parameters: bool
    effects: Effects
    problem: str | None
    only_computes: bool = False

    @classmethod
    def read(cls, info: Any, shell: Any) -> RunningCell:
        """Read what IPython says of the cell that it is going to run."""
        source = info.raw_cell
        tags = tags_of(info, shell)
        label = label_of(source, tags)
        effects, problem = effects_of(marked(source, shell.user_ns))
        return cls(
            source=source,
            cell_id=info.cell_id,
            label=label,
            step=label.name if label is not None and not _is_empty(source) else None,
            is_parameters=bool(PARAMETER_TAGS & set(tags)),
            effects=effects,
            problem=problem,
            only_computes=problem is None and _only_computes(source, effects, shell.user_ns),
        )

    @property
    def pastes(self) -> bool:
        """Whether it only runs another cell, which was pasted into a terminal."""
        return _PASTE.match(self.source) is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left of the cell without its label."""
        return _is_empty(self.source)

    @property
    def commands_only(self) -> bool:
        """Whether nothing is left of the cell without its ``%mlops`` lines."""
        return not strip_commands(strip_label(self.source)).strip()


def _is_empty(source: str) -> bool:
    return not strip_label(source).strip()


def cell_calls(source: str) -> bool:
    """Whether a cell may call anything: it has a bracket, a decorator, or is not plain Python."""
    return _CALLS.search(source) is not None


@lru_cache(maxsize=256)
def only_binds(source: str) -> bool:
    r"""Whether each line binds one name, and calls nothing, nor asks an object for an attribute.

    >>> only_binds("n = n + 1.5  # more\n\nm += [n]")
    True
    >>> [only_binds(source) for source in ("n", "cd data", "n = m.size", "n = f(m)")]
    [False, False, False, False]
    """
    return not cell_calls(source) and all(map(_BINDING.fullmatch, source.splitlines()))


def _only_computes(source: str, effects: Effects, namespace: Mapping[str, Any]) -> bool:
    """Whether neither an operator nor the end of a value that a name held runs foreign code."""
    if effects.touched or effects.acts or effects.dynamic or not only_binds(strip_label(source)):
        return False
    names = effects.reads | effects.soft_reads | effects.writes
    return all(is_plain_kind(type(namespace.get(name))) for name in names)


@lru_cache(maxsize=256)  # cells are run again and again
def effects_of(source: str) -> tuple[Effects, str | None]:
    """What a cell does as far as its source tells, and why it tells nothing."""
    try:
        return analyze(source), None
    except CellSyntaxError as error:
        return Effects(), f"the cell is not Python ({error.message})"


def tags_of(info: Any, shell: Any) -> tuple[str, ...]:
    """The tags that the front end sent along with the cell."""
    meta = getattr(info, "cell_meta", None)
    if meta is None and hasattr(shell, "kernel"):
        parent = shell.kernel.get_parent("shell") or {}
        meta = parent.get("metadata")
    tags = meta.get("tags", ()) if isinstance(meta, Mapping) else ()
    return tuple(tag for tag in tags if isinstance(tag, str))
