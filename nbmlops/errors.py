"""Everything that nbmlops raises on purpose.

    NbmlopsError                    what a person may see: one sentence and its cure
    ├── UsageError                  the words of a command or call are wrong
    │   ├── UnknownNameError        no such step, version, pipeline, run … (with the nearest)
    │   ├── AmbiguousNameError      the name fits several
    │   ├── ParameterError          a parameter is unknown, missing or of the wrong type
    │   ├── SecretError             a secret is not where it is said to be
    │   ├── NotResumableError       a run cannot be gone on with
    │   ├── DuplicateJobError       there is a job under this key already
    │   └── CronError               a cron expression is wrong or never fires
    ├── NotebookError               the notebook file cannot be used
    │   ├── NotebookFormatError     not JSON, not nbformat
    │   ├── CellSyntaxError         a cell is not Python
    │   ├── NotebookNotSavedError   what ran is not what is on disk
    │   └── NotebookUnwritableError the notebook file cannot be written
    ├── BuildRefusedError           the notebook cannot become a pipeline (all reasons at once)
    ├── NotApprovedError            what is asked for needs an approval
    ├── NotebookChangedError        the notebook is not what was approved
    ├── ValueNotStoredError         a value was recorded but not kept
    ├── NotFingerprintableError     a value has no content that could be compared
    │   └── OutOfTimeError          … or none that could be compared in time
    ├── NotStorableError            a value cannot be turned into bytes
    ├── ValueTooLargeError          a value is larger than what may be kept
    ├── ValueNotRestorableError     a stored value cannot be rebuilt in this environment
    ├── UnforeseenError             a run came upon what its plan did not foresee
    ├── UntrustedValueError         a stored value was not written by this user
    ├── StoreError                  the store under .nbmlops/
    │   ├── StoreCorruptError       damaged
    │   ├── ObjectMissingError      there is no object under this key
    │   ├── StoreTooNewError        written by a newer nbmlops
    │   ├── StoreBusyError          locked for too long
    │   │   └── StoreUnreachableError   on another machine, which does not answer
    │   ├── StoreRefusedError       on another machine, which lets nobody in like this
    │   └── StoreUnwritableError    read-only, or
    │       └── StoreFullError      the disk is full
    ├── KernelMissingError          the notebook's kernel is not installed
    ├── ClusterError                a cluster cannot run kernels of this project
    │   └── ClusterAwayError        nobody answers there now
    ├── ConsentNeededError          something would be run again or lost
    ├── NotReproducedError          what ran again did not give what was recorded
    ├── NotCancellableError         a run cannot be stopped from here
    ├── StoppedError                a person stopped it
    ├── RefreshStoppedError         a cell that was run again did not run to its end
    ├── NotSentError                a message did not arrive
    ├── NodeFailedError             a notebook, script or function of a pipeline failed
    ├── NotHandedOverError          a part of a run cannot have what another part made
    ├── PartRefusedError            a part of a pipeline cannot be run by itself
    └── RunFailedError              a pipeline run ended badly (names the cell and the line)

Each carries its facts as attributes, makes its own message, names the cure in
``cure`` and survives pickling.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class NbmlopsError(Exception):
    """A failure with one clear sentence and its cure.

    Args:
        message: one sentence that says what is wrong.
        cure: one sentence that says what to do, or ``None``.

    Attributes:
        field: which field of a form it is about; ``None`` where it is no form's, or about all.
    """

    field: str | None = None

    def __init__(self, message: str, *, cure: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message} {self.cure}" if self.cure else self.message

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(
    kind: type[NbmlopsError], args: tuple[object, ...], facts: dict[str, object]
) -> NbmlopsError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(facts)
    return error


class UsageError(NbmlopsError):
    """The words of a command or call are wrong."""


class UnknownNameError(UsageError):
    """No such thing; says the nearest names that exist."""

    def __init__(self, kind: str, name: str, known: Iterable[str] = (), *, cure: str = "") -> None:
        self.kind = kind
        self.name = name
        self.known = sorted(set(known))
        super().__init__(f"There is no {kind} {name!r}.", cure=cure or self._suggest())

    def _suggest(self) -> str:
        near = difflib.get_close_matches(self.name, self.known, n=3, cutoff=0.6)
        near = near or [one for one in self.known if one.casefold() == self.name.casefold()]
        if near:
            return f"Did you mean {_listing(near)}?"
        if self.known:
            shown = self.known[:8]
            more = len(self.known) - len(shown)
            return f"Known: {', '.join(shown)}{f' and {more} more' if more else ''}."
        return f"No {self.kind} has been recorded here yet."


class AmbiguousNameError(UsageError):
    """The name fits several things."""

    def __init__(self, kind: str, name: str, candidates: Sequence[str]) -> None:
        self.kind = kind
        self.name = name
        self.candidates = list(candidates)
        super().__init__(
            f"{kind.capitalize()} {name!r} exists more than once.",
            cure=f"Say which: {_listing(self.candidates)}.",
        )


class ParameterError(UsageError):
    """A parameter is unknown, missing or of the wrong type; says which, where it is one."""

    def __init__(self, message: str, *, cure: str | None = None, parameter: str = "") -> None:
        self.parameter = parameter
        super().__init__(message, cure=cure)


class SecretError(UsageError):
    """A secret is not where it is said to be."""


class NotResumableError(UsageError):
    """A run cannot be gone on with."""


class DuplicateJobError(UsageError):
    """There is a job under this key already; nothing was done."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"There is a job under the key {key!r} already.")


