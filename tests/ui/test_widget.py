"""The panel in a cell's output, which asks the kernel and no server, in a real JupyterLab."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbmlops.testing import Notebook

if TYPE_CHECKING:
    from conftest import Lab
    from playwright.sync_api import Browser, Locator, Page, WebSocket

pytestmark = [pytest.mark.slow, pytest.mark.ui]

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
TRAIN = """\
import pathlib, time
print('rows', len(rows))
while not pathlib.Path('go').exists():
    time.sleep(0.05)
auc = 1 / len(rows)"""
THEME = """theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"""


@pytest.fixture
def folder(lab: Lab, request: pytest.FixtureRequest) -> Path:
    """A project with a notebook that shows the panel; its last step waits for a file `go`."""
    folder = lab.root / str(request.node.originalname)
    (folder / ".nbmlops").mkdir(parents=True)  # no part of what other tests made above it
    written = Notebook(folder).cell("%load_ext nbmlops").step("load", "rows = [3, 5]")
    written.step("train", TRAIN).cell("%mlops panel").save("flights.ipynb")
    return folder


def test_the_whole_job_is_done_in_the_output_of_a_cell(
    page: Page, lab: Lab, folder: Path, artifacts: Path
) -> None:
    """Compare, look at values, restore, build, approve, schedule, run, watch, read the report."""
    from playwright.sync_api import expect

    asked: list[str] = []
    lab.open(page, f"{folder.name}/flights.ipynb")
    run(page, "%load_ext nbmlops")
    run(page, "%mlops track load\nrows = [3]")
    run(page, "%mlops track load\nrows = [3, 5]")
    page.on("request", lambda one: asked.append(one.url))
    panel = shown(page)
    first = panel.get_by_role("button", name="Compare load@1")
    panel.get_by_role("button", name="Values of load@2", exact=True).click()
    expect(panel.get_by_role("row", name="1 5")).to_be_visible()
    first.click()
    panel.get_by_role("button", name="Compare load@2").click()
    expect(panel).to_contain_text("rows = [3]")
    panel.get_by_role("button", name="Restore values of load@1").click()
    expect(panel.get_by_role("status").last).to_contain_text("rows")
    panel.get_by_role("button", name="Restore source of load@1").click()
    expect(panel.get_by_role("status").last).to_contain_text("Run this cell again, or any other")

    views = panel.get_by_role("navigation", name="Views of flights.ipynb")
    views.get_by_role("link", name="Pipeline").click()
    panel.get_by_role("button", name=re.compile("^Build")).click()
    expect(panel.get_by_role("status").last).to_contain_text("flights@1 is built")
    views.get_by_role("link", name="Approvals").click()
    panel.get_by_role("button", name="Review: flights@1").click()
    expect(panel.get_by_role("article", name="train")).to_contain_text("auc = 1 / len(rows)")
    panel.get_by_label("Comment: why, or what is to change").fill("It was read.")
    panel.get_by_role("button", name="Approve as analyst").click()
    expect(panel.get_by_role("status").last).to_contain_text("flights@1 is approved")

    views.get_by_role("link", name="Schedules").click()
    panel.get_by_role("button", name="New schedule…").click()
    expect(panel.get_by_text("At 06:00 every day")).to_be_visible()
    panel.get_by_role("button", name="Create schedule").click()
    expect(panel.get_by_role("status").last).to_contain_text("Schedule 1")

    views.get_by_role("link", name="Pipeline").click()
    panel.get_by_role("button", name="Run…: flights@1").click()
    expect(panel.get_by_role("heading", name="Runs of flights.ipynb")).to_be_visible()
    expect(panel.get_by_role("progressbar", name="Progress of flights#1")).to_be_visible()
    panel.get_by_role("button", name="Log: flights#1").click()
    printed = panel.get_by_role("log", name="What flights#1 printed")
    expect(printed).to_contain_text("rows 2")
    (folder / "go").touch()
    panel.get_by_role("link", name="All runs of the notebook").click()
    panel.get_by_role("button", name="Report: flights#1").click()
    report = panel.frame_locator("iframe[title='Report of flights#1']")
    expect(report.get_by_role("heading", name="flights#1: succeeded")).to_be_visible()
    page.screenshot(path=artifacts / "widget-report.png")
    assert not [url for url in asked if url.startswith("http://kernel")]


def test_axe_finds_nothing_in_the_panel_light_or_dark(
    page: Page, lab: Lab, folder: Path, artifacts: Path
) -> None:
    from playwright.sync_api import expect

    (folder / "go").touch()
    lab.open(page, f"{folder.name}/flights.ipynb")
    run(page, "%load_ext nbmlops")
    run(page, "%mlops track load\nrows = [3, 5]")
    run(page, "%mlops build")
    panel = shown(page)
    views = panel.get_by_role("navigation", name="Views of flights.ipynb")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        page.evaluate(THEME, theme)
        page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=theme)
        for view, told in (
            ("Steps", "load@1"),
            ("Pipeline", "flights@1"),
            ("Runs", "No pipeline of this notebook has run yet."),
            ("Schedules", "No schedule yet"),
            ("Data", "No data set yet"),
            ("Monitors", "Nothing is looked at for drift yet."),
            ("Approvals", "flights@1"),
        ):
            views.get_by_role("link", name=view).click()
            expect(panel).to_contain_text(told)
            picture = f"widget-{view}-{theme.split()[-1]}.png".lower()
            panel.screenshot(path=artifacts / picture)
            assert violations(page) == [], (theme, view)
    page.evaluate(THEME, "JupyterLab Light")


def test_keys_are_for_the_panel_and_not_for_the_notebook(
    page: Page, lab: Lab, folder: Path
) -> None:
    """In a cell's output, D twice would delete the cell, and Enter begin to edit it."""
    from playwright.sync_api import expect

    lab.open(page, f"{folder.name}/flights.ipynb")
    run(page, "%load_ext nbmlops")
    panel = shown(page)
    cells = page.evaluate(CELLS)
    link = panel.get_by_role("link", name="Runs")
    link.focus()
    page.keyboard.press("d")
    page.keyboard.press("d")
    assert page.evaluate(CELLS) == cells
    page.keyboard.press("Enter")
    expect(panel.get_by_role("heading", name="Runs of flights.ipynb")).to_be_visible()
    expect(panel.get_by_role("heading", name="Runs of flights.ipynb")).to_be_focused()


