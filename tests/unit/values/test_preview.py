"""A preview shows what is inside a value: bounded, harmless, and without a secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbmlops.domain.values import ColumnProfile, ValuePreview
from nbmlops.domain.wire import decode, encode
from nbmlops.values import secrets
from nbmlops.values.preview import preview

NAN = float("nan")


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], Any]
    kind: str
    nulls: int | None = None
    minimum: str | None = None
    maximum: str | None = None
    mean: float | None = None
    distinct: int | None = None


DAYS = ["2026-01-01", None, "2026-02-01"]
COLUMNS = [
    Case("pandas numbers", lambda: pd.Series([1.5, NAN, 2.5]), "float64", 1, "1.5", "2.5", 2.0),
    Case("pandas whole", lambda: pd.Series([1, 3]), "int64", 0, "1", "3", 2.0),
    Case("pandas truths", lambda: pd.Series([True, False]), "bool", 0, "False", "True", 0.5),
    Case("pandas nullable", lambda: pd.Series([1, None, 3], dtype="Int64"),
         "Int64", 1, "1", "3", 2.0),
    Case("pandas texts", lambda: pd.Series(["a", None, "a"], dtype=object),
         "object", 1, distinct=1),
    Case("pandas anything", lambda: pd.Series([[1], {}], dtype=object), "object", 0),
    Case("pandas categories", lambda: pd.Series(["a", "b", "a"], dtype="category"),
         "category", 0, distinct=2),
    Case("pandas categories in an order, of which not all occur",
         lambda: pd.Series(pd.Categorical(["mid", None, "low"], ["low", "mid", "top"],
                                          ordered=True)),
         "category", 1, "low", "mid", distinct=2),
    Case("pandas bins", lambda: pd.Series(pd.cut([1, 5, 9], [0, 4, 8, 12])),
         "category", 0, "(0, 4]", "(8, 12]", distinct=3),
    Case("pandas categories, none", lambda: pd.Series([None], dtype="category"),
         "category", 1, distinct=0),
    Case("pandas times", lambda: pd.to_datetime(pd.Series(DAYS)).astype("datetime64[us]"),
         "datetime64[us]", 1, "2026-01-01 00:00:00", "2026-02-01 00:00:00"),
    Case("nothing but NaN", lambda: pd.Series([NAN]), "float64", 1),
    Case("polars numbers", lambda: pl.Series([1.5, None, 2.5]), "Float64", 1, "1.5", "2.5", 2.0),
    Case("polars texts", lambda: pl.Series(["a", None, "a"]), "String", 1, distinct=1),
    Case("polars categories", lambda: pl.Series(["a", None, "b", "a"], dtype=pl.Categorical),
         "Categorical", 1, distinct=2),
    Case("polars enumeration", lambda: pl.Series(["b", None], dtype=pl.Enum(["a", "b"])),
         "Enum(categories=['a', 'b'])", 1, distinct=1),
    Case("arrow dictionary", lambda: pa.table({"": pa.chunked_array([
         pa.array(["a", None]).dictionary_encode(), pa.array(["b", "a"]).dictionary_encode()])}),
         "dictionary<values=string, indices=int32…", 1, distinct=2),
    Case("arrow numbers", lambda: pa.table({"": [1, None, 3]}), "int64", 1, "1", "3", 2.0),
    Case("arrow texts", lambda: pa.table({"": ["a", None]}), "string", 1, distinct=1),
    Case("array", lambda: np.array([[1.0, NAN], [3.0, 5.0]]), "float64", 1, "1", "5", 3.0),
    Case("array of texts", lambda: np.array(["a"]), "<U1"),
    Case("empty array", lambda: np.zeros((0, 3)), "float64"),
]  # fmt: skip


@pytest.mark.parametrize("case", COLUMNS, ids=lambda case: case.name)
def test_a_column_ranges_over(case: Case) -> None:
    found = preview(case.make())
    assert found is not None
    [profile] = found.columns
    assert profile == ColumnProfile(
        name="",
        kind=case.kind,
        nulls=case.nulls,
        minimum=case.minimum,
        maximum=case.maximum,
        mean=case.mean,
        distinct=case.distinct,
    )


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_the_head_of_a_frame_is_its_first_rows(make: Callable[[Any], Any]) -> None:
    found = preview(make({"n": list(range(1000)), "text": ["x" * 500] * 1000}))
    assert found is not None
    assert [profile.name for profile in found.columns] == ["n", "text"]
    assert found.head == tuple((str(row), "x" * 39 + "…") for row in range(5))


def test_a_preview_is_small_however_large_the_value_is() -> None:
    found = preview(pd.DataFrame(np.random.default_rng(0).random((50, 5000))))
    assert found is not None
    assert len(encode(found)) < 10_000
    assert decode(encode(found), ValuePreview) == found


def test_containers_and_estimators_show_their_items() -> None:
    from sklearn.linear_model import Ridge

    found = preview({"rows": pd.DataFrame({"a": [1]}), 2: [1, 2]})
    assert found == ValuePreview(items=(("'rows'", "pandas.DataFrame[1, 1]"), ("2", "[1, 2]")))
    parameters = preview(Ridge(alpha=2.0))
    assert parameters is not None
    assert ("alpha", "2.0") in parameters.items
    assert preview(3) is None


def test_a_column_for_which_there_is_no_time_says_so() -> None:
    found = preview(pd.DataFrame({"a": np.zeros(10), "b": 1}), until=perf_counter())
    assert found is not None
    assert [profile.note for profile in found.columns] == ["not looked into: too large"] * 2
    assert len(found.head) == 5


def test_categories_are_looked_into_where_there_is_no_time_for_texts() -> None:
    texts = ["AA", "UA"] * 1_000_000
    found = preview(
        pd.DataFrame({"code": pd.Categorical(texts), "text": texts}), until=perf_counter() + 0.1
    )
    assert found is not None
    assert [profile.distinct for profile in found.columns] == [2, None]


def test_what_raises_has_no_preview() -> None:
    class Broken(dict[str, int]):
        pass

    class Hostile:
        def __len__(self) -> int:
            raise SystemExit

        __eq__ = __hash__ = __repr__ = __len__  # type: ignore[assignment]

    assert preview(Broken(a=1)) == ValuePreview(items=(("'a'", "1"),))
    assert preview(Hostile()) is None
    assert preview(pd.Series([Hostile(), Hostile()], dtype=object)) is not None


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A secret of this process, longer than any text of a preview."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "key"))
    text = "hunter2-" * 100
    secrets.remember(text)
    yield text
    secrets.forget()


def test_no_secret_gets_into_a_preview_not_even_in_part(token: str) -> None:
    frames = (pd.DataFrame, pl.DataFrame, pa.table)
    values = [make({"a": [f"Bearer {token}"], token: ["x"]}) for make in frames]
    nested = [{"headers": {"auth": token}}, [token, token.encode()], np.array([token])]
    for value in [*values, *nested, pd.Series([[token]], dtype=object), pd.Categorical([token])]:
        assert b"hunter2" not in encode(preview(value))
