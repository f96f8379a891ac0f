"""What two executions of a cell displayed, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from nbmlops.notebook.displayed import compare_displayed


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    """Printed text."""
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data: Any) -> dict[str, Any]:
    """A displayed result; ``_`` in a key stands for ``/``."""
    named = {key.replace("_", "/", 1): value for key, value in data.items()}
    return {"output_type": "execute_result", "data": named, "execution_count": 3, "metadata": {}}


@dataclass(frozen=True)
class Case:
    """Two displays and how they compare."""

    name: str
    before: list[dict[str, Any]]
    after: list[dict[str, Any]]
    kind: str
    why: str = ""
    tolerance: float | None = None


BAR = "  0%|          | 0/3 [00:00<?, ?it/s]\r100%|###| 3/3 [00:01<00:00, 2.71it/s]\n"
CASES = [
    Case("nothing", [], [], "same"),
    Case("split streams", [stream("a"), stream("b")], [stream("ab")], "same"),
    Case("text as lines", [shown(text_plain=["a\n", "b"])], [shown(text_plain="a\nb")], "same"),
    Case("an address", [stream("<o at 0x7f12ab>")], [stream("<o at 0x7f34cd>")], "volatile"),
    Case("a time", [stream("took 1.25 s")], [stream("took 0.9 s")], "volatile"),
    Case("a wall time", [stream("Wall time: 1min 3s")], [stream("Wall time: 59.1 s")], "volatile"),
    Case(
        "a progress bar",
        [stream(BAR, "stderr")],
        [stream(BAR.replace("2.71", "9.99").replace("00:01", "00:02"), "stderr")],
        "volatile",
    ),
    Case("a bar drawn oftener", [stream("1\r2\rdone\n")], [stream("2\rdone\n")], "volatile"),
    Case(
        "a number",
        [stream("auc 0.91")],
        [stream("auc 0.92")],
        "different",
        "stdout, line 1: 'auc 0.91' before, 'auc 0.92' now",
    ),
    Case("close", [stream("auc 0.91")], [stream("auc 0.91000001")], "close", tolerance=1e-6),
    Case("not close", [stream("auc 0.91")], [stream("auc 0.92")], "different", tolerance=1e-6),
    Case("an output less", [stream("a")], [], "different", "stdout before, nothing now"),
    Case("a figure", [shown(image_png="aGE=")], [shown(image_png="aGI=")], "different"),
    Case("a plain count of seconds", [stream("5 sheep")], [stream("6 sheep")], "different"),
    Case("a hexadecimal digest", [stream("0xdeadbeef00112233aa")], [stream("0xd")], "different"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_two_displays_compare(case: Case) -> None:
    found = compare_displayed(case.before, case.after, tolerance=case.tolerance)
    assert found.kind == case.kind
    if case.why:
        assert found.why == case.why
