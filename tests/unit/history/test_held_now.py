"""What a kernel holds otherwise than was recorded, by nothing that was recorded, is told."""

from __future__ import annotations

import pytest

from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook

__all__ = ["new_notebook"]

OUTSIDE = "changed outside of what was recorded"


@pytest.fixture
def plain(new_notebook: NewNotebook) -> Notebook:
    """A kernel with a step that has used and left values of many kinds."""
    made = new_notebook()
    made.run(
        "%mlops track",
        "import random\nrows = [1, 2]; rng = random.Random(1); gone = [0]\n"
        "class Box: pass\nbox = Box(); box.size = 1; steps = (i for i in rows)",
        "%mlops track total\nt = [sum(rows) + rng.random() + box.size + gone[0] + next(steps)]",
    )
    return made


def told(notebook: Notebook, capsys: pytest.CaptureFixture[str]) -> str:
    """What `status` prints, in one line."""
    capsys.readouterr()
    notebook.run("%mlops status")
    return " ".join(capsys.readouterr().out.split())


def test_what_nobody_touched_is_held(plain: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    assert OUTSIDE not in told(plain, capsys)


def test_what_changed_while_recording_was_off_is_told(
    plain: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    plain.run("%mlops track --off", "rows.append(3); rng.random(); del gone; t.append(1)")
    plain.run("%mlops track")
    workspace, recorder = plain.extension.surface.workspace, plain.extension.recorder
    found = workspace.staleness.status(None, session=recorder.session.id, live=recorder.live())
    [step] = found.steps
    assert set(step.notes) == {
        f"the kernel holds no gone any more, which total used, {OUTSIDE}",
        f"the kernel holds another rng than total left, {OUTSIDE}",
        f"the kernel holds another rows than total used, {OUTSIDE}",
        f"the kernel holds another t than total left, {OUTSIDE}",
    }
    capsys.readouterr()
    plain.run("%mlops why t")
    assert f"The kernel holds another t than total left, {OUTSIDE}." in capsys.readouterr().out


def test_what_a_debugger_changed_is_told(
    plain: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    plain["rows"].append(3)  # behind the back of every hook
    assert "another rows than total used, changed outside" in told(plain, capsys)


def test_what_a_recorded_cell_changed_since_is_not_outside(
    plain: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    plain.run("rows.append(3); t = None")
    assert OUTSIDE not in told(plain, capsys)


def test_a_file_that_a_cell_has_changed_which_no_step_needs_is_told(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """The notebook makes it anew from the top; what is there now is another one all the same."""
    made = new_notebook()
    write = "Path('{}.csv').write_text('{}')"
    made.run(
        "%mlops track",
        "from pathlib import Path",
        f"{write.format('t', 1)}; {write.format('u', 1)}",
        "%mlops track look\nrows = Path('t.csv').read_text() + Path('u.csv').read_text()",
    )
    assert "the disk holds" not in told(made, capsys)
    made.run(write.format("t", 2))
    assert "look fresh the disk holds another t.csv (by @4) than look read look@1" in (
        told(made, capsys)
    )
    made.run("Path('u.csv').unlink()")
    found = told(made, capsys)
    assert "the disk holds no u.csv any more (deleted by @5), which look read" in found
    made.run("%mlops why rows")
    assert "The disk holds another t.csv (by @4) than look read." in capsys.readouterr().out
