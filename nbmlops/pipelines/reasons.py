"""Why a cell runs, in words that say what changed; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import islice

from nbmlops.domain.executions import STILL_CHANGING, ExecutionRecord
from nbmlops.errors import NotFingerprintableError
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.diff import lines_changed
from nbmlops.notebook.headline import headline
from nbmlops.notebook.labels import strip_label

_SHOWN = 3
_LEAD = str(NotFingerprintableError("")).removesuffix(".")


def code_changed(flow: CellFlow, before: ExecutionRecord | None) -> str:
    """Its code, or what that uses of the notebook and the project, is another.

    Args:
        flow: the cell as it is now.
        before: its latest execution that ended well; ``None`` where none did.
    """
    number = flow.cell.index + 1
    if before is None:
        return f"code changed in cell {number}, and has not run to its end yet"
    added, removed = lines_changed(strip_label(before.source), strip_label(flow.cell.source))
    told = [f"code changed in cell {number}: +{added} -{removed} lines"] * bool(added or removed)
    uses = _other_definitions(before.definitions, flow.definitions)
    if uses:
        shown = [f"`{name}`" for name in uses[:_SHOWN]]
        more = [f"{len(uses) - _SHOWN} more"] if len(uses) > _SHOWN else []
        told.append(f"code that it uses changed: {', '.join([*shown, *more])}")
    return "; ".join(told) or f"code changed in cell {number}"


def _other_definitions(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [name for name in {**before, **now} if before.get(name) != now.get(name)]


def shared(changed: Collection[str], group: Collection[str]) -> str:
    """It changes what others may see, and no execution tells how they looked together."""
    mine = min((name for name in group if name in changed), default=min(group))
    others = sorted(name for name in group if name != mine)
    shown = " and ".join(f"`{name}`" for name in others[:_SHOWN])
    why = f"it changes `{mine}` in place, and {shown} may be the same data"
    return f"{why}: that holds only where one kernel made all in this order"


def kept_otherwise(names: Collection[str]) -> str:
    """A result was kept as one with others, which do not share their parts now as they did."""
    shown = " and ".join(f"`{name}`" for name in sorted(names)[:_SHOWN])
    return f"{shown} may share their data in another way than when it ran"


def together(title: str, name: str, other: str) -> str:
    """A cell changes in place what another name may see, so that both are made in its kernel."""
    return f"{title} may change `{name}` in place, and `{other}` may be the same data, not a copy"


def incomparable(name: str, why: str | None) -> str:
    """A value has no fingerprint, so that nobody knows whether it changed.

    >>> incomparable("ax", str(NotFingerprintableError("a figure or a part of one")))
    'whether `ax` changed cannot be told: a figure or a part of one'
    """
    told = in_short(why or "")
    return f"whether `{name}` changed cannot be told{f': {told}' if told else ''}"


def in_short(why: str) -> str:
    """Why a value has no fingerprint, as a part of a sentence."""
    return why.removeprefix(_LEAD).removesuffix(".") if why.startswith(_LEAD) else why


def not_known(why: str | None) -> str:
    """The code does not tell what a cell reads; with what to write instead, where there is such.

    >>> not_known("exec()").partition("; ")[2]
    'write that code into the cell, or into a module'
    """
    if why is None:
        return "what it reads is not known"
    instead = (cure for words, cure in _INSTEAD.items() if any(word in why for word in words))
    return "; ".join([f"what it reads is not known: {why}", *islice(instead, 1)])


_INSTEAD: Mapping[tuple[str, ...], str] = {
    (STILL_CHANGING,): "wait for it in the cell that starts it",
    ("exec()", "eval()", "run_cell"): "write that code into the cell, or into a module",
    ("%run",): "put its code into a module, and import that",
    ("of a text that is not written there",): "write that text where it is asked",
    (
        "globals()",
        "locals()",
        "vars()",
        "dir()",
        "%who",
    ): "name the variables, or keep them in a dict",
}


def starts(program: str) -> str:
    """A cell starts a program, of which nobody knows what it asks for."""
    return f"starts the program {program}, whose answer cannot be compared; ask in Python instead"


def other_file(path: str, said: str) -> str:
    """A file is another one than then; the log of a database tells that it was still open."""
    database = path.removesuffix(".wal")
    if database == path:
        return f"{path} {said}"
    return f"{database} was still open behind it; close the connection in the cell that opens it"


def noun(kind: str) -> str:
    """What a name that is part of the code stands for, by its qualified type."""
    return "module, or version of it," if kind == "module" else "function, class or module"


def set_now(title: str) -> str:
    """A cell above sets something for the process that had not run then."""
    return f"{title} sets something (a seed, an option, a variable), and had not run before it then"


def set_then(source: str) -> str:
    """A cell that is gone had run, and may have set something for the process."""
    return f"`{headline(source)}` had run before it then, and may set something; it does not now"


def set_otherwise(title: str, name: str) -> str:
    """A cell above sets something for the process, and was given another value then."""
    return f"{title} sets something (an option, a module), and `{name}` was another value then"


def set_anew(title: str) -> str:
    """A cell above sets what it takes from a clock or a network."""
    return f"{title} sets something (an option, a module) that is new in each run"


def may_set_otherwise(title: str, name: str) -> str:
    """The same, where a cell that runs tells the value."""
    return f"what {title} sets may change with `{name}`"


def asked_otherwise(name: str) -> str:
    """Other cells had called a function that remembers its results, or in another order."""
    return f"`{name}` remembers from call to call, and other calls came before it then"


def remembers(name: str, read: str) -> str:
    """A cell had called a function that remembers its results, and read another value then."""
    return f"`{name}` remembers what it made of another `{read}`"


def may_remember(name: str, read: str) -> str:
    """The same, where a cell that runs tells the value."""
    return f"what `{name}` remembers may change with `{read}`"
