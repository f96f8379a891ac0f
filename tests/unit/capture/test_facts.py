"""Facts of machine and process count for the code that asks for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmlops.capture import variable_reads
from nbmlops.capture.facts import facts_asked, is_still_a_fact

ASKED = {
    "socket.gethostname()": {"host name"},
    "platform.node()": {"host name"},
    "datetime.fromtimestamp(0)": {"time zone"},
    "day.timestamp()": {"time zone"},
    "locale.getlocale()": {"settings of the locale"},
    "tempfile.gettempdir()": {"folder of temporary files"},
    "os.getuid()": {"user of the process"},
    "resource.getrlimit(resource.RLIMIT_NOFILE)": {"limits of the process"},
    "os.umask(0)": {"umask of the process"},
    "Path('.git/HEAD').read_text()": {"commit that is checked out"},
    "git.Repo('.').head.commit": {"commit that is checked out"},
    "Path.cwd()": {"project's folder"},
    "x = %pwd": {"project's folder"},
    "pwd\n": {"project's folder"},
    "connect(pwd=word)": set[str](),
    "sys.executable": {"interpreter's folder"},
    "assert rows": {"optimization of Python"},
    "node.timestamp + rows['timestamp']": set[str](),
    "assertion = path.node + 'git'": set[str](),
}


@pytest.mark.parametrize("source", ASKED)
def test_code_tells_which_facts_it_asks_for(source: str, tmp_path: Path) -> None:
    assert {access.name for access in facts_asked([source], tmp_path)} == ASKED[source]


def _commits(project: Path) -> None:
    (project / ".git/refs/heads/main").write_text("b\n", encoding="utf-8")


def _packs(project: Path) -> None:
    (project / ".git/refs/heads/main").unlink()
    (project / ".git/packed-refs").write_text("c refs/heads/main\n", encoding="utf-8")


def _sets(name: str) -> Callable[[Path], None]:
    return lambda _: os.environ.update({name: "another"})


CHANGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a commit": ("Path('.git/HEAD')", _commits),
    "packed references": ("Path('.git/HEAD')", _packs),
    "TZ": ("mktime(day)", _sets("TZ")),
    "LC_TIME": ("locale.setlocale(locale.LC_ALL, '')", _sets("LC_TIME")),
    "TMPDIR": ("tempfile.gettempdir()", _sets("TMPDIR")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_fact_that_changed_is_told_from_before(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TZ", "LC_TIME", "TMPDIR"):
        monkeypatch.setenv(name, "one")
    (tmp_path / ".git/refs/heads").mkdir(parents=True)
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    (tmp_path / ".git/refs/heads/main").write_text("a\n", encoding="utf-8")
    variable_reads.install()
    source, change_it = CHANGES[change]
    (access,) = facts_asked([source], tmp_path)
    assert is_still_a_fact(access, tmp_path)
    change_it(tmp_path)
    assert not is_still_a_fact(access, tmp_path)


def test_a_folder_without_a_repository_has_no_commit(tmp_path: Path) -> None:
    (access,) = facts_asked(["Path('.git')"], tmp_path)
    assert is_still_a_fact(access, tmp_path)
