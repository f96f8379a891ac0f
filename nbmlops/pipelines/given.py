"""What cells were given that set something for their process, as it reaches the cells below; pure.

``pd.set_option("display.precision", n)``: the cells below have what ``n`` was, and read no name.
What such a cell reads is therefore followed beside what names stand for, as it stood there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.takers import is_idle
from nbmlops.notebook.dataflow.written_out import not_written_out, settings_are_written_out
from nbmlops.pipelines import reasons
from nbmlops.pipelines.anew import sets_anew
from nbmlops.pipelines.evidence import SessionEntry
from nbmlops.pipelines.judgement import Held, Names, Objection

CODE_ONLY = frozenset(
    [
        *("exit handlers", "hooks of IPython", "hooks of imports", "magics", "signal handlers"),
        *("limits of the process", "the garbage collector", "the interpreter", "a thread"),
    ]
)
"""State of the process in which no value is kept: code that is called, and limits."""

_FIGURES = "figures of pyplot"
_DRAWS = re.compile(r"plt|pyplot|pylab|plot|fig|seaborn|sns")
_OPTIONS = re.compile(
    r"rcParams|\brc\(|\boptions?\b|_option|getcontext|setcontext|printoptions|seterr|set_theme|set_style"
    r"|set_context|set_palette|style\.use|set_config|filterwarnings|simplefilter|basicConfig|setLevel"
    r"|setlocale|run_line_magic|set_default|float_format|ast_node_interactivity|set_engine"
)
_KEY = "<given> "


def followed(position: int, source: str, before: Names, reads: Iterable[str]) -> dict[str, Held]:
    """What a cell that sets something is given, by keys that are no names of a notebook.

    Args:
        position: that of the cell.
        source: its code.
        before: what names stand for above it.
        reads: those that it may read.
    """
    if settings_are_written_out(source):
        return {}
    return {_key(position, name): before[name] for name in reads}


def objections(
    above: Iterable[tuple[int, str, SessionEntry | None]],
    record: ExecutionRecord,
    names: Names,
) -> Iterator[Objection]:
    """What speaks against an execution: cells above were given other values then.

    Args:
        above: positions and titles of cells that set something, with what they ran as then.
        record: the execution.
        names: what names stand for above it.
    """
    for position, title, entry in above:
        if entry is None or settings_are_written_out(entry.source):
            continue
        if not gets_to(record, entry.source, entry.left):
            continue
        if sets_anew(entry.source, frozenset(entry.asked)):
            yield Objection(reason=reasons.set_anew(title))
        for name, fingerprint in entry.inputs.items():
            held = names.get(_key(position, name), names.get(name))
            if held is not None and not held.known:
                yield Objection(reason=reasons.may_set_otherwise(title, name), waits=True)
            elif held is None or fingerprint is None or held.fingerprint != fingerprint:
                yield Objection(reason=reasons.set_otherwise(title, name))


def gets_to(record: ExecutionRecord, source: str, left: Collection[str]) -> bool:
    """Whether an execution may have had something of what a cell had set, or sets now.

    What an option was set to may be what it was: then the cell had left nothing of that.

    Args:
        record: the execution.
        source: the cell that sets something, as it ran then.
        left: what it had changed in the process that no name holds.
    """
    if is_idle(record.source):
        return False
    said = not left or _sets_options(source)
    return said or any(_may_read(record, what) for what in left)


@lru_cache(maxsize=1024)
def _sets_options(source: str) -> bool:
    """Whether a cell sets options of libraries to what is not written out."""
    try:
        _, setting = not_written_out(source)
    except CellSyntaxError:
        return False
    return any(_OPTIONS.search(ast.unparse(node)) for node in setting or ())


def _may_read(record: ExecutionRecord, what: str) -> bool:
    if what in CODE_ONLY:
        return False
    if what == _FIGURES:
        return any(map(_DRAWS.search, (record.source, *record.definitions.values())))
    return True


def _key(position: int, name: str) -> str:
    return f"{_KEY}{position} {name}"
