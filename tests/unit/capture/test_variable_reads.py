"""Variables of the environment are seen to be read however they are, and nobody notices."""

from __future__ import annotations

import copy
import os
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path

import cloudpickle
import pytest

from nbmlops.capture import machine, variable_reads
from nbmlops.capture.externals import is_as_then, variables_read, with_those_of_modules
from nbmlops.capture.session_variables import ALL, is_of_the_session
from nbmlops.capture.variable_reads import VariableLog

MODULE = """
import functools, os
KIND = os.environ.get("EXAMPLE_" + "AT_IMPORT")

@functools.cache
def place():
    return os.environ.get("EXAMPLE_" + "AT_CALL")
"""

CALLED = "import example_settings as e; e.place()"


@pytest.fixture(autouse=True)
def listened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "example_settings.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "example_settings", raising=False)
    monkeypatch.setenv("EXAMPLE_ONE", "1")
    variable_reads.install()


def _ran(source: str) -> VariableLog:
    """What code reads that runs as a cell does."""
    code = compile(source, "<ipython-input-1>", "exec")
    log = variable_reads.start()
    try:
        exec(code, {"__name__": "__main__"})
    finally:
        variable_reads.stop()
    return log


def _names(source: str) -> set[str]:
    return {access.name for access in variables_read(_ran(source))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Code that reads variables, and which it is told to read."""

    told: str
    source: str
    names: frozenset[str]


def _way(told: str, source: str, *names: str) -> Way:
    return Way(told=told, source=source, names=frozenset(names))


WAYS = (
    _way("composed", "import os; os.environ.get('EXAMPLE' + '_ONE')", "EXAMPLE_ONE"),
    _way("not there", "import os; 'EXAMPLE_' + 'NONE' in os.environ", "EXAMPLE_NONE"),
    _way(
        "in a loop",
        "import os; [os.getenv('EXAMPLE_' + one) for one in ('ONE', 'TWO')]",
        "EXAMPLE_ONE",
        "EXAMPLE_TWO",
    ),
    _way("bytes", "import os; os.getenvb(b'EXAMPLE_' + b'ONE')", "EXAMPLE_ONE"),
    _way("expanded", "import os; os.path.expandvars('$EXAMPLE_ONE/x')", "EXAMPLE_ONE"),
    _way("home", "import os; os.path.expanduser('~/x')", "HOME"),
    _way("unpacked", "import os; {**os.environ}", ALL),
    _way("copied", "import os; os.environ.copy()", ALL),
    _way("merged", "import os; os.environ | {'X': '1'}", ALL),
    _way("filtered", "import os; [k for k, v in os.environ.items() if k == 'X']", ALL),
    _way("shown", "import os; repr(os.environ)", ALL),
    _way("in Python", "import tempfile as t; t._candidate_tempdir_list()", "TMPDIR", "TEMP", "TMP"),
    _way("module imported", "import example_settings", "EXAMPLE_AT_IMPORT"),
    _way("module called", CALLED, "EXAMPLE_AT_IMPORT", "EXAMPLE_AT_CALL"),
    _way("set before", "import os; os.environ['EXAMPLE_ONE'] = '2'; os.environ['EXAMPLE_ONE']"),
    _way("put back", "import os\nfrom unittest.mock import patch\nwith patch.dict(os.environ): 1"),
    _way("handed on", "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])"),
    _way("of the session", "import shutil; shutil.get_terminal_size()"),
    _way("proxies", "import urllib.request; urllib.request.getproxies()"),
    _way("measured", "import os; len(os.environ)"),
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.told)
def test_what_code_reads_is_seen_however_it_reads(way: Way) -> None:
    assert _names(way.source) == way.names


def test_what_the_import_of_a_library_reads_or_sets_belongs_to_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "example_library.py").write_text(
        "import os\nos.environ.setdefault('EXAMPLE_SET', '1')\n"
        "def asked(): return os.environ.get('EXAMPLE_SET'), os.environ.get('EXAMPLE_' + 'ASKED')\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("EXAMPLE_SET", "")
    monkeypatch.delenv("EXAMPLE_SET")
    assert _names("import example_library") == set()
    assert variable_reads.written() == frozenset()
    assert _names("import example_library as e; e.asked()") == {"EXAMPLE_ASKED"}


def test_what_a_module_has_read_counts_for_all_who_use_it() -> None:
    """It may have kept that, as a function with a cache does."""
    _ran(CALLED)
    assert _names(CALLED) == set()

    found = with_those_of_modules((), {"example_settings.py": ""}, Path())

    assert {access.name for access in found} == {"EXAMPLE_AT_IMPORT", "EXAMPLE_AT_CALL"}
    assert with_those_of_modules((), {"another.py": ""}, Path()) == ()


def test_all_variables_are_compared_without_those_of_the_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (access,) = variables_read(_ran("import os; dict(os.environ)"))
    assert is_as_then(access)
    monkeypatch.setenv("SSH_CONNECTION", "elsewhere")
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    assert is_as_then(access)
    monkeypatch.setenv("EXAMPLE_ONE", "2")
    assert not is_as_then(access)


def test_variables_of_the_work_are_none_of_the_session() -> None:
    own = ("HOME", "USER", "TMPDIR", "TZ", "LANG", "DATA_DIR", "APP_TOKEN", "LOGNAME", "PYTHONPATH")
    assert not any(map(is_of_the_session, own))


def test_nobody_notices_who_listens() -> None:
    assert type(os.environ).__qualname__ == "_Environ"
    assert repr(os.environ).startswith("environ({")
    assert copy.copy(os.environ) == os.environ  # noqa: PLW1507 (it is as before)
    assert cloudpickle.loads(cloudpickle.dumps(os.environ)) == os.environ
    assert b"nbmlops" not in pickle.dumps(os.environ._data)  # type: ignore[attr-defined]
    with pytest.raises(KeyError, match="EXAMPLE_NONE") as raised:
        os.environ["EXAMPLE_NONE"]
    assert [entry.name for entry in raised.traceback][1:] == ["__getitem__"]


def test_what_stands_in_for_the_environment_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"EXAMPLE_ONE": "mine"}
    monkeypatch.setattr(os, "environ", own)
    assert _names("import os; os.environ['EXAMPLE_ONE']") == set()
    assert os.environ is own


def test_what_libraries_decide_by_as_they_are_imported_belongs_to_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the kernel was started: what a cell sets is recorded as done by the cell."""
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    variable_reads.install()
    assert machine.threads().get("KERAS_BACKEND") == "jax"
    assert "MPLBACKEND" not in machine.threads()
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("PYTHONHASHSEED", "6640")  # as Dask does, for its workers
    assert machine.threads()["KERAS_BACKEND"] == "jax"
    assert "PYTHONHASHSEED" not in machine.threads()
