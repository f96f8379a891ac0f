"""What is seen of a namespace before and after, whatever a cell does in between."""

from __future__ import annotations

import copy
import math
import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nbmlops.capture.candidates import Candidates
from nbmlops.capture.code import candidates_of
from nbmlops.capture.namespace import NamespaceWatch
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.values.fingerprint import fingerprint

NAMES = ("a", "b", "c", "d")
STATEMENTS = (
    "{x} = [1]",
    "{x} = {y}",
    "{x} = [{y}]",
    "{x}.append(2)",
    "{x}.append({y})",
    "{x}[0] = 5",
    "{x} += [3]",
    "del {x}",
    "for {x} in ([0], [1]):\n    {x}.append(1)",
    "{x} = sorted(map(str, {y}))",
    "exec('{x}.append(7)')",
    "globals()['{x}'] = [8]",
    "if {x} == {y}:\n    {x}.append(4)",
    "len({x})",
)
cells = st.builds(
    lambda template, x, y: template.format(x=x, y=y),
    st.sampled_from(STATEMENTS),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
)


def visible(namespace: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in namespace.items() if name in NAMES}


@given(st.lists(cells, max_size=12))
def test_every_value_that_changed_is_an_output_and_every_name_that_went_is_deleted(
    sources: list[str],
) -> None:
    namespace: dict[str, Any] = {"a": [0], "b": [1]}
    watch = NamespaceWatch(namespace, {})
    for source in sources:
        before = copy.deepcopy(visible(namespace))
        watch.before(candidates_of(analyze(source), {}))
        finished = run(source, namespace)
        changes = watch.after(finished=finished)
        after = visible(namespace)
        changed = {
            name for name, value in after.items() if _shape(before.get(name)) != _shape(value)
        }
        assert changed <= changes.outputs.keys(), source
        assert set(changes.deleted) == before.keys() - after.keys()
        assert all(changes.outputs[name] is namespace[name] for name in changes.outputs)


def run(source: str, namespace: dict[str, Any]) -> bool:
    """Run a cell; whether it came to its end."""
    try:
        exec(source, namespace)
    except (NameError, TypeError, IndexError, AttributeError, RecursionError):
        return False
    return True


def _shape(value: Any) -> str:
    """The content of a value, a cycle included."""
    return "absent" if value is None else repr(value)


def test_what_the_shell_put_there_is_not_seen() -> None:
    hidden = {"exit": object()}
    namespace: dict[str, Any] = {**hidden, "In": [], "_": 1, "_i3": "", "__name__": "m", "x": 1}
    watch = NamespaceWatch(namespace, hidden)
    watch.before(Candidates(everything=True, looks=True))
    namespace.update(_=2, _4=2, Out={}, exit=5, _private=6)
    changes = watch.after(finished=True)
    assert changes.outputs.keys() == {"exit", "_private"}
    assert [value.name for value in changes.inputs] == ["x"]


def test_the_names_of_the_shell_are_not_seen_though_they_are_more_than_those_of_the_notebook() -> (
    None
):
    namespace: dict[str, Any] = {"a": 1, **{f"_i{number}": "" for number in range(99)}, "b": 2}
    watch = NamespaceWatch(namespace, {})
    assert list(watch.live()) == ["a", "b"]
    namespace.update({f"_i{number}": "" for number in range(99, 300)})
    namespace.update(_300=3, c=4)
    assert list(watch.live()) == ["a", "b", "c"]
    del namespace["a"]
    namespace["a"] = 5
    assert watch.live() == {"b": 2, "c": 4, "a": 5}


def test_a_fingerprint_is_taken_anew_only_where_a_cell_may_have_changed_the_value() -> None:
    taken: list[str] = []

    class Counted:
        def __reduce__(self) -> tuple[Any, ...]:
            taken.append("once")
            return (object, ())

    namespace: dict[str, Any] = {"value": Counted(), "other": [1]}
    watch = NamespaceWatch(namespace, {})
    for _ in range(3):
        watch.before(Candidates(reads=frozenset(["value"])))
        watch.after(finished=True)
    assert len(taken) == 1
    watch.forget()
    watch.before(Candidates(reads=frozenset(["value"])))
    assert len(taken) == 2


