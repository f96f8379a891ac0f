"""Objects are copied between folders and buckets: all of them, once, and compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbmlops.errors import UsageError
from nbmlops.store.objects.copying import copy
from nbmlops.store.objects.folder import FolderObjectStore

Shell = Callable[..., Any]


def nobody(done: int, total: int) -> None:
    """Look at no progress."""
    del done, total


@pytest.fixture
def folder(tmp_path: Path) -> FolderObjectStore:
    """A store with objects of each kind."""
    store = FolderObjectStore(tmp_path / "objects")
    for content in (b"", b"small", b"flights " * 10_000, hashlib.shake_128(b"x").digest(10**7)):
        store.put(content)
    return store


def test_a_folder_comes_back_from_a_bucket_as_it_was(
    folder: FolderObjectStore, s3_url: str, tmp_path: Path
) -> None:
    there = copy(str(tmp_path / "objects"), s3_url, progress=nobody)
    assert (there.objects, there.there, there.damaged) == (4, 0, ())
    between = copy(s3_url, f"{s3_url}/copy", progress=nobody)
    assert between.objects == 4
    back = copy(f"{s3_url}/copy", str(tmp_path / "back"), progress=nobody)
    assert back.bytes == there.bytes
    other = FolderObjectStore(tmp_path / "back")
    assert {key: other.get(key) for key in other.keys()} == {  # noqa: SIM118  not a dict
        key: folder.get(key)
        for key in folder.keys()  # noqa: SIM118  not a dict
    }


def test_a_copy_goes_on_where_it_was_stopped(folder: FolderObjectStore, tmp_path: Path) -> None:
    stopped = KeyboardInterrupt()

    def stop(done: int, total: int) -> None:
        if done == 2 and total == 4:
            raise stopped

    with pytest.raises(KeyboardInterrupt):
        copy(str(tmp_path / "objects"), str(tmp_path / "to"), progress=stop)
    done = copy(str(tmp_path / "objects"), str(tmp_path / "to"), progress=nobody)
    assert done.there >= 2
    assert done.there + done.objects == 4
    copied = FolderObjectStore(tmp_path / "to")
    assert {item.key for item in copied.stored()} == {item.key for item in folder.stored()}


def test_what_is_damaged_is_named_and_left_out(
    folder: FolderObjectStore, tmp_path: Path, shell: Shell
) -> None:
    key = folder.put(b"damaged")
    file = tmp_path / "objects" / key[:2] / key[2:]
    file.chmod(0o644)
    file.write_bytes(b"DAMAGED")
    answer = shell("store", "copy", str(tmp_path / "objects"), str(tmp_path / "to"))
    assert answer.code == 1
    assert f"Left out, as it is damaged: {key}" in answer.out
    assert not FolderObjectStore(tmp_path / "to").exists(key)


def test_a_place_without_objects_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There are no objects in"):
        copy(str(tmp_path), str(tmp_path / "to"), progress=nobody)
    with pytest.raises(UsageError, match="gs:// is no place for objects"):
        copy("gs://bucket", str(tmp_path), progress=nobody)


def test_info_sends_what_waits_and_says_why_it_cannot(
    s3_url: str, tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    del s3_url  # but not what it sets
    store = tmp_path / ".nbmlops"
    store.mkdir()
    (store / "config.toml").write_text('[store]\nobjects = "s3://no-such-bucket/x"\n')
    monkeypatch.chdir(tmp_path)
    answer = shell("store", "info")
    assert answer.code == 0
    assert "The bucket of s3://no-such-bucket/x does not exist." in " ".join(answer.out.split())
    assert "waiting to be sent" in answer.out
