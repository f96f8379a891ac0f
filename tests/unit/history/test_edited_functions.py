"""What used a function as it was does not look unchanged once the function is another one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbmlops.domain.staleness import Standing, State
from nbmlops.testing import Notebook as Saved
from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

DOUBLE = "def feat(x):\n    return [i * 2 for i in x]"
HUNDREDFOLD = DOUBLE.replace("2", "100")
STEP = "%mlops track a\ntot = sum(feat([1, 2, 3]))"
EDITED = "feat, which it uses, was edited"


def told(notebook: Notebook, path: Path | None = None) -> tuple[State, tuple[str, ...]]:
    """How the step stands, and why."""
    standing = standing_of(notebook, path)
    return standing.state, tuple(reason.detail for reason in standing.reasons)


def standing_of(notebook: Notebook, path: Path | None) -> Standing:
    """How the step stands."""
    service = notebook.extension.surface.workspace.staleness
    (found,) = service.status(path, session=notebook.extension.recorder.session.id).steps
    return found


@dataclass(frozen=True)
class Redefined:
    """How a function came to be defined anew, below the step that used it."""

    first: str
    then: tuple[str, ...]
    comes_to: int


REDEFINED = {
    "alone, as it was": Redefined(DOUBLE, (HUNDREDFOLD,), 600),
    "without the import beside it": Redefined(f"import math\n{DOUBLE}", (HUNDREDFOLD,), 600),
    "with an import beside it": Redefined(DOUBLE, (f"import math\n{HUNDREDFOLD}",), 600),
    "without the other function": Redefined(f"{DOUBLE}\ndef other(): ...", (HUNDREDFOLD,), 600),
    "beside another function": Redefined(
        DOUBLE, ("def other(): ...", f"def other(): ...\n{HUNDREDFOLD}"), 600
    ),
    "twice": Redefined(
        f"import math\n{DOUBLE}", (HUNDREDFOLD, f"import math\n{DOUBLE.replace('2', '3')}"), 18
    ),
    "what it calls": Redefined(
        "import math\ndef by(): return 2\ndef feat(x): return [i * by() for i in x]",
        ("def by(): return 100",),
        600,
    ),
    "a class": Redefined(
        "import math\nclass feat(list):\n    pass",
        ("class feat(list):\n    def __iter__(self): return iter([7])",),
        7,
    ),
}


@pytest.mark.parametrize("case", REDEFINED.values(), ids=REDEFINED.keys())
def test_in_a_session_a_function_that_is_defined_anew_was_edited(
    notebook: Notebook, case: Redefined
) -> None:
    """Whatever else the cells define or import that defined it before and again."""
    notebook.run(case.first, STEP)
    assert told(notebook) == (State.FRESH, ())
    notebook.run(*case.then)
    state, (why, *_) = told(notebook)
    assert (state, why.partition(",")[2]) == (State.STALE, " which it uses, was edited")
    notebook.run("%mlops refresh a")
    assert notebook["tot"] == case.comes_to
    assert told(notebook) == (State.FRESH, ())


def test_what_a_decorator_made_uses_no_function_that_has_the_name_of_its_parameter(
    notebook: Notebook,
) -> None:
    """The inner function of ``twice`` calls what it was given, whatever ``feat`` is elsewhere."""
    twice = "def twice(feat):\n    def inner():\n        return 2 * feat()\n    return inner"
    step = "%mlops track a\ntot = once()"
    notebook.run(DOUBLE, twice, "def once(): return 1", "once = twice(once)", step)
    assert told(notebook) == (State.FRESH, ())
    notebook.run(HUNDREDFOLD)
    assert told(notebook) == (State.FRESH, ())


def test_a_function_that_is_as_it_was_again_was_not_edited(notebook: Notebook) -> None:
    notebook.run(f"import math\n{DOUBLE}", STEP, HUNDREDFOLD, f"import math\n{DOUBLE}")
    assert told(notebook) == (State.FRESH, ())
    assert standing_of(notebook, None).notes == ()


def test_a_step_that_has_the_name_of_a_function_is_not_the_cell_that_defines_it(
    notebook: Notebook,
) -> None:
    notebook.run(DOUBLE, "%mlops track feat\ntot = feat([1])", f"import math\n{DOUBLE}")
    assert told(notebook) == (State.FRESH, ())
    notebook.run(HUNDREDFOLD)
    assert told(notebook) == (State.STALE, (EDITED,))


def test_where_the_cell_did_something_else_too_the_function_was_edited(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """The cell that made other things as well is still there; the new one stands below it."""
    notebook.run(f"rows = [1, 2, 3]\n{DOUBLE}", STEP, HUNDREDFOLD)
    assert told(notebook) == (State.STALE, (EDITED,))
    capsys.readouterr()
    notebook.run("%mlops why tot")
    assert f"It no longer follows from what is there now: {EDITED}." in capsys.readouterr().out
    notebook.run("%mlops undo")
    assert told(notebook) == (State.FRESH, ())
    notebook.run("feat.unit = 'km'")
    (note,) = standing_of(notebook, None).notes
    assert note.startswith("the kernel holds another feat (by @")


@pytest.fixture
def in_file(
    new_notebook: NewNotebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Notebook, Path]:
    """A kernel that has run the two cells of a notebook file: the function and the step."""
    saved = Saved(tmp_path)
    saved.cell(f"import math\n{DOUBLE}")
    saved.cell(STEP)
    path = saved.save("flights.ipynb")
    raw = json.loads(path.read_text("utf-8"))
    for number, cell in enumerate(raw["cells"]):
        cell["id"] = f"cell-{number}"
    path.write_text(json.dumps(raw), "utf-8")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    kernel = new_notebook()
    kernel.run("%mlops track --values")
    run_cell(kernel, 0, f"import math\n{DOUBLE}")
    run_cell(kernel, 1, STEP)
    return kernel, path


def run_cell(kernel: Notebook, number: int, source: str) -> None:
    """Run a cell as a front end does, which says which one it is."""
    found = kernel.shell.run_cell(source, store_history=True, cell_id=f"cell-{number}")
    found.raise_error()


def test_in_a_notebook_a_scratch_cell_that_defines_it_anew_is_told(
    in_file: tuple[Notebook, Path],
) -> None:
    kernel, path = in_file
    assert standing_of(*in_file).notes == ()
    run_cell(kernel, 7, HUNDREDFOLD)
    assert told(kernel, path) == (State.FRESH, ())
    assert standing_of(*in_file).notes == ("the kernel holds another feat (by @3) than a used",)


def test_refresh_defines_a_function_as_the_notebook_has_it(
    in_file: tuple[Notebook, Path],
) -> None:
    """The step ran with what a scratch cell had defined: to run it alone would do so again."""
    kernel, path = in_file
    run_cell(kernel, 7, HUNDREDFOLD)
    run_cell(kernel, 1, STEP)
    assert kernel["tot"] == 600
    assert told(kernel, path) == (State.STALE, (EDITED,))
    kernel.run("%mlops refresh a")
    assert kernel["tot"] == 12
    assert told(kernel, path) == (State.FRESH, ())
    assert standing_of(*in_file).notes == ()


@dataclass(frozen=True)
class MadeWith:
    """Of what a function or class is made beside its own code, before and after an edit."""

    part: str
    edited: str
    whole: str
    step: str = "a = f(1)"


MADE_WITH = {
    "a decorator": MadeWith(
        "def deco(f):\n    return lambda x: f(x) + 1",
        "def deco(f):\n    return lambda x: f(x) + 2",
        "@deco\ndef f(x): return x",
    ),
    "a default": MadeWith(
        "def other(): return 1", "def other(): return 2", "def f(x, y=other): return x + y()"
    ),
    "a base class": MadeWith(
        "class Base:\n    def go(self): return 1",
        "class Base:\n    def go(self): return 2",
        "class Model(Base): pass",
        "a = Model().go()",
    ),
    "a base class of a base class": MadeWith(
        "class First:\n    k = 1",
        "class First:\n    k = 2",
        "class Base(First): pass\nclass Model(Base): pass",
        "a = Model().k",
    ),
}


@pytest.mark.parametrize("case", MADE_WITH.values(), ids=MADE_WITH.keys())
def test_what_a_function_or_class_was_made_with_is_part_of_the_version(
    notebook: Notebook, case: MadeWith
) -> None:
    """As it was when that was made; run again with what is there now, nothing is stale."""
    step = f"%mlops track a\n{case.step}"
    notebook.run(case.part, case.whole, step)
    before = notebook["a"]
    notebook.run(case.edited, step)
    assert notebook["a"] == before
    assert versions(notebook) == 1
    notebook.run(case.whole, step)
    assert notebook["a"] != before
    assert versions(notebook) == 2
    assert told(notebook) == (State.FRESH, ())
    notebook.run(case.part, case.whole, step)
    assert notebook["a"] == before
    assert versions(notebook) == 2


def versions(notebook: Notebook) -> int:
    """How many versions the step has."""
    history = notebook.extension.surface.workspace.history
    return len(history.versions("a"))


def test_a_cell_that_gives_a_functions_name_to_data_does_not_use_the_function(
    notebook: Notebook,
) -> None:
    """Even where the end of what it was may call code, as others have asked to be told of it."""
    notebook.run("import weakref\nclass A: pass\na = A()\nend = weakref.finalize(a, print)")
    notebook.run("def f():\n    return 1", "%mlops track a\nf = 3\nn = len('abc')")
    assert told(notebook) == (State.FRESH, ())


@pytest.mark.parametrize("step", [STEP, "tot = sum(feat([1, 2, 3]))"], ids=["a step", "a cell"])
def test_in_a_session_a_function_from_before_recording_is_what_it_was(
    new_notebook: NewNotebook, step: str
) -> None:
    kernel = new_notebook()
    kernel.run(DOUBLE, "%mlops track", step, "other = tot")
    service = kernel.extension.surface.workspace.staleness
    found = service.status(None, session=kernel.extension.recorder.session.id)
    assert {one.state for one in found.cells} == {State.FRESH}


HOSTILE = {
    "itself": "feat.__wrapped__ = feat",
    "what raises": "class Odd:\n    def __getattr__(self, name): raise ZeroDivisionError\n"
    "feat.__wrapped__ = Odd()",
    "no function": "import functools, operator\nfunctools.update_wrapper(feat, operator.neg)",
}


@pytest.mark.parametrize("wrapped", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_function_from_before_recording_may_say_that_it_wraps_anything(
    new_notebook: NewNotebook, wrapped: str
) -> None:
    kernel = new_notebook()
    kernel.run(f"{DOUBLE}\n{wrapped}", "%mlops track", STEP)
    assert told(kernel) == (State.FRESH, ())
