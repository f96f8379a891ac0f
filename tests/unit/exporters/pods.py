"""Pipelines for pods of Kubernetes, whose store a team has."""

from __future__ import annotations

from typing import Any

from nbmlops.config import StorePlaces
from nbmlops.domain.deployments import Deployment, Pods
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules
from nbmlops.exporters.deploying import DeployService
from nbmlops.scheduling.triggers.when import When
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

PLACES = StorePlaces(catalog="postgresql://db.example.org/team", objects="s3://team/flow")


def service(workspace: Workspace, places: StorePlaces = PLACES) -> DeployService:
    """What deploys the pipelines of a workspace, as if its store were elsewhere."""
    return DeployService(
        project=workspace.project,
        places=places,
        plans=workspace.plans,
        approvals=workspace.approvals,
        clock=workspace.clock,
    )


def approved(workspace: Workspace, notebook: Notebook) -> PipelineVersion:
    """The version that a notebook becomes."""
    made = workspace.pipelines.build(notebook.save("my_flow.ipynb")).version
    return workspace.approvals.approve(made, comment="good")


def deployed(
    workspace: Workspace, version: PipelineVersion, when: When | None = None, **options: Any
) -> Deployment:
    """A version in the form of pods."""
    parameters, rules = options.pop("parameters", {}), options.pop("rules", RunRules())
    division = options.pop("division", "chains")
    made = service(workspace)
    timing = made.timing(when or When(), timezone="Europe/Berlin", **options)
    return made.deploy(
        version,
        timing,
        parameters=parameters,
        rules=rules,
        division=division,
        pods=Pods(image="team/my_flow:1"),
    )
