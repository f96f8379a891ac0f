"""What a cell left is taken for what the next one finds only where nothing else ran."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.capture.cell import effects_of
from nbmlops.capture.interludes import Interludes
from nbmlops.capture.state import StateWatch


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A shell of this process."""
    main, hooks = sys.modules["__main__"], (sys.displayhook, sys.excepthook)
    yield InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    sys.modules["__main__"] = main
    sys.displayhook, sys.excepthook = hooks


@pytest.fixture
def interludes(shell: InteractiveShell) -> Iterator[Interludes]:
    """What tells of that in it."""
    found = Interludes(shell)
    found.attach()
    yield found
    found.detach()


def _next_cell(shell: InteractiveShell, source: str = "0") -> None:
    shell.run_cell(source, silent=True).raise_error()


def test_only_the_next_cell_ran(shell: InteractiveShell, interludes: Interludes) -> None:
    """Nothing in between."""
    interludes.begin()
    _next_cell(shell)
    assert interludes.end()
    assert not interludes.end()  # that was said of the one cell


def test_a_cell_that_a_front_end_runs_for_itself_counts(
    shell: InteractiveShell, interludes: Interludes
) -> None:
    """As a message of a widget does, of which IPython tells in the same way."""
    interludes.begin()
    _next_cell(shell)
    _next_cell(shell)
    assert not interludes.end()


def test_hooks_of_others_count(shell: InteractiveShell, interludes: Interludes) -> None:
    """They run between the cells."""
    shell.events.register("post_run_cell", lambda _: None)
    interludes.begin()
    _next_cell(shell)
    assert not interludes.end()


def test_imports_count(
    shell: InteractiveShell, interludes: Interludes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where names are completed."""
    interludes.begin()
    monkeypatch.setitem(sys.modules, "imported_in_between", sys)
    _next_cell(shell)
    assert not interludes.end()


def test_what_is_not_attached_knows_nothing(shell: InteractiveShell) -> None:
    """The state is asked for before each cell then."""
    alone = Interludes(shell)
    alone.begin()
    assert not alone.end()


_SET = "import decimal\ndecimal.getcontext().prec = {}"


def _left(watch: StateWatch, shell: InteractiveShell, source: str) -> list[str]:
    _next_cell(shell)  # IPython tells of the cell before the recorder is asked
    watch.arrive()
    watch.begin(effects_of(source)[0], {})
    exec(source, shell.user_ns)
    return [access.name for access in watch.end()]


def test_what_is_set_in_between_is_not_the_next_cell_s(shell: InteractiveShell) -> None:
    """And what that cell takes back is."""
    watch = StateWatch(shell)
    watch.attach()
    context = ["the context of decimals and variables"]
    try:
        assert _left(watch, shell, _SET.format(9)) == context
        assert _left(watch, shell, "len('abc')") == []
        _next_cell(shell, _SET.format(11))
        assert _left(watch, shell, "len('abc')") == []
        _next_cell(shell, _SET.format(12))
        assert _left(watch, shell, _SET.format(11)) == context
    finally:
        watch.detach()
        _next_cell(shell, _SET.format(28))
