"""The files that each tool takes, and what it does otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from nbmlops.domain.deployments import Deployment, Tool
from nbmlops.exporters import airflow, argo, kubeflow

TITLES: dict[Tool, str] = {
    "airflow": "Airflow 3",
    "kubeflow": "Kubeflow Pipelines",
    "argo": "Argo Workflows",
}
"""What the tools are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A deployment in the form that a tool takes: one file, and what to know about it."""

    name: str
    text: str
    notes: tuple[str, ...]


def written(deployment: Deployment, tool: Tool) -> Written:
    """Put a deployment into the form of a tool.

    Raises:
        UsageError: the tool has nothing for it.
    """
    name = deployment.version.spec.name
    if tool == "argo":
        text, notes = argo.manifest(deployment), argo.differences(deployment)
        return Written(name=f"{name}_argo.yaml", text=text, notes=notes)
    if tool == "kubeflow":
        text, notes = kubeflow.program(deployment), kubeflow.differences(deployment)
        return Written(name=kubeflow.file_name(deployment), text=text, notes=notes)
    text, notes = airflow.dag_file(deployment), airflow.differences(deployment)
    return Written(name=f"{name}.py", text=text, notes=notes)
