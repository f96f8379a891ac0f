"""Where a result comes from, and what used it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import Artifact, ExecutionRecord, ExecutionStatus, Metric
from nbmlops.domain.lineage import Focus, Lineage
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.errors import UnknownNameError
from nbmlops.history.lineage import MOST_NODES
from nbmlops.store.catalog.lineage import LineageRecords, LineageWalk
from nbmlops.store.catalog.links import MOST_USES
from nbmlops.testing import NOON
from nbmlops.workspace import Workspace


def values(contents: Mapping[str, str | None]) -> tuple[ValueRecord, ...]:
    """Values by name and fingerprint."""
    return tuple(
        ValueRecord(name=name, fingerprint=print_, summary=ValueSummary(kind="int"))
        for name, print_ in contents.items()
    )


def ran(
    workspace: Workspace,
    step: str | None,
    *,
    reads: Mapping[str, str | None] | None = None,
    makes: Mapping[str, str | None] | None = None,
    **facts: Any,
) -> int:
    """Record an execution; returns its id."""
    record = ExecutionRecord(
        notebook="flights.ipynb",
        step=step,
        cell_id=step,
        source=f"{step} = 1",
        digest=f"{step}",
        session="session",
        started_at=NOON,
        duration=0.1,
        status=ExecutionStatus.OK,
        inputs=values(reads or {}),
        outputs=values(makes or {}),
        author="tester",
    )
    return workspace.executions.add(replace(record, **facts)).id


def backward(workspace: Workspace, name: str, **options: Any) -> Lineage:
    """What a variable was made from."""
    return workspace.lineage.backward(workspace.lineage.variable(name), **options)


def forward(workspace: Workspace, name: str, **options: Any) -> Lineage:
    """What used a variable."""
    return workspace.lineage.forward(workspace.lineage.variable(name), **options)


def edges(found: Lineage) -> list[tuple[int, int, tuple[str, ...]]]:
    """The edges as plain tuples."""
    return [(edge.source, edge.target, edge.names) for edge in found.edges]


def test_a_value_is_followed_back_through_all_that_it_was_made_from(
    mlops_workspace: Workspace,
) -> None:
    load = ran(mlops_workspace, "load", reads={"month": "m"}, makes={"rows": "r"})
    clean = ran(mlops_workspace, None, reads={"rows": "r"}, makes={"kept": "k"})
    train = ran(mlops_workspace, "train", reads={"kept": "k"}, makes={"model": "x"})
    ran(mlops_workspace, "other", reads={"rows": "r"}, makes={"plot": "p"})
    found = backward(mlops_workspace, "model")
    assert [node.title for node in found.nodes] == ["load@1", "None = 1", "train@1"]
    assert edges(found) == [(load, clean, ("rows",)), (clean, train, ("kept",))]
    assert [(origin.name, origin.target) for origin in found.origins] == [("month", load)]
    assert not found.truncated


def test_the_nearest_maker_of_equal_content_counts(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, "load", makes={"rows": "r"})
    again = ran(mlops_workspace, "load", makes={"rows": "r"})
    ran(mlops_workspace, "spoil", makes={"rows": "s"})
    train = ran(mlops_workspace, "train", reads={"rows": "r"}, makes={"model": "x"})
    ran(mlops_workspace, "load", makes={"rows": "r"})
    assert edges(backward(mlops_workspace, "model")) == [(again, train, ("rows",))]


def test_a_maker_of_the_same_session_comes_before_a_later_one_of_another(
    mlops_workspace: Workspace,
) -> None:
    own = ran(mlops_workspace, "load", makes={"rows": "r"})
    other = ran(mlops_workspace, "load", makes={"rows": "r", "extra": "e"}, session="other")
    train = ran(mlops_workspace, "train", reads={"rows": "r", "extra": "e"}, makes={"model": "x"})
    assert edges(backward(mlops_workspace, "model")) == [
        (own, train, ("rows",)),
        (other, train, ("extra",)),
    ]
    assert edges(forward(mlops_workspace, "rows")) == []


def test_another_notebook_makes_nothing_of_this_one(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, "load", makes={"rows": "r"}, notebook="other.ipynb", session="other")
    ran(mlops_workspace, "train", reads={"rows": "r"}, makes={"model": "x"})
    found = backward(mlops_workspace, "model")
    assert found.edges == ()
    assert [origin.name for origin in found.origins] == ["rows"]


def test_what_has_no_content_to_compare_is_followed_by_its_name_within_its_session(
    mlops_workspace: Workspace,
) -> None:
    load = ran(mlops_workspace, "load", makes={"stream": None})
    ran(mlops_workspace, "load", makes={"stream": None}, session="other")
    train = ran(mlops_workspace, "train", reads={"stream": None, "plot": None}, makes={"m": "x"})
    found = backward(mlops_workspace, "m")
    assert edges(found) == [(load, train, ("stream",))]
    assert [(origin.name, origin.fingerprint) for origin in found.origins] == [("plot", None)]
    made = mlops_workspace.lineage.forward(Focus(thing="load", executions=(load,)))
    assert edges(made) == [(load, train, ("stream",))]


def test_what_has_no_content_is_used_until_its_name_is_made_again(
    mlops_workspace: Workspace,
) -> None:
    load = ran(mlops_workspace, "load", makes={"stream": None})
    train = ran(mlops_workspace, "train", reads={"stream": None}, makes={"m": "x"})
    for number in range(MOST_USES):
        ran(mlops_workspace, "more", reads={"stream": None}, makes={"stream": None})
        ran(mlops_workspace, "else", makes={"stream": None}, session=f"other {number}")
    found = mlops_workspace.lineage.forward(Focus(thing="load", executions=(load,)), depth=1)
    assert edges(found) == [
        (load, train, ("stream",)),
        (load, train + 1, ("stream",)),  # which reads it before it makes it again
    ]
    with LineageRecords(mlops_workspace.database).walk() as walk:
        assert walk.users([load])[1] is False


def test_what_has_no_content_is_used_again_where_a_session_went_back(
    mlops_workspace: Workspace,
) -> None:
    load = ran(mlops_workspace, "load", makes={"stream": None})
    ran(mlops_workspace, "undone", makes={"stream": None})
    ran(mlops_workspace, None, cell_id=None, travelled_to=load)
    train = ran(mlops_workspace, "train", reads={"stream": None}, makes={"m": "x"})
    assert edges(backward(mlops_workspace, "m")) == [(load, train, ("stream",))]
    found = mlops_workspace.lineage.forward(Focus(thing="load", executions=(load,)))
    assert edges(found) == [(load, train, ("stream",))]


def test_a_question_costs_the_same_in_a_long_session(mlops_workspace: Workspace) -> None:
    """Names that nothing made, and that each cell makes, are looked up and not searched for."""
    records = LineageRecords(mlops_workspace.database)
    taken: list[int] = []
    for length in (20, 400):
        last = 0
        for number in range(length):
            last = ran(
                mlops_workspace,
                "cell",
                reads={"x": f"{length} {number}", "stream": None},
                makes={"x": f"{length} {number + 1}", "kept": None},
            )
        taken += [
            steps_of(mlops_workspace, partial(level, records, way, last - 1))
            for way in (LineageWalk.makers, LineageWalk.users)
        ]
    makers, users, makers_later, users_later = taken
    assert makers_later < 2 * makers
    assert users_later < 2 * users


def test_a_level_of_many_executions_is_asked_for_some_at_a_time(
    mlops_workspace: Workspace,
) -> None:
    load = ran(mlops_workspace, "load", makes={"rows": "r"})
    taken = [
        ran(mlops_workspace, "take", reads={"rows": "r"}, makes={f"part_{n}": f"p{n}"})
        for n in range(150)
    ]
    join = ran(mlops_workspace, "join", reads={f"part_{n}": f"p{n}" for n in range(150)})
    every = [*((load, take) for take in taken), *((take, join) for take in taken)]
    back = mlops_workspace.lineage.backward(Focus(thing="join", executions=(join,)))
    on = mlops_workspace.lineage.forward(Focus(thing="load", executions=(load,)))
    for found in (back, on):
        assert [(edge.source, edge.target) for edge in found.edges] == every
        assert not found.truncated


def test_a_lineage_is_of_one_state(mlops_workspace: Workspace) -> None:
    """What is recorded while it is put together belongs to the next one."""
    load = ran(mlops_workspace, "load", makes={"rows": "r"})
    with LineageRecords(mlops_workspace.database).walk() as walk:
        assert walk.users([load]) == ([], False)
        ran(mlops_workspace, "train", reads={"rows": "r"})
        assert walk.users([load]) == ([], False)
    assert mlops_workspace.lineage.forward(Focus(thing="rows", executions=(load,))).edges


def level(records: LineageRecords, way: Callable[..., object], execution: int) -> None:
    """Ask for one level of a lineage."""
    with records.walk() as walk:
        way(walk, [execution])


def steps_of(workspace: Workspace, ask: Callable[[], object]) -> int:
    """How many instructions of SQLite answer a question."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with workspace.database.ask() as asking:  # the next question gets the same connection
        driver: Any = asking._cursor.connection
    driver.set_progress_handler(count, 1)
    ask()
    driver.set_progress_handler(None, 1)
    assert steps
    return steps


