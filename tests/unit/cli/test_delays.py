"""A verb says that what it stored has not arrived where the team finds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from nbmlops.testing import Notebook

Shell = Callable[..., Any]


def test_a_verb_does_its_work_and_says_what_waits(
    s3_url: str, s3_server: str, tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    del s3_url  # but not what it sets
    store = tmp_path / ".nbmlops"
    store.mkdir()
    (store / "config.toml").write_text('[store]\nobjects = "s3://of-a-later-day"\n')
    monkeypatch.chdir(tmp_path)
    Notebook(tmp_path).step("train", "model = 1").save("flights.ipynb")
    answer = shell("build", "flights.ipynb")
    assert answer.code == 0
    assert "waits on this machine's disk. The bucket of s3://of-a-later-day" in answer.err
    httpx.put(f"{s3_server}/of-a-later-day").raise_for_status()
    assert "nothing" in shell("store", "info").out
    assert shell("pipelines").err == ""
