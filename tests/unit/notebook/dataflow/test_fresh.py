"""What is taken to share nothing with what it was made from shares nothing, in reality."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split

from nbmlops.notebook.dataflow.effects import analyze

SOURCES = ("df", "a", "s", "t")

IMPORTS = """\
import numpy as np, pandas as pd
from sklearn.model_selection import train_test_split
"""

FRESH = (
    "df.copy()",
    "df.dropna()",
    "df.query('v > 0')",
    "df.groupby('g').agg('sum')",
    "df.merge(df, on='g')",
    "df.astype('float')",
    "df.reset_index()",
    "df.sort_values('v')",
    "df.fillna(0)",
    "df.describe()",
    "s.where(s > 0)",
    "s.to_frame()",
    "pd.concat([df, df])",
    "pd.concat([df])",
    "pd.merge(df, df, on='g')",
    "pd.get_dummies(df)",
    "pd.cut(s, 2)",
    "np.mean(a)",
    "np.array(a)",
    "np.round(a)",
    "np.sort(a)",
    "np.diff(a)",
    "np.unique(a)",
    "np.concatenate([a])",
    "np.stack([a])",
    "np.where(a > 1, a, 0)",
    "np.add(a, 1)",
    "a.astype('float')",
    "a.copy()",
    "a.flatten()",
    "a > 1",
    "a + 1",
    "2.5 + s",
    "a * 2.0",
    "df + 1",
    "t.dt.year",
    "t.dt.day_of_week",
    "t.dt.date",
    "pd.to_datetime(t).dt.hour",
    "model.predict(a)",
    "train_test_split(df)",
    "train_test_split(a, shuffle=False)",
)
"""Copies, of which a change leaves the source alone."""

SHARING = (
    "a.astype('float', copy=False)",
    "np.asarray(a)",
    "np.diff(a, n=0)",
    "np.diff(a, 0)",
    "np.squeeze(a)",
    "np.transpose(a)",
    "np.atleast_2d(a)",
    "a.T",
    "a.ravel()",
    "a.reshape(-1)",
    "a.squeeze()",
    "a.view()",
    "a[:1]",
    "[a]",
    "[a] + [1]",
    "[a] * 2",
)
"""Views, of which a change is one of the source."""


@pytest.mark.parametrize("expression", FRESH)
def test_what_is_taken_for_a_copy_is_one(expression: str) -> None:
    assert _sources(expression) == set()
    assert not _is_seen_in_a_source(expression)


@pytest.mark.parametrize("expression", SHARING)
def test_what_looks_at_the_memory_of_another_value_is_known_to(expression: str) -> None:
    assert _sources(expression) == {"a"}
    assert _is_seen_in_a_source(expression)


def _sources(expression: str) -> set[str]:
    """The names whose values may be changed through the result, for all that the code tells."""
    effects = analyze(f"{IMPORTS}result = {expression}", {})
    return effects.holds["result"].keys() & set(SOURCES)


def _is_seen_in_a_source(expression: str) -> bool:
    """Whether a change of the result in place is one of what it was made from."""
    column = np.arange(1.0, 5.0)
    names: dict[str, Any] = {
        "np": np,
        "pd": pd,
        "train_test_split": train_test_split,
        "df": pd.DataFrame({"g": [1, 1, 2, 2], "v": column.copy()}),
        "a": column.reshape(2, 2).copy(),
        "s": pd.Series(column.copy()),
        "t": pd.Series(pd.date_range("2026-01-01", periods=4, freq="h")),
        "model": LinearRegression().fit(column.reshape(2, 2), [1, 2]),
    }
    before = {name: names[name].copy() for name in SOURCES}
    for part in _parts(eval(expression, names)):  # noqa: S307 (a case of the table)
        if isinstance(part, np.ndarray):
            part[...] = 99
        else:
            part.iloc[:, -1] = part.iloc[::-1, -1].to_numpy()
    return any(not np.array_equal(names[name], before[name]) for name in SOURCES)


def _parts(result: Any) -> Iterator[Any]:
    """The frames and arrays of a result."""
    if isinstance(result, list | tuple):
        for part in result:
            yield from _parts(part)
    elif isinstance(result, pd.Series):
        yield result.to_frame()
    elif isinstance(result, np.ndarray | pd.DataFrame):
        yield result
