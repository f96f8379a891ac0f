"""Files that executions were seen to touch order the steps whose code does not name them."""

from __future__ import annotations

from nbmlops.domain.accesses import AccessMode, FileAccess
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.pipelines import draw
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

STEPS = {"fetch": "rows = 1", "train": "model = 2", "show": "text = 3", "tidy": "done = 4"}


def built(workspace: Workspace) -> PipelineVersion:
    """The notebook as a pipeline."""
    notebook = Notebook(workspace.project)
    for name, source in STEPS.items():
        notebook.step(name, source)
    return workspace.pipelines.build(notebook.save("n.ipynb")).version


def saw(
    workspace: Workspace, version: PipelineVersion, step: str, mode: AccessMode, path: str
) -> None:
    """Record that a step was seen at a file, in the notebook."""
    cell_id = next(cell.cell_id for cell in version.spec.cells if cell.step == step)
    digest = next(one.digest for one in version.spec.steps if one.name == step)
    workspace.executions.add(
        ExecutionRecord(
            notebook="n.ipynb",
            step=step,
            cell_id=cell_id,
            source=STEPS[step],
            digest=digest,
            session="one",
            started_at=NOON,
            duration=0.1,
            status=ExecutionStatus.OK,
            files=(FileAccess(path=path, mode=mode, known_by="open"),),
            author="tester",
        )
    )


def edges(version: PipelineVersion) -> dict[tuple[str, str], tuple[str, tuple[str, ...]]]:
    """Each pair of steps with how its edge is known, and its names."""
    return {(edge.source, edge.target): (edge.known_by, edge.names) for edge in version.spec.edges}


def test_a_file_that_one_step_wrote_and_another_read_is_an_edge(mlops_workspace: Workspace) -> None:
    """The edge says which file, and which execution was seen at it."""
    version = built(mlops_workspace)
    assert edges(version) == {}
    saw(mlops_workspace, version, "fetch", "write", "data/x.parquet")
    saw(mlops_workspace, version, "train", "read", "data/x.parquet")
    again = built(mlops_workspace)
    name = "file: data/x.parquet (seen in train@1)"
    assert edges(again) == {("fetch", "train"): ("observed", (name,))}
    assert name in draw.text(again.spec)


def test_files_of_other_paths_join_nothing(mlops_workspace: Workspace) -> None:
    """Two that were only read, and one of the same name in another folder."""
    version = built(mlops_workspace)
    saw(mlops_workspace, version, "fetch", "read", "data/x.parquet")
    saw(mlops_workspace, version, "train", "read", "data/x.parquet")
    saw(mlops_workspace, version, "tidy", "read", "other.parquet")
    assert edges(built(mlops_workspace)) == {}


def test_what_rewrites_or_deletes_a_file_comes_after_those_that_touched_it(
    mlops_workspace: Workspace,
) -> None:
    """Also where kernels run beside each other: a lane of its own waits for those above."""
    version = built(mlops_workspace)
    saw(mlops_workspace, version, "fetch", "write", "data/x.parquet")
    saw(mlops_workspace, version, "train", "read", "data/x.parquet")
    saw(mlops_workspace, version, "show", "read", "data/x.parquet")
    saw(mlops_workspace, version, "tidy", "delete", "data/x.parquet")
    again = built(mlops_workspace)
    assert set(edges(again)) == {("fetch", name) for name in ("train", "show", "tidy")}
    lanes = mlops_workspace.plans.plan(again, {}, at_once=3).lanes
    assert [(lane.cells, lane.after) for lane in lanes] == [
        (("fetch",), ()),
        (("train",), (1,)),
        (("show",), (1,)),
        (("tidy",), (2, 3)),
    ]


def test_a_file_stays_an_edge_of_a_version_when_it_is_not_touched_again(
    mlops_workspace: Workspace,
) -> None:
    """An execution that took another way removes nothing, and no file is told of twice."""
    version = built(mlops_workspace)
    for _ in range(2):
        saw(mlops_workspace, version, "fetch", "write", "data/x.parquet")
        saw(mlops_workspace, version, "train", "read", "data/x.parquet")
        first = edges(built(mlops_workspace))
    saw(mlops_workspace, version, "train", "read", "data/other.parquet")
    again = built(mlops_workspace)
    assert again.reference == version.reference
    assert edges(again) == first
