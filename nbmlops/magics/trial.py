"""The inside of `nbmlops test`: runs test cells in the kernel, and tells what came of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbmlops.capture.assertions import Introspection
from nbmlops.capture.cell import effects_of
from nbmlops.capture.code import Definitions
from nbmlops.capture.failure import failure_of
from nbmlops.capture.masking import SecretMask
from nbmlops.capture.outside import Accesses, OutsideWatch
from nbmlops.capture.session import Session
from nbmlops.domain.cell_tests import Trial, TrialAnswer, TrialRequest
from nbmlops.domain.executions import Failure
from nbmlops.domain.wire import decode, encode
from nbmlops.magics.isolation import Isolation, on_a_copy
from nbmlops.magics.quiet import print_nowhere_else
from nbmlops.notebook.labels import strip_label
from nbmlops.values import secrets

_SKIPS = ("SkipTest", "Skipped")
"""The exceptions of unittest and pytest that end a test without a verdict."""

_LONGEST = 20_000
"""Characters of a test's output that are kept; the end says most."""


class Trials:
    """Watches the cells that a kernel runs, and runs the tests among them.

    - notes which files and the like each cell used;
    - runs each test on a copy of the kernel, or in it where there can be no copy;
    - writes what is known after each cell, so that it is there if the kernel dies.

    Args:
        shell: the kernel's shell.
        request: the tests, and where the answer goes.
    """

    def __init__(self, shell: Any, request: TrialRequest) -> None:
        self._shell = shell
        self._request = request
        self._isolation = Isolation()
        self._introspection = Introspection()
        self._definitions = Definitions(shell.user_ns)
        project = Path(request.project)
        session = Session(
            project=project, notebook=request.notebook, path=project / request.notebook
        )
        self._outside = OutsideWatch(session, shell.user_ns)
        self._mask = SecretMask(shell)
        self._cells: list[Trial] = []
        self._began: float | None = None

    def attach(self) -> None:
        """Watch the cells that run from now on."""
        self._mask.attach()
        self._shell.ast_transformers.append(self._introspection)
        self._shell.events.register("pre_run_cell", self._before)
        self._shell.events.register("post_run_cell", self._after)

    def test(self, cell_id: str) -> None:
        """Run one test; whatever it does, this returns."""
        self._began = None  # the cell in which this is called is none of the notebook's
        source = strip_label(self._request.tests[cell_id])
        self._look(source)
        isolated = self._isolation.is_possible()
        began = time.perf_counter()
        found = self._copied(cell_id, source) if isolated else self._tried(cell_id, source)
        beside = self._accesses() if isolated else Accesses()
        self._tell(
            replace(
                found,
                isolated=isolated,
                duration=time.perf_counter() - began,
                files=tuple(dict.fromkeys((*found.files, *beside.files))),
                externals=tuple(dict.fromkeys((*found.externals, *beside.externals))),
                note=found.note or beside.note,
            )
        )

    def _copied(self, cell_id: str, source: str) -> Trial:
        self._outside.begin()
        try:
            content = on_a_copy(lambda: encode(self._tried(cell_id, source)))
        except ChildProcessError as error:
            return _ended(cell_id, str(error))
        return decode(content, Trial) if content else _ended(cell_id, "it ended the process")

    def _tried(self, cell_id: str, source: str) -> Trial:
        from IPython.utils.capture import capture_output

        self._introspection.begin()
        self._outside.begin()
        began = time.perf_counter()
        with capture_output() as captured, _untold(self._shell):
            result = self._shell.run_cell(source, store_history=False, silent=True)
        duration = time.perf_counter() - began
        self._introspection.end(self._shell.user_ns)
        error = result.error_before_exec or result.error_in_exec
        accesses = self._accesses()
        return Trial(
            cell_id=cell_id,
            duration=duration,
            failure=_failure(error, source, cell_id),
            skipped=_skipped(error),
            output=secrets.masked(captured.stdout[-_LONGEST:]),
            files=accesses.files,
            externals=accesses.externals,
            note=accesses.note,
        )

    def _before(self, info: Any) -> None:
        if info.store_history and info.cell_id:
            self._look(info.raw_cell)
            self._began = time.perf_counter()
            self._outside.begin()

    def _after(self, result: Any) -> None:
        if self._began is None or result is None or not result.info.store_history:
            return
        source, cell_id = result.info.raw_cell, result.info.cell_id
        accesses = self._accesses()
        error = result.error_before_exec or result.error_in_exec
        self._definitions.learn(effects_of(source)[0])
        self._tell(
            Trial(
                cell_id=cell_id,
                duration=time.perf_counter() - self._began,
                failure=_failure(error, source, cell_id),
                files=accesses.files,
                externals=accesses.externals,
                note=accesses.note,
            )
        )

    def _look(self, source: str) -> None:
        effects = effects_of(source)[0]
        self._outside.look(source, effects, self._definitions.used_by(effects))

    def _accesses(self) -> Accesses:
        self._outside.end()
        return self._outside.found()

    def _tell(self, trial: Trial) -> None:
        self._cells.append(trial)
        Path(self._request.answer).write_bytes(encode(TrialAnswer(cells=tuple(self._cells))))


@contextmanager
def _untold(shell: Any) -> Iterator[None]:
    """Without the traceback that a kernel publishes, which a copy of it cannot."""
    shell._showtraceback = lambda *_: None  # noqa: SLF001 (what each shell overrides)
    try:
        yield
    finally:
        del shell._showtraceback  # noqa: SLF001


def begin(request: str) -> Callable[[str], None]:
    """Watch the kernel in which this is called.

    Args:
        request: the file of a `TrialRequest`.

    Returns:
        What runs the test of a cell, by its id.
    """
    from IPython.core.getipython import get_ipython

    print_nowhere_else(sys.stdout, sys.stderr)
    trials = Trials(get_ipython(), decode(Path(request).read_bytes(), TrialRequest))
    trials.attach()
    return trials.test


def _failure(error: BaseException | None, source: str, cell_id: str) -> Failure | None:
    if error is None or _skipped(error) is not None:
        return None
    found = failure_of(error, source=source, step=None, cell_id=cell_id)
    message = found.message or "assert"
    return replace(
        found, message=secrets.masked(message), traceback=secrets.masked(found.traceback)
    )


def _skipped(error: BaseException | None) -> str | None:
    if error is None or type(error).__name__ not in _SKIPS:
        return None
    return str(error) or "skipped"


def _ended(cell_id: str, why: str) -> Trial:
    return Trial(cell_id=cell_id, duration=0.0, failure=Failure(kind="ProcessDied", message=why))