def test_a_cell_that_reads_what_it_writes_is_no_cycle(mlops_workspace: Workspace) -> None:
    first = ran(mlops_workspace, "count", makes={"n": "1"})
    second = ran(mlops_workspace, "count", reads={"n": "1"}, makes={"n": "2"})
    third = ran(mlops_workspace, "count", reads={"n": "2"}, makes={"n": "1"})
    assert edges(backward(mlops_workspace, "n")) == [
        (first, second, ("n",)),
        (second, third, ("n",)),
    ]


def test_forward_follows_only_those_who_really_took_it(mlops_workspace: Workspace) -> None:
    load = ran(mlops_workspace, "load", makes={"rows": "r", "size": "s"})
    train = ran(mlops_workspace, "train", reads={"rows": "r"}, makes={"model": "x"})
    score = ran(mlops_workspace, "score", reads={"model": "x"}, makes={"auc": "a"})
    ran(mlops_workspace, "report", reads={"size": "s"})
    ran(mlops_workspace, "load", makes={"rows": "r"})
    ran(mlops_workspace, "train", reads={"rows": "r"}, makes={"model": "x"})
    found = mlops_workspace.lineage.forward(
        Focus(thing="rows", executions=(load,), names=("rows",))
    )
    assert edges(found) == [(load, train, ("rows",)), (train, score, ("model",))]


