"""Turning notebooks into pipelines: how long finding the DAG takes."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.figures import Comparison, Effort, Figure
from nbmlops.notebook.document import Document, from_sources
from nbmlops.notebook.normalize import normalized
from nbmlops.pipelines.convert import build

_IMPORTS = (
    "import numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import LinearRegression"
)
_CLEAN = "def clean(df):\n    df = df.dropna()\n    df['z'] = df.a * 2\n    return df"
_ROUND = (
    "df{n} = pd.read_csv('f{n}.csv')",
    "df{n} = clean(df{n})",
    "for column in df{n}.columns:\n    df{n}[column] = df{n}[column].fillna(0)",
    "model{n} = LinearRegression().fit(df{n}[['a']], df{n}['b'])",
    "print(model{n}.score(df{n}[['a']], df{n}['b']))\ndf{n}.head()",
    "metrics{n} = {{'mean': model{n}.predict(df{n}[['a']]).mean()}}",
)


def measure(effort: Effort) -> Iterator[Comparison]:
    """The DAG of notebooks of 50 and 200 cells, one cell in six of which is a step."""
    repetitions = effort.times(15, 2)
    yield Comparison(
        title="build: from the notebook to the DAG",
        figures=tuple(
            Figure(
                name=f"{cells} cells",
                wall=tuple(_once(_notebook(cells)) for _ in range(repetitions)),
            )
            for cells in (50, 200)
        ),
        key="building",
        note="without reading the file and the catalog",
    )


def _notebook(cells: int) -> Document:
    sources = [
        (_ROUND[n % len(_ROUND)].format(n=n // len(_ROUND)), [f"step:s{n}"] if n % 6 == 5 else [])
        for n in range(cells - 2)
    ]
    return from_sources([(_IMPORTS, []), (_CLEAN, []), *sources])


def _once(document: Document) -> float:
    normalized.cache_clear()
    began = time.perf_counter()
    build(document, name="bench", notebook="bench.ipynb")
    return time.perf_counter() - began
