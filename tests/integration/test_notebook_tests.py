"""Tests in notebooks: run by ``nbmlops test``, by pytest, and by a person."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from nbmlops.domain.cell_tests import CellTestResult, CellTestStatus
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

LOAD = "%mlops track load\nrows = [int(text) for text in open('rows.txt').read().split()]"


def write(folder: Path, **replaced: str) -> Path:
    """A notebook with tests of every outcome."""
    (folder / "rows.txt").write_text("1 2 3")
    return (
        Notebook(folder)
        .parameters(least=3)
        .cell("%load_ext nbmlops\n%mlops track")
        .cell(LOAD)
        .cell(replaced.get("sums", "%%mlops test sums\nrows.append(9)\nassert sum(rows) == 15"))
        .cell("raise RuntimeError('nobody needs this cell')")
        .cell("%%mlops test count\nassert len(rows) >= least, 'too few'")
        .cell("%%mlops test dies\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
        .cell(
            "%%mlops test waits\nimport asyncio, os; os.system('echo loud')\nprint('hi')\n"
            "await asyncio.sleep(0)\nrows['a']"
        )
        .cell("%%mlops test later\nimport unittest\nraise unittest.SkipTest('no GPU')")
        .cell("assert rows == [1, 2, 3]", "test")
        .save("flights.ipynb")
    )


def run(path: Path, values: dict[str, Any] | None = None, **how: Any) -> dict[str, CellTestResult]:
    """Run the tests of a notebook in this process's project, by name."""
    workspace = Workspace(path.parent)
    try:
        results = workspace.tests.run(path, values or {}, observer=lambda _: None, **how)
    finally:
        workspace.close()
    return {result.name: result for result in results}


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, CellTestResult]]:
    """A notebook whose tests have run once."""
    path = write(tmp_path_factory.mktemp("tested"))
    return path, run(path)


def test_each_test_ends_as_its_cell_does(tested: tuple[Path, dict[str, CellTestResult]]) -> None:
    _, results = tested
    assert {name: str(result.status) for name, result in results.items()} == {
        "sums": "passed",
        "count": "passed",
        "dies": "error",
        "waits": "error",
        "later": "skipped",
        "cell-10": "passed",
    }
    assert results["dies"].message == "the process was killed by SIGKILL"
    assert (results["waits"].line, results["waits"].output) == (5, "hi\n")
    assert results["waits"].message.startswith("TypeError: list indices")
    assert results["later"].message == "no GPU"


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")
def test_no_test_sees_what_another_has_changed(
    tested: tuple[Path, dict[str, CellTestResult]],
) -> None:
    assert all(result.isolated for result in tested[1].values())


def test_a_test_runs_again_only_when_something_that_it_depends_on_has_changed(
    tmp_path: Path,
) -> None:
    path = write(tmp_path)
    run(path, names=["sums", "count"])
    names = ["sums", "count"]
    assert all(result.unchanged for result in run(path, names=names).values())
    write(tmp_path, sums="%%mlops test sums\nassert sum(rows) == 6")
    again = run(path, names=names)
    assert (again["sums"].unchanged, again["count"].unchanged) == (False, True)
    (tmp_path / "rows.txt").write_text("1 2")
    changed = run(path, names=names)
    assert {name: str(result.status) for name, result in changed.items()} == {
        "sums": "failed",
        "count": "failed",
    }
    assert changed["count"].message.startswith("too few\nassert 2 >= 3")
    other = run(path, {"least": 2}, names=["count"])["count"]
    assert (other.status, other.unchanged) == (CellTestStatus.PASSED, False)


def test_a_cell_that_fails_is_the_error_of_the_tests_that_need_it(tmp_path: Path) -> None:
    path = (
        Notebook(tmp_path)
        .cell("rows = []")
        .cell("first = rows[0]")
        .cell("%%mlops test needs\nassert first")
        .cell("%%mlops test beside\nassert not rows")
        .save()
    )
    results = run(path)
    needs, beside = results["needs"], results["beside"]
    assert (needs.status, beside.status) == (CellTestStatus.ERROR, CellTestStatus.SKIPPED)
    assert needs.message == ("cell 2, which it needs, failed: IndexError: list index out of range")
    assert beside.message.startswith("cell 2, above it, failed: ")