def test_depth_stops_and_says_that_there_is_more(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, "a", makes={"a": "a"})
    ran(mlops_workspace, "b", reads={"a": "a"}, makes={"b": "b"})
    ran(mlops_workspace, "c", reads={"b": "b"}, makes={"c": "c"})
    for found in (
        backward(mlops_workspace, "c", depth=1),
        forward(mlops_workspace, "a", depth=1),
    ):
        assert (len(found.nodes), found.truncated) == (2, True)
    assert not backward(mlops_workspace, "c", depth=2).truncated
    assert len(backward(mlops_workspace, "c", depth=0).nodes) == 1


def test_a_long_chain_is_cut_near_the_thing(mlops_workspace: Workspace) -> None:
    for number in range(MOST_NODES + 3):
        ran(
            mlops_workspace,
            None,
            reads={"n": str(number - 1)} if number else {},
            makes={"n": str(number)},
        )
    found = backward(mlops_workspace, "n")
    assert (len(found.nodes), found.truncated) == (MOST_NODES, True)
    assert len(found.edges) == MOST_NODES - 1


def test_metrics_and_figures_belong_to_their_execution(mlops_workspace: Workspace) -> None:
    figure = Artifact(name="output-1", media_type="image/png", object="o", size=1)
    metric = Metric(name="auc", value=0.9, recorded_at=NOON)
    ran(mlops_workspace, "load", makes={"rows": "r"})
    made = ran(
        mlops_workspace, "train", reads={"rows": "r"}, artifacts=(figure,), metrics=(metric,)
    )
    executions = mlops_workspace.executions.by_ids([made]).values()
    service = mlops_workspace.lineage
    for part in ("auc", "output-1", "train"):
        found = service.backward(service.within(executions, part, thing=part))
        assert [node.title for node in found.nodes] == ["load@1", "train@1"]
    assert (found.nodes[1].metrics, found.nodes[1].artifacts) == ({"auc": 0.9}, ("output-1",))
    with pytest.raises(UnknownNameError, match="Did you mean 'auc'"):
        service.within(executions, "acu", thing="acu")


def test_a_variable_is_looked_for_in_this_session_first(mlops_workspace: Workspace) -> None:
    own = ran(mlops_workspace, "load", makes={"rows": "r"})
    other = ran(mlops_workspace, "load", makes={"rows": "q"}, session="other")
    service = mlops_workspace.lineage
    assert service.variable("rows", session="session").executions == (own,)
    assert service.variable("rows", notebook="flights.ipynb").executions == (other,)
    with pytest.raises(UnknownNameError, match="Did you mean 'rows'"):
        service.variable("row")


