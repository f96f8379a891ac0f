"""The files that a cell runs with ``%run``, as far as it names them."""

from __future__ import annotations

import ast
import shlex
from dataclasses import dataclass

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.tree import walk

RUN = "%run"
"""What the code does not tell, where a cell has the magic."""

_PLAIN_OPTIONS = frozenset(["-e", "-n", "-t"])
"""Options that are followed by nothing, and change nothing of which names a script sees."""
_SHARING = "-i"
_NOTEBOOKS = (".ipynb", ".ipy")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptRun:
    """A file that a cell runs; ``shares`` is whether it sees the names of the notebook."""

    path: str
    shares: bool


def scripts_in(source: str) -> tuple[ScriptRun, ...] | None:
    """The files that a cell runs, in order; ``None`` where the code does not tell.

    >>> scripts_in("%run -i prep.py 3")
    (ScriptRun(path='prep.py', shares=True),)
    >>> scripts_in("%run $path") is None
    True
    """
    try:
        tree = syntax.parse(source).tree
    except CellSyntaxError:
        return None
    found: list[ScriptRun] = []
    for node in walk(tree):
        magic = syntax.line_magic(node) if isinstance(node, ast.expr) else None
        if magic is None or magic[0] != "run":
            continue
        script = _script(magic[1])
        if script is None:
            return None
        found.append(script)
    return tuple(found)


def _script(arguments: str) -> ScriptRun | None:
    """The file that ``%run`` is given; ``None`` where that takes more than to read it."""
    try:
        words = shlex.split(arguments)
    except ValueError:
        return None
    shares = False
    for word in words:
        if word == _SHARING:
            shares = True
        elif word not in _PLAIN_OPTIONS:
            unknown = word.startswith("-") or set("${*?[") & set(word)
            # a notebook runs among the names of the one that runs it
            shares = shares or word.lower().endswith(_NOTEBOOKS)
            return None if unknown else ScriptRun(path=word, shares=shares)
    return None
