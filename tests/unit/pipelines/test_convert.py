"""A notebook becomes a pipeline, or it is said why not."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import pytest

from nbmlops.domain import wire
from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.errors import BuildRefusedError
from nbmlops.notebook.document import Document, from_sources, parse, serialize
from nbmlops.notebook.normalize import digest
from nbmlops.pipelines import draw
from nbmlops.pipelines.convert import build, left_out

Cells = tuple[str | tuple[str, str], ...]

FLIGHTS: Cells = (
    "%load_ext nbmlops\n%mlops track",
    "%load_ext nbmlops\nimport json",
    ("month: int = 1  # 1 to 12", "parameters"),
    "%mlops track load\nflights = list(range(month))",
    "flights[:3]",
    "def clean(rows):\n    return [row for row in rows if row < LIMIT]",
    "LIMIT = 10",
    "tidy = clean(flights)",
    ("scratch = 1", "skip"),
    "%mlops versions load",
    "%mlops track train --metric auc\n%mlops versions train\nmodel = json.dumps(tidy)",
    ("print(model)", "step:report"),
)


def _document(cells: Cells) -> Document:
    pairs = [(cell, ()) if isinstance(cell, str) else (cell[0], [cell[1]]) for cell in cells]
    return from_sources(pairs)


def _build(*cells: str | tuple[str, str], **known: dict[tuple[str, str], str]) -> PipelineSpec:
    return build(_document(cells), name="flights", notebook="flights.ipynb", **known)


def test_steps_take_along_what_they_need_and_no_more():
    spec = _build(*FLIGHTS)
    assert [(cell.index, cell.role, cell.step) for cell in spec.cells] == [
        (1, "support", None),
        (2, "parameters", None),
        (3, "step", "load"),
        (5, "support", None),
        (6, "support", None),
        (7, "support", None),
        (10, "step", "train"),
        (11, "step", "report"),
    ]
    assert [(e.source, e.target, e.names, e.known_by) for e in spec.edges] == [
        ("load", "train", ("flights",), "static"),
        ("train", "report", ("model",), "static"),
    ]
    assert [(step.name, step.reads, step.writes) for step in spec.steps] == [
        ("load", ("month",), ("flights",)),
        ("train", ("tidy",), ("model",)),
        ("report", ("model",), ()),
    ]
    assert [parameter.name for parameter in spec.parameters] == ["month"]


def test_commands_do_not_go_along_and_lines_stay_where_they_are():
    cells = {cell.index: cell.source for cell in _build(*FLIGHTS).cells}
    assert cells[1] == "\nimport json"
    assert cells[10] == "%mlops track train --metric auc\n\nmodel = json.dumps(tidy)"


def test_a_step_has_the_digest_that_the_notebook_records():
    steps = {step.name: step.digest for step in _build(*FLIGHTS).steps}
    assert steps["train"] == digest("model = json.dumps(tidy)")


def test_formatting_makes_no_new_pipeline_and_meaning_does():
    before = _build(*FLIGHTS).digest
    assert _build(*FLIGHTS[:6], "LIMIT =  10 # ten", *FLIGHTS[7:]).digest == before
    assert _build(*FLIGHTS[:4], "flights[:5]", *FLIGHTS[5:]).digest == before
    assert _build(*FLIGHTS[:6], "LIMIT = 11", *FLIGHTS[7:]).digest != before
    assert _build(*FLIGHTS[:2], ("month: int = 2", "parameters"), *FLIGHTS[3:]).digest != before


def test_cells_that_no_step_needs_are_told_by_number():
    document = _document((*FLIGHTS, "# a remark", "%mlops runs", "def ("))
    spec = build(document, name="flights", notebook="flights.ipynb")
    assert left_out(document, spec) == (5, 15)


def test_a_required_parameter_is_known_though_nothing_assigns_it():
    assert _build(("month: int", "parameters"), "%mlops track a\nprint(month)").steps


def test_what_a_cell_only_may_change_is_a_dashed_edge():
    spec = _build(
        "def f(d):\n    return d",
        "%mlops track a\nx = [1]",
        "%mlops track b\nf(x)",
        "%mlops track c\nprint(x)",
    )
    assert ("b", "c", "possible") in {(e.source, e.target, e.known_by) for e in spec.edges}


def test_a_function_that_may_read_every_name_is_told_with_its_cell_and_line():
    spec = _build(
        "x = 1",
        "def look(name):\n    return globals()[name]",
        "def ask(text):\n    return eval(text)",
        "%mlops track a\ny = look('x')",
        "%mlops track b\nz = ask('x')",
    )
    told = [text.partition(":")[0] for text in spec.warnings]
    assert told == [
        "step 'a' uses globals() in `look` (cell 2, line 2)",
        "step 'b' uses eval() in `ask` (cell 3, line 2)",
    ]


def test_a_broken_cell_that_nobody_needs_is_left_out_with_a_warning():
    spec = _build("def (", "%mlops track a\nx = 1")
    assert any("cell 1" in warning for warning in spec.warnings)


@dataclass(frozen=True)
class Refusal:
    cells: Cells
    words: tuple[str, ...]


REFUSALS = {
    "no step": Refusal(("x = 1",), ("no step", "%mlops track NAME", "--steps cells")),
    "no step, and nothing but definitions": Refusal(
        ("import os", "def f(): ..."), ("no step", "none of its cells does more", "--steps all")
    ),
    "no code": Refusal((), ("no step", "no code cell")),
    "a broken step": Refusal(("%mlops track a\n\nx = (",), ("step 'a', line 3", "correct")),
    "a broken cell that is needed": Refusal(
        ("def f(:\n    pass", "%mlops track a\nf()"), ("cell 1, line 1",)
    ),
    "an unknown name": Refusal(
        ("limit = 1", "%mlops track a\nprint(limitt)"), ("'limitt'", "did you mean 'limit'")
    ),
    "an alias": Refusal(
        ("%alias shown ls data", "%mlops track a\nshown"),
        ("step 'a' reads 'shown'", "an alias of cell 1; write %shown"),
    ),
    "an alias with words": Refusal(
        ("%alias first head -n", "%mlops track a\nfirst 3 data.csv"),
        ("step 'a', line 2", "first is an alias of cell 1: write %first"),
    ),
    "a line for an input transformer": Refusal(
        (
            "get_ipython().input_transformers_post.append(str.splitlines)",
            "%mlops track a\nx -> 3",
        ),
        ("step 'a', line 2", "write it as Python, which the input transformers of cell 1"),
    ),
    "a line for autocall": Refusal(
        ("%autocall 1", "%mlops track a\nlen 'abc'"), ("parentheses that %autocall of cell 1",)
    ),
    "gettext under the name of the last result": Refusal(
        ("import gettext\n_ = gettext.gettext", "%mlops track a\nprint(_('a'))"),
        ("reads '_'", "gettext's function", "from gettext import gettext as _"),
    ),
    "the code of a shell line's end": Refusal(
        ("!true", "%mlops track a\nprint(_exit_code)"),
        ("'_exit_code'", "subprocess.run"),
    ),
    "an unknown name in a function": Refusal(
        ("def f():\n    return nowhere", "%mlops track a\nf()"), ("step 'a' reads 'nowhere'",)
    ),
    "a name that comes later": Refusal(
        ("%mlops track a\nprint(x)", "x = 1"), ("only further down, in cell 2", "move cell 2")
    ),
    "a name that is deleted": Refusal(
        ("x = 1", "%mlops track b\ndel x", "%mlops track a\nprint(x)"), ("step 'b' deletes",)
    ),
    "a name in a skipped cell": Refusal(
        (("x = 1", "skip"), "%mlops track a\nprint(x)"), ("cell 1", "remove the tag")
    ),
    "a name that two cells define below, one of which needs this one": Refusal(
        ("%mlops track a\nx = y", "%mlops track b\ny = x", "y = 1"),
        ("only further down, in cell 3", "move cell 3"),
    ),
    "two steps that need each other": Refusal(
        ("%mlops track one\na = b + 1", "%mlops track two\nb = a + 1"),
        (
            "step 'one' reads 'b', which step 'two' defines",
            "step 'two' needs a from step 'one'",
            "they need each other, so neither can come first",
            "make 'b' in a cell of its own above step 'one'",
        ),
    ),
    "a cycle over an unnamed cell": Refusal(
        ("%mlops track a\nx = z", "y = x", "%mlops track c\nz = y"),
        ("cell 2 needs x from step 'a'; step 'c' needs y from cell 2", "need each other"),
    ),
    "two cells of one name": Refusal(
        ("%mlops track a\nx = 1", "x", "%mlops track a\nx = 2", ("x = 3", "step:a")),
        ("step 'a' is named in cells 1, 3 and 4; keep one", "join them into one cell"),
    ),
    "two parameter cells": Refusal(
        (("x = 1", "parameters"), ("y = 1", "parameters"), "%mlops track a\nx"),
        ("cell 1, cell 2", "keep the tag on one"),
    ),
    "parameters that are a step": Refusal(
        (("%mlops track a\nx = 1", "parameters"),), ("a cell of their own",)
    ),
    "a default of another type": Refusal(
        (("x: int = 'a'", "parameters"), "%mlops track a\nx"), ("'x'", "whole number")
    ),
    "a wrong label": Refusal(("%mlops track a --nope",), ("no option --nope",)),
    "a generator": Refusal(
        ("%mlops track a\ng = (i for i in range(3))", "%mlops track b\nlist(g)"),
        ("'g'", "a generator", "the tag step:a on each", "also with --steps cells or all"),
    ),
    "a connection": Refusal(
        ("import sqlite3", "%mlops track a\nc = sqlite3.connect('x')", "%mlops track b\nc.close()"),
        ("'c'", "a database connection"),
    ),
    "a lock by its short name": Refusal(
        ("from threading import Lock as L", "%mlops track a\nk = L()", "%mlops track b\nk"),
        ("a lock",),
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_notebook_is_refused_with_the_cell_and_the_cure(name: str):
    with pytest.raises(BuildRefusedError) as caught:
        _build(*REFUSALS[name].cells)
    (problem,) = caught.value.problems
    for words in REFUSALS[name].words:
        assert words in problem


def test_every_reason_is_given_at_once():
    with pytest.raises(BuildRefusedError) as caught:
        _build("%mlops track a\nprint(x)", "%mlops track b\nprint(y)")
    assert len(caught.value.problems) == 2


def test_a_value_that_could_not_be_stored_before_is_refused():
    with pytest.raises(BuildRefusedError, match="cannot pickle"):
        _build(
            "%mlops track a\nx = 1",
            "%mlops track b\nprint(x)",
            unstorable={("a", "x"): "cannot pickle it"},
        )


def test_what_a_step_keeps_for_itself_need_not_be_storable():
    assert _build("%mlops track a\ng = (i for i in range(3))\nx = list(g)", "%mlops track b\nx")


def test_two_cells_with_one_id_are_refused():
    text = serialize(_document(("%mlops track a\nx = 1", "y = 1"))).decode()
    first, second = (cell.id for cell in parse(text).cells)
    with pytest.raises(BuildRefusedError, match="same id"):
        build(parse(text.replace(second, first)), name="p", notebook="n.ipynb")


def test_another_language_is_refused():
    text = serialize(_document(("%mlops track a\nx = 1",))).decode()
    with pytest.raises(BuildRefusedError, match="speaks julia"):
        build(parse(text.replace('"name": "python"', '"name": "julia"')), name="p", notebook="n")


def test_the_drawings_show_every_step_and_edge():
    spec = _build(*FLIGHTS)
    shown = draw.text(spec)
    assert shown.startswith("load → train → report\n")
    assert "└─ flights ─▶ train" in shown
    assert 's0 -->|"flights"| s1' in draw.mermaid(spec)
    picture = draw.svg(spec, {"train": "failed"})
    assert picture.count("<rect") == 3
    assert "state-failed" in picture
    assert "flights" in picture


def test_a_name_is_cut_where_it_does_not_fit_into_its_box() -> None:
    """Capitals are wider: fewer of them fit."""
    names = ("features_of_a_week", "FEATURES_OF_A_WEEK")
    picture = draw.svg(_build(*(f"%mlops track {name}\na = 1" for name in names)))
    assert ">features_of_a_week<" in picture
    assert ">FEATURES_OF_A…<" in picture


def test_the_drawings_of_a_plan_say_and_colour_what_becomes_of_each_step() -> None:
    spec = _build(*FLIGHTS)
    states = {"load": "cached", "train": "runs", "report": "may run"}
    picture = draw.svg(spec, states, {"train": "`flights` < changed"})
    assert "<title>train: runs, `flights` &lt; changed</title>" in picture
    assert [f'class="state-{kind}"' in picture for kind in ("cached", "runs", "may-run")] == [
        True
    ] * 3
    assert ">may run</text>" in picture
    chart = draw.mermaid(spec, states)
    assert 's1["train<br/>runs"]' in chart
    assert "class s2 may-run" in chart
    assert "classDef" not in draw.mermaid(spec)


def test_no_label_lies_on_another_or_on_a_step():
    spec = _build(
        "%mlops track load\na = 1\nlookup = 2",
        "%mlops track clean\nb = a",
        "%mlops track features\nc = b",
        "%mlops track train\nmodel = c",
        "%mlops track evaluate\nscore = model + b + lookup",
        "%mlops track report\nprint(score, a, c, lookup)",
    )
    texts = re.findall(r'<text class="\w+" x="(\d+)" y="(\d+)">', draw.svg(spec))
    places = [(int(x), int(y)) for x, y in texts]
    assert len(places) == len(spec.steps) + len(spec.edges)
    for (x, y), (left, top) in itertools.combinations(places, 2):
        assert abs(x - left) >= 100 or abs(y - top) >= 14


def test_a_step_may_say_what_its_kernel_takes_and_old_digests_stay() -> None:
    """Rules that came later count only where something is said."""
    plain = from_sources([("%mlops track a --retries 2\nx = 1", [])])
    limited = from_sources([("%mlops track a --retries 2 --memory 1G --cpus 2\nx = 1", [])])
    first = build(plain, name="n", notebook="n.ipynb")
    second = build(limited, name="n", notebook="n.ipynb")
    assert (second.steps[0].rules.memory, second.steps[0].rules.cpus) == (2**30, 2)
    assert first.digest != second.digest
    assert first.digest == "b82af90db8c8200837b86c00553ac03bb93a4e16be1af32d1e6e63e5a0336c03"


def test_resources_are_part_of_the_version_and_old_digests_stay() -> None:
    """They are kept with the step, and come out of the store as they went in."""
    text = "%mlops track a --retries 2{}\nx = 1"
    specs = [
        build(from_sources([(text.format(said), [])]), name="n", notebook="n.ipynb")
        for said in ("", " --gpus 1", " --resources GPU=1", " --gpus 2")
    ]
    digests = [spec.digest for spec in specs]
    assert digests[0] == "b82af90db8c8200837b86c00553ac03bb93a4e16be1af32d1e6e63e5a0336c03"
    assert digests[1] == digests[2]
    assert len(set(digests)) == 3
    assert wire.decode(wire.encode(specs[1]), PipelineSpec) == specs[1]
    assert specs[1].steps[0].rules.resources == {"GPU": 1.0}


@pytest.mark.parametrize("said", ["--memory lots", "--cpus 0", "--cpus many", "--gpus no"])
def test_a_wrong_amount_is_told_when_the_notebook_is_built(said: str) -> None:
    """In one sentence, with what may be written."""
    with pytest.raises(BuildRefusedError, match="is wrong: write"):
        build(from_sources([(f"%mlops track a {said}\nx = 1", [])]), name="n", notebook="n.ipynb")
