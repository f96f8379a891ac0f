"""Proofs that write: the user's files stay as they are, and what is read is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from nbmlops.notebook.document import read

pytestmark = pytest.mark.slow

START = "%load_ext nbmlops\n%mlops track"


@pytest.fixture(scope="module")
def files(start_kernel: Callable[[], Any]) -> Any:
    """A kernel whose cells read and wrote files and modules, which the user changed since."""
    kernel = start_kernel()
    home = kernel.project
    (home / "lib.py").write_text("def double(x):\n    return 2 * x\n")
    (home / "data").mkdir()
    (home / "data" / "x.csv").write_text("1,2")
    for source in (
        START,
        "import os\nhere = os.getcwd()",
        'open("data.txt", "w").write("1,2,3")',
        '%mlops track three\nrows = open("data.txt").read().split(",")',
        '%mlops track w\nopen("model.txt", "w").write("v1")\nsize = 2',
        '%mlops track w\nopen("model.txt", "w").write("v2")\nsize = 2',
        "%mlops track used\nimport lib\ntwice = lib.double(21)",
        '%mlops track read\ntext = open("data/x.csv").read()',
        '%mlops track added\nopen("log.txt", "a").write("one")\nadded = 1',
        '%mlops track whole\nout = os.path.join(here, "out.txt")\nopen(out, "w").write("a")',
        '%mlops track named\nwith open("HOME/named.txt", "w") as file:\n'
        '    file.write("a")\nnamed = 1'.replace("HOME", str(home)),
    ):
        assert kernel.run(source).status == "ok", source
    (home / "pkg").mkdir()
    (home / "pkg" / "lib.py").write_text("other = 1\n")
    for name in ("data.txt", "model.txt", "log.txt", "out.txt", "named.txt"):
        (home / name).write_text("MINE")
    (home / "lib.py").write_text("def double(x):\n    return 3 * x\n")
    (home / "data" / "x.csv").write_text("3,4")
    return kernel


def verified(kernel: Any, what: str) -> tuple[str, dict[str, Any]]:
    """What ``verify`` displayed, as text and as a document."""
    shown = kernel.run(f"%mlops verify {what}").displayed[-1]
    return shown["text/plain"], shown["application/vnd.nbmlops.verification+json"]


def test_a_file_that_the_cells_before_wrote_stays_and_is_told(files: Any) -> None:
    text, found = verified(files, "three")
    assert found["verification"]["verdict"] == "identical"
    assert (found["cause"], found["changed"]) == ("input", ["data.txt"])
    assert "data.txt is not what it was" in text
    assert (files.project / "data.txt").read_text() == "MINE"


def test_a_file_that_the_step_itself_writes_stays_and_is_compared(files: Any) -> None:
    _, found = verified(files, "w@1")
    verdicts = {one["name"]: one["verdict"] for one in found["verification"]["outputs"]}
    assert verdicts == {"size": "identical", "file model.txt": "identical"}
    assert (files.project / "model.txt").read_text() == "MINE"


def test_the_recorded_source_of_a_module_runs(files: Any) -> None:
    text, found = verified(files, "used")
    assert (found["verification"]["verdict"], found["cause"]) == ("identical", None)
    assert found["changed"] == ["lib.py"]
    assert "Edited since, so that the recorded source ran: lib.py" in text


def test_a_file_that_only_was_read_and_changed_is_the_cause(files: Any) -> None:
    text, found = verified(files, "read")
    assert (found["verification"]["verdict"], found["cause"]) == ("different", "input")
    assert "data/x.csv is not what it was" in text


def test_a_file_that_was_added_to_begins_as_it_was(files: Any) -> None:
    _, found = verified(files, "added")
    assert found["verification"]["verdict"] == "identical"
    assert (files.project / "log.txt").read_text() == "MINE"


def test_a_path_that_was_made_from_the_working_folder_leads_into_the_copy(files: Any) -> None:
    _, found = verified(files, "whole")
    assert found["verification"]["verdict"] == "identical", found["verification"]
    assert (files.project / "out.txt").read_text() == "MINE"


def test_a_path_that_the_code_names_is_refused_unless_in_place(files: Any) -> None:
    refused = files.run("%mlops verify named")
    assert refused.status == "error"
    assert "would write over" in refused.stderr
    assert (files.project / "named.txt").read_text() == "MINE"
    _, found = verified(files, "named --in-place")
    assert (found["verification"]["verdict"], found["in_place"]) == ("identical", True)
    assert (files.project / "named.txt").read_text() == "a"


def test_a_whole_path_that_the_code_puts_together_is_refused_when_it_runs(files: Any) -> None:
    path = files.project / "hidden.txt"
    source = f'with open("/" + "/".join({path.parts[1:]!r}), "w") as file:\n    file.write("a")'
    assert files.run(f"%mlops track hidden\n{source}\none = 1").status == "ok"
    path.write_text("MINE")
    text, found = verified(files, "hidden")
    assert found["verification"]["verdict"] == "not comparable"
    assert "cells run in a copy, and this is the original (--in-place)" in text
    assert path.read_text() == "MINE"


def test_a_slice_is_proved_in_a_copy_and_says_which_module_was_edited(files: Any) -> None:
    shown = files.run("%mlops slice twice").displayed[-1]
    found = shown["application/vnd.nbmlops.slice+json"]
    assert "lib.py was edited since (cause: code)" in found["slice"]["notes"]
    assert (found["proof"]["verdict"], found["proof"]["cause"]) == ("different", "code")
    shown = files.run("%mlops slice rows").displayed[-1]
    assert shown["application/vnd.nbmlops.slice+json"]["proof"]["verdict"] == "identical"
    assert (files.project / "data.txt").read_text() == "MINE"


def test_a_slice_puts_back_the_random_state_of_draws_without_a_seed(
    start_kernel: Callable[[], Any],
) -> None:
    kernel = start_kernel()
    for source in (
        START,
        "import random\nimport numpy as np",
        "noise = random.random()",
        "%mlops track draw\ndrawn = list(np.random.rand(3)) + [random.random()]",
        "%mlops track sum\ntotal = sum(drawn)",
        "%mlops track noisy\nboth = total + noise",
    ):
        assert kernel.run(source).status == "ok", source
    shown = kernel.run("%mlops slice total").displayed[-1]
    found = shown["application/vnd.nbmlops.slice+json"]
    assert found["proof"]["verdict"] == "identical", json.dumps(found["proof"])
    sources = [cell.source for cell in read(kernel.project / "slice-total.ipynb").code_cells]
    assert any('nbmlops.random_state("@' in source for source in sources)
    shown = kernel.run("%mlops slice both").displayed[-1]
    found = shown["application/vnd.nbmlops.slice+json"]
    assert found["proof"]["verdict"] == "identical", json.dumps(found["proof"])