def many(count: int) -> list[Any]:
    """Objects that are walked one by one."""
    return [{"a": [number], "b": {number}} for number in range(count)]


def test_a_change_of_a_value_that_takes_too_long_is_seen_and_its_record_says_that_it_does() -> None:
    namespace: dict[str, Any] = {"large": many(250_000), "small": [1]}
    watch = NamespaceWatch(namespace, {})
    touched = Candidates(reads=frozenset(namespace), mutates=frozenset(namespace))
    watch.before(touched, allowed=0.05)
    namespace["large"].pop()
    changes = watch.after(finished=True)
    large, small = changes.inputs
    assert large.fingerprint is None
    assert large.reason == "not fingerprinted: too large for the time allowed (50 ms)"
    assert small.fingerprint is not None, "a small value has time left"
    assert changes.outputs.keys() == {"large"}
    assert changes.prints["large"].reason == large.reason


def test_the_time_is_not_spent_again_on_a_value_that_no_cell_touches() -> None:
    namespace: dict[str, Any] = {"large": many(200_000)}
    watch = NamespaceWatch(namespace, {})
    watch.before(Candidates(reads=frozenset(namespace)), allowed=0.05)
    watch.after(finished=True)
    began = time.thread_time()
    watch.before(Candidates(reads=frozenset(namespace)), allowed=0.05)
    assert watch.after(finished=True).inputs[0].fingerprint is None
    assert time.thread_time() - began < 0.04


def uneven(count: int) -> list[dict[str, list[int]]]:
    """A value whose parts must be walked one by one, so that its fingerprint is dear."""
    return [{f"key {number}": [number]} for number in range(count)]


def run_watched(watch: NamespaceWatch, source: str, namespace: dict[str, Any]) -> set[str]:
    """Run a cell; the names that it bound or changed."""
    watch.before(candidates_of(analyze(source), {}), allowed=2.0)
    return set(watch.after(finished=run(source, namespace)).outputs)


def test_a_dear_value_is_told_from_itself_after_a_change_however_deep() -> None:
    namespace: dict[str, Any] = {"big": uneven(20_000), "look": len}
    watch = NamespaceWatch(namespace, {})
    assert run_watched(watch, "look(big)", namespace) == set()
    assert run_watched(watch, "look(big)", namespace) == set()
    assert run_watched(watch, "big[7777]['key 7777'].append(1)", namespace) == {"big"}
    assert run_watched(watch, "look(big)", namespace) == set()
    assert run_watched(watch, "big[0] = dict(big[0])", namespace) == set()
    assert run_watched(watch, "big[0] = {}", namespace) == {"big"}
    assert run_watched(watch, "big = [*big[:-1], {}]", namespace) == {"big"}


def test_a_dear_value_is_followed_through_cells_that_change_it_and_cells_that_do_not() -> None:
    """What the last cell did with it is a guess at the next one, and no more than that."""
    namespace: dict[str, Any] = {"a": uneven(20_000), "look": len}
    watch = NamespaceWatch(namespace, {})
    changing, looking = "a[7]['key 7'].append(1)", "look(a)"
    for source in (looking, changing, changing, looking, changing, looking, looking, changing):
        assert ("a" in run_watched(watch, source, namespace)) is (source is changing)
        assert watch.print_of("a").text == fingerprint(namespace["a"])


def test_the_fingerprint_of_a_dear_value_is_that_of_its_content() -> None:
    namespace: dict[str, Any] = {"big": uneven(20_000), "look": len}
    watch = NamespaceWatch(namespace, {})
    run_watched(watch, "look(big)", namespace)
    run_watched(watch, "big[3] = 1", namespace)
    watch.before(candidates_of(analyze("look(big)"), {}))
    inputs = {value.name: value for value in watch.after(finished=True).inputs}
    assert inputs["big"].fingerprint == fingerprint(namespace["big"])


