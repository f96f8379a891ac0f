"""What is copied of what a cell displays."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from nbmlops.capture.outputs import OutputTap, richest

PNG = b"\x89PNG\r\n"
BUNDLES: tuple[tuple[dict[str, Any], tuple[str, bytes]], ...] = (
    ({"text/plain": "3"}, ("text/plain", b"3")),
    ({"text/plain": "<f>", "text/html": "<b>f</b>"}, ("text/html", b"<b>f</b>")),
    (
        {"text/plain": "<fig>", "image/png": base64.b64encode(PNG).decode()},
        ("image/png", PNG),
    ),
    ({"image/png": PNG}, ("image/png", PNG)),
    ({"image/png": "not base64 é"}, ("image/png", "not base64 é".encode())),
    ({"application/json": {"a": 1}}, ("application/json", b'{"a": 1}')),
    ({"text/plain": "<s>", "image/svg+xml": "<svg/>"}, ("image/svg+xml", b"<svg/>")),
)


@pytest.mark.parametrize(("bundle", "kept"), BUNDLES)
def test_the_form_that_says_most_is_kept(bundle: dict[str, Any], kept: tuple[str, bytes]) -> None:
    output = richest(bundle)
    assert output is not None
    assert (output.media_type, output.content) == kept


@pytest.mark.parametrize(
    "bundle", [{}, {"application/x-unknown": "?"}, {"application/vnd.nbmlops.diff+json": {}}]
)
def test_our_own_answers_and_unknown_types_are_not_kept(bundle: dict[str, Any]) -> None:
    assert richest(bundle) is None


class Publisher:
    """Publishes as a kernel does: through its hooks."""

    def __init__(self) -> None:
        self.hooks: list[Any] = []
        self.register_hook = self.hooks.append

    def unregister_hook(self, hook: Any) -> bool:
        """Forget a hook."""
        self.hooks.remove(hook)
        return True

    def publish(self, kind: str, data: dict[str, Any]) -> Any:
        """What arrives at the front end."""
        message: Any = {"msg_type": kind, "content": {"data": data}}
        for hook in self.hooks:
            message = hook(message)
        return message


class Shell:
    """A shell with a publisher that takes hooks and one that does not."""

    def __init__(self) -> None:
        self.display_pub = Publisher()
        self.displayhook = object()


def test_messages_pass_unchanged_while_they_are_copied() -> None:
    shell = Shell()
    tap = OutputTap(shell)
    data = {"text/plain": "3"}
    with tap:
        assert shell.display_pub.publish("display_data", data)["content"]["data"] is data
        shell.display_pub.publish("update_display_data", data)
    shell.display_pub.publish("display_data", data)
    assert [output.content for output in tap.outputs] == [b"3"]
    assert shell.display_pub.hooks == []
