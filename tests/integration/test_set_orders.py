"""What a notebook's kernel took from a set one by one fits to what a run makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nbmlops.domain.references import StepReference
from nbmlops.domain.verifications import Cause
from nbmlops.notebook.document import read
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

WORDS = " ".join(f"word{number}" for number in range(40))
CELLS = {
    "words": f"words = set({WORDS!r}.split())",
    "names": "names = list(words)",
    "common": "common = [word for word in ('word1', 'other') if word in words]\nn = len(words)",
    "longest": "longest = max(len(word) for word in set(words))",
    "vectors": "vectors = [word.upper() for word in words]",
    "fits": "fits = [name.upper() for name in names] == vectors\nprint(fits)",
}


def ran(workspace: Workspace, cells: dict[str, str]) -> tuple[set[str], str]:
    """The cells that a run of a notebook executes, and what the last one printed."""
    version = workspace.pipelines.build(saved(workspace, cells)).version
    run = workspace.runs.run(version, {}, page=False)
    assert run.failure is None
    made = read(workspace.runs.folder(run).notebook).raw["cells"]
    states = [cell["metadata"]["papermill"]["status"] for cell in made]
    last = "".join(text for one in made[-1]["outputs"] for text in one.get("text", ""))
    return {name for name, state in zip(cells, states, strict=True) if state == "completed"}, last


def saved(workspace: Workspace, cells: dict[str, str]) -> Any:
    """A notebook of these cells, each a step."""
    notebook = Notebook(workspace.project)
    for name, source in cells.items():
        notebook.step(name, source)
    return notebook.save("words.ipynb")


def test_a_run_goes_through_a_set_as_each_of_its_kernels_does(
    mlops_workspace: Workspace,
    start_kernel: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The kernel of the notebook has texts in an order of its own; all runs have the same one."""
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    kernel = start_kernel(saved(mlops_workspace, CELLS))
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(kernel.key))
    kernel.run("%load_ext nbmlops")
    for name, source in CELLS.items():
        assert kernel.run(f"%mlops track {name}\n{source}").status == "ok"

    edited = CELLS | {"vectors": f"{CELLS['vectors']}\nmore = 1"}
    executed, printed = ran(mlops_workspace, edited)

    assert printed == "True\n"
    assert executed == {"words", "names", "vectors", "fits"}
    assert ran(mlops_workspace, edited) == (set(), "True\n")
    report = mlops_workspace.verifications.verify(
        StepReference.parse("names@1"), tolerance=None, observer=lambda _: None
    )
    assert report.cause is Cause.RANDOMNESS
    assert "had texts in an order of its own" in report.verification.reason
