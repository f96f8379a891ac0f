"""What runs of a cell that is labelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.magics.extension import lift_label

CASES = (
    ("x = 1\n", "x = 1\n"),
    ("%mlops track s\nx = 1\n", "%mlops track s\nx = 1\n"),
    ("%%mlops track s\nx = 1\n", "%mlops track s\nx = 1\n"),
    ("# why\n%%mlops track s\nx = 1\n", "# why\n%mlops track s\nx = 1\n"),
    ("%mlops track s\n%%bash\nls\n", "%%bash\nls\n"),
    ("%mlops track s\n\n%%bash\nls\n", "%%bash\nls\n"),
    ("%%mlops track s\n%%time\nx = 1\n", "%%time\nx = 1\n"),
    ("%%bash\n%mlops track s\nls\n", "%%bash\n\nls\n"),
    ("%%time\n%mlops track s\nx = 1\n", "%%time\n%mlops track s\nx = 1\n"),
    ("x = '''\n%mlops track s\n'''\n", "x = '''\n%mlops track s\n'''\n"),
    ("%%mlops test\nassert x\n", "\nassert x\n"),
    ("# why\n%%mlops test of x\nassert x\n", "# why\n\nassert x\n"),
    ("%%mlops test\n%%time\nassert x\n", "%%time\nassert x\n"),
    ("%mlops test\nx = 1\n", "%mlops test\nx = 1\n"),
    ("%mlops versions\nx = 1\n", "%mlops versions\nx = 1\n"),
    ("%%writefile f.py\n%mlops track s\nx = 1\n", "%%writefile f.py\n\nx = 1\n"),
)


@pytest.mark.parametrize(("typed", "runs"), CASES, ids=[typed for typed, _ in CASES])
def test_a_label_gets_out_of_the_way(typed: str, runs: str) -> None:
    assert "".join(lift_label(typed.splitlines(keepends=True))) == runs


PIECES = (
    "%mlops track s",
    "%%mlops track",
    "%%bash",
    "%%time",
    "x = 1",
    "",
    "# no",
    "'",
    '"""',
    "%%",
)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=20)))
def test_it_never_fails_and_only_touches_labelled_cells(pieces: list[str]) -> None:
    lines = "\n".join(pieces).splitlines(keepends=True)
    lifted = lift_label(list(lines))
    if not any("mlops track" in line for line in lines):
        assert lifted == lines
