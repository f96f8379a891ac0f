"""How a bucket is reached, and what is said where it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from nbmlops.errors import StoreError, StoreRefusedError, StoreUnreachableError, UsageError
from nbmlops.store.objects.bucket import Bucket, explained


@dataclass(frozen=True)
class Wrong:
    url: str
    said: str


@dataclass(frozen=True)
class Refused:
    driver: str
    said: str


WRONG = [
    Wrong("s3://", "does not name a place in S3"),
    Wrong("s3:///prefix", "does not name a place in S3"),
    Wrong("https://bucket/prefix", "does not name a place in S3"),
    Wrong("s3://key:secret@bucket/prefix", "AWS_PROFILE or AWS_ACCESS_KEY_ID names them"),
]

REFUSED = [
    Refused("403 Forbidden: <Error><Code>InvalidAccessKeyId</Code>", "does not know this access"),
    Refused("403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code>", "AWS_SECRET_ACCESS_KEY"),
    Refused("403 Forbidden: <Error><Code>AccessDenied</Code>", "does not let this access key"),
    Refused("301 Moved Permanently: <Code>PermanentRedirect</Code>", "in another region"),
    Refused("503: <Error><Code>SlowDown</Code>", "does not do what it is asked: SlowDown"),
    Refused("Error performing PUT http://x - HTTP error: timed out", "HTTP error: timed out."),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.url)
def test_a_url_that_names_no_bucket_is_refused_and_its_secret_not_repeated(case: Wrong) -> None:
    with pytest.raises(UsageError, match=case.said) as caught:
        Bucket(case.url)
    assert "secret@" not in str(caught.value)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.said)
def test_each_answer_of_a_server_has_its_sentence(case: Refused) -> None:
    error = explained(ValueError(case.driver), "s3://bucket")
    assert case.said in str(error)
    assert error.cure


def test_a_bucket_that_is_not_there_is_not_a_name_that_is_not_there(s3_url: str) -> None:
    assert Bucket(s3_url).find("name") is None
    for ask in (Bucket("s3://no-such").read, Bucket("s3://no-such").entries):
        with pytest.raises(StoreRefusedError, match="The bucket of s3://no-such does not exist"):
            list(ask("name") or ())


def test_a_server_that_is_not_there_is_said_to_be(
    s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreUnreachableError, match="cannot be reached"):
        Bucket(s3_url).write("name", b"")


def test_without_an_access_key_nobody_is_asked(
    s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(StoreRefusedError, match="there is none here"):
        Bucket(s3_url).write("name", b"")


def test_a_profile_says_where_and_with_which_key(
    s3_url: str, s3_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    (tmp_path / "no-config").write_text(f"[profile team]\nendpoint_url = {s3_server}\n")
    (tmp_path / "no-credentials").write_text(
        "[team]\naws_access_key_id = key\naws_secret_access_key = made up\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "team")
    assert Bucket(s3_url).write("name", b"content")
    monkeypatch.setenv("AWS_PROFILE", "other")
    with pytest.raises(UsageError, match="names 'other', and there is no such profile"):
        Bucket(s3_url).write("name", b"")


def test_bytes_are_put_once_where_that_is_asked_for(s3_url: str) -> None:
    bucket = Bucket(s3_url)
    assert bucket.write("name", b"first", anew=False)
    assert not bucket.write("name", b"second", anew=False)
    assert b"".join(bucket.read("name") or ()) == b"first"
    assert isinstance(explained(ValueError(""), bucket.name), StoreError)
