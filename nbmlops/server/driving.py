"""Runs from the front end: begin one, see what it has printed and shown, stop it, go on with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from nbmlops.config import current_user
from nbmlops.domain.plans import CachePolicy
from nbmlops.domain.references import PipelineReference, RunReference
from nbmlops.domain.runs import Run, RunProgress
from nbmlops.domain.sentences import said
from nbmlops.errors import UnknownNameError, UsageError
from nbmlops.server.fields import about
from nbmlops.server.orders import NewRun
from nbmlops.server.projects import Projects
from nbmlops.server.sections import DoneResponse, ReportResponse, TranscriptResponse
from nbmlops.workspace import Workspace


def transcript(projects: Projects, notebook: str, run: str) -> TranscriptResponse:
    """What a run has printed so far.

    Raises:
        UnknownNameError: there is no such run.
    """
    workspace, found = _find(projects, notebook, run)
    text = workspace.runs.files.transcript(found) + _now(workspace.runs.files.progress(found))
    return TranscriptResponse(run=found.reference, status=found.status, text=text)


def _now(progress: RunProgress | None) -> str:
    """The last line of the cell that runs: the rest of what it prints is kept once it has ended."""
    if progress is None or progress.line is None:
        return ""
    place = progress.step or f"cell {progress.cell} of {progress.cells}"
    return f"\n─── {place}, running ───\n… {progress.line}\n"


def report(projects: Projects, notebook: str, run: str) -> ReportResponse:
    """The executed notebook of a run that has ended, as a page.

    Raises:
        UnknownNameError: there is no such run.
        UsageError: it goes on, or nothing is left of it.
    """
    workspace, found = _find(projects, notebook, run)
    made = workspace.runs.files.made(found)
    page = workspace.runs.folder(made).report
    if not made.status.ended or not page.exists():
        why = "goes on" if not made.status.ended else "has no executed notebook any more"
        raise UsageError(f"{made.reference} {why}.", cure="Look at its log.")
    return ReportResponse(run=made.reference, html=page.read_text(encoding="utf-8"))


def run(
    projects: Projects, notebook: str, pipeline: str, asked: NewRun, *, by: str
) -> DoneResponse:
    """Run a pipeline once, now, in a process of its own that outlives the server.

    Events tell how it goes on.

    Args:
        projects: the projects below the server's root.
        notebook: a notebook of the project.
        pipeline: a name (its latest version) or a version such as ``flights@2``.
        asked: the parameters, and what of it is to run.
        by: who runs it.

    Raises:
        UnknownNameError: there is no such pipeline, version or step.
        ParameterError: a parameter does not fit; says which.
    """
    with projects.acting(projects.locate(notebook), by) as own:
        if own is None:
            raise UnknownNameError("pipeline", pipeline)
        version = own.pipelines.get(PipelineReference.parse(pipeline))
        only = own.plans.up_to(version, asked.to)
        with about("parameters"):
            policy = CachePolicy(only=frozenset(only))
            own.plans.plan(version, asked.parameters, policy=policy)
        words = [f"--to={step}" for step in asked.to]
        _start(own, "run", version.reference, *words, by=by, parameters=asked.parameters)
    if asked.to:
        steps = ", ".join(asked.to)
        return DoneResponse(message=said("%1 runs, as far as %2.", version.reference, steps))
    return DoneResponse(message=said("%1 runs.", version.reference))


def cancel(projects: Projects, notebook: str, run: str, *, by: str) -> DoneResponse:
    """Ask a run to stop, and do not wait: events tell how it ends.

    Raises:
        UnknownNameError: there is no such run.
        UsageError: it has ended, was asked before, or another machine or user drives it.
    """
    workspace, found = _find(projects, notebook, run)
    if not workspace.runs.ask_to_stop(found, by):
        raise UsageError(
            f"{found.reference} cannot be stopped from here: it has ended, was asked before, or "
            "runs on another machine.",
            cure=f"See how it stands: nbmlops show {found.reference}",
        )
    return DoneResponse(message=said("%1 is asked to stop.", found.reference))


def resume(projects: Projects, notebook: str, run: str, *, by: str) -> DoneResponse:
    """Go on with a run where it failed, on the notebook as it is saved, in a process of its own.

    The process outlives the server; events tell how the new run goes on.

    Raises:
        UnknownNameError: there is no such run.
        NotResumableError: it has not ended, or ended well; or its parameters do not fit.
        BuildRefusedError: the notebook cannot become a pipeline any more.
    """
    workspace, found = _find(projects, notebook, run)
    with projects.acting(projects.locate(notebook), by) as own:
        if own is not None:
            version = own.pipelines.rebuild(own.pipelines.of_run(found)).version
            own.runs.plan_resume(found, version)
    _start(workspace, "resume", found.reference, by=by)
    return DoneResponse(message=said("%1 goes on as a new run.", found.reference))


def _start(
    workspace: Workspace, *words: str, by: str, parameters: dict[str, Any] | None = None
) -> None:
    """Type a verb in a session of its own, which goes on when the server ends."""
    named = {} if by == current_user() else {"LOGNAME": by}
    given = _written(parameters) if parameters else None
    options = ["--params", str(given)] if given is not None else []
    process = subprocess.Popen(
        [sys.executable, "-m", "nbmlops", "--project", str(workspace.project), *words, *options],
        cwd=workspace.project,
        env=os.environ | named,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def end() -> None:
        process.wait()
        if given is not None:
            given.unlink(missing_ok=True)

    threading.Thread(target=end, daemon=True, name=f"nbmlops {words[0]}").start()


def _written(parameters: dict[str, Any]) -> Path:
    """Parameters in a file that nobody else can read: what is typed, every process list shows."""
    descriptor, name = tempfile.mkstemp(prefix="nbmlops-", suffix=".json")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(parameters, file)
    return Path(name)


def _find(projects: Projects, notebook: str, run: str) -> tuple[Workspace, Run]:
    workspace = projects.workspace(projects.locate(notebook))
    reference = RunReference.parse(run)
    found = workspace and workspace.runs.get(reference.pipeline, reference.number)
    if workspace is None or not found:
        raise UnknownNameError("run", run)
    return workspace, found
