"""What a kernel runs in, and what it leaves running."""

from __future__ import annotations

import asyncio
import importlib
import os
import random
import re
import sys
import threading
import zipfile
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from nbmlops.capture import randomness
from nbmlops.capture.environment import EnvironmentProbe, describe, look_ahead
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
    written = tmp_path / "Some_Thing-1.2.dist-info" / "METADATA"
    written.parent.mkdir()
    written.write_text("Metadata-Version: 2.1\nName: Some_Thing\nVersion: 1.2\n")
    assert probe.take().distributions["some-thing"] == "1.2"
    assert probe.take().digest != first.digest


def test_a_file_beside_the_notebook_is_no_reason_to_look_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    probe = EnvironmentProbe()
    first = probe.take()
    (tmp_path / "written-by-a-cell.csv").write_text("a,b\n")
    assert probe.take() is first


def test_an_archive_on_the_path_that_is_replaced_is_looked_into_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "some.zip"
    monkeypatch.syspath_prepend(archive)
    for version in ("1.2", "1.3"):
        with zipfile.ZipFile(archive, "w") as file:
            text = f"Metadata-Version: 2.1\nName: zipped\nVersion: {version}\n"
            file.writestr(f"zipped-{version}.dist-info/METADATA", text)
        if version == "1.2":
            probe = EnvironmentProbe()
            assert probe.take().distributions["zipped"] == "1.2"
    os.utime(archive, (0, 0))
    importlib.invalidate_caches()
    assert probe.take().distributions["zipped"] == "1.3"


def test_what_is_installed_after_a_look_ahead_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    describe()
    look_ahead()
    written = tmp_path / "some_thing-1.2.dist-info" / "METADATA"
    written.parent.mkdir()
    written.write_text("Metadata-Version: 2.1\nName: some_thing\nVersion: 1.2\n")
    assert describe().distributions["some-thing"] == "1.2"


def test_metadata_that_is_written_anew_in_its_place_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nothing was made or removed in the folder for long."""
    monkeypatch.syspath_prepend(tmp_path)
    written = tmp_path / "some_thing-1.2.dist-info" / "METADATA"
    written.parent.mkdir()
    for version in ("1.2", "1.2.post1"):
        written.write_text(f"Metadata-Version: 2.1\nName: some_thing\nVersion: {version}\n")
        os.utime(tmp_path, (1_000_000_000, 1_000_000_000))
        assert describe().distributions["some-thing"] == version


def test_what_it_finds_is_what_pip_would_list() -> None:
    expected = {
        re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower(): found.version
        for found in reversed(list(metadata.distributions()))
    }
    assert describe().distributions == expected


def draw() -> tuple[float, float]:
    return random.random(), np.random.rand()  # noqa: NPY002, S311 (the global generators)


def test_random_state_survives_the_store() -> None:
    encoded = encode(randomness.state())
    drawn = draw()
    randomness.restore(decode(encoded.stream, encoded.buffers))
    assert draw() == drawn


def test_a_thread_counts_until_it_has_ended() -> None:
    late, end = LateWriters(), threading.Event()
    assert not late.since()
    late.begin()
    thread = threading.Thread(target=end.wait)
    thread.start()
    late.end()
    assert late.since()
    late.begin()
    late.end()
    end.set()
    thread.join()
    assert late.since(), "it may have written since"
    late.begin()
    late.end()
    assert not late.since()


def test_a_task_counts_until_it_is_done() -> None:
    async def session() -> list[bool]:
        late = LateWriters()
        late.begin()
        task = asyncio.create_task(asyncio.sleep(0.01))
        late.end()
        seen = [bool(late.since())]
        late.begin()
        late.end()
        await task
        seen.append(bool(late.since()))
        late.begin()
        late.end()
        return [*seen, bool(late.since())]

    assert asyncio.run(session()) == [True, True, False]