def test_a_value_that_is_too_large_to_fingerprint_is_still_told_from_itself() -> None:
    graph = {number: {number, str(number)} for number in range(60_000)}
    namespace: dict[str, Any] = {"big": graph, "look": len}
    watch = NamespaceWatch(namespace, {})
    for source, expected in (
        ("look(big)", set()),
        ("look(big)", set()),
        ("big[5] = 1", {"big"}),
        ("look(big)", set()),
    ):
        watch.before(candidates_of(analyze(source), {}), allowed=0.3)
        changes = watch.after(finished=run(source, namespace))
        assert changes.outputs.keys() == expected
        assert "not fingerprinted" in str(changes.inputs[0].reason)


def test_what_was_fingerprinted_once_is_told_from_itself_though_the_time_is_up() -> None:
    """Be it nested so deeply that a pickler does not go into it."""
    deep: list[Any] = []
    for _ in range(20_000):
        deep = [deep]
    namespace: dict[str, Any] = {"deep": deep, "wide": many(10_000), "look": len}
    watch = NamespaceWatch(namespace, {})
    for source, allowed, expected in (
        ("look(deep), look(wide), look((look,))", math.inf, set[str]()),
        ("exec('')", 0.001, set()),
        ("exec('deep[0][0].append(1)')", math.inf, {"deep"}),
        ("exec('')", 0.001, set()),
    ):
        watch.before(candidates_of(analyze(source), {}), allowed=allowed)
        assert watch.after(finished=run(source, namespace)).outputs.keys() == expected


def test_what_has_no_content_changes_with_what_it_shares_and_not_when_that_is_looked_at() -> None:
    namespace: dict[str, Any] = {}
    source = (
        "import random\nclass Queue:\n    def __init__(self, rng):\n        self.rng = rng\n"
        "        self.log = [1]\n    def step(self):\n        self.log.append(self.rng.random())\n"
        "def drawn(rng):\n    while True:\n        yield rng.random()\n"
        "rng = random.Random(1)\nqueue = Queue(rng)\nwalk = drawn(rng)\nwalks = [walk]\n"
    )
    exec(source, namespace)
    watch = NamespaceWatch(namespace, {})
    assert run_watched(watch, "n = len(queue.log)", namespace) == {"n"}
    assert "walk" in run_watched(watch, "queue.step()", namespace)
    assert {"walk", "walks"} <= run_watched(watch, "next(walk)", namespace)
    assert "walk" in run_watched(watch, "next(walks[0])", namespace)


def test_to_write_over_what_a_result_keeps_is_a_change_and_to_ask_for_it_is_none() -> None:
    """As a fitted model of statsmodels keeps what it was asked for."""
    namespace: dict[str, Any] = {}
    source = (
        "from pandas.util._decorators import cache_readonly\n"
        "class Fit:\n    def __init__(self):\n        self.numbers, self._cache = [1.0, 3.0], {}\n"
        "    @cache_readonly\n    def rest(self):\n        return [n - 2 for n in self.numbers]\n"
        "fit = Fit()\n"
    )
    exec(source, namespace)
    watch = NamespaceWatch(namespace, {})
    assert run_watched(watch, "n = fit.rest[0]", namespace) == {"n"}
    assert run_watched(watch, "fit.rest[0] = 7", namespace) == {"fit"}
    assert run_watched(watch, "n = fit.rest[0]", namespace) == {"n"}
    assert run_watched(watch, "fit._cache.clear()\nn = fit.rest[0]", namespace) == {"fit", "n"}


def test_a_value_that_cells_only_read_is_described_once() -> None:
    """To describe a large frame takes as long as all else that a small cell costs."""
    namespace: dict[str, Any] = {"rows": [[number] for number in range(5)]}
    watch = NamespaceWatch(namespace, {})
    first, second, changed, last = (
        inputs_of(watch, source, namespace)[0]
        for source in ("len(rows)", "len(rows)", "rows[0].append(7)", "len(rows)")
    )
    assert first is second is changed
    assert "7" not in str(changed.summary.text)
    assert "7" in str(last.summary.text)


def inputs_of(watch: NamespaceWatch, source: str, namespace: dict[str, Any]) -> Any:
    """Run a cell; what is recorded of what it read."""
    watch.before(candidates_of(analyze(source), {}))
    return watch.after(finished=run(source, namespace)).inputs
