"""Only what this user signed is trusted."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nbmlops.errors import StoreCorruptError, StoreUnwritableError
from nbmlops.values.signing import KEY_FILE_VARIABLE, Signer, key_file


def test_a_signature_holds_for_these_bytes_and_this_key_only() -> None:
    signer = Signer(b"k" * 32)
    signature = signer.sign(b"data")
    assert signer.verify(b"data", signature)
    assert not signer.verify(b"Data", signature)
    assert not signer.verify(b"data", "")
    assert not signer.verify(b"data", "é")
    assert not Signer(b"K" * 32).verify(b"data", signature)


def test_the_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "signing-key"
    signature = Signer.for_user(path).sign(b"data")
    assert Signer.for_user(path).verify(b"data", signature)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["signing-key"]


def test_the_environment_names_another_key_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(tmp_path / "team"))
    assert key_file() == tmp_path / "team"
    Signer.for_user()
    assert (tmp_path / "team").exists()


def test_the_key_lies_outside_of_projects_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_FILE_VARIABLE, raising=False)
    assert key_file().is_absolute()
    assert key_file().name == "signing-key"


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"short")
    with pytest.raises(StoreCorruptError, match="does not hold a signing key"):
        Signer.for_user(path)


def test_a_key_that_cannot_be_made_names_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnwritableError, match=KEY_FILE_VARIABLE):
        Signer.for_user(tmp_path / "file" / "key")


@pytest.mark.slow
def test_processes_that_make_the_key_at_once_agree(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from nbmlops.values.signing import Signer; "
        "sys.stdin.readline(); print(Signer.for_user(Path(sys.argv[1])).sign(b'x'))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "key")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(6)
    ]  # fmt: skip
    assert len({process.communicate("go\n", timeout=60)[0] for process in processes}) == 1