def test_without_jupyterlabs_colours_it_brings_its_own(browser: Browser, artifacts: Path) -> None:
    """As in VS Code or Colab: the script alone, on a page that has none of JupyterLab."""
    from playwright.sync_api import expect

    from nbmlops.widgets.panel import BUILT

    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, locale="de-DE")
        page = context.new_page()
        page.set_content("<!DOCTYPE html><title>Alone</title><main id=out></main>")
        page.expose_function("part", lambda name: (BUILT / name).read_text("utf-8"))
        body = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        page.evaluate(ALONE, (BUILT / "panel.js").read_text("utf-8"))
        panel = page.get_by_role("region", name="MLOps of flights.ipynb")
        expect(panel.get_by_role("heading", name="Steps of flights.ipynb")).to_be_visible()
        expect(panel).to_contain_text("No step yet")
        back = panel.evaluate("one => getComputedStyle(one).backgroundColor")
        assert back == {"light": "rgb(255, 255, 255)", "dark": "rgb(33, 33, 33)"}[scheme]
        assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == body
        page.screenshot(path=artifacts / f"widget-alone-{scheme}.png")
        assert violations(page) == []
        context.close()


def test_a_page_is_sent_the_parts_that_it_needs_and_each_once(
    page: Page, lab: Lab, folder: Path
) -> None:
    """One script with each panel; editor and forms when somebody opens them."""
    from playwright.sync_api import expect

    from nbmlops.widgets.panel import BUILT

    asked: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: asked.extend(parts_of(frame)))

    def fetched() -> int:
        """Bytes of the parts that were asked for since the last time; none of them twice."""
        names = [name for name in asked if name not in known]
        assert len(names) == len(asked) == len(set(names)), asked
        known.update(names)
        asked.clear()
        return sum((BUILT / name).stat().st_size for name in names)

    known: set[str] = set()
    page.on("websocket", listen)
    lab.open(page, f"{folder.name}/flights.ipynb")
    run(page, "%load_ext nbmlops")
    run(page, "%mlops track load\nrows = [3]")
    run(page, "%mlops track load\nrows = [3, 5]")
    panel = shown(page)
    expect(panel).to_contain_text("load@2")
    assert 100_000 < fetched() < 580_000
    panel.get_by_role("button", name="Compare load@1").click()
    panel.get_by_role("button", name="Compare load@2").click()
    panel.get_by_role("button", name=re.compile("side by side$")).click()
    expect(panel.locator(".cm-mergeView")).to_be_visible()
    assert 300_000 < fetched() < 500_000
    shown(page)
    expect(panel.get_by_role("heading", name="Steps of flights.ipynb")).to_be_visible()
    expect(panel).to_contain_text("load@2")
    assert fetched() == 0, "what the page has is not sent again"


def parts_of(frame: str | bytes) -> list[str]:
    """The names of the panel's parts that a message to the kernel asks for."""
    text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
    return re.findall(r'"name": ?"((?:panel|chunk)-\w+\.(?:js|css))"', text)


ALONE = """async script => {
  const made = await import(URL.createObjectURL(new Blob([script], {type: 'text/javascript'})));
  const hearers = new Set();
  const answers = {
    begin: {notebook: 'flights.ipynb', step: null, language: 'en', texts: {}},
    events: {events: []},
    steps: {steps: []},
    runs: {runs: []},
    notebooks: {notebooks: [], project: '.'},
    freshness: {steps: [], saved_at: null, latest: 0, taken: {}, unapproved: {}}
  };
  await made.default.render({
    el: document.getElementById('out'),
    model: {
      on: (_, hear) => hearers.add(hear),
      off: (_, hear) => hearers.delete(hear),
      send: ({id, endpoint, query}) => setTimeout(async () => {
        const body = endpoint === 'part'
          ? await window.part(query.name) : JSON.stringify(answers[endpoint]);
        hearers.forEach(hear => hear({id, status: 200, body}));
      })
    }
  });
}"""


def run(page: Page, source: str) -> None:
    """Run code as the notebook's kernel runs a cell that was typed: the first one, or the next."""
    page.evaluate(RUN, source)


CELLS = "() => window.jupyterapp.shell.currentWidget.content.model.cells.length"
RUN = """async source => {
  const app = window.jupyterapp;
  const panel = app.shell.currentWidget;
  const kernel = panel.context.sessionContext.session.kernel;
  await kernel.requestExecute({code: source}).done;
}"""


def shown(page: Page) -> Locator:
    """The panel, once the cell that shows it has run."""
    cell = page.locator(".jp-CodeCell", has_text="%mlops panel").last
    cell.locator(".jp-InputArea .cm-content").click()
    page.keyboard.press("Control+Enter")
    panel = page.get_by_role("region", name="MLOps of flights.ipynb")
    panel.wait_for()
    return panel


def violations(page: Page) -> list[str]:
    """What axe finds wrong in the panel."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm --prefix labextension ci")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("() => axe.run('.nbm-Widget')")
    return [
        f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]
    ]
