"""A project whose store a team has, and a machine that sees nothing else of it, as a pod does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nbmlops.domain.deployments import Deployment, Pods
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules
from nbmlops.scheduling.triggers.when import When
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace


@dataclass(frozen=True)
class Team:
    """The workspace of the project, and the folder of a pod: its settings and nothing else."""

    workspace: Workspace
    pod: Path

    def version(self) -> PipelineVersion:
        """An approved pipeline of two branches."""
        notebook = Notebook(self.workspace.project)
        notebook.cell("rows = 3  # how many, 1-9\nday = '2026-01-01'\ntags = ['a']", "parameters")
        notebook.step("load", "data = [rows, len(day)]")
        notebook.step("left", "low = min(data)\nprint(day, tags)")
        notebook.step("right", "import nbmlops\nhigh = max(data)\nnbmlops.metric('high', high)")
        made = self.workspace.pipelines.build(notebook.save("flow.ipynb")).version
        return self.workspace.approvals.approve(made, comment="good")

    def deployed(self, version: PipelineVersion, when: When, python: str) -> Deployment:
        """The pipeline in the form of pods, which see the folder of the pod."""
        timing = self.workspace.deployments.timing(when, timezone="Europe/Berlin")
        return self.workspace.deployments.deploy(
            version,
            timing,
            parameters={"day": "{{ ds }}", "rows": 5},
            rules=RunRules(retries=1, retry_delay=1.0),
            python=python,
            pods=Pods(image="python-flow:1", project=str(self.pod)),
        )


def team(folder: Path, catalog: str, objects: str) -> Team:
    """A project in a folder, and its pod beside it."""
    for name in ("project", "pod"):
        store = folder / name / ".nbmlops"
        store.mkdir(parents=True)
        (store / "config.toml").write_text(
            f'[store]\ncatalog = "{catalog}"\nobjects = "{objects}"\n'
        )
    return Team(workspace=Workspace(folder / "project", author="tester"), pod=folder / "pod")
