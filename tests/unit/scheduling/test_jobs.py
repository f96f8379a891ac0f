"""Jobs and definitions, in the words of jupyter-scheduler, over the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbmlops.domain.jobs import Job, JobQuery, JobState, Label
from nbmlops.domain.schedules import FireStatus
from nbmlops.errors import (
    BuildRefusedError,
    CronError,
    DuplicateJobError,
    NotApprovedError,
    NotebookChangedError,
    ParameterError,
    UnknownNameError,
    UsageError,
)
from nbmlops.scheduling.jobs import JobService, Request
from nbmlops.scheduling.lease import LEASE
from nbmlops.testing import FixedClock, Notebook
from nbmlops.workspace import Workspace

LABEL = Label(name="a job", tags=("red",), formats=("ipynb",), options={"compute_type": "small"})


@pytest.fixture
def notebook(mlops_workspace: Workspace) -> Path:
    """A notebook whose pipeline is approved."""
    path = (
        Notebook(mlops_workspace.project)
        .parameters(month=1)
        .step("load", "rows = [month]")
        .save("flights.ipynb")
    )
    built = mlops_workspace.pipelines.build(path)
    mlops_workspace.approvals.approve(built.version, comment="good")
    return path


@pytest.fixture
def jobs(mlops_workspace: Workspace) -> JobService:
    """The service of the workspace."""
    return mlops_workspace.jobs


def submitted(jobs: JobService, notebook: Path, **texts: str) -> Job:
    return jobs.submit(Request(notebook=notebook, label=LABEL, texts=texts))


def test_a_job_waits_in_the_ledger_with_its_parameters_typed(
    jobs: JobService, notebook: Path, mlops_workspace: Workspace
) -> None:
    job = submitted(jobs, notebook, month="3")
    assert (job.state, job.parameters, job.label) == (JobState.QUEUED, {"month": 3}, LABEL)
    assert (job.definition, job.run, job.notebook) == (None, None, "flights.ipynb")
    assert mlops_workspace.schedules.all() == []
    assert mlops_workspace.backfills.all() == []
    assert submitted(jobs, notebook).id != job.id


def test_single_jobs_of_a_version_may_run_at_once(
    jobs: JobService, notebook: Path, mlops_workspace: Workspace, mlops_clock: FixedClock
) -> None:
    made = [submitted(jobs, notebook, month=str(number)) for number in (1, 2)]
    records = mlops_workspace._schedule_records
    claimed = [
        records.claim_next(owner="me", lease_until=mlops_clock() + LEASE, now=mlops_clock())
        for _ in made
    ]
    assert [one.fire.id for one in claimed if one] == [one.id for one in made]
    assert [one.parameters for one in claimed if one] == [{"month": 1}, {"month": 2}]


def test_the_same_request_twice_is_one_job(jobs: JobService, notebook: Path) -> None:
    request = Request(notebook=notebook, label=LABEL)
    jobs.submit(request, key="once")
    with pytest.raises(DuplicateJobError, match="'once'"):
        jobs.submit(request, key="once")
    assert jobs.count(JobQuery()) == 1


def test_a_parameter_that_does_not_fit_is_refused(jobs: JobService, notebook: Path) -> None:
    for texts in ({"month": "x"}, {"year": "3"}):
        with pytest.raises(ParameterError):
            submitted(jobs, notebook, **texts)
    assert jobs.count(JobQuery()) == 0


def test_a_notebook_without_an_approved_pipeline_is_refused(
    jobs: JobService, mlops_workspace: Workspace
) -> None:
    path = Notebook(mlops_workspace.project).step("load", "rows = [1]").save("other.ipynb")
    with pytest.raises(NotApprovedError, match=r"other.ipynb has no approved pipeline\."):
        submitted(jobs, path)
    mlops_workspace.pipelines.build(path)
    with pytest.raises(NotApprovedError, match="No version of the pipeline 'other' is approved"):
        jobs.define(Request(notebook=path, label=LABEL), cron="@daily", timezone="UTC")


def test_a_notebook_that_was_edited_since_is_refused(jobs: JobService, notebook: Path) -> None:
    Notebook(notebook.parent).parameters(month=1).step("load", "rows = []").save(notebook.name)
    with pytest.raises(NotebookChangedError):
        submitted(jobs, notebook)


def test_of_several_pipelines_the_name_of_the_job_says_which(
    jobs: JobService, notebook: Path, mlops_workspace: Workspace
) -> None:
    built = mlops_workspace.pipelines.build(notebook, name="other")
    mlops_workspace.approvals.approve(built.version, comment="good")
    with pytest.raises(UsageError, match="has several pipelines: flights, other"):
        submitted(jobs, notebook)
    named = jobs.submit(Request(notebook=notebook, label=Label(name="other")))
    assert named.pipeline == "other"


def test_where_no_approval_is_required_a_notebook_is_built_when_it_is_asked_for(
    mlops_workspace: Workspace,
) -> None:
    (mlops_workspace.store / "config.toml").parent.mkdir(exist_ok=True)
    (mlops_workspace.store / "config.toml").write_text("[schedule]\nrequire_approval = false\n")
    free = Workspace(mlops_workspace.project, author="tester")
    path = Notebook(free.project).step("load", "rows = [1]").save("free.ipynb")
    assert submitted(free.jobs, path).pipeline == "free"
    Notebook(free.project).step("load", "rows = [2]").save("free.ipynb")
    submitted(free.jobs, path)
    assert [one.number for one in free.pipelines.versions("free")] == [1, 2]
    Notebook(free.project).cell("x = 1").save("free.ipynb")
    with pytest.raises(BuildRefusedError):
        submitted(free.jobs, path)
    free.close()


def test_a_job_that_has_not_begun_is_stopped_and_put_away(
    jobs: JobService, notebook: Path, mlops_workspace: Workspace
) -> None:
    job = submitted(jobs, notebook)
    jobs.stop(job.id)
    stopped = jobs.job(job.id)
    assert stopped.state is JobState.STOPPED
    assert stopped.note == "Stopped by tester before it began."
    jobs.put_away(job.id)
    with pytest.raises(UnknownNameError):
        jobs.job(job.id)
    fire = mlops_workspace._schedule_records.fire(job.id)
    assert fire is not None
    assert fire.status is FireStatus.SKIPPED


def test_jobs_wait_while_the_approval_is_withdrawn_and_go_on_with_the_next(
    jobs: JobService, notebook: Path, mlops_workspace: Workspace
) -> None:
    first = submitted(jobs, notebook)
    holder = mlops_workspace._schedule_records.fire(first.id)
    assert holder is not None
    mlops_workspace._schedule_records.pause(holder.schedule_id, "flights@1 is not approved.")
    assert jobs.job(first.id).note == "flights@1 is not approved."
    submitted(jobs, notebook)
    assert jobs.job(first.id).note is None


def test_a_definition_is_a_schedule_with_a_label(
    jobs: JobService, notebook: Path, mlops_workspace: Workspace
) -> None:
    request = Request(notebook=notebook, label=LABEL, texts={"month": "3"})
    made = jobs.define(request, cron="0 6 * * *", timezone="Europe/Berlin")
    (schedule,) = mlops_workspace.schedules.all()
    assert made.schedule == schedule
    assert (schedule.cron, schedule.parameters) == ("0 6 * * *", {"month": 3})
    assert (made.label, made.notebook) == (LABEL, "flights.ipynb")
    with pytest.raises(CronError):
        jobs.define(request, cron="0 6 * *", timezone=None)


def test_a_definition_without_times_waits_to_be_called(jobs: JobService, notebook: Path) -> None:
    made = jobs.define(Request(notebook=notebook, label=LABEL), cron=None, timezone=None)
    assert made.schedule.trigger.is_called


def test_a_schedule_that_was_made_elsewhere_is_a_definition_under_its_pipeline(
    jobs: JobService, notebook: Path, mlops_workspace: Workspace
) -> None:
    assert notebook.exists()
    mlops_workspace.schedules.create("flights", cron="@daily")
    assert [one.label.name for one in jobs.definitions()] == ["flights"]


def test_a_definition_changes_when_it_fires_its_parameters_and_its_name(
    jobs: JobService, notebook: Path
) -> None:
    made = jobs.define(Request(notebook=notebook, label=LABEL), cron="@daily", timezone="UTC")
    number = made.schedule.id
    jobs.redefine(number, label=LABEL, cron="@hourly", texts={"month": "4"})
    jobs.redefine(number, label=Label(name="renamed"))
    after = jobs.definition(number)
    assert (after.schedule.cron, after.schedule.timezone) == ("@hourly", "UTC")
    assert (after.schedule.parameters, after.label.name) == ({"month": 4}, "renamed")
    with pytest.raises(UsageError, match=r"This job runs flights\.ipynb"):
        jobs.redefine(number, label=LABEL, notebook=notebook.with_name("other.ipynb"))


def test_a_definition_runs_now_with_parameters_of_its_own(jobs: JobService, notebook: Path) -> None:
    request = Request(notebook=notebook, label=LABEL, texts={"month": "3"})
    made = jobs.define(request, cron="@daily", timezone="UTC")
    job = jobs.run_now(made.schedule.id, {"month": "5"})
    assert (job.definition, job.parameters) == (made.schedule.id, {"month": 5})
    assert job.label == LABEL
    with pytest.raises(ParameterError):
        jobs.run_now(made.schedule.id, {"month": "x"})


def test_a_paused_definition_goes_on_only_while_it_is_approved(
    jobs: JobService, notebook: Path, mlops_workspace: Workspace
) -> None:
    made = jobs.define(Request(notebook=notebook, label=LABEL), cron="@daily", timezone="UTC")
    number = made.schedule.id
    jobs.activate(number, active=False)
    assert jobs.definition(number).schedule.pause_reason == "paused by tester"
    jobs.activate(number, active=True)
    jobs.activate(number, active=False)
    version = mlops_workspace.approvals.approved_version("flights")
    mlops_workspace.approvals.withdraw(version, comment="wrong")
    with pytest.raises(NotApprovedError, match="tester withdrew the approval"):
        jobs.activate(number, active=True)


def test_a_deleted_definition_takes_its_jobs_along(jobs: JobService, notebook: Path) -> None:
    made = jobs.define(Request(notebook=notebook, label=LABEL), cron="@daily", timezone="UTC")
    jobs.run_now(made.schedule.id)
    jobs.forget(made.schedule.id)
    assert (jobs.definitions(), jobs.count(JobQuery())) == ([], 0)


def test_jobs_are_found_by_what_is_asked_for(
    jobs: JobService, notebook: Path, mlops_clock: FixedClock
) -> None:
    for name, tags in (("b 100%", ("red",)), ("a", ("red", "blue")), ("c", ())):
        mlops_clock.advance(minutes=1)
        jobs.submit(Request(notebook=notebook, label=Label(name=name, tags=tags)))
    jobs.stop(jobs.jobs(JobQuery(name="c"))[0].id)

    def names(query: JobQuery) -> list[str]:
        assert jobs.count(query) >= len(jobs.jobs(query))
        return [job.label.name for job in jobs.jobs(query)]

    assert names(JobQuery()) == ["c", "a", "b 100%"]
    assert names(JobQuery(limit=1, offset=1)) == ["a"]
    assert names(JobQuery(order=(("name", False),))) == ["a", "b 100%", "c"]
    assert names(JobQuery(order=(("status", True), ("name", True)))) == ["c", "b 100%", "a"]
    assert names(JobQuery(state=JobState.QUEUED)) == ["a", "b 100%"]
    assert names(JobQuery(tags=("red",))) == ["a", "b 100%"]
    assert names(JobQuery(tags=("red", "blue"))) == ["a"]
    assert names(JobQuery(name="b 100%")) == ["b 100%"]
    assert names(JobQuery(name="%")) == []


def test_a_job_is_called_otherwise(jobs: JobService, notebook: Path) -> None:
    job = submitted(jobs, notebook)
    jobs.rename(job.id, "other")
    assert jobs.job(job.id).label == Label(
        name="other", tags=LABEL.tags, formats=LABEL.formats, options=LABEL.options
    )


def test_a_job_that_has_left_nothing_says_so(jobs: JobService, notebook: Path) -> None:
    job = submitted(jobs, notebook)
    assert set(jobs.files(job)) == {"input"}
    jobs.stop(job.id)
    with pytest.raises(UsageError, match="has left no file of the kind ipynb"):
        jobs.files(jobs.job(job.id))
