"""What objects have only computed from the rest of them is no part of their content."""

from __future__ import annotations

import copy
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.util._decorators import cache_readonly  # type: ignore[import-untyped]

from nbmlops.domain.values import held_alike
from nbmlops.values.codec import decode, encode
from nbmlops.values.fingerprint import examine, fingerprint


class Results:
    """As the fitted models of statsmodels: what is asked of them is kept in a dict."""

    def __init__(self, numbers: list[float]) -> None:
        self.numbers = np.array(numbers)
        self._cache: dict[str, Any] = {}

    @cache_readonly  # type: ignore[untyped-decorator]
    def residuals(self) -> Any:
        return self.numbers - self.numbers.mean()

    def criterion(self) -> float:
        """Kept by hand."""
        self._cache["criterion"] = float(self.numbers.std())
        return self._cache["criterion"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("among", [1, 20])
def test_results_that_were_asked_for_are_no_change(among: int) -> None:
    asked = [Results([1.0, 2.0]) for _ in range(among)]
    before = fingerprint(asked)
    for one in asked:
        assert one.residuals.shape == (2,)
        one.criterion()
    assert fingerprint(asked) == before
    asked[0].numbers[0] = 3.0
    assert fingerprint(asked) != before


def test_to_write_over_a_result_that_was_asked_for_is_seen_though_the_content_is_equal() -> None:
    asked = Results([1.0, 2.0])
    assert asked.residuals.shape == (2,)
    before = examine([asked])
    asked.criterion()
    later = examine([asked])
    assert held_alike(before.holding, later.holding)
    asked.residuals[:] = 0.0
    written = examine([asked])
    assert not held_alike(later.holding, written.holding)
    assert not held_alike(before.holding, written.holding)
    assert {before.text, later.text} == {written.text}
    asked._cache.clear()
    assert held_alike(written.holding, examine([asked]).holding)


def test_results_that_hold_themselves_are_looked_at_once() -> None:
    asked = Results([1.0, 2.0])
    asked._cache["own"] = {"of": asked, "lock": threading.Lock()}
    asked._cache["mean"] = 1.5
    before = examine({"a": asked, "b": asked})
    assert held_alike(before.holding, examine({"a": asked, "b": asked}).holding)
    asked._cache["mean"] = 2.0
    assert not held_alike(before.holding, examine({"a": asked, "b": asked}).holding)


class Stated(Results):
    """Says what it is in more than one part, as arrays of geopandas do."""

    def __getstate__(self) -> Any:
        return (self.numbers, {"unit": "m"}, {})


def test_of_a_state_of_several_parts_each_counts() -> None:
    assert fingerprint(Stated([1.0, 2.0])) == fingerprint(Stated([1.0, 2.0]))
    assert fingerprint(Stated([1.0, 2.0])) != fingerprint(Stated([1.0, 3.0]))


def _rubbish() -> list[Any]:
    """Memory of all small sizes, to be given back with something in it."""
    return [np.full(size, 7e77) for size in range(1, 400)]


def test_a_spline_counts_without_the_memory_that_it_only_works_in() -> None:
    interpolate = pytest.importorskip("scipy.interpolate")
    places = np.linspace(0, 1, 20)

    def spline(scale: float = 1.0, smooth: float | None = None) -> Any:
        _rubbish()
        found = interpolate.UnivariateSpline(places, scale * np.sin(6 * places))
        if smooth is not None:
            found.set_smoothing_factor(smooth)
        return found

    before = fingerprint(spline())
    assert {fingerprint(spline()) for _ in range(5)} == {before}
    assert fingerprint(spline(2.0)) != before
    assert fingerprint(spline(smooth=0.01)) != before
    asked = spline()
    asked(0.5), asked.derivative(), asked.get_residual()
    assert fingerprint(asked) == before


@pytest.mark.parametrize(
    ("kind", "asks"),
    [
        ("Delaunay", ("transform", "vertex_to_simplex", "vertex_neighbor_vertices")),
        ("Voronoi", ("ridge_dict",)),
    ],
)
def test_to_ask_a_triangulation_is_no_change(kind: str, asks: tuple[str, ...]) -> None:
    spatial = pytest.importorskip("scipy.spatial")
    points = np.random.default_rng(0).random((20, 2))
    value = getattr(spatial, kind)(points)
    before = fingerprint(value)
    assert all(getattr(value, name) is not None for name in asks)
    assert fingerprint(value) == before
    assert fingerprint(getattr(spatial, kind)(points * 2)) != before


def test_what_dask_has_found_out_of_a_frame_is_no_change() -> None:
    dask = pytest.importorskip("dask.dataframe")

    def lazy(last: float = 3.0) -> Any:
        return dask.from_pandas(pd.DataFrame({"a": [1.0, 2.0, last]}), npartitions=2)

    value = lazy()
    before = fingerprint(value)
    assert repr(value)
    assert (value.npartitions, list(value.columns)) == (2, ["a"])
    assert fingerprint(value) == before
    assert fingerprint(lazy(4.0)) != before
    assert fingerprint(value.a.mean()) != before


def test_to_read_a_data_set_of_parquet_is_no_change(tmp_path: Path) -> None:
    dataset = pytest.importorskip("pyarrow.dataset")
    pd.DataFrame({"a": range(10)}).to_parquet(tmp_path / "a.parquet", row_group_size=5)
    value = dataset.dataset(tmp_path)
    before = fingerprint(value)
    assert value.to_table().num_rows == 10
    assert fingerprint(value) == before
    [fragment] = value.get_fragments()
    assert fingerprint(fragment.subset(row_group_ids=[0])) != fingerprint(fragment)


def test_to_draw_with_colours_is_no_change() -> None:
    colors = pytest.importorskip("matplotlib.colors")
    used = colors.ListedColormap(["red", "blue"])
    before = fingerprint(used)
    used(0.5)
    assert fingerprint(used) == before
    assert fingerprint(colors.ListedColormap(["red", "green"])) != before


def test_to_ask_an_array_with_names_for_its_notes_is_no_change() -> None:
    xarray = pytest.importorskip("xarray")
    value = xarray.Dataset({"t": ("x", np.arange(3.0))})
    before = fingerprint(value)
    assert (value.attrs, value.t.attrs, value.encoding) == ({}, {}, {})
    assert fingerprint(value) == before
    value.t.attrs["unit"] = "m"
    assert fingerprint(value) != before


def test_a_model_of_catboost_counts_by_its_trees() -> None:
    """Its bytes are in another order each time, and say when it was trained."""
    catboost = pytest.importorskip("catboost")
    places = np.random.default_rng(0).random((40, 2))

    def fit(rounds: int = 2, column: int = 0) -> Any:
        model = catboost.CatBoostRegressor(
            iterations=rounds, verbose=0, random_seed=0, allow_writing_files=False
        )
        return model.fit(places, places[:, column])

    before = fingerprint(fit())
    assert fingerprint(fit()) == before
    assert before not in {fingerprint(fit(3)), fingerprint(fit(column=1))}
    encoded = encode(fit())
    assert fingerprint(decode(encoded.stream, encoded.buffers)) == before  # type: ignore[arg-type]


def test_a_function_of_sympy_counts_without_the_rules_of_the_library() -> None:
    """They are in another order in each process, as they are made through sets."""
    sympy = pytest.importorskip("sympy")

    def applied(name: str = "f") -> Any:
        return sympy.Function(name)(sympy.Symbol("x"))

    before = fingerprint(applied())
    reordered = applied()
    rules = reordered.func.default_assumptions.rules
    turned = copy.copy(rules)
    turned.beta_rules = list(reversed(rules.beta_rules))
    reordered.func.default_assumptions.rules = turned
    assert fingerprint(reordered) == before
    assert fingerprint(applied("g")) != before
