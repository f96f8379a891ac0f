"""What pods of Kubernetes need, and what is refused because they have not got it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.config import StorePlaces
from nbmlops.domain.deployments import DeployedTask, Pods
from nbmlops.domain.parameters import Parameter
from nbmlops.domain.schedules import Policies
from nbmlops.errors import UsageError
from nbmlops.exporters.argo import manifest
from nbmlops.exporters.kubeflow import program
from nbmlops.exporters.pods import kubernetes_name, resources_of, task_names, text_of
from nbmlops.pipelines.typed.check import parse
from nbmlops.scheduling.triggers.when import When
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace
from tests.unit.exporters.pods import approved, deployed, service


@dataclass(frozen=True)
class Refusal:
    """A trigger that a clock of Kubernetes has nothing for, and a word of what is said."""

    when: When
    word: str
    argo_only: bool = False


@pytest.mark.parametrize(
    "case",
    [
        Refusal(When(every=("6h",)), "intervals", argo_only=True),
        Refusal(When(at=("2026-12-24T18:00",)), "one date"),
        Refusal(When(after=("clean",)), "another pipeline"),
        Refusal(When(on_change=("data/*.csv",)), "files"),
        Refusal(When(metric=("my_flow.auc < 1",)), "metric"),
        Refusal(When(on_data=("flights",)), "data set"),
        Refusal(When(http=True), "token"),
        Refusal(When(cron=("0 9 * * *",), between="08:00-18:00"), "hours"),
        Refusal(When(cron=("0 0 6 * * *",)), "seconds"),
        Refusal(When(cron=("0 6 L * *",)), "'L'"),
        Refusal(When(cron=("0 6 * * 7",)), "Sunday is 0"),
        Refusal(When(cron=("0 6 */2 * 1",)), "weekdays '1'"),
        Refusal(When(cron=("0 6 * * *",), every=("7h",)), "intervals", argo_only=True),
        Refusal(When(cron=("0 6 * * *",), after=("clean",)), "another pipeline"),
    ],
    ids=lambda case: case.word,
)
def test_what_kubernetes_has_nothing_for_is_refused_in_a_sentence(
    case: Refusal, mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    version = approved(mlops_workspace, mlops_notebook.step("a", "x = 1"))
    made = deployed(mlops_workspace, version, case.when)
    for write in (manifest,) if case.argo_only else (manifest, program):
        with pytest.raises(UsageError, match=case.word) as refused:
            write(made)
        assert "nbmlops schedule" in str(refused.value)


def test_devices_are_limits_in_whole_units_under_names_of_kubernetes(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """As many as the kernels that may run at once ask for; none where these are on a cluster."""
    for name, asked in (("a", "--gpus 2"), ("b", "--resources GPU=0.5"), ("c", "--cpus 1")):
        mlops_notebook.cell(f"%mlops track {name} {asked}\n{name} = 1")
    version = approved(mlops_workspace, mlops_notebook)
    for policies, found in (
        (Policies(kernels=2), {"cpu": "2", "nvidia.com/gpu": "3"}),
        (Policies(kernels=1), {"cpu": "1", "nvidia.com/gpu": "2"}),
        (Policies(kernels=1, engine="dask://a:1"), {"cpu": "1"}),
    ):
        made = deployed(mlops_workspace, version, division="run", policies=policies)
        assert resources_of(made, made.tasks[0]) == found


@pytest.mark.parametrize(
    ("asked", "said", "writers"),
    [
        ("licence=1", "Kubernetes has no resource licence", (manifest, program)),
        ("GPU=1,amd.com/gpu=1", "Kubeflow gives a pod one kind of device", (program,)),
    ],
)
def test_devices_that_a_pod_cannot_have_are_refused(
    asked: str,
    said: str,
    writers: tuple[Any, ...],
    mlops_workspace: Workspace,
    mlops_notebook: Notebook,
) -> None:
    mlops_notebook.cell(f"%mlops track a --resources {asked}\nx = 1")
    made = deployed(mlops_workspace, approved(mlops_workspace, mlops_notebook))
    for write in writers:
        with pytest.raises(UsageError, match=said):
            write(made)


@pytest.mark.parametrize(
    ("places", "word"),
    [
        (StorePlaces(), "catalog"),
        (StorePlaces(objects="s3://team"), "catalog"),
        (StorePlaces(catalog="postgresql://db/team"), "objects"),
        (StorePlaces(catalog="postgresql://db/team", objects="/mnt/team"), "objects"),
    ],
)
def test_a_store_on_this_machine_is_refused(
    places: StorePlaces, word: str, mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    version = approved(mlops_workspace, mlops_notebook.step("a", "x = 1"))
    made = service(mlops_workspace, places)
    with pytest.raises(UsageError, match=f"the {word} of this project"):
        made.deploy(version, made.timing(When()), parameters={}, pods=Pods(image="flow"))


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("token: Secret = Secret('keyring:team/token')", "keyring"),
        ("token: Secret = Secret('file:token.txt')", "file"),
        ("token: Secret", "has no place yet"),
    ],
)
def test_a_secret_that_no_pod_can_be_given_is_refused(
    source: str, word: str, mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    mlops_notebook.cell("from nbmlops import Secret").cell(source, "parameters")
    version = approved(mlops_workspace, mlops_notebook.step("a", "x = len(token)"))
    for write in (manifest, program):
        with pytest.raises(UsageError, match=word) as refused:
            write(deployed(mlops_workspace, version))
        assert "-p token=env:NAME" in str(refused.value)
    made = deployed(mlops_workspace, version, parameters={"token": "env:TOKEN"})
    assert "TOKEN" in manifest(made)


def test_steps_that_hand_over_files_share_a_pod(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """Where workers see one folder, they do not."""
    mlops_notebook.cell("from pathlib import Path")
    mlops_notebook.step("save", "n = Path('a.txt').write_text('1')")
    mlops_notebook.step("other", "m = 2").step("load", "text = Path('a.txt').read_text()")
    version = approved(mlops_workspace, mlops_notebook)
    made = deployed(mlops_workspace, version, division="steps")
    assert [task.steps for task in made.tasks] == [("save", "load"), ("other",), ()]
    assert "may write files that" in made.tasks[0].joined[0]
    here = service(mlops_workspace)
    apart = here.deploy(version, here.timing(When()), parameters={}, division="steps")
    assert len(apart.tasks) == 4


def test_names_are_those_that_kubernetes_takes() -> None:
    tasks = [DeployedTask(name=name) for name in ("a_b", "A-b", "é", "x" * 80)]
    assert list(task_names(tasks).values()) == ["a-b", "a-b-2", "task", "x" * 52]
    assert kubernetes_name("My_Flow.1_") == "my-flow-1"
    with pytest.raises(UsageError, match="Latin"):
        kubernetes_name("é")


@given(
    value=st.none()
    | st.text()
    | st.integers()
    | st.booleans()
    | st.lists(st.integers() | st.text())
    | st.dictionaries(st.text(), st.integers())
)
def test_a_text_stands_for_its_value_or_is_refused(value: Any) -> None:
    """Of a parameter that may be anything."""
    parameter = Parameter(name="p", type="any", optional=True)
    try:
        text = text_of(parameter, value)
    except UsageError:
        return
    assert parse([parameter], [f"p={text}"]) == {"p": value}


def test_a_text_that_reads_as_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="No text stands for"):
        text_of(Parameter(name="p", type="str", optional=True), "none")
