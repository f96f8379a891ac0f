"""How cells are named."""

from __future__ import annotations

import pytest

from nbmlops.notebook.labels import (
    CellTest,
    Label,
    cell_test,
    label_of,
    strip_commands,
    strip_label,
)


@pytest.mark.parametrize(
    ("source", "name", "metrics"),
    [
        ("%mlops track train\nx = 1", "train", ()),
        ("%%mlops track train\nx = 1", "train", ()),
        ("\n# why\n%mlops track train --metric auc -m f1\n", "train", ("auc", "f1")),
        ("%%time\n%mlops track train --metric=auc", "train", ("auc",)),
        ("%mlops track train  # the model", "train", ()),
    ],
)
def test_the_first_line_names_the_cell(source: str, name: str, metrics: tuple[str, ...]):
    assert label_of(source) == Label(name=name, metrics=metrics, kind="step")


@pytest.mark.parametrize(
    ("source", "tags", "name"),
    [
        ("%%mlops test\nassert x", (), ""),
        ("\n# why\n%%mlops test rows are unique # all\nassert x", (), "rows are unique"),
        ("%%mlops test sums\nassert x", ("step:load",), "sums"),
        ("assert x", ("test",), ""),
    ],
)
def test_a_first_line_or_a_tag_makes_a_test(source: str, tags: tuple[str, ...], name: str):
    assert cell_test(source, tags) == CellTest(name=name)
    assert label_of(source) is None
    assert strip_commands(source) == source
    assert "%%mlops" not in strip_label(source)
    assert strip_label(source).count("\n") == source.count("\n")


@pytest.mark.parametrize(
    ("source", "tags"),
    [
        ("%mlops test\nassert x", ()),
        ("x = 1\n%%mlops test\n", ()),
        ("%mlops track load\nx", ("test",)),
        ("x", ("test", "step:load")),
        ("%%mlops tests\nx", ()),
    ],
)
def test_a_step_and_any_other_cell_is_no_test(source: str, tags: tuple[str, ...]):
    assert cell_test(source, tags) is None


def test_a_bare_line_records_the_notebook():
    assert label_of("%mlops track") == Label(name=None, kind="notebook")


@pytest.mark.parametrize(
    "source", ["x = 1\n%mlops track a", "%mlops versions a", "%mlops trackers"]
)
def test_other_lines_are_no_label(source: str):
    assert label_of(source) is None


def test_a_tag_names_the_cell_unless_a_line_does():
    assert label_of("x", ["step:load"]) == Label(name="load", kind="step")
    assert label_of("%mlops track train", ["step:load"]) == Label(name="train", kind="step")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("%mlops track a b", "is one word, not 2: a, b"),
        ("%mlops track a --nope", "no option --nope"),
        ("%mlops track a --metrc auc", "there is no option --metrc: write --metric"),
        ("%mlops track a --retry=3", "there is no option --retry: write --retries"),
        ("%mlops track a --metric", "needs the name"),
        ("%mlops track 'a", "quotation"),
        ("%mlops track 1a", "not a step name"),
    ],
)
def test_wrong_options_are_a_problem_and_raise_nothing(source: str, words: str):
    label = label_of(source)
    assert label is not None
    assert words in (label.problem or "")


def test_stripping_keeps_the_number_of_lines():
    source = "# a\n%mlops track train\nx = 1\n"
    assert strip_label(source) == "# a\n\nx = 1\n"
    assert strip_label("x = 1") == "x = 1"


def test_commands_are_stripped_and_the_label_stays():
    source = "%mlops track a\n%load_ext nbmlops\nx = 1\n%mlops build\nt = '''\n%mlops build\n'''"
    assert strip_commands(source) == "%mlops track a\n\nx = 1\n\nt = '''\n%mlops build\n'''"
    assert strip_commands("%%mlops build\nx") == "\n"


@pytest.mark.parametrize("word", ["approved", "latest"])
def test_a_word_that_references_understand_is_no_step_name(word: str) -> None:
    problem = f"{word!r} says which version or state is meant: give the step another name"
    for found in (label_of(f"%mlops track {word}\nx = 1"), label_of("x = 1", [f"step:{word}"])):
        assert found is not None
        assert (found.name, found.problem) == (None, problem)
