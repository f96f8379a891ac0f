"""What runs of a cell that is labelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from nbmlops.magics.extension import call_label, lift_label

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


OPTIONS = (
    " s", "  s ", " s --metric auc,f1", " s --retries=2 --no-cache", " s-1.b", " s # why",
    " s?", " s \\", " 's'", " {x}", " $x", "", "\ts",
)  # fmt: skip
LABELLED = tuple(
    f"{above}%mlops track{options}{below}"
    for options in OPTIONS
    for above in ("", "\n# why\n", "%%time\n", "x = 1\n", "if x:\n    ")
    for below in ("\nx = 1\n", "\n", "")
)


@pytest.mark.parametrize("typed", LABELLED)
def test_what_runs_is_what_ipython_makes_of_the_label(typed: str) -> None:
    usual, ours = TransformerManager(), TransformerManager()
    for manager, transformers in ((usual, [lift_label]), (ours, [lift_label, call_label])):
        manager.cleanup_transforms.extend(transformers)
    assert ours.transform_cell(typed) == usual.transform_cell(typed)


def test_a_plain_label_is_called_without_looking_for_magics() -> None:
    called = "get_ipython().run_line_magic('mlops', 'track s --metric auc')\n"
    assert call_label(["# why\n", "%mlops track s --metric auc\n", "x\n"])[1] == called
