"""A notebook whose file was renamed or removed while its kernel lives."""

from __future__ import annotations

from pathlib import Path

from nbmlops.capture.renames import Whereabouts
from nbmlops.capture.session import Session


def session_of(project: Path) -> Session:
    return Session(project=project, notebook="a.ipynb", path=project / "a.ipynb")


def test_a_renamed_notebook_is_found_by_the_cell_that_runs(tmp_path: Path) -> None:
    session, whereabouts = session_of(tmp_path), Whereabouts()
    (tmp_path / "a.ipynb").write_text('{"id": "c1"}', encoding="utf-8")
    assert whereabouts.follow(session, "c1") is session
    (tmp_path / "a.ipynb").rename(tmp_path / "b.ipynb")
    assert whereabouts.follow(session, "c1").notebook == "b.ipynb"


def test_a_notebook_that_is_nowhere_is_searched_for_again_after_a_while(tmp_path: Path) -> None:
    session, whereabouts = session_of(tmp_path), Whereabouts()
    assert whereabouts.follow(session, "c1") is session
    (tmp_path / "b.ipynb").write_text('{"id": "c1"}', encoding="utf-8")
    found = next(
        found
        for _ in range(10_000_000)
        if (found := whereabouts.follow(session, "c1")) is not session
    )
    assert found.notebook == "b.ipynb"
