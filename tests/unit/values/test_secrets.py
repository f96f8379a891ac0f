"""Secrets: taken from their place, and kept out of texts, bytes and pickles."""

from __future__ import annotations

import base64
import os
import pickle
import sys
import threading
import types
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from nbmlops.errors import NotStorableError, SecretError
from nbmlops.values import secrets
from nbmlops.values.codec import encode
from nbmlops.values.secrets import Secret

TEXT = 'hunter2\'s "day"'


@pytest.fixture(autouse=True)
def _signing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A signing key of the test's own, and no secrets left behind."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("NBMLOPS_TEST_TOKEN", TEXT)
    yield
    secrets.forget()


def test_a_secret_is_a_text_whose_repr_and_pickle_name_its_place():
    token = Secret("env:NBMLOPS_TEST_TOKEN")
    assert token == TEXT
    assert f"Bearer {token}" == f"Bearer {TEXT}"
    assert repr(token) == "Secret('env:NBMLOPS_TEST_TOKEN')"
    stored = pickle.dumps({"token": token})
    assert b"hunter2" not in stored
    assert pickle.loads(stored) == {"token": TEXT}


def test_an_imported_module_holds_no_secret_though_one_can_be_reached_from_it(
    monkeypatch: pytest.MonkeyPatch,
):
    """It is kept by its name; one that nothing imports is kept with what it holds."""
    own = types.ModuleType("made_of_secrets")
    own.token = str(Secret("env:NBMLOPS_TEST_TOKEN"))  # type: ignore[attr-defined]
    assert secrets.exposed_by({"a": own})
    monkeypatch.setitem(sys.modules, "made_of_secrets", own)
    assert not any(map(secrets.exposed_by, [{"a": own}, os, threading]))


def test_a_file_gives_its_text_without_the_last_line_end(tmp_path: Path):
    path = tmp_path / "token"
    path.write_text("s3cret-in-file\n", encoding="utf-8")
    assert Secret(f"file:{path}") == "s3cret-in-file"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("env:NBMLOPS_NOT_SET", "no secret at env:NBMLOPS_NOT_SET"),
        ("file:/nowhere/at/all", "no secret at file"),
        ("swordfish", "given by its place"),
        ("https://swordfish", "given by its place"),
    ],
)
def test_a_place_without_a_secret_is_refused(source: str, words: str):
    with pytest.raises(SecretError, match=words) as caught:
        Secret(source)
    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize(
    "spelling",
    [
        TEXT,
        repr(TEXT),
        'hunter2\'s \\"day\\"',
        "hunter2&#x27;s &quot;day&quot;",
        "hunter2%27s%20%22day%22",
    ],
)
def test_a_secret_is_masked_as_python_json_html_and_urls_write_it(spelling: str):
    Secret("env:NBMLOPS_TEST_TOKEN")
    assert "hunter2" not in secrets.masked(f"a {spelling} b")
    assert secrets.masked_inside({"a": [spelling]}) != {"a": [spelling]}


@pytest.mark.parametrize("encode", [quote, quote_plus, partial(quote, safe="")])
def test_a_secret_is_masked_as_urls_write_it(
    monkeypatch: pytest.MonkeyPatch, encode: Callable[[str], str]
):
    monkeypatch.setenv("NBMLOPS_TEST_TOKEN", "s3cr3t+Zq9/W x77")
    written = encode(Secret("env:NBMLOPS_TEST_TOKEN"))
    assert secrets.masked(f"db://me:{written}@host") == f"db://me:{secrets.MASK}@host"


