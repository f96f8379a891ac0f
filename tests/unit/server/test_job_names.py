"""Jobs are named across the projects of a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbmlops.errors import UnknownNameError
from nbmlops.server.jobs.finding import LOOKED_AT_FOR, Name, ProjectFinder
from nbmlops.server.projects import Projects


class Seconds:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A server's root with two projects, one in a folder that is not looked into, and no more."""
    for place in ("one", "deep/er/two", ".hidden/three", "node_modules/four", "plain"):
        folder = tmp_path / "root" / place
        (folder if place == "plain" else folder / ".nbmlops").mkdir(parents=True)
    return tmp_path / "root"


def test_a_name_is_read_as_it_is_written() -> None:
    name = Name(kind="job", project="1a2b3c4d", number=17)
    assert str(name) == "job-1a2b3c4d-17"
    assert Name.parse("job", str(name)) == name


@pytest.mark.parametrize("text", ["", "job", "job-1a2b", "job-1a2b-x", "definition-1a2b-1"])
def test_any_other_text_names_no_job(text: str) -> None:
    with pytest.raises(UnknownNameError):
        Name.parse("job", text)


def test_projects_are_found_below_the_root_and_by_name(root: Path) -> None:
    projects, clock = Projects(root), Seconds()
    finder = ProjectFinder(projects, root, clock)
    found = finder.all()
    assert [one.project.name for one in found] == ["two", "one"]
    for one in found:
        name = Name(kind="job", project=finder.key(one), number=1)
        assert finder.named(name) is one
    with pytest.raises(UnknownNameError, match="Its project is gone"):
        finder.named(Name(kind="job", project="0", number=1))
    projects.close()


def test_a_new_project_is_found_after_a_while_or_when_it_is_named(root: Path) -> None:
    projects, clock = Projects(root), Seconds()
    finder = ProjectFinder(projects, root, clock)
    before = finder.all()
    (root / "plain" / ".nbmlops").mkdir()
    assert len(finder.all()) == len(before)
    clock.now += LOOKED_AT_FOR + 1
    assert len(finder.all()) == len(before) + 1
    projects.close()


def test_a_project_above_the_root_is_found(root: Path) -> None:
    projects = Projects(root / "one" / "notebooks")
    (root / "one" / "notebooks").mkdir()
    finder = ProjectFinder(projects, root / "one" / "notebooks")
    assert [one.project.name for one in finder.all()] == ["one"]
    projects.close()
