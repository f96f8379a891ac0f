"""Values of libraries whose own pickle does not come back, or is another one each time."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from nbmlops.values.codec import decode, encode
from nbmlops.values.fingerprint import fingerprint


def _again(value: Any) -> Any:
    encoded = encode(value)
    return decode(encoded.stream, [memoryview(bytearray(one)) for one in encoded.buffers])


def test_a_template_of_jinja_comes_back_and_fills_in_the_same() -> None:
    template = pytest.importorskip("jinja2").Template(
        "{% for x in rows %}{{ x|upper }} {% endfor %}"
    )
    found = _again(template)
    assert found.render(rows=["a", "b"]) == "A B "
    assert fingerprint(found) == fingerprint(template)


ARRAYS: tuple[Callable[[], Any], ...] = (
    lambda: (ctypes.c_int * 3)(1, 2, 3),
    lambda: ((ctypes.c_double * 2) * 2)((1.5, 2.5), (3.5, 4.5)),
    lambda: ctypes.create_string_buffer(b"abc", 8),
)


@pytest.mark.parametrize("make", ARRAYS, ids=["numbers", "rows", "text"])
def test_an_array_of_ctypes_comes_back_in_another_process(
    make: Callable[[], Any], tmp_path: Path
) -> None:
    value = make()
    (tmp_path / "value").write_bytes(encode(value).stream)
    looks = (
        "import pathlib\nfrom nbmlops.values.codec import decode\n"
        "from nbmlops.values.fingerprint import fingerprint\n"
        "value = decode(pathlib.Path('value').read_bytes(), [])\n"
        "print(fingerprint(value), bytes(value).hex(), type(value).__name__)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", looks], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    told = [fingerprint(value), bytes(value).hex(), type(value).__name__]
    assert ran.stdout.split() == told
    assert type(_again(value)) is type(value)


def test_an_array_of_ctypes_that_holds_pointers_is_not_stored() -> None:
    with pytest.raises(Exception, match="pointers"):
        encode((ctypes.c_char_p * 1)(b"a"))


def _table(size: int = 5, **more: Any) -> sa.Table:
    return sa.Table(
        "flights",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("carrier", sa.String(size), index=True, default="AA"),
        sa.Column("next", sa.ForeignKey("flights.id")),
        **more,
    )


def test_a_table_of_sqlalchemy_counts_by_what_it_says() -> None:
    before = fingerprint(_table())
    assert fingerprint(_table()) == before
    assert fingerprint(_table().metadata) == fingerprint(_table().metadata)
    others = (_table(6), _table(mysql_engine="InnoDB"), _table(comment="x"))
    assert before not in set(map(fingerprint, others))
    assert fingerprint(_again(_table())) == before


def test_to_use_a_table_of_sqlalchemy_is_no_change() -> None:
    table = _table()
    before = fingerprint(table), fingerprint(table.metadata)
    engine = sa.create_engine("sqlite://")
    table.metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(sa.select(table).where(table.c.carrier == "AA")).all()
        connection.execute(table.insert().values(carrier="BA"))
    assert (fingerprint(table), fingerprint(table.metadata)) == before
    table.append_column(sa.Column("more", sa.Integer))
    assert fingerprint(table) != before[0]


def test_a_query_of_sqlalchemy_counts_by_what_it_asks() -> None:
    def query(carrier: str = "AA") -> Any:
        table = _table()
        return sa.select(table.c.id).where(table.c.carrier == carrier)

    asked = query()
    before = fingerprint(asked)
    assert str(asked)
    assert fingerprint(asked) == fingerprint(query()) == before
    assert fingerprint(query("BA")) != before


def test_to_count_the_rows_of_a_frame_of_dask_is_no_change() -> None:
    dask = pytest.importorskip("dask.dataframe")
    value = dask.from_pandas(pd.DataFrame({"a": range(10)}), npartitions=2)
    before = fingerprint(value)
    assert len(value) == 10
    assert fingerprint(value) == before
