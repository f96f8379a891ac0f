"""What a job is in the models of jupyter-scheduler."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nbmlops.domain.jobs import Job, JobState, Label
from nbmlops.testing import NOON

models = pytest.importorskip("jupyter_scheduler.models", reason="jupyter-scheduler is not there")

JOB = Job(
    id=7,
    definition=None,
    pipeline="flights",
    version_id=1,
    notebook="notebooks/flights.ipynb",
    label=Label(name="a job", tags=("red",), formats=("html",), options={"compute_type": "small"}),
    state=JobState.FAILED,
    parameters={"month": 3, "name": "x", "days": [1, 2], "day": None},
    created_at=NOON,
    started_at=NOON + timedelta(seconds=1),
    ended_at=NOON + timedelta(seconds=2),
    note="flights#1 failed.",
)


def test_a_job_is_shown_with_what_was_asked_for_and_what_became_of_it() -> None:
    from nbmlops.server.jobs import translation

    shown = translation.job_model(JOB, name="job-1-7", definition=None)
    assert (shown.status, shown.status_message) == (models.Status.FAILED, "flights#1 failed.")
    assert shown.input_filename == "flights.ipynb"
    assert shown.parameters == {"month": "3", "name": "x", "days": "[1, 2]", "day": "null"}
    assert translation.moment_of(shown.create_time) == NOON
    assert shown.end_time - shown.start_time == 1000
    assert translation.label_of(shown) == Label(
        name="a job",
        tags=("red",),
        formats=("html",),
        options={**JOB.label.options, "output_filename_template": shown.output_filename_template},
    )


def test_every_state_has_a_status_of_its_own() -> None:
    from nbmlops.server.jobs.translation import STATUSES, state_of

    assert {state_of(STATUSES[state]) for state in JobState} == set(JobState)
    assert state_of(models.Status.CREATED) is None
