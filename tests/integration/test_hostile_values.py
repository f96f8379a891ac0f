"""Values that resist being looked at cost their own record at most, never the cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """A class and an expression that makes such a value; ``reason`` is why it was not kept.

    ``same`` uses it afterwards.
    """

    name: str
    source: str
    value: str = "Odd()"
    reason: str | None = None
    same: str = "type(odd).__name__"


HOSTILE = (
    Hostile(
        name="pickling raises",
        source="class Odd:\n    def __reduce__(self):\n        raise RuntimeError('hands off')",
        reason="hands off",
    ),
    Hostile(
        name="pickling raises what nobody catches",
        source="class Odd:\n    def __reduce__(self):\n        raise SystemExit(3)",
        reason="SystemExit",
    ),
    Hostile(
        name="pickling gives nonsense",
        source="class Odd:\n    def __reduce_ex__(self, protocol):\n        return 5",
        reason="string or tuple",
    ),
    Hostile(
        name="pickling never ends",
        source="class Odd:\n    def __reduce__(self):\n        return Odd, (), {'next': Odd()}",
        reason="nested too deeply",
    ),
    Hostile(
        name="comparing raises",
        source="class Odd:\n    __hash__ = object.__hash__\n"
        "    def __eq__(self, other):\n        raise RuntimeError('no')",
    ),
    Hostile(
        name="it has every attribute, and notes who asks",
        source="class Odd:\n    asked = []\n"
        "    def __getattr__(self, name):\n        Odd.asked.append(name)\n        return self",
        same="Odd.asked",
    ),
    Hostile(
        name="its class says it is another",
        source="class Odd:\n    @property\n    def __class__(self):\n        return int",
        reason="wrong class",
        same="odd.__class__.__name__",
    ),
    Hostile(
        name="its class raises",
        source="class Odd:\n    @property\n    def __class__(self):\n"
        "        raise RuntimeError('no request')",
        reason="RuntimeError: no request",
    ),
    Hostile(
        name="every attribute that it lacks raises",
        source="class Odd:\n    def __getattr__(self, name):\n"
        "        raise RuntimeError('no request for ' + name)",
    ),
    Hostile(
        name="every attribute raises",
        source="class Odd:\n    def __getattribute__(self, name):\n"
        "        raise RuntimeError('no request')",
        reason="RuntimeError: no request",
    ),
    Hostile(
        name="its class answers nothing either",
        source="class Meta(type):\n    def __getattribute__(self, name):\n"
        "        raise ValueError(name)\n    __hash__ = type.__hash__\n"
        "class Odd(metaclass=Meta): pass",
        reason="ValueError",
        same="odd is not None",
    ),
    Hostile(
        name="its class cannot be hashed",
        source="class Meta(type):\n    def __hash__(self):\n        raise ValueError('no hash')\n"
        "class Odd(metaclass=Meta): pass",
        reason="ValueError: no hash",
    ),
    Hostile(
        name="its class has an odd module",
        source="class Odd:\n    pass\nOdd.__module__ = None",
        same="odd.__class__.__name__",
    ),
    Hostile(
        name="a dict that raises when it is read",
        source="class Odd(dict):\n    def __iter__(self):\n        raise RuntimeError('no')\n"
        "    items = keys = values = __getitem__ = __iter__",
        value="Odd(a=1)",
        reason="RuntimeError: no",
        same="len(odd)",
    ),
    Hostile(
        name="its end raises",
        source="class Odd:\n    def __del__(self):\n        raise RuntimeError('no')",
    ),
    Hostile(name="it holds itself", source="odd = []", value="odd + [odd]", same="len(odd)"),
    Hostile(
        name="nested deeply",
        source="odd = []\nfor _ in range(50_000):\n    odd = [odd]",
        value="[odd]",
        same="len(odd)",
    ),
)


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_the_cell_and_its_record_survive(kernel: Any, case: Hostile) -> None:
    kernel.run("%reset -f", silent=True)
    kernel.run("%mlops track")
    made = kernel.run(f"{case.source}\nbeside = [1]")
    assert (made.status, made.stderr) == ("ok", "")
    step = kernel.run(f"%mlops track s\nodd = {case.value}\nbeside.append(2)")
    assert (step.status, step.stderr) == ("ok", "")
    kept = {value.name: value for value in kernel.latest().record.outputs}
    assert kept["beside"].manifest is not None
    if case.reason is None:
        assert kept["odd"].fingerprint is not None
    else:
        assert kept["odd"].manifest is None
        assert case.reason in str(kept["odd"].reason)
    used = kernel.run(case.same)
    assert (used.status, used.stderr) == ("ok", "")


def test_what_is_beside_a_proxy_goes_on_being_recorded_and_comes_back(kernel: Any) -> None:
    """A proxy of werkzeug answers for what it stands for, or raises where that is not there."""
    kernel.run("%reset -f", silent=True)
    kernel.run("%mlops track --values")
    kernel.run(
        "class Proxy:\n    def __getattribute__(self, name):\n"
        "        raise RuntimeError('no request')\nproxy = Proxy()\nrows, n = [proxy, [1]], 1"
    )
    changed = kernel.run("rows[1].append(2)\nn = 2")
    assert (changed.status, changed.stderr) == ("ok", "")
    assert {value.name for value in kernel.latest().record.outputs} >= {"rows", "n"}
    back = kernel.run("%mlops undo --yes")
    assert (back.status, back.stderr) == ("ok", "")
    assert kernel.value("n") == 1
    kernel.run("%mlops track --off")


def test_a_value_that_a_thread_changes_all_the_time_is_not_kept_half(kernel: Any) -> None:
    kernel.run("%reset -f", silent=True)
    kernel.run(
        "import threading\nrows, going = {}, [True]\ndef grow():\n    n = 0\n"
        "    while going:\n        n += 1\n        rows[n % 5000] = n\n"
        "        rows.pop((n * 7) % 5000, None)\n"
        "worker = threading.Thread(target=grow, daemon=True)\nworker.start()"
    )
    for _ in range(5):
        told = kernel.run("%mlops track s\nseen = rows\nx = 1")
        assert (told.status, told.stderr) == ("ok", "")
        record = kernel.latest().record
        assert {value.name for value in record.outputs} >= {"seen", "x"}
    kernel.run("going.clear()\nworker.join()")
    assert kernel.run("%mlops track s\nseen = rows").status == "ok"
    assert kernel.latest().record.outputs[0].manifest is not None


def test_a_dict_of_ten_million_is_given_up_in_time_and_said_so(kernel: Any) -> None:
    kernel.run("%reset -f", silent=True)
    kernel.run("%mlops track")
    kernel.run("big = dict.fromkeys(range(10_000_000))\nbig[5] = {}")
    kernel.run("import time\nbegan = time.perf_counter()", store_history=False)
    kernel.run("n = len(big)")
    took = kernel.value("time.perf_counter() - began")
    assert kernel.latest().record.inputs[0].name == "big"
    assert took < 6
    kernel.run("del big")


def test_two_kernels_of_one_notebook_record_side_by_side(
    kernel: Any, start_kernel: Callable[[Path], Any]
) -> None:
    other = start_kernel(kernel.notebook)
    other.run("%load_ext nbmlops")
    messages = []
    for number in range(8):
        cell = f"%mlops track both\nx = {number}"
        messages.append((kernel.send(cell), other.send(cell)))
    for ours, theirs in messages:
        for found in (kernel.collect(ours), other.collect(theirs)):
            assert (found.status, found.stderr) == ("ok", "")
    recorded = [done for done in kernel.executions() if done.record.step == "both"]
    assert len(recorded) == 16
    assert len({done.record.session for done in recorded}) == 2
    assert len({done.version.number for done in recorded if done.version}) == 8
