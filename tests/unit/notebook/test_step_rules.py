"""A label says how the runs of its step are to be, and a build takes it along."""

from __future__ import annotations

import pytest

from nbmlops.domain.resources import ALL_OF_IT
from nbmlops.domain.rules import StepRules
from nbmlops.errors import BuildRefusedError
from nbmlops.notebook.document import from_sources
from nbmlops.notebook.labels import label_of
from nbmlops.pipelines.convert import build


def test_limits_stand_behind_the_name_or_before_it() -> None:
    """Each may be written with an equals sign."""
    line = (
        "%mlops track --retries=3 fetch --timeout 5m --retry-delay 0s --on-failure skip --no-cache"
    )
    label = label_of(line)
    assert label is not None
    assert (label.name, label.problem) == ("fetch", None)
    assert label.rules == StepRules(
        timeout=300.0, retries=3, retry_delay=0.0, on_failure="skip", cache=False
    )


def test_a_step_asks_for_gpus_and_for_other_resources_of_a_worker() -> None:
    """One beside the other; ``--gpus 2`` is ``--resources GPU=2``."""
    label = label_of("%mlops track train --gpus 2 --resources=licence=0.5 --resources DISK=1")
    assert label is not None
    assert (label.name, label.problem) == ("train", None)
    assert label.rules == StepRules(resources={"GPU": 2.0, "licence": 0.5, "DISK": 1.0})


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("fetch --timeout 5", "--timeout '5' is wrong: write 90s, 30m or 1h30m"),
        ("fetch --timeout 0s", "--timeout '0s' is wrong: write 90s, 30m or 1h30m"),
        ("fetch --retries many", "--retries 'many' is wrong: write a whole number"),
        ("fetch --on-failure", "--on-failure '' is wrong: write fail, skip or continue"),
        ("train --gpus 0", "--gpus '0' is wrong: write a whole number"),
        ("train --gpus 0.5", "--gpus '0.5' is wrong: write a whole number"),
        (
            "train --resources GPU",
            f"--resources 'GPU' is wrong: write {ALL_OF_IT}",
        ),
        ("--retries 3", "limits belong to a step, and this line names none"),
    ],
)
def test_a_wrong_limit_is_a_problem_of_the_label(options: str, problem: str) -> None:
    """The name holds all the same."""
    label = label_of(f"%mlops track {options}")
    assert label is not None
    assert label.problem == problem


def test_limits_make_another_pipeline_version_and_the_same_step() -> None:
    """An approval is of them too; a recorded result still holds."""
    plain, limited = (
        build(from_sources([(f"%mlops track a{rules}\nx = 1", ())]), name="p", notebook="p.ipynb")
        for rules in ("", " --retries 2")
    )
    assert plain.digest != limited.digest
    assert plain.steps[0].digest == limited.steps[0].digest
    assert limited.steps[0].rules == StepRules(retries=2)


def test_a_build_refuses_a_wrong_limit() -> None:
    """Nobody finds out in the night."""
    document = from_sources([("%mlops track a --retries x\nx = 1", ())])
    with pytest.raises(BuildRefusedError, match="write a whole number"):
        build(document, name="p", notebook="p.ipynb")
