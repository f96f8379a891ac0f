"""Messages and open files travel between processes."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbmlops.execution.kernels import wire

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=30)
@given(st.dictionaries(st.text(), JSON))
def test_a_message_arrives_as_it_was_sent(message: dict[str, Any]) -> None:
    left, right = socket.socketpair()
    with left, right:
        wire.send(left, message)
        assert wire.receive(right) == (message, [])


def test_an_open_file_arrives_with_a_message() -> None:
    left, right = socket.socketpair()
    read, write = os.pipe()
    with left, right:
        wire.send(left, {"take": "it"}, [write])
        _, (given_write,) = wire.receive(right)
    os.write(given_write, b"through")
    assert os.read(read, 10) == b"through"
    for descriptor in (read, write, given_write):
        os.close(descriptor)


def test_the_end_of_the_other_side_is_told_from_a_message() -> None:
    left, right = socket.socketpair()
    left.close()
    with right, pytest.raises(EOFError):
        wire.receive(right)


def test_a_length_that_no_message_has_is_refused() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"\xff\xff\xff\xff{}")
        with pytest.raises(ValueError, match="none of ours"):
            wire.receive(right)


def test_the_user_of_the_other_side_is_known() -> None:
    left, right = socket.socketpair()
    with left, right:
        assert wire.peer_uid(left) == os.getuid()
