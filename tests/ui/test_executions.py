"""The table of executions in JupyterLab, on a project that has seen a lot."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks import catalogs
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

if TYPE_CHECKING:
    from conftest import Lab
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.slow, pytest.mark.ui]

MANY = 100_000
AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def project(lab: Lab) -> str:
    """A folder in which a hundred thousand executions were recorded."""
    folder = lab.root / "executions"
    (folder / ".nbmlops").mkdir(parents=True)
    catalogs.fill(folder, MANY)
    return folder.name


def test_a_hundred_thousand_executions_are_sorted_chosen_plotted_and_compared(
    page: Page, lab: Lab, project: str, artifacts: Path
) -> None:
    """With the mouse: the rows in sight alone are in the page, however many there are."""
    from playwright.sync_api import expect

    table = opened(page, lab, project)
    grid = table.get_by_role("grid", name="Executions")
    rows = grid.locator(".nbm-Executions-row")
    expect(table.get_by_role("status")).to_contain_text("executions")
    expect(grid).to_have_attribute("aria-rowcount", re.compile(r"^8\d{4}$"))
    assert rows.count() < 120

    grid.evaluate("node => { node.scrollTop = node.scrollHeight / 2 }")
    middle = grid.get_by_role("row", name=re.compile(r"step_\d+@")).nth(20)
    expect(middle).to_contain_text("step_")
    assert rows.count() < 120

    grid.get_by_role("button", name="Step").click()
    expect(grid.get_by_role("columnheader", name="Step")).to_have_attribute(
        "aria-sort", "ascending"
    )
    expect(rows.nth(1)).to_contain_text("step_0@")

    table.get_by_role("searchbox", name="Step or notebook").fill("step_3")
    table.get_by_role("combobox", name="Status").select_option("failed")
    expect(grid.locator(".nbm-Reference").first).to_contain_text("step_3@")
    expect(rows.nth(3).get_by_role("img", name="failed")).to_be_visible()

    table.get_by_role("combobox", name="Plot").select_option("Plot auc")
    expect(table.get_by_role("img", name=re.compile("^auc of the newest"))).to_be_visible()

    compare_two(table, rows)
    page.screenshot(path=artifacts / "executions.png")


def compare_two(table: Locator, rows: Locator) -> None:
    """Choose two versions of one step of one notebook, and put them side by side."""
    from playwright.sync_api import expect

    table.get_by_role("searchbox", name="Step or notebook").fill("notebook_1.ipynb")
    table.get_by_role("combobox", name="Status").select_option("Any status")
    compare = table.get_by_role("button", name="Compare")
    expect(compare).to_be_disabled()
    for reference in ("step_0@1", "step_0@2"):
        exactly = table.page.get_by_text(reference, exact=True)
        rows.filter(has=exactly).first.click()
    compare.click()
    expect(table.get_by_role("region", name=re.compile(r"step_0@1 \(@\d+\) and"))).to_be_visible()
    difference = table.get_by_role("region", name="Difference step_0@1 → step_0@2")
    expect(difference).to_contain_text("depth=")


def test_the_table_is_used_with_the_keyboard_alone_and_axe_finds_nothing(
    page: Page, lab: Lab, project: str
) -> None:
    from playwright.sync_api import expect

    table = opened(page, lab, project)
    grid = table.get_by_role("grid", name="Executions")
    expect(grid.locator(".nbm-Reference").first).to_be_visible()
    grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    chosen = grid.locator("[aria-selected='true']")
    expect(chosen).to_have_count(1)
    expect(chosen).to_have_attribute("aria-rowindex", "3")
    page.keyboard.press("End")
    expect(grid.locator(".nbm-mod-active")).to_contain_text("step_0@")
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    expect(chosen).to_have_count(2)
    assert violations(page) == []
    page.keyboard.press("Alt+w")
    expect(table).to_have_count(0)
    choose(page)
    expect(table.get_by_role("grid", name="Executions")).to_be_visible()


def test_runs_are_plotted_chosen_and_compared_with_the_keyboard(
    page: Page, lab: Lab, artifacts: Path
) -> None:
    """Parameters against a metric, two runs side by side, and a report; axe finds nothing."""
    from playwright.sync_api import expect

    ran_three_times(lab.root / "runs")
    table = opened(page, lab, "runs")
    executions = table.get_by_role("radio", name="Executions")
    executions.focus()
    page.keyboard.press("ArrowRight")
    grid = table.get_by_role("grid", name="Runs")
    expect(grid.locator(".nbm-Reference").first).to_have_text("flights#3")
    expect(table.get_by_role("status")).to_contain_text("3 runs")
    grid.get_by_role("button", name="score").click()
    score = grid.get_by_role("columnheader", name="score")
    expect(score).to_have_attribute("aria-sort", "descending")
    expect(grid.locator(".nbm-Reference").first).to_have_text("flights#2")

    choice = table.get_by_role("combobox", name="Parameters against a metric")
    choice.select_option("Plot score")
    lines = table.get_by_role("listbox", name=re.compile("^Parameters against score"))
    expect(lines.get_by_role("option")).to_have_count(3)
    lines.focus()
    page.keyboard.press("Space")
    page.keyboard.press("End")
    page.keyboard.press("Space")
    chosen = lines.get_by_role("option", selected=True)
    expect(chosen).to_have_count(2)
    expect(chosen.last).to_have_accessible_name("flights#2: depth 5, score 10")
    expect(grid.locator("[aria-selected='true']")).to_have_count(2)
    table.get_by_text("As a table").click()
    rows = table.get_by_role("table", name=re.compile("^Parameters against score"))
    expect(rows.get_by_role("row")).to_have_count(4)
    table.get_by_text("As a table").click()

    table.get_by_role("button", name="Compare").click()
    difference = table.get_by_role("region", name="Difference flights#1 → flights#2")
    expect(difference.get_by_role("table", name="Parameters")).to_contain_text("depth")
    expect(difference.get_by_role("table", name="Metrics")).to_contain_text("score")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        page.evaluate(
            "name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})", theme
        )
        dark = "false" if "Dark" in theme else "true"
        page.wait_for_selector(f"body[data-jp-theme-light={dark}]", state="attached")
        assert violations(page) == []
        page.screenshot(path=artifacts / f"runs-{theme.split()[-1].lower()}.png")
    difference.get_by_role("button", name="Report of flights#2").click()
    expect(page.locator("iframe[title='Report of flights#2']")).to_be_visible()


def ran_three_times(folder: Path) -> None:
    """A project whose pipeline has run with three values of its parameter."""
    notebook = Notebook(folder).parameters(depth=2)
    notebook.step("train", "import nbmlops\nnbmlops.metric('score', depth * 2)")
    path = notebook.save("flights.ipynb")
    workspace = Workspace(folder)
    version = workspace.pipelines.build(path).version
    for depth in (2, 5, 3):
        workspace.runs.run(version, {"depth": depth})
    workspace.close()


def violations(page: Page) -> list[str]:
    """What axe finds wrong in the table."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(
        """async () => (await axe.run('.nbm-Executions')).violations.map(
            one => one.id + ': ' + one.nodes.map(node => node.html).slice(0, 2).join(' '))"""
    )
    return found


def opened(page: Page, lab: Lab, project: str) -> Locator:
    """The table of a project, opened from the palette while the file browser shows its folder."""
    from playwright.sync_api import expect

    lab.visit(page, f"lab/tree/{project}")
    expect(page.locator(".jp-FileBrowser .jp-BreadCrumbs")).to_contain_text(project)
    choose(page)
    return page.get_by_role("tabpanel", name="Executions")


def choose(page: Page) -> None:
    """Open the table from the command palette."""
    page.keyboard.press("Control+Shift+c")
    page.get_by_role("textbox", name="SEARCH").fill("MLOps: Show Executions")
    page.locator(".lm-CommandPalette-item", has_text="MLOps: Show Executions").click()
