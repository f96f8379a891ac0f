"""`%mlops panel` in a real kernel: what it shows, and what it answers to messages."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

import nbmlops
from nbmlops.domain.references import PipelineReference
from nbmlops.errors import UsageError
from nbmlops.testing import Notebook

pytestmark = pytest.mark.slow

PATIENCE = 60
VIEW = "application/vnd.jupyter.widget-view+json"
LOAD = "rows = [1, 2, 3]"


@dataclass
class Panel:
    """The panel of a kernel, asked as its front end asks it."""

    kernel: Any
    comm: str
    numbers: Any = field(default_factory=itertools.count)

    def send(self, content: object) -> list[dict[str, Any]]:
        """Send something; returns what came back until the kernel was idle again."""
        data = {"method": "custom", "content": content}
        session = self.kernel.client.session
        message = session.msg("comm_msg", {"comm_id": self.comm, "data": data})
        self.kernel.client.shell_channel.send(message)
        answers = []
        while True:
            heard = self.kernel.client.get_iopub_msg(timeout=PATIENCE)
            if heard["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if heard["msg_type"] == "comm_msg":
                answers.append(heard["content"]["data"]["content"])
            if heard["content"].get("execution_state") == "idle":
                return answers

    def ask(
        self, endpoint: str, *, method: str = "GET", body: object = None, **query: str
    ) -> tuple[int, Any]:
        """The status and the answer to a question."""
        sent = "" if body is None else json.dumps(body)
        number = next(self.numbers)
        asked = {"id": number, "endpoint": endpoint, "method": method, "query": query, "body": sent}
        (answer,) = self.send(asked)
        assert answer["id"] == number
        return answer["status"], json.loads(answer["body"])

    def told(self, endpoint: str, **options: Any) -> Any:
        """The answer to a question that is not refused."""
        status, answer = self.ask(endpoint, **options)
        assert status == 200, answer
        return answer

    def wait_for_end(self, run: str) -> list[dict[str, Any]]:
        """All events of a run until it has ended."""
        heard: list[dict[str, Any]] = []
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            heard += [one for one in self.told("events")["events"] if one.get("run") == run]
            if heard and heard[-1]["state"] != "running":
                return heard
            time.sleep(0.1)
        raise AssertionError(heard)


def show(kernel: Any, line: str = "%mlops panel") -> Panel:
    """Show the panel in a cell."""
    outcome = kernel.run(line)
    assert outcome.status == "ok", outcome.traceback
    (bundle,) = outcome.displayed
    return Panel(kernel, bundle[VIEW]["model_id"])


@pytest.fixture
def flights(start_kernel: Callable[..., Any]) -> Any:
    """The kernel of a saved notebook of two steps, of which one has run; nothing is built."""
    return begun(start_kernel())


@pytest.fixture
def panel(flights: Any) -> Panel:
    """Its panel."""
    return show(flights)


@pytest.fixture(scope="module")
def asked(start_kernel: Callable[..., Any]) -> Panel:
    """A panel that refuses, and is as it was."""
    return show(begun(start_kernel()))


def begun(kernel: Any) -> Any:
    """Save the notebook and run its first step."""
    written = Notebook(kernel.project).cell("%load_ext nbmlops").step("load", LOAD)
    written.step("total", "found = sum(rows)\nprint('total', found)").save(kernel.notebook.name)
    assert kernel.run("%load_ext nbmlops").status == "ok"
    assert kernel.run(f"%mlops track load\n{LOAD}").status == "ok"
    return kernel


def test_where_no_front_end_draws_it_there_is_a_table_of_versions(flights: Any) -> None:
    (bundle,) = flights.run("%mlops panel load").displayed
    assert {VIEW, "text/html", "text/plain"} <= set(bundle)
    assert "load@1" in bundle["text/plain"]
    assert "<table" in bundle["text/html"]
    assert "load@1" in bundle["text/html"]


def test_the_table_says_what_was_verified_and_whose_inputs_are_not_fully_known(
    flights: Any,
) -> None:
    (bundle,) = flights.run("%mlops panel").displayed
    assert "verified" not in bundle["text/plain"]
    assert "inputs" not in bundle["text/plain"]
    assert flights.run("%mlops verify load").status == "ok"
    assert flights.run("%mlops track odd\nexec('odd = 1')").status == "ok"
    (bundle,) = flights.run("%mlops panel").displayed
    for told in (" ".join(bundle["text/plain"].split()), bundle["text/html"]):
        assert {"verified", "inputs", "reproduced"} <= set(re.findall("[a-z]+", told))
        assert "not fully known" in told
        assert "exec()" in told


def test_it_says_where_it_is_and_speaks_the_language_of_its_reader(panel: Panel) -> None:
    begun = panel.told("begin", languages="tlh,de-AT,en")
    assert begun["notebook"] == panel.kernel.notebook.name
    assert begun["language"] == "de_DE"
    assert begun["texts"]["Steps"] == ["Schritte"]
    built = panel.told("build", method="POST", body={}, notebook=begun["notebook"])
    assert "ist gebaut." in built["message"]
    assert panel.told("begin", languages="tlh")["language"] == "en"
    assert begun["step"] is None
    assert show(panel.kernel, "%mlops panel load").told("begin")["step"] == "load"
    by_name = show(panel.kernel, "import nbmlops\nnbmlops.panel('load')")
    assert by_name.told("begin")["step"] == "load"


def test_outside_of_a_notebook_the_function_says_what_to_do() -> None:
    with pytest.raises(UsageError) as refusal:
        nbmlops.panel()
    assert "nbmlops ui" in refusal.value.cure


def test_it_answers_what_the_server_answers(panel: Panel) -> None:
    notebook = panel.kernel.notebook.name
    (step,) = panel.told("steps", notebook=notebook)["steps"]
    assert (step["name"], len(step["versions"])) == ("load", 1)
    made = panel.told("values", notebook=notebook, step="load", number="1")["values"]
    assert [value["name"] for value in made] == ["rows"]
    panel.kernel.run("%mlops track load\nrows = [1, 2]")
    found = panel.told("diff", notebook=notebook, step="load", before="1", after="2")["diff"]
    assert "rows" in json.dumps(found)


def test_values_and_source_are_put_back(panel: Panel) -> None:
    panel.kernel.run("rows = None")
    said = panel.told("restore", step="load", number="1", part="values")["message"]
    assert "rows" in said
    assert panel.kernel.value("rows") == [1, 2, 3]
    said = panel.told("restore", step="load", number="1", part="source")["message"]
    assert said.startswith("Run this cell again, or any other: the source of load comes below it.")
    (payload,) = panel.kernel.run("pass").payload
    assert payload["text"] == "%mlops track load\nrows = [1, 2, 3]"
    assert not payload["replace"]


def test_a_pipeline_is_built_reviewed_approved_scheduled_and_run(panel: Panel) -> None:
    notebook = panel.kernel.notebook.name
    name = panel.kernel.notebook.stem
    assert panel.told("events") == {"events": []}
    built = panel.told("build", method="POST", body={}, notebook=notebook)
    assert built["message"].startswith(f"{name}@1 is built")
    (event,) = panel.told("events")["events"]
    assert event["schema_id"] == "nbmlops:changed/v1"
    assert event["pipelines"]
    (graph,) = panel.told("pipelines", notebook=notebook)["pipelines"]
    assert [node["name"] for node in graph["nodes"]] == ["load", "total"]

    review = panel.told("review", notebook=notebook, pipeline=f"{name}@1")
    by = review["identity"]
    order = {"notebook": notebook, "pipeline": f"{name}@1"}
    panel.told("approve", method="POST", body={"comment": "It was read."}, **order)
    (graph,) = panel.told("pipelines", notebook=notebook)["pipelines"]
    assert graph["approved"]
    (decision,) = decisions(panel.kernel, f"{name}@1")
    assert decision == (by, "It was read.")

    schedule = {"pipeline": name, "cron": "0 6 * * *", "timezone": "UTC"}
    panel.told("schedules", method="POST", body=schedule, notebook=notebook)
    (made,) = panel.told("schedules", notebook=notebook)["schedules"]
    assert made["cron"] == "0 6 * * *"
    mine = {"notebook": notebook, "schedule": str(made["id"])}
    again = panel.told("schedule", **mine)["asked"] | {"missed": "latest"}
    done = panel.told("reschedule", method="POST", body=again, **mine)
    assert "is changed" in done["message"]
    assert panel.told("schedule", **mine)["asked"] == again

    panel.told("run", method="POST", body={"parameters": {}}, **order)
    events = panel.wait_for_end(f"{name}#1")
    assert events[-1]["state"] == "succeeded"
    assert "total 6" in panel.told("transcript", notebook=notebook, run=f"{name}#1")["text"]
    assert "total 6" in panel.told("report", notebook=notebook, run=f"{name}#1")["html"]


def test_a_data_set_is_pinned_listed_compared_and_put_back(panel: Panel) -> None:
    notebook = panel.kernel.notebook.name
    file = panel.kernel.project / "rows.csv"
    for text in ("1,2", "1,2,3"):
        file.write_text(text)
        read = "%mlops track load\nrows = open('rows.csv').read().split(',')"
        assert panel.kernel.run(read).status == "ok"
        order = {"name": "rows", "step": "load", "comment": "as it came"}
        panel.told("datasets", method="POST", body=order, notebook=notebook)
    (found,) = panel.told("datasets", notebook=notebook)["datasets"]
    assert [one["number"] for one in found["versions"]] == [2, 1]
    one = panel.told("dataset", notebook=notebook, dataset="rows@1")
    assert [member["name"] for member in one["members"]] == ["rows.csv"]
    pair = {"before": "rows@1", "after": "rows@2"}
    assert panel.told("dataset-diff", notebook=notebook, **pair)["total"] == 1
    back = {"notebook": notebook, "dataset": "rows@1"}
    refused, told = panel.ask("dataset-restore", method="POST", body={}, **back)
    assert (refused, "rows.csv" in told["message"]) == (409, True)
    panel.told("dataset-restore", method="POST", body={"agreed": True}, **back)
    assert file.read_text() == "1,2"
    panel.told("dataset-undo", method="POST", body={}, notebook=notebook)
    assert file.read_text() == "1,2,3"


@pytest.mark.parametrize(
    ("endpoint", "options", "status", "message"),
    [
        ("nowhere", {}, 404, "no question"),
        ("call", {"method": "POST", "body": {}, "notebook": "a.ipynb"}, 404, "no question"),
        ("build", {"notebook": "a.ipynb"}, 404, "no question"),
        ("steps", {}, 400, "The request does not fit"),
        ("steps", {"notebook": "../../etc/passwd"}, 400, "is not inside"),
        ("build", {"method": "POST", "body": {}, "notebook": "none.ipynb"}, 422, "none.ipynb"),
        ("restore", {"step": "load", "number": "9", "part": "values"}, 404, "load@9"),
        ("restore", {"step": "load", "number": "1", "part": "all"}, 400, "does not fit"),
        ("begin", {"method": "DELETE"}, 400, "does not fit"),
        ("part", {"name": "../panel.py"}, 400, "older or newer"),
        ("part", {"name": ""}, 400, "older or newer"),
        (
            "run",
            {"method": "POST", "body": {"parameters": 5}, "notebook": "a.ipynb", "pipeline": "a"},
            400,
            "The body does not fit",
        ),
    ],
)
def test_what_it_cannot_do_it_refuses_in_a_sentence(
    asked: Panel, endpoint: str, options: dict[str, Any], status: int, message: str
) -> None:
    found, answer = asked.ask(endpoint, **options)
    assert (found, message in answer["message"]) == (status, True), answer
    assert answer["cure"]


@pytest.mark.parametrize("content", [None, 5, "steps", {}, {"id": "1", "endpoint": "steps"}])
def test_what_is_no_question_is_not_answered_and_harms_nothing(
    asked: Panel, content: object
) -> None:
    assert asked.send(content) == []
    assert asked.told("begin")["notebook"]


def test_the_cell_that_shows_it_is_not_blamed_for_what_others_write(flights: Any) -> None:
    """A widget that is called between cells may have written; the panel, which asks, has not."""
    flights.run("%mlops track")
    flights.run("import ipywidgets\nrows = [1]")
    flights.run(
        "button = ipywidgets.Button(description='more')\nbutton.on_click(lambda _: rows.append(2))"
    )
    wired = flights.latest()
    panel = show(flights)
    panel.told("events")
    flights.click("more")
    panel.told("events")
    flights.run("n = len(rows)")
    (late,) = [done for done in flights.executions() if done.record.late_of]
    assert late.record.late_of == (wired.id,)


def test_a_closed_panel_lets_go_of_the_store(panel: Panel) -> None:
    panel.told("steps", notebook=panel.kernel.notebook.name)
    panel.kernel.run(f"import ipywidgets\nmine = ipywidgets.Widget.widgets[{panel.comm!r}]._desk")
    assert panel.kernel.value("len(mine._projects._opened)") == 1
    closed = panel.kernel.run(f"ipywidgets.Widget.widgets[{panel.comm!r}].close()")
    assert closed.status == "ok", closed.traceback
    assert panel.kernel.value("len(mine._projects._opened)") == 0
    assert panel.kernel.run("%mlops versions load").status == "ok"


def decisions(kernel: Any, version: str) -> list[tuple[str, str]]:
    """Who has decided on a version, and why."""
    workspace = kernel.workspace()
    try:
        found = workspace.pipelines.get(PipelineReference.parse(version))
        return [(one.author, one.comment) for one in workspace.approvals.history(found)]
    finally:
        workspace.close()
