"""A pipeline computes what the whole notebook computes, or it is not built."""

from __future__ import annotations

import decimal
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nbmlops.errors import BuildRefusedError
from nbmlops.notebook.document import from_sources
from nbmlops.notebook.labels import strip_label
from nbmlops.pipelines.convert import build

_TEMPLATES = (
    "{a} = [{n}]",
    "{a} = {b}",
    "{a} = {b} + [{n}]",
    "{a} = [{b}, {c}]",
    "{a} = {{'x': {b}}}['x']",
    "{a}, {b} = {b}, {c}",
    "{a} = {b} = [{n}]",
    "{a} += [{n}]",
    "{a}.append({n})",
    "{a}[0] = {n}",
    "{a}[0] = {b}",
    "{a}[-1].append({n})",
    "{a}.append({b})",
    "del {a}[0]",
    "del {a}",
    "for item in [{a}, {b}]:\n    item.append({n})",
    "for item in {a}:\n    item.append({n})",
    "for item in range({n} % 3):\n    {a} = {a} + [item]",
    "if len({a}) > {n}:\n    {b} = [{n}]",
    "if len({a}) > {n}:\n    {b} = {c}\nelse:\n    {b} = [0]",
    "try:\n    {a} = {b}[{n}]\nexcept IndexError:\n    {a} = {c}",
    "with open('/dev/null'):\n    {a} = {b}",
    "if (found := {a}):\n    found.append({n})",
    "match {a}:\n    case [first, *rest]:\n        {b} = rest\n    case _:\n        pass",
    "{a} = [item for item in {b}]",
    "{a} = [len({b}) for item in {c}]",
    "{a} = list(map(lambda item: {b}, {c}))",
    "def {f}(given):\n    return {a}",
    "def {f}(given):\n    {a}.append({n})\n    return [{n}]",
    "def {f}(given):\n    given.append({n})\n    return given",
    "def {f}(given):\n    global {a}\n    {a} = [{n}]\n    return {b}",
    "def {f}(given):\n    return {g}(given)",
    "def {f}(given, held=[]):\n    held.append({n})\n    return held",
    "def {f}(given):\n    {a} = [{n}]\n    return [{a}, given]",
    "def {f}(given):\n    def inner():\n        return {a}\n    return [inner() for _ in given]",
    "{f} = lambda given: {a}",
    "{f} = {g}",
    "class {f}(list):\n    def grow(self):\n        {a}.append({n})",
    "{a} = {f}({b})",
    "{f}({a})",
    "for held in [{f}]:\n    {a} = held({b})",
    "{a}.grow()",
    "{a} = getattr({b}, 'grow', {f})",
    "setattr({f}, 'kept', {a})",
    "{a} = {f}.kept",
    "{f}.kept.append({n})",
    "{a} = iter({b})",
    "{a} = [next(iter({b}), {n})]",
    "{a} = [sum(1 for item in {b})]",
    "{a} = zip({b}, {c})",
    "{a} = enumerate({b})",
    "{a} = (item for item in {b})",
    "{a} = {b}.copy()",
    "{a} = list({b})",
    "{f} = {a}.append",
    "{a} = sorted({b}, key={f})",
    "{a} = [lambda: {b}]",
    "{a} = {{'k': lambda given: {b}}}['k']({c})",
    "{a} = [held() if callable(held) else held for held in {b}]",
    "list(map({a}.append, list({b})))",
    "list.append({a}, {n})",
    "{f} = functools.partial({a}.append, {n})",
    "{f}.count = getattr({f}, 'count', 0) + 1",
    "random.seed({n})",
    "{a} = [random.random()]",
    "{f} = lambda given: [random.random()]",
    "random.shuffle({a})",
    "os.environ['NBMLOPS_TEST'] = str(len({a}))",
    "{a} = [os.environ.get('NBMLOPS_TEST')]",
    "pathlib.Path(folder, 'f{n}').write_text(repr({a}))",
    "{a} = sorted(path.name for path in pathlib.Path(folder).iterdir())",
    "for path in pathlib.Path(folder).glob('f{n}'):\n    {a} = [path.read_text()]",
    "decimal.getcontext().prec = {n} + 1",
    "{a} = [str(decimal.Decimal(1) / 3)]",
    "globals()['{a}'] = [{n}]",
    "exec('{a} = {b} + [{n}]')",
)
_ADDRESS = re.compile(" at 0x[0-9a-f]+")
_DATA = st.sampled_from("abcd")
_CODE = st.sampled_from("fg")
_STATEMENTS = st.tuples(
    st.sampled_from(_TEMPLATES),
    st.fixed_dictionaries(
        {"a": _DATA, "b": _DATA, "c": _DATA, "f": _CODE, "g": _CODE, "n": st.integers(0, 5)}
    ),
).map(lambda made: made[0].format(**made[1]))
_CELLS = st.lists(st.lists(_STATEMENTS, min_size=1, max_size=3).map("\n".join), max_size=10)
_START = [
    "import decimal, functools, os, pathlib, random",
    "random.seed(4)\nfolder = os.environ['NBMLOPS_FOLDER']",
    "a = [1]; b = [2]",
    "c = [3, [4]]\nd = [[5], [6]]",
    "def f(given):\n    return given\ng = f",
]


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(cells=_CELLS, chosen=st.sets(st.integers(0, 14), min_size=1, max_size=4))
def test_the_cells_of_a_pipeline_compute_what_the_notebook_computes(
    cells: list[str], chosen: set[int]
) -> None:
    """Whatever a step binds or reads is the same after it, run among all cells or among few."""
    problem = _difference(cells, chosen)
    assume(problem is not None)
    assert problem == ""