class CronError(UsageError):
    """A cron expression is wrong or never fires."""


class NotebookError(NbmlopsError):
    """The notebook file cannot be used."""


class NotebookFormatError(NotebookError):
    """The file is not a notebook."""


class CellSyntaxError(NotebookError):
    """A cell cannot be parsed; ``line`` is 1-based within the cell, ``reason`` is Python's."""

    def __init__(self, reason: str, line: int) -> None:
        self.reason = reason
        self.line = line
        super().__init__(f"Line {line} is not valid Python: {reason}.", cure="Correct that line.")


class NotebookNotSavedError(NotebookError):
    """What was run is not what is on disk."""


class NotebookUnwritableError(NotebookError):
    """The notebook file cannot be written; it is as it was."""


class BuildRefusedError(NbmlopsError):
    """The notebook cannot become a pipeline.

    Args:
        notebook: the notebook's path.
        problems: one line per reason, each with its cell and its cure.
    """

    def __init__(self, notebook: str, problems: Sequence[str]) -> None:
        self.notebook = notebook
        self.problems = list(problems)
        listing = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"{notebook} cannot become a pipeline:\n{listing}")


class NotApprovedError(NbmlopsError):
    """What is asked for needs an approved pipeline version."""


class NotebookChangedError(NotApprovedError):
    """The notebook is no longer what was approved."""


class ValueNotStoredError(NbmlopsError):
    """A value was recorded, but its content was not kept."""


class NotFingerprintableError(NbmlopsError):
    """A value has no content that could be compared.

    Args:
        reason: in plain words, such as ``a generator`` or ``holds an open file``.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The value cannot be compared: {reason.removesuffix('.')}.")


class OutOfTimeError(NotFingerprintableError):
    """A value is too large to be compared in the time that it was given."""

    def __init__(self) -> None:
        super().__init__("too large for the time allowed")


class NotStorableError(NbmlopsError):
    """A value cannot be turned into bytes.

    Args:
        reason: in plain words, such as ``a generator`` or ``holds an open file``.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The value cannot be stored: {reason}.")


class ValueTooLargeError(NbmlopsError):
    """A value is larger than what may be kept.

    Args:
        size: the bytes that were counted when the limit was passed; the value may be larger.
        limit: the bytes that may be kept.
        reason: which limit it is; the one of a single value by default.
    """

    def __init__(self, size: int, limit: int, reason: str | None = None) -> None:
        self.size = size
        self.limit = limit
        self.reason = reason or f"larger than the limit of {limit:,} bytes"
        super().__init__(f"The value is not kept: it is {self.reason}.")


class ValueNotRestorableError(NbmlopsError):
    """A stored value cannot be rebuilt in this environment."""


