"""A run takes no more of the machine than it may."""

from __future__ import annotations

import os
import sys

import nbformat
import pytest
from papermill.engines import papermill_engines

from nbmlops.domain.rules import StepRules
from nbmlops.domain.sizes import bytes_of, in_words
from nbmlops.errors import UsageError
from nbmlops.execution.limits import Limits, set_by_limits


@pytest.mark.parametrize(
    ("text", "found"),
    [("512M", 512 * 1024**2), ("4G", 4 * 1024**3), ("1.5g", 3 * 1024**3 // 2),
     ("4GiB", 4 * 1024**3), ("2KB", 2048), ("100", 100)],
)  # fmt: skip
def test_an_amount_of_memory_is_read_as_people_write_it(text: str, found: int) -> None:
    assert bytes_of(text) == found


@pytest.mark.parametrize("text", ["", "much", "-1G", "0", "G", "inf", "nan"])
def test_what_is_no_amount_of_memory_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no amount of memory"):
        bytes_of(text)


def test_an_amount_is_said_as_it_was_typed() -> None:
    assert [in_words(bytes_of(text)) for text in ("512M", "4G", "1.5G")] == ["512M", "4G", "1.5G"]


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for processors")
def test_a_kernel_keeps_to_its_processors_and_dies_beyond_its_memory() -> None:
    sources = (
        "import os\nprint(len(os.sched_getaffinity(0)), os.environ['OMP_NUM_THREADS'])",
        "import time\nheap = b'x' * 600_000_000\ntime.sleep(30)",
        "print('never')",
    )
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
    node.metadata["papermill"] = nbformat.NotebookNode()
    papermill_engines.get_engine("nbmlops").execute_notebook(
        node, "python3", progress_bar=False, limits=Limits(memory=400 * 1024**2, cpus=1)
    )
    first, second, third = node.cells
    assert first.outputs[0].text == "1 1\n"
    assert second.outputs[-1].evalue == "out of memory: limit 400M"
    assert [cell.metadata.papermill.status for cell in (first, second, third)] == [
        "completed", "failed", "not run",
    ]  # fmt: skip
    assert os.environ.get("OMP_NUM_THREADS") is None


def test_a_step_is_held_to_its_own_limits_and_no_other_step_to_them() -> None:
    """What it does not ask for is as the run says."""
    limits = Limits(memory=500, cpus=2, steps={"a": StepRules(memory=100), "b": StepRules()})
    assert limits.of("a") == Limits(memory=100, cpus=2)
    assert limits.of("b") == limits.of(None) == Limits(memory=500, cpus=2)


def test_the_largest_that_any_step_asks_for_is_set_aside() -> None:
    """A kernel begins with as many processors as all of its steps keep to, if they do."""
    asked = {"a": StepRules(memory=100, cpus=1), "b": StepRules(memory=300, cpus=2)}
    assert Limits(memory=500, steps=asked).largest == Limits(memory=300, cpus=2)
    assert Limits(memory=500, steps=asked).base == Limits(memory=500, cpus=2)
    assert Limits(steps={**asked, "c": StepRules()}).base == Limits()


def test_the_most_of_each_resource_is_set_aside_and_limits_nothing() -> None:
    """A kernel is where all of its steps find what they ask for."""
    asked = {
        "a": StepRules(resources={"GPU": 1.0}),
        "b": StepRules(resources={"GPU": 2.0, "DISK": 1.0}),
        "c": StepRules(),
    }
    limits = Limits(memory=500, steps=asked)
    assert limits.largest == Limits(memory=500, resources={"GPU": 2.0, "DISK": 1.0})
    assert limits.of("a") == limits.base == Limits(memory=500)


def test_an_environment_tells_of_the_limit_that_a_kernel_had() -> None:
    """What a limit has set is no other environment; what somebody has set is."""
    assert set_by_limits("OMP_NUM_THREADS", "2", [None, 2])
    assert set_by_limits("cpus", "2", [2])
    assert not set_by_limits("OMP_NUM_THREADS", "4", [2])
    assert not set_by_limits("numpy", "2", [2])