def _difference(cells: list[str], chosen: set[int]) -> str | None:
    """What differs; ``None`` if the notebook itself fails, or is refused."""
    sources = [
        f"%mlops track s{number}\n{source}" if number in chosen else source
        for number, source in enumerate([*_START, *cells])
    ]
    expected = _after_steps(enumerate(sources), chosen)
    if not expected:
        return None
    document = from_sources([(source, ()) for source in sources])
    try:
        spec = build(document, name="p", notebook="n.ipynb")
    except BuildRefusedError:
        return None
    actual = _after_steps([(cell.index, cell.source) for cell in spec.cells], chosen)
    if actual.keys() != expected.keys():
        return "the pipeline fails"
    steps = {step.name: {*step.reads, *step.writes} for step in spec.steps}
    for number, after in expected.items():
        mine = actual[number]
        concerned = after.changed & steps[f"s{number}"] & mine.values.keys() | after.rebound
        for name in concerned:
            if mine.values.get(name) != after.values[name]:
                return f"step {number} makes another {name}"
    return ""


@dataclass(frozen=True)
class _After:
    """The values after a step, and the names that it bound or whose values it changed."""

    values: dict[str, str]
    rebound: set[str]
    changed: set[str]


def _after_steps(cells: Iterable[tuple[int, str]], chosen: set[int]) -> dict[int, _After]:
    """How things stand after each step; nothing if a cell raises."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NBMLOPS_FOLDER"] = folder
        return _run(cells, chosen, {})


def _run(
    cells: Iterable[tuple[int, str]], chosen: set[int], namespace: dict[str, Any]
) -> dict[int, _After]:
    result: dict[int, _After] = {}
    decimal.setcontext(decimal.Context())
    os.environ.pop("NBMLOPS_TEST", None)
    alive: list[Any] = []  # so that no identity is used again
    for number, source in cells:
        before = _shown(namespace)
        alive += namespace.values()
        try:
            exec(strip_label(source), namespace)
        except Exception:  # noqa: BLE001  # a generated cell may raise anything
            return {}
        if number in chosen:
            after = _shown(namespace)
            changed = {name for name, shown in after.items() if shown != before.get(name)}
            result[number] = _After(
                values={name: value for name, (_, value) in after.items()},
                rebound={n for n in changed if n not in before or before[n][0] != after[n][0]},
                changed=changed,
            )
    return result


def _shown(namespace: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Identity and text of what the names hold."""
    return {
        name: (id(namespace[name]), _ADDRESS.sub("", repr(namespace[name])))
        for name in ("a", "b", "c", "d")
        if name in namespace and not callable(namespace[name])
    }
