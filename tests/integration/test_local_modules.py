"""A helper that is edited makes a new version of the steps that use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.references import PipelineReference
from nbmlops.errors import NotebookChangedError
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

IMPORT, STEP = "from lib import double", "%mlops track twice\ny = double(2)"


def reasons(workspace: Workspace, path: Path) -> list[str]:
    """Why the steps of a notebook are stale."""
    cells = workspace.staleness.status(path).cells
    return [reason.detail for cell in cells if cell.step for reason in cell.reasons]


def test_an_edited_module_is_a_new_version_and_a_changed_pipeline(kernel: Any) -> None:
    """What the kernel records and what a build finds are the same version throughout."""
    library = kernel.project / "lib.py"
    library.write_text("def double(x):\n    return 2 * x\n")
    kernel.run(IMPORT, cell_id="import")
    kernel.run(STEP, cell_id="step")
    first = kernel.latest()
    assert first.record.definitions == {"lib.py": library.read_text()}

    path = Notebook(kernel.project).cell(IMPORT).cell(STEP).save("flights.ipynb")
    workspace = kernel.workspace()
    built = workspace.pipelines.build(path).version
    assert built.spec.steps[0].digest == first.record.digest
    workspace.pipelines.check_unchanged(built)

    library.write_text("def double(x):  # said otherwise\n    return 2 * x\n")
    workspace.pipelines.check_unchanged(built)
    assert reasons(workspace, path) == []
    library.write_text("def double(x):\n    return x + x + 0\n")
    assert reasons(workspace, path) == ["lib.py, which it uses, was edited"]
    with pytest.raises(NotebookChangedError):
        workspace.pipelines.check_unchanged(built)
    kernel.run(STEP, cell_id="step")
    assert kernel.latest().version == first.version, "the kernel still has what it loaded"

    kernel.run("import importlib, lib; importlib.reload(lib)\n" + IMPORT, cell_id="import")
    kernel.run(STEP, cell_id="step")
    second = kernel.latest()
    assert second.version.number == 2
    assert workspace.pipelines.build(path).version.spec.steps[0].digest == second.record.digest
    assert workspace.pipelines.get(PipelineReference.parse("flights")).number == 2
    workspace.close()


def test_autoreload_brings_an_edited_module_into_the_version(kernel: Any) -> None:
    library = kernel.project / "reloaded.py"
    library.write_text("def triple(x):\n    return 3 * x\n")
    kernel.run("%load_ext autoreload\n%autoreload 2\nimport reloaded")
    step = "%mlops track thrice\nz = reloaded.triple(2)"
    kernel.run(step)
    first = kernel.latest()
    library.write_text("def triple(x):\n    return 30 * x\n")
    kernel.run(step)
    second = kernel.latest()
    kernel.run("%autoreload 0")
    assert kernel.value("z") == 60
    assert (first.version.number, second.version.number) == (1, 2)
    assert second.record.definitions == {"reloaded.py": library.read_text()}


def test_what_a_cell_changes_through_a_module_is_recorded_as_changed(kernel: Any) -> None:
    """Whoever reads it later reads what is there, and that a module has it in hand is told."""
    (kernel.project / "held.py").write_text("cfg = None\n\ndef push(x):\n    cfg.append(x)\n")
    kernel.run("%mlops track --values")
    kernel.run("import held")
    kernel.run("shared = [1, 2]\nheld.cfg = shared")
    kernel.run("held.push(3)")
    pushed = kernel.latest().record
    assert [value.name for value in pushed.outputs] == ["shared"]
    assert not pushed.inputs_complete
    assert pushed.inputs_note == "shared, parts of which the module held holds as well"
    kernel.run("%mlops track total\nt = sum(shared)")
    total = kernel.latest().record
    assert total.inputs[0].fingerprint == pushed.outputs[0].fingerprint
    assert total.inputs_complete
    kernel.run("%mlops undo --yes\n%mlops undo --yes")
    assert kernel.run("print(shared)").stdout.strip() == "[1, 2]"
