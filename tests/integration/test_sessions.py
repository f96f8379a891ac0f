"""Versions go on across kernels, restarts and processes that write at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def versions(kernel: Any, step: str) -> list[tuple[int, str | None]]:
    """The version number and the digest of each execution of a step."""
    return [
        (found.version.number, found.record.session)
        for found in kernel.executions()
        if found.version is not None and found.version.step.name == step
    ]


def numbers(kernel: Any, step: str) -> list[int]:
    return [number for number, _ in versions(kernel, step)]


def test_versions_go_on_after_a_restart(start_kernel: Callable[..., Any]) -> None:
    kernel = start_kernel()
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track s\nx = 1")
    kernel.run("%mlops track s\nx = 2")
    kernel.restart()
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track s\nx = 2")
    kernel.run("%mlops track s\nx = 3")
    assert numbers(kernel, "s") == [1, 2, 2, 3]
    assert len({session for _, session in versions(kernel, "s")}) == 2


SAME = (
    "%mlops track same\nx = [1, 2]",
    "%mlops track same\nx = [1, 2]",
    "%mlops track same\n\nx=[1,2]  # a comment",
    "%%mlops track same\nx = [\n    1,\n    2,\n]",
    "%mlops track same --metric n\n# told\nx = [1, 2]",
)


def test_formatting_comments_and_the_label_make_no_version(kernel: Any) -> None:
    for source in SAME:
        kernel.run(source)
    kernel.run("x = [1, 2]", tags=("step:same",))
    assert numbers(kernel, "same") == [1] * 6
    kernel.run("%mlops track same\nx = [1, 3]")
    assert numbers(kernel, "same")[-1] == 2


FUNCTIONS = (
    ("def f(n):\n    return g(n)", 1),
    ("def g(n):\n    return n + 1", 2),
    ("def g(n):\n    return (n + 1)  # the same", 2),
    ("def g(n):\n    return n + 2", 3),
    ("def unrelated():\n    pass", 3),
    ("import functools\n@functools.cache\ndef g(n):\n    return n + 3", 4),
    ("exec('def g(n):\\n    return n + 4')", 5),
    ("def g(n):\n    return n + 2", 3),
)


def test_a_changed_function_that_the_step_uses_makes_a_version(kernel: Any) -> None:
    for definition, number in FUNCTIONS:
        kernel.run(definition)
        kernel.run("%mlops track uses\ny = f(1) if 'g' in globals() else 0")
        assert numbers(kernel, "uses")[-1] == number, definition


def test_a_function_from_a_cell_that_failed_counts_as_far_as_it_came(kernel: Any) -> None:
    kernel.run("def late():\n    return 1")
    kernel.run("%mlops track failing\nlate()")
    kernel.run("1 / 0\ndef late():\n    return 2")
    kernel.run("%mlops track failing\nlate()")
    kernel.run("def late():\n    return 2\n1 / 0")
    kernel.run("%mlops track failing\nlate()")
    assert numbers(kernel, "failing") == [1, 1, 2]


def test_two_kernels_of_one_project_record_side_by_side(start_kernel: Callable[..., Any]) -> None:
    first = start_kernel()
    second = start_kernel(first.notebook)
    for kernel in (first, second):
        kernel.run("%load_ext nbmlops")
    waiting = []
    for number in range(20):
        for kernel in (first, second):
            source = f"%mlops track s\nx = {number % 10}"
            waiting.append((kernel, kernel.send(source)))
    for kernel, message_id in waiting:
        outcome = kernel.collect(message_id)
        assert (outcome.status, outcome.stderr) == ("ok", "")
    found = first.executions()
    assert len(found) == 40
    assert {e.version.number for e in found} == set(range(1, 11))
    by_digest = {e.record.digest: e.version.number for e in found}
    assert sorted(by_digest.values()) == list(range(1, 11))
