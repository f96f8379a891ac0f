"""``%mlops`` in a real kernel: answers, mistakes, Tab, unloading."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def flights(kernel: Any) -> Any:
    """A kernel with two versions of the step ``train`` and one of ``load``."""
    kernel.run("%mlops track load\nrows = [1, 2, 3]")
    kernel.run("%mlops track train --metric auc\nauc = 0.5")
    kernel.run("%mlops track train --metric auc\nauc = len(rows) / 4")
    return kernel


def test_alone_it_lists_the_verbs(flights: Any) -> None:
    outcome = flights.run("%mlops")
    assert outcome.status == "ok"
    for verb in ("track", "versions", "diff", "restore", "build", "approve", "schedule", "runs"):
        assert f"  {verb} " in outcome.stdout
    assert flights.run("%mlops --help").stdout == outcome.stdout


MISTAKES = (
    ("%mlops verions", "There is no verb 'verions'. Did you mean 'versions' or"),
    ("%mlops versions trian", "There is no step 'trian'. Did you mean 'train'?"),
    ("%mlops versions --jsn", "No such option"),
    ("%mlops show train@9", "There is no version 'train@9'."),
    ("%mlops diff", "Missing argument 'BEFORE': two versions, executions or"),
    ("%mlops restore 'tra", "The quote before 'tra' is not closed. Close it; nothing was done."),
    ('%mlops approve wine --comment "looks', "The quote before 'looks' is not closed."),
    ("%mlops versions @@", "does not name a step"),
    ("%mlops approve nothing", "There is no pipeline 'nothing'."),
)


@pytest.mark.parametrize(("line", "said"), MISTAKES, ids=[line for line, _ in MISTAKES])
def test_a_mistake_is_answered_in_a_sentence_and_fails_the_cell(
    flights: Any, line: str, said: str
) -> None:
    outcome = flights.run(line)
    assert outcome.status == "error"
    assert said in outcome.stderr
    assert "Traceback" not in outcome.stderr + outcome.traceback
    assert outcome.error is None


LABEL_MISTAKES = (
    ("%mlops track\tother --wrong\nx = 1", "No such option"),
    ("%mlops track a b\nx = 1", "this cell is no step: a step's name is one word, not 2: a, b."),
    ("%mlops track 1st\nx = 1", "this cell is no step: '1st' is not a step name: begin with"),
    ("%mlops track bad/name\nx = 1", "'bad/name' is not a step name"),
    ("%mlops track 'open\nx = 1", "The quote before 'open' is not closed."),
    ("x = 1\n%mlops track bad/name", "'bad/name' is not a step name"),
    ("x = 1\n%mlops track late", "Put it on the first line of the cell"),
)


@pytest.mark.parametrize(("cell", "said"), LABEL_MISTAKES, ids=[cell for cell, _ in LABEL_MISTAKES])
def test_a_mistake_in_a_label_does_not_stop_the_cell(flights: Any, cell: str, said: str) -> None:
    flights.run("x = 0", silent=True)
    outcome = flights.run(cell)
    assert outcome.status == "ok"
    assert said in outcome.stderr
    assert flights.value("x") == 1


@pytest.mark.parametrize("label", ["%mlops track a b", "%mlops track bad/name", "%mlops track 'a"])
def test_a_cell_is_not_recorded_under_a_name_that_was_guessed(flights: Any, label: str) -> None:
    before = len(flights.executions())
    flights.run(f"{label}\nx = 2")
    assert flights.value("x") == 2
    assert len(flights.executions()) == before


def test_a_label_with_nothing_below_it_is_told_and_not_recorded(flights: Any) -> None:
    before = len(flights.executions())
    outcome = flights.run("%mlops track typed")
    assert outcome.status == "ok"
    assert "nothing is below the label, so that typed is not recorded." in outcome.stderr
    assert len(flights.executions()) == before


def test_an_answer_is_html_text_and_our_own_type(flights: Any) -> None:
    (bundle,) = flights.run("%mlops versions train").displayed
    assert set(bundle) == {
        "text/plain",
        "text/html",
        "application/vnd.nbmlops.versions+json",
    }
    assert "train@2" in bundle["text/plain"]
    assert bundle["application/vnd.nbmlops.versions+json"]["schema"] == "nbmlops.versions/1"


def test_json_is_printed(flights: Any) -> None:
    printed = json.loads(flights.run("%mlops versions train --json").stdout)
    assert [row["reference"] for row in printed["versions"]] == ["train@1", "train@2"]
    assert printed["versions"][1]["metrics"] == {"auc": 0.75}


def test_restore_puts_the_source_below_and_the_values_back(flights: Any) -> None:
    flights.run("auc = None")
    outcome = flights.run("%mlops restore train@1 --values")
    assert outcome.payload == [
        {
            "source": "set_next_input",
            "text": "%mlops track train --metric auc\nauc = 0.5",
            "replace": False,
        }
    ]
    (answer,) = outcome.displayed
    assert "in the cell below. It carries the name train too: run it, then" in answer["text/plain"]
    assert flights.value("auc") == 0.5


def test_a_restored_cell_of_a_tagged_step_carries_its_name_as_a_line(flights: Any) -> None:
    flights.run("tagged = 1", tags=("step:by_tag",))
    (payload,) = flights.run("%mlops restore by_tag@1").payload
    assert payload["text"] == "%mlops track by_tag\ntagged = 1"


def test_a_restored_value_is_a_new_input(flights: Any) -> None:
    flights.run("%mlops restore load@1 --values --no-source")
    flights.run("%mlops track count\nn = len(rows)")
    (found,) = flights.latest().record.inputs
    produced = next(e for e in flights.executions() if e.record.step == "load").record.outputs[0]
    assert found.fingerprint == produced.fingerprint


COMPLETIONS = (
    ("%mlops ver", "%mlops versions"),
    ("%mlops versions tr", "%mlops versions train"),
    ("%mlops versions --j", "%mlops versions --json"),
    ("%mlops diff train@", "%mlops diff train@2"),
    ("%mlops diff train@1 train@", "%mlops diff train@1 train@2"),
    ("%mlops show lo", "%mlops show load@1"),
    ("%mlops restore train@1 --val", "%mlops restore train@1 --values"),
    ("%%mlops tr", "%%mlops track"),
    ("x = 1\n%mlops ver", "x = 1\n%mlops versions"),
    ("%mlo", "%mlops"),
    ("%mlops show train@la", "%mlops show train@latest"),
    ("%mlops env sh", "%mlops env show"),
    ("%mlops env show no", "%mlops env show now"),
    ("%mlops env diff la", "%mlops env diff latest"),
    ("%mlops env diff train@1 tr", "%mlops env diff train@1 train@2"),
)


@pytest.mark.parametrize("jedi", [True, False], ids=["with jedi", "without jedi"])
@pytest.mark.parametrize(("typed", "offered"), COMPLETIONS, ids=[typed for typed, _ in COMPLETIONS])
def test_tab_completes(flights: Any, typed: str, offered: str, jedi: bool) -> None:  # noqa: FBT001
    flights.run(f"get_ipython().Completer.use_jedi = {jedi}", silent=True)
    assert offered in flights.complete(typed)


ONLY_OURS = (
    ("%mlops schedule --", "%mlops schedule --"),
    ("%mlops ", "%mlops "),
    ("%mlops diff train@", "%mlops diff train@"),
    ("%mlops versions i", "%mlops versions i"),
    ("%mlops runs ", "%mlops runs "),
)


@pytest.mark.parametrize("jedi", [True, False], ids=["with jedi", "without jedi"])
@pytest.mark.parametrize(("typed", "begins"), ONLY_OURS, ids=[typed for typed, _ in ONLY_OURS])
def test_tab_offers_nothing_else(flights: Any, typed: str, begins: str, jedi: bool) -> None:  # noqa: FBT001
    flights.run(f"get_ipython().Completer.use_jedi = {jedi}\nimports = 1", silent=True)
    offered = flights.complete(typed)
    assert all(text.startswith(begins) for text in offered)
    assert not {"and", "if", "imports", "int", "is", "not"} & {text.split()[-1] for text in offered}


def test_tab_elsewhere_is_as_ever(flights: Any) -> None:
    flights.run("imports = 1", silent=True)
    assert "imports" in flights.complete("impor")
    assert "x = imports" in flights.complete("x = impor")


def test_tab_completes_notebook_files(flights: Any) -> None:
    assert "%mlops build flights.ipynb" in flights.complete("%mlops build fl")


def test_tab_in_a_folder_without_a_store_makes_none(start_kernel: Callable[..., Any]) -> None:
    kernel = start_kernel()
    kernel.run("%load_ext nbmlops")
    kernel.complete("%mlops versions tr")
    assert not (kernel.project / ".nbmlops").exists()


def test_track_off_stops_recording(flights: Any) -> None:
    assert "Recording" in flights.run("%mlops track").displayed[0]["text/plain"]
    assert "is being recorded" in flights.run("%mlops track").displayed[0]["text/plain"]
    assert flights.run("%mlops track --off").displayed[0]["text/plain"] == "Recording is off."
    before = len(flights.executions())
    flights.run("unrecorded = 1")
    assert len(flights.executions()) == before
    flights.run("%mlops track named\nrecorded = 1")
    assert len(flights.executions()) == before + 1


def test_unloading_leaves_the_shell_as_it_was(start_kernel: Callable[..., Any]) -> None:
    kernel = start_kernel()
    look = (
        "import sys; shell = get_ipython()\n"
        "state = ({e: len(c) for e, c in shell.events.callbacks.items()},"
        " len(shell.input_transformers_cleanup), 'mlops' in shell.magics_manager.magics['line'],"
        " len(shell.display_pub._hooks), len(shell.displayhook._hooks),"
        " [len(d.regexs) for d in shell.strdispatchers.values()])"
    )
    kernel.run(look)
    before = kernel.value("state")
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track")
    kernel.run("x = 1")
    outcome = kernel.run("%unload_ext nbmlops")
    assert "recording is off" in outcome.stderr
    kernel.run(look)
    assert kernel.value("state") == before
    assert len(kernel.executions()) == 1


def test_loading_twice_records_once_and_reloading_starts_anew(
    start_kernel: Callable[..., Any],
) -> None:
    kernel = start_kernel()
    kernel.run("%load_ext nbmlops")
    assert "already loaded" in kernel.run("%load_ext nbmlops").stdout
    kernel.run("import nbmlops\nnbmlops.load_ipython_extension(get_ipython())")
    kernel.run("%mlops track s\nx = 1")
    assert len(kernel.executions()) == 1
    assert kernel.run("%reload_ext nbmlops").stderr == ""
    kernel.run("%mlops track s\nx = 2")
    assert [found.version.number for found in kernel.executions()] == [1, 2]
