"""What a kernel runs in, and what it leaves running."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from nbmlops.capture import randomness
from nbmlops.capture.environment import EnvironmentProbe, describe
from nbmlops.capture.late import LateWriters
from nbmlops.values.codec import decode, encode


def test_it_names_the_interpreter_and_each_distribution() -> None:
    found = describe()
    assert found.executable == sys.executable
    assert found.distributions["numpy"] == np.__version__
    assert found.digest == describe().digest


def test_it_is_described_again_after_something_was_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    probe = EnvironmentProbe()
    first = probe.take()
    assert probe.take() is first
    metadata = tmp_path / "Some_Thing-1.2.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: Some_Thing\nVersion: 1.2\n")
    assert probe.take().distributions["some-thing"] == "1.2"
    assert probe.take().digest != first.digest


def draw() -> tuple[float, float]:
    return random.random(), np.random.rand()  # noqa: NPY002, S311 (the global generators)


def test_random_state_survives_the_store() -> None:
    encoded = encode(randomness.state())
    drawn = draw()
    randomness.restore(decode(encoded.stream, encoded.buffers))
    assert draw() == drawn


def test_a_thread_counts_until_it_has_ended() -> None:
    late, end = LateWriters(), threading.Event()
    assert not late.begin()
    thread = threading.Thread(target=end.wait)
    thread.start()
    late.end()
    assert late.begin()
    late.end()
    end.set()
    thread.join()
    assert late.begin(), "it may have written since"
    late.end()
    assert not late.begin()


def test_a_task_counts_until_it_is_done() -> None:
    async def session() -> list[bool]:
        late = LateWriters()
        late.begin()
        task = asyncio.create_task(asyncio.sleep(0.01))
        late.end()
        seen = [late.begin()]
        late.end()
        await task
        seen.append(late.begin())
        late.end()
        return [*seen, late.begin()]

    assert asyncio.run(session()) == [True, True, False]