def test_an_explanation_reaches_one_level_in_both_directions(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, "load", makes={"rows": "r"})
    ran(mlops_workspace, "clean", reads={"rows": "r"}, makes={"kept": "k"})
    ran(mlops_workspace, "train", reads={"kept": "k"}, makes={"model": "x"})
    ran(mlops_workspace, "score", reads={"model": "x"}, started_at=NOON + timedelta(hours=1))
    found = mlops_workspace.lineage.explain(mlops_workspace.lineage.variable("kept"))
    assert found.execution.record.step == "clean"
    assert [node.title for node in found.made_from.nodes] == ["load@1", "clean@1"]
    assert [node.title for node in found.used_by.nodes] == ["clean@1", "train@1"]


def accesses(**modes: str) -> tuple[FileAccess, ...]:
    """Files by name, each as ``read`` or ``write`` and its content: ``a="write 1"``."""
    return tuple(
        FileAccess(path=f"{name}.csv", mode=mode, digest=digest, known_by="open")
        for name, text in modes.items()
        for mode, digest in [text.split()]
    )


def test_a_file_is_followed_from_its_writer_to_its_readers(mlops_workspace: Workspace) -> None:
    write = ran(mlops_workspace, "save", makes={"n": "1"}, files=accesses(a="write 1"))
    again = ran(mlops_workspace, "save", files=accesses(a="write 2"))
    read = ran(
        mlops_workspace,
        "load",
        makes={"rows": "r"},
        files=accesses(a="read 1", b="read 3"),
        notebook="other.ipynb",
        session="other",
    )
    service = mlops_workspace.lineage
    found = backward(mlops_workspace, "rows")
    assert edges(found) == [(write, read, ("a.csv",))]
    assert [(origin.name, origin.kind) for origin in found.origins] == [("b.csv", "file")]
    assert found.nodes[1].files_read == ("a.csv", "b.csv")
    forward_ = service.forward(Focus(thing="n", executions=(write,)))
    assert edges(forward_) == [(write, read, ("a.csv",))]
    assert service.forward(Focus(thing="a.csv", executions=(again,))).edges == ()
    assert service.file("a.csv") == Focus(thing="a.csv", executions=(again,), names=("a.csv",))
    assert service.file("b.csv") == Focus(thing="b.csv", executions=(read,), from_outside=True)
    assert service.file("c.csv") is None


def test_who_used_a_file_is_not_who_used_what_else_its_writer_made(
    mlops_workspace: Workspace,
) -> None:
    write = ran(mlops_workspace, "save", makes={"n": "1"}, files=accesses(a="write 1"))
    ran(mlops_workspace, "count", reads={"n": "1"}, makes={"m": "2"})
    read = ran(mlops_workspace, "load", makes={"rows": "r"}, files=accesses(a="read 1"))
    focus = mlops_workspace.lineage.file("a.csv")
    assert focus is not None
    assert edges(mlops_workspace.lineage.forward(focus)) == [(write, read, ("a.csv",))]


def test_a_file_that_no_cell_made_was_made_from_nothing_and_used_by_all_its_readers(
    mlops_workspace: Workspace,
) -> None:
    """Whichever content they found in it."""
    ran(mlops_workspace, "month", makes={"month": "1"})
    first = ran(
        mlops_workspace,
        "load",
        reads={"month": "1"},
        makes={"rows": "r"},
        files=accesses(a="read 1"),
    )
    user = ran(mlops_workspace, "fit", reads={"rows": "r"}, makes={"model": "m"})
    last = ran(mlops_workspace, "load", makes={"rows": "s"}, files=accesses(a="read 2"))
    service = mlops_workspace.lineage
    focus = service.file("a.csv")
    assert focus == Focus(thing="a.csv", executions=(first, last), from_outside=True)
    found = service.backward(focus)
    assert (found.nodes, found.edges, found.origins) == ((), (), ())
    found = service.forward(focus)
    assert [node.id for node in found.nodes] == [first, user, last]
    assert edges(found) == [(first, user, ("rows",))]
    assert [(origin.name, origin.target) for origin in found.origins] == [
        ("a.csv", first),
        ("a.csv", last),
    ]
    explained = service.explain(focus)
    assert explained.made_from.nodes == ()
    assert [node.id for node in explained.used_by.nodes] == [first, last]
