"""Models and tensors of libraries that are not installed with nbmlops."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbmlops.values.codec import decode, encode
from nbmlops.values.fingerprint import fingerprint

FEATURES = np.random.default_rng(0).random((80, 4))
CLASSES = (FEATURES[:, 0] > 0.5).astype(int)


def _holds(make: Callable[[], Any], *others: Callable[[], Any]) -> None:
    """Made twice it is equal, restored as well; each of the others differs."""
    value = make()
    before = fingerprint(value)
    assert fingerprint(make()) == before
    assert before not in {fingerprint(other()) for other in others}
    encoded = encode(value)
    buffers = [memoryview(bytearray(buffer)) for buffer in encoded.buffers]
    assert fingerprint(decode(encoded.stream, buffers)) == before
    assert fingerprint(value) == before


@pytest.mark.parametrize("name", ["xgboost.XGBClassifier", "lightgbm.LGBMClassifier"])
def test_boosted_trees_count_by_what_they_learned(name: str) -> None:
    library, _, kind = name.partition(".")
    model = getattr(pytest.importorskip(library), kind)
    quiet = {"n_jobs": 1, "verbosity": 0} if library == "xgboost" else {"n_jobs": 1, "verbose": -1}

    def fit(rounds: int, classes: Any = CLASSES) -> Any:
        return model(n_estimators=rounds, **quiet).fit(FEATURES, classes)

    _holds(lambda: fit(5), lambda: fit(6), lambda: fit(5, 1 - CLASSES), lambda: model(**quiet))
    used = fit(5)
    before = fingerprint(used)
    used.predict(FEATURES)
    assert fingerprint(used) == before


def test_the_data_sets_of_scikit_learn_come_back_as_they_were() -> None:
    bunch = pytest.importorskip("sklearn.utils").Bunch
    _holds(lambda: bunch(data=[1]), lambda: bunch(data=[2]), lambda: bunch(target=[1]), bunch)


def test_a_parsed_page_comes_back_as_it_was() -> None:
    """A parser of its own comes back with it, in another state."""
    soup = pytest.importorskip("bs4").BeautifulSoup

    def page(text: str = "b") -> Any:
        return soup(f"<p class='k'>a<a href=x>{text}</a></p>", "html.parser")

    _holds(page, lambda: page("c"))
    _holds(lambda: page().a, lambda: page("c").a, lambda: page().p)


def test_the_range_of_colours_is_what_it_spans() -> None:
    """What listens to it is numbered anew with each pickling."""
    colors = pytest.importorskip("matplotlib.colors")
    _holds(lambda: colors.Normalize(0, 1), lambda: colors.Normalize(0, 2), colors.Normalize)


class Lazy:
    """Has no attribute but what it remembers."""

    @functools.cached_property
    def size(self) -> int:
        return 3


@pytest.mark.parametrize("among", [1, 20])
def test_what_has_only_remembered_something_is_as_before(among: int) -> None:
    asked = [Lazy() for _ in range(among)]
    assert {one.size for one in asked} == {3}
    assert fingerprint(asked) == fingerprint([Lazy() for _ in range(among)])


def _graph(last: int = 3) -> Any:
    return pytest.importorskip("networkx").DiGraph([(1, 2), (2, last)])


def _days(last: float = 3.0) -> Any:
    days = pd.date_range("2026-01-01", periods=3, freq="D")
    return pd.Series([1.0, 2.0, last], index=days)


@pytest.mark.parametrize(
    ("make", "ask"),
    [
        (_graph, lambda value: (value.edges, value.in_degree(2), value.adj, list(value.nodes))),
        (lambda last=3: _graph(last).to_undirected(), lambda value: (value.degree, value.adj[1])),
        (lambda last=3: _days(last).rolling(2), lambda value: value.mean()),
        (
            lambda last=3: _days(last).groupby([0, 0, 1]).rolling(2),
            lambda value: value.mean(),
        ),
        (lambda last=3: _days(last).ewm(2), lambda value: value.mean()),
        (lambda last=3: _days(last).resample("W"), lambda value: value.mean()),
        (lambda last=3: _searched(last), lambda value: value.query(FEATURES[0])),
    ],
    ids=[
        "directed graph",
        "graph",
        "window",
        "window of groups",
        "weights",
        "resampled",
        "search tree",
    ],
)
def test_to_ask_a_value_does_not_change_it(make: Any, ask: Callable[[Any], Any]) -> None:
    _holds(make, lambda: make(4))
    value = make()
    before = fingerprint(value)
    ask(value)
    assert fingerprint(value) == before


def _searched(last: float) -> Any:
    points = np.vstack([FEATURES, np.full((1, 4), last)])
    return pytest.importorskip("scipy.spatial").KDTree(points)


def test_a_fitted_linear_model_counts_without_the_memory_that_it_only_works_in() -> None:
    sm = pytest.importorskip("statsmodels.api")

    def fit(rubbish: float, classes: Any = CLASSES) -> Any:
        found = sm.GLM(classes, sm.add_constant(FEATURES), family=sm.families.Gaussian()).fit()
        # Made by np.empty: each fit has what happens to lie there.
        found.model._tmp_like_exog.fill(rubbish)
        return found

    before = fingerprint(fit(1.0))
    assert fingerprint(fit(2.0)) == before
    assert fingerprint(fit(1.0, 1 - CLASSES)) != before


@pytest.mark.filterwarnings("ignore:Sparse:UserWarning")
def test_tensors_count_by_value_wherever_their_memory_lies() -> None:
    torch = pytest.importorskip("torch")

    def plain(**more: Any) -> Any:
        return torch.tensor([[1.0, 2.0], [3.0, 4.0]], **more)

    def learned() -> Any:
        tensor = plain(requires_grad=True)
        (tensor * 2).sum().backward()
        return tensor

    _holds(
        plain,
        lambda: plain(dtype=torch.float64),
        lambda: plain(requires_grad=True),
        lambda: plain().reshape(-1),
        lambda: plain() + 1,
    )
    _holds(learned, lambda: plain(requires_grad=True))
    _holds(lambda: torch.eye(3).to_sparse(), (torch.eye(3) * 2).to_sparse)
    assert fingerprint(torch.tensor([[1.0, 3.0], [2.0, 4.0]]).t()) == fingerprint(plain())
    assert fingerprint(plain(dtype=torch.bfloat16)) != fingerprint(plain(dtype=torch.float16))


def test_modules_and_optimizers_count_by_their_state() -> None:
    torch = pytest.importorskip("torch")

    def network() -> Any:
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))

    def trained(steps: int) -> Any:
        module = network()
        optimizer = torch.optim.Adam(module.parameters())
        for _ in range(steps):
            module(torch.ones(4, 4)).sum().backward()
            optimizer.step()
        return module, optimizer

    def seen() -> Any:
        module = network()
        module(torch.ones(2, 4))
        return module

    _holds(network, lambda: network().eval(), seen, lambda: trained(1)[0])
    _holds(lambda: trained(1), lambda: trained(2))


def test_models_of_pydantic_count_by_what_they_say() -> None:
    """What pydantic builds of a class has the address of the class in it."""
    pydantic = pytest.importorskip("pydantic")

    def model(kind: str = "int", check: str = "v") -> Any:
        said = {"pydantic": pydantic, "__name__": "__main__"}
        exec(
            f"class Rate(pydantic.BaseModel):\n    a: {kind}\n    b: list[int] = []\n"
            f"    @pydantic.field_validator('a')\n    @classmethod\n"
            f"    def check(cls, v): return {check}",
            said,
        )
        return said["Rate"]

    before = fingerprint(model()(a=1))
    assert fingerprint(model()(a=1)) == before
    others = (model()(a=2), model("float")(a=1), model(check="v + 1")(a=0))
    assert before not in set(map(fingerprint, others))
    used = model()(a=2)
    used.a = 1
    used.model_dump_json()
    type(used).model_json_schema()
    assert fingerprint(used) == fingerprint(model()(a=1).model_copy(update={"a": 1}))