class UnforeseenError(NbmlopsError):
    """A run came upon what its plan did not foresee; it begins anew, and runs every cell."""


class UntrustedValueError(NbmlopsError):
    """A stored value carries no signature of this user, so it is not unpickled."""


class StoreError(NbmlopsError):
    """The store under ``.nbmlops/`` cannot do what is asked."""


class StoreCorruptError(StoreError):
    """The store is damaged."""


class ObjectMissingError(StoreError):
    """There is no object under this key."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"The object {key[:12]} is not in the store.",
            cure="It was removed, or this copy of .nbmlops/ is incomplete.",
        )


class StoreTooNewError(StoreError):
    """The store was written by a newer nbmlops."""


class StoreBusyError(StoreError):
    """The store stayed locked for too long."""


class StoreUnreachableError(StoreBusyError):
    """The machine that holds the store does not answer, for now."""

    def __init__(self, message: str, *, cure: str | None = None) -> None:
        super().__init__(
            message, cure=cure or "See that it runs and that the network leads there; try again."
        )


class StoreRefusedError(StoreError):
    """The machine that holds the store does not know the user, the password or the place."""


class StoreUnwritableError(StoreError):
    """The store is read-only, or its disk is full."""


class StoreFullError(StoreUnwritableError):
    """There is no room for what is to be kept; something smaller may find some."""


class KernelMissingError(NbmlopsError):
    """The kernel that the notebook asks for is not installed."""

    def __init__(self, kernel: str, known: Iterable[str]) -> None:
        self.kernel = kernel
        self.known = sorted(known)
        super().__init__(
            f"The notebook asks for the kernel {kernel!r}, which is not installed.",
            cure=f"Install it, or choose one of: {', '.join(self.known) or 'none is installed'}.",
        )


class ClusterError(NbmlopsError):
    """A cluster is not there, or cannot run kernels of this project."""


class ClusterAwayError(ClusterError):
    """No scheduler of a cluster answers now, or it has no worker now; later there may be one."""


class ConsentNeededError(NbmlopsError):
    """Something would be run again or lost, which was not agreed to; nothing was changed."""


class NotReproducedError(NbmlopsError):
    """What ran again did not give what was recorded."""


class NotCancellableError(NbmlopsError):
    """A run cannot be stopped from here: it has ended, is elsewhere, or does not listen."""


class StoppedError(NbmlopsError):
    """A person stopped what was asked for; the sentence says what is there of it."""


class RefreshStoppedError(NbmlopsError):
    """A cell that was run again did not run to its end, or what was run is stale as before."""


class NodeFailedError(NbmlopsError):
    """A notebook, script or function that is a step of a pipeline failed.

    Args:
        path: its file.
        kind: the class of the error.
        said: its message.
        cell: the number of the notebook's cell, from 1.
    """

    def __init__(self, path: str, kind: str, said: str, *, cell: int | None = None) -> None:
        self.path = path
        self.kind = kind
        self.cell = cell
        where = f" in code cell {cell}" if cell is not None else ""
        super().__init__(f"{path} failed{where}: {kind}: {said.rstrip('.')}.")


class NotSentError(NbmlopsError):
    """A message did not arrive; it may with another attempt."""


class NotHandedOverError(NbmlopsError):
    """A part of a run cannot be given what another part has made.

    Args:
        name: what would have to run again.
        reason: why.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} would have to run again, although another task has run it: {reason}.",
            cure="Deploy the pipeline as one task: nbmlops deploy … --tasks run.",
        )
        self.name = name
        self.reason = reason


class PartRefusedError(NbmlopsError):
    """A part of a pipeline cannot be run by itself.

    Args:
        pipeline: the pipeline.
        reason: why.
    """

    def __init__(self, pipeline: str, reason: str) -> None:
        super().__init__(
            f"Those steps of {pipeline} cannot be run by themselves: {reason}.",
            cure=f"Run all of it: nbmlops run {pipeline}",
        )
        self.pipeline = pipeline
        self.reason = reason


class RunFailedError(NbmlopsError):
    """A pipeline run ended badly."""


def _listing(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    if len(quoted) == 1:
        return quoted[0]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"