class Client:
    def __init__(self, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", [b"", b"u", b"me", b"me:", b"user:"])
@pytest.mark.parametrize("after", [b"", b"\n", b"@x", b"and more"])
def test_a_secret_is_masked_as_base64_writes_it_amid_anything(
    encode: Callable[[bytes], bytes], before: bytes, after: bytes
):
    text = Secret("env:NBMLOPS_TEST_TOKEN").encode()
    found = secrets.masked(f"Basic {encode(before + text + after).decode()}")
    assert secrets.MASK in found
    left = found.removeprefix("Basic ").replace(secrets.MASK, "")
    assert len(left) <= len(encode(before + after)) + 4
    assert secrets.in_bytes([encode(before + text + after)])


@pytest.mark.parametrize("before", [b"", b"u", b"me", b"me:", b"user:"])
@pytest.mark.parametrize("after", [b"", b"\n", b"@x", b"and more"])
@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_a_secret_is_masked_as_base32_and_hex_write_it_amid_anything(
    change: Callable[[str], str], before: bytes, after: bytes
):
    text = Secret("env:NBMLOPS_TEST_TOKEN").encode()
    content = before + text + after
    for written in (base64.b32encode(content).decode(), content.hex(), content.hex(":")):
        found = secrets.masked(change(written))
        assert secrets.MASK in found
        assert len(found) - len(secrets.MASK) <= 3 * len(before + after) + 8
    assert secrets.in_bytes([content.hex().encode()])


def test_a_secret_that_is_printed_backwards_is_masked():
    token = Secret("env:NBMLOPS_TEST_TOKEN")
    assert secrets.masked(f"<{token[::-1]}>") == f"<{secrets.MASK}>"


def test_a_short_secret_is_not_looked_for_in_hex_nor_backwards(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NBMLOPS_TEST_TOKEN", "evil")
    encoded = Secret("env:NBMLOPS_TEST_TOKEN").encode().hex()
    assert secrets.masked(f"live {encoded}") == f"live {encoded}"


def test_a_short_secret_is_not_looked_for_in_base64(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NBMLOPS_TEST_TOKEN", "pass")
    encoded = base64.b64encode(Secret("env:NBMLOPS_TEST_TOKEN").encode()).decode()
    assert secrets.masked(encoded) == encoded


def test_what_holds_the_text_of_a_secret_is_not_stored():
    import numpy as np

    token = Secret("env:NBMLOPS_TEST_TOKEN")
    plain = str(token)
    held: list[Any] = [plain, {"h": f"Bearer {token}"}, Client(token), np.array([plain] * 9)]
    for value in held:
        with pytest.raises(NotStorableError, match="secret"):
            encode(value)
    assert secrets.carried_by(Client(token))
    assert not secrets.carried_by(["a", 1])
    assert b"hunter2" not in encode({"t": token}).stream


def test_a_secret_of_a_few_letters_is_not_stored_either(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NBMLOPS_TEST_TOKEN", "abc")
    token = Secret("env:NBMLOPS_TEST_TOKEN")
    assert secrets.masked("abcdef") == "abcdef"
    with pytest.raises(NotStorableError):
        encode(str(token))


def test_its_fingerprint_needs_the_user_s_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    one = secrets.keyed("a")
    assert one == secrets.keyed("a") != secrets.keyed("b")
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "other"))
    assert secrets.keyed("a") != one


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title, str.capitalize, str.swapcase])
def test_a_secret_is_masked_in_capitals_or_without(
    change: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NBMLOPS_TEST_TOKEN", "hunTer2")
    token = Secret("env:NBMLOPS_TEST_TOKEN")
    assert secrets.masked(f"<{change(token)}>") == f"<{secrets.MASK}>"
    amid = "and so on, " * 100
    assert secrets.masked(f"{amid}{change(token)}") == f"{amid}{secrets.MASK}"
    assert secrets.masked(amid) is amid


def test_a_short_word_is_not_looked_for_in_capitals(monkeypatch: pytest.MonkeyPatch):
    """It may be a word of any text."""
    monkeypatch.setenv("NBMLOPS_TEST_TOKEN", "Monday")
    Secret("env:NBMLOPS_TEST_TOKEN")
    assert secrets.masked("Monday, monday") == f"{secrets.MASK}, monday"
