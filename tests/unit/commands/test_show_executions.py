"""What ``show @12`` and ``diff @12 @13`` say of executions and of what they made."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.upkeep import Retention
from nbmlops.domain.values import ValuePreview, ValueRecord, ValueSummary
from nbmlops.testing import FixedClock
from nbmlops.workspace import Workspace
from tests.unit.conftest import Shell

PREVIEW = ValuePreview(items=(("0", "'first'"),))


@pytest.fixture
def collected(
    mlops_workspace: Workspace, mlops_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """Two executions of one version, of which the first lost its content."""
    monkeypatch.chdir(mlops_workspace.project)
    mlops_clock.now = datetime.now(UTC)
    for number in (1, 2):
        value = ValueRecord(
            name="rows",
            fingerprint=f"print {number}",
            summary=ValueSummary(kind="list", size=8, preview=PREVIEW),
            manifest=mlops_workspace.values.save([number], limit=10**6),
        )
        mlops_workspace.executions.add(
            ExecutionRecord(
                notebook="n.ipynb",
                step="load",
                cell_id="a",
                source="%mlops track load\nrows = look()",
                digest="code",
                session="s",
                started_at=mlops_clock() - timedelta(days=90),
                duration=0.1,
                status=ExecutionStatus.OK,
                outputs=(value,),
                author="tester",
            )
        )
    long_ago = (mlops_clock() - timedelta(days=90)).timestamp()
    for path in (mlops_workspace.store / "objects").rglob("*"):
        if path.is_file():
            os.utime(path, (long_ago, long_ago))
    mlops_workspace.collection.collect(Retention())
    return mlops_workspace


@pytest.mark.usefixtures("collected")
def test_what_was_removed_is_told_with_the_way_back(shell: Shell) -> None:
    out = shell("show", "@1").out
    assert "removed by gc on 20" in out
    assert "Make rows again, in the notebook: %mlops checkout @1" in out
    assert "Make rows again" not in shell("show", "@2").out


@pytest.mark.usefixtures("collected")
def test_a_value_of_an_execution_is_looked_into(shell: Shell) -> None:
    """Also where its content was removed: the record has what it looked like."""
    assert (
        shell("show", "@1")
        .out.rstrip()
        .endswith("What a value looks like: nbmlops show @1 --value rows")
    )
    for thing, content in (("@1", "removed by gc"), ("@2", "stored")):
        out = shell("show", thing, "--value", "rows").out
        assert out.startswith(f"rows of {thing}")
        assert content in out
        assert "'first'" in out
    assert "no value 'row'" in shell("show", "@1", "--value", "row").err


@pytest.mark.usefixtures("collected")
def test_the_source_of_an_execution_is_printed_alone(shell: Shell) -> None:
    assert shell("show", "@1", "--source").out == "%mlops track load\nrows = look()\n"


def test_two_executions_are_compared_whether_named_or_not(
    mlops_workspace: Workspace, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their source and by what they made; a version stands for the execution that speaks."""
    monkeypatch.chdir(mlops_workspace.project)
    for number, step in ((1, None), (2, None), (3, "load")):
        value = ValueRecord(
            name="rows",
            fingerprint=f"print {number}",
            summary=ValueSummary(kind="list", size=8),
            manifest=mlops_workspace.values.save([7, number], limit=10**6),
        )
        mlops_workspace.executions.add(
            ExecutionRecord(
                notebook="n.ipynb",
                step=step,
                cell_id=None,
                source=f"rows = look({number})",
                digest=f"code {number}",
                session="s",
                started_at=datetime.now(UTC),
                duration=0.1,
                status=ExecutionStatus.OK,
                outputs=(value,),
                author="tester",
            )
        )
    told = shell("diff", "@1", "@2").out
    assert told.startswith("@1 -> @2")
    assert "-rows = look(1)" in told
    assert "+rows = look(2)" in told
    assert "rows[1]" in told
    [change] = json.loads(shell("diff", "load", "@2", "--json").out)["diff"]["outputs"]
    assert change["name"] == "rows"
    assert "Nothing differs." in shell("diff", "@3", "load@1").out
    for words, said in (
        (("@1",), "nothing to compare it with. Name two: nbmlops diff @1 @N"),
        (("@1", "@9"), "There is no execution '@9'."),
        (("@1", "lode"), "There is no step 'lode'. Did you mean 'load'?"),
    ):
        refused = shell("diff", *words)
        assert refused.code != 0
        assert said in refused.err
