"""The sources of the project's own modules are found as Python would find them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbmlops.capture.modules import LoadedSources, LocalModule, ModuleSources, modules_in


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a module, a package, and a folder beside it in the notebook's folder."""
    for path, source in {
        "lib.py": "import pkg.inner\ndef f(): return 1\n",
        "pkg/__init__.py": "",
        "pkg/inner.py": "from . import sibling\nfrom .. import nowhere\n",
        "pkg/sibling.py": "import numpy, json\n",
        "pkg/unused.py": "",
        "reports/near.py": "import lib\n",
        "space/deep.py": "",
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(source)
    return tmp_path


def sources(project: Path) -> ModuleSources:
    return ModuleSources(str(project), str(project / "reports"))


def test_a_module_comes_with_what_it_imports(project: Path) -> None:
    used = sources(project).used(["lib.f"])
    assert list(used) == ["lib.py", "pkg/__init__.py", "pkg/inner.py", "pkg/sibling.py"]
    assert used["lib.py"] == (project / "lib.py").read_text()


def test_the_notebook_s_folder_comes_first(project: Path) -> None:
    (project / "reports" / "lib.py").write_text("nearer = True\n")
    assert sources(project).used(["near"]).keys() == {"reports/near.py", "reports/lib.py"}


def test_a_package_without_init_is_followed(project: Path) -> None:
    assert sources(project).used(["space.deep"]).keys() == {"space/deep.py"}


@pytest.mark.parametrize("name", ["numpy", "json", "sys", "nbmlops.testing", "not_there", "data"])
def test_installed_and_unknown_modules_are_left_out(project: Path, name: str) -> None:
    (project / "data").mkdir()
    assert sources(project).used([name]) == {}


def test_a_module_that_is_made_later_is_found(project: Path) -> None:
    found = sources(project)
    assert found.used(["made_later", "json"]) == {}
    (project / "made_later.py").write_text("")
    assert found.used(["made_later", "json"]).keys() == {"made_later.py"}


def test_modules_that_import_each_other_are_found_once(project: Path) -> None:
    (project / "one.py").write_text("import two\n")
    (project / "two.py").write_text("import one\n")
    assert sources(project).used(["one"]).keys() == {"one.py", "two.py"}


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalModule]:
    """A module that this process has imported."""
    path = tmp_path / "capture_example.py"
    path.write_text("answer = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("capture_example")
    yield LocalModule(name="capture_example", path=str(path), label=path.name)
    del sys.modules["capture_example"]


def test_an_edited_module_counts_as_it_was_loaded(loaded: LocalModule) -> None:
    seen = LoadedSources()
    seen.notice()
    Path(loaded.path).write_text("answer = 12\n")
    assert seen.read(loaded) == "answer = 1\n"


def test_a_module_that_was_loaded_again_counts_as_it_is(loaded: LocalModule) -> None:
    seen = LoadedSources()
    seen.notice()
    Path(loaded.path).write_text("answer = 12\n")
    importlib.reload(sys.modules[loaded.name])
    assert seen.read(loaded) == "answer = 12\n"


@pytest.mark.parametrize("gone", [False, True])
def test_a_module_that_comes_later_is_read_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, gone: bool
) -> None:
    """Also where another one went meanwhile, so that there are as many behind as before."""
    for name in ("capture_first", "capture_second", "capture_third"):
        (tmp_path / f"{name}.py").write_text("answer = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    seen = LoadedSources()
    seen.notice()
    for name in ("capture_first", "capture_second", "capture_third"):
        importlib.import_module(name)
        if gone and name != "capture_first":
            del sys.modules["capture_first" if name == "capture_second" else "capture_second"]
        seen.notice()
        path = tmp_path / f"{name}.py"
        path.write_text("answer = 12\n")
        assert seen.read(LocalModule(name=name, path=str(path), label="")) == "answer = 1\n"
    for name in ("capture_first", "capture_second", "capture_third"):
        sys.modules.pop(name, None)


def test_names_tell_the_modules_that_were_imported_before(loaded: LocalModule) -> None:
    module = sys.modules[loaded.name]
    names = {"e": module, "path": Path, "x": 1}
    assert modules_in(names) == {"e": (loaded.name,), "path": (Path.__module__,)}