def test_where_threads_would_not_survive_tests_run_in_order_and_that_is_said(
    tmp_path: Path,
) -> None:
    path = (
        Notebook(tmp_path)
        .cell("import threading\nstop = threading.Event()\nrows = []")
        .cell("worker = threading.Thread(target=stop.wait, daemon=True)\nworker.start()")
        .cell("%%mlops test first\nassert worker.is_alive()\nrows.append(1)")
        .save()
    )
    result = run(path)["first"]
    assert (result.status, result.isolated) == (CellTestStatus.PASSED, False)


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a module of Python to its end."""
    around = {**os.environ, "NBMLOPS_PROJECT": str(folder), "PYTEST_ADDOPTS": ""}
    del around["PYTEST_CURRENT_TEST"]  # with which ipykernel lets programs print past it
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=around,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_the_verb_shows_why_writes_junit_and_exits_with_1(
    tested: tuple[Path, dict[str, CellTestResult]],
) -> None:
    folder = tested[0].parent
    words = ("nbmlops", "test", "flights.ipynb", "-k", "wait", "--junit", "tests.xml")
    shown = command(folder, *words)
    assert shown.returncode == 1
    assert "error waits, cell 8, line 5:" in shown.stdout
    assert "loud" not in shown.stdout.splitlines()
    assert "1 of 1 test failed: waits." in shown.stderr
    root = ET.parse(folder / "tests.xml").getroot()  # noqa: S314 (it was just written)
    assert [case.get("name") for case in root.iter("testcase")] == ["waits"]
    as_json = command(folder, *words[:3], "-k", "sums", "--json")
    (document,) = json.loads(as_json.stdout)["tests"]
    assert (as_json.returncode, document["status"], document["unchanged"]) == (0, "passed", True)
    assert set(document) == {
        *("notebook", "name", "cell", "cell_id", "status", "message", "line", "traceback"),
        *("duration", "unchanged", "isolated", "output"),
    }
    assert command(folder, *words[:3], "-k", "nothing").returncode == 2


def test_a_version_and_its_approval_say_whether_its_tests_pass(
    tested: tuple[Path, dict[str, CellTestResult]],
) -> None:
    workspace = Workspace(tested[0].parent)
    version = workspace.pipelines.build(tested[0]).version
    digest = version.spec.steps[0].digest
    found = {r.name: r.status for r in workspace.tests.of_version("flights.ipynb", "load", digest)}
    workspace.close()
    assert found["sums"] is CellTestStatus.PASSED
    assert found["waits"] is CellTestStatus.ERROR
    approved = command(tested[0].parent, "nbmlops", "approve", "flights", "--comment", "seen")
    assert "passed" in approved.stdout
    assert "failed (dies, waits)" in approved.stdout


def test_pytest_collects_notebooks_only_where_it_is_asked_to(
    tested: tuple[Path, dict[str, CellTestResult]],
) -> None:
    folder = tested[0].parent
    plain = command(folder, "pytest", "-p", "no:cacheprovider", "-q")
    assert plain.returncode == 5
    asked = command(
        folder,
        "pytest",
        "-p",
        "no:cacheprovider",
        "-q",
        "--nbmlops",
        "-k",
        "count or waits or later",
    )
    assert "1 failed, 1 passed, 1 skipped, 3 deselected" in asked.stdout
    assert "cell 8, line 5: TypeError" in asked.stdout
    (folder / "pytest.ini").write_text("[pytest]\nnbmlops = true\n")
    try:
        set_ = command(folder, "pytest", "-p", "no:cacheprovider", "-q", "--collect-only")
    finally:
        (folder / "pytest.ini").unlink()
    assert "flights.ipynb::sums" in set_.stdout


def test_a_person_is_told_whether_a_test_cell_passed(kernel: Any) -> None:
    kernel.run("%mlops track load\nrows = [1, 2]")
    passed = kernel.run("%%mlops test sums\nassert sum(rows) == 3\nassert rows")
    assert passed.status == "ok"
    assert passed.stdout.startswith("test sums passed: 2 assertions, ")
    failed = kernel.run("%%mlops test sums\n\nassert len(rows) == 3")
    assert failed.error == ("AssertionError", "assert 2 == 3\n +  where 2 = len([1, 2])")
    assert failed.stdout == "test sums failed, line 3: assert 2 == 3\n"
    tagged = kernel.run("rows[7]", tags=["test"])
    assert tagged.stdout == "test ended in an error, line 1: IndexError: list index out of range\n"
    assert kernel.run("assert 1 == 2").error == ("AssertionError", "")
    assert kernel.run("[name for name in dir() if '@' in name]").text == "[]"
    assert kernel.run("get_ipython().ast_transformers").text == "[]"  # each would cost every cell
