"""What a cell runs is followed through the calls that made the values it uses."""

from __future__ import annotations

import sys

from nbmlops.notebook.dataflow.graph import Graph, build
from nbmlops.notebook.dataflow.running import Env
from nbmlops.notebook.document import from_sources


def test_a_long_chain_of_calls_and_values_is_followed_once() -> None:
    """Four times as long a chain takes about four times as many looks, not sixteen times."""
    looks = [_looks(length) for length in (40, 160)]
    assert looks[1] < 6 * looks[0]


def test_a_chain_of_values_may_be_as_long_as_it_likes() -> None:
    """No call for each of them."""
    graph = _graph(_values(1_100), "print(x1099)")
    assert [(edge.source, edge.target) for edge in graph.edges] == [(0, 1)]


def test_a_class_behind_the_calls_that_made_a_value_is_found() -> None:
    """However many calls lie between, and whichever of two ways leads there."""
    graph = _graph(
        "log = []\nclass Logger:\n    def __len__(self):\n        return log.append(1) or 1",
        "def make(): return Logger()\none = make()\ndef pass_on(): return [one]\ntwo = pass_on()",
        "three = pass_on()\ndef both(): return two or three\nfour = both()",
        "log.clear()",
        "len(four[0])",
        "print(log)",
    )
    assert (4, 5) in {(edge.source, edge.target) for edge in graph.edges}


def _values(length: int) -> str:
    made = (
        f"def g{number}(): return x{number - 1}\nx{number} = g{number}()"
        for number in range(1, length)
    )
    return "\n".join(["x0 = 1", *made])


def _looks(length: int) -> int:
    """How often it is asked what a name holds, for a cell that calls a chain of functions."""
    functions = ["def f0(): return 1"] + [
        f"def f{number}(): return [x{number}, f{number - 1}()]" for number in range(1, length)
    ]
    asked = 0

    def count(frame: object, event: str, _: object) -> None:
        nonlocal asked
        asked += event == "call" and getattr(frame, "f_code", None) is Env.get.__code__

    sys.setprofile(count)
    try:
        _graph("\n".join([_values(length), *functions]), f"y = f{length - 1}()")
    finally:
        sys.setprofile(None)
    return asked


def _graph(*sources: str) -> Graph:
    return build(from_sources([(source, ()) for source in sources]).code_cells)
