"""The panel in JupyterLab, as a user sees it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Lab
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.slow, pytest.mark.ui]

DEMO = Path(__file__).parents[2] / "notebooks" / "flights.ipynb"
BEFORE, AFTER = "max_leaf_nodes=8", "max_leaf_nodes=31"


@pytest.fixture
def notebook(lab: Lab) -> str:
    """The demo notebook in the server's folder."""
    shutil.copy(DEMO, lab.root / DEMO.name)
    return DEMO.name


def test_the_panel_shows_each_version_as_it_is_made_and_compares_two(
    page: Page, lab: Lab, notebook: str, artifacts: Path
) -> None:
    """Run a tracked cell, edit it, run it again: version 1, version 2, and what differs."""
    from playwright.sync_api import expect

    cells = json.loads(DEMO.read_text())["cells"]
    position = next(index for index, cell in enumerate(cells) if cell["id"] == "train")
    source = "".join(cells[position]["source"])

    lab.open(page, notebook)
    choose_in_palette(page, "MLOps: Show Steps")
    panel = page.get_by_role("region", name="MLOps")
    expect(panel).to_contain_text("on a cell's first line and run it")

    page.get_by_role("menuitem", name="Run").click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    first = panel.get_by_role("button", name="Compare train@1")
    expect(first).to_be_visible()
    expect(panel.get_by_role("button", name="Compare evaluate@1")).to_be_visible()
    evaluated = panel.get_by_role("region", name="Step evaluate")
    expect(evaluated.get_by_text("fresh", exact=True)).to_be_visible()

    rewrite_cell(page, position, source.replace(BEFORE, AFTER))
    page.keyboard.press("Control+Enter")
    second = panel.get_by_role("button", name="Compare train@2")
    second.click()
    first.click()
    difference = panel.get_by_role("region", name="Difference train@1 → train@2")
    expect(difference).to_be_in_viewport()  # it stands below the versions
    expect(difference).to_contain_text(f"+    {AFTER}")
    expect(difference.get_by_role("table", name="Metrics")).to_contain_text("auc")

    stale = evaluated.get_by_text("stale", exact=True)
    expect(stale).to_have_attribute("title", re.compile("train"))

    unsaved = panel.get_by_text("save the notebook to see later edits")
    expect(unsaved).to_be_visible()
    run_pipeline(page, lab, notebook)  # it saves
    expect(unsaved).to_have_count(0)
    expect(panel.get_by_role("list", name="Runs")).to_contain_text("flights#1")  # by an event
    in_a_shell(lab, "verify", "train@1")
    panel.get_by_role("button", name="Refresh").click()
    trained = panel.get_by_role("region", name="Step train")
    expect(trained.get_by_text("reproduced")).to_be_visible()

    look_at_values(panel.get_by_role("region", name="Step features"), "features@1")

    widen(page, panel, 190)
    second.scroll_into_view_if_needed()
    page.screenshot(path=artifacts / "panel.png")

    values_of_the_first(page, panel)
    panel.get_by_role("button", name="Restore source of train@1").click()
    restored = page.locator(".jp-Notebook .jp-Cell").nth(position + 1)
    expect(restored).to_contain_text(BEFORE)


def look_at_values(step: Locator, version: str) -> None:
    """Open what a version made, look into its frame, and close it again."""
    from playwright.sync_api import expect

    values = step.get_by_role("button", name=f"Values of {version}", exact=True)
    values.click()
    frame = step.locator("details", has_text="pandas.DataFrame")
    frame.get_by_text("X", exact=True).click()
    columns = frame.get_by_role("region", name="Columns")
    expect(columns.get_by_role("row", name="weekday")).to_contain_text("int")
    rows = frame.get_by_role("region", name="First rows").get_by_role("row")
    expect(rows).to_have_count(6)  # with the names
    expect(rows.nth(1)).to_contain_text("1400")  # the distance
    values.click()
    expect(frame).to_have_count(0)


def values_of_the_first(page: Page, panel: Locator) -> None:
    """Put back what train@1 made: in the kernel, by no cell, and with an answer."""
    from playwright.sync_api import expect

    cells = page.locator(".jp-Notebook .jp-Cell")
    before = cells.count()
    panel.get_by_role("button", name="Restore values of train@1").click()
    expect(panel.get_by_role("status")).to_contain_text("of train@1.")
    expect(panel.get_by_role("status")).to_contain_text("Restored ")
    expect(cells).to_have_count(before)


def choose_in_palette(page: Page, command: str) -> None:
    """Run a command as users do who do not know where its menu entry is."""
    page.keyboard.press("Control+Shift+c")
    page.get_by_role("textbox", name="SEARCH").fill(command)
    page.locator(".lm-CommandPalette-item", has_text=command).click()


def rewrite_cell(page: Page, index: int, source: str) -> None:
    """Replace what is written in a cell; the cursor stays in it."""
    page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)


def run_pipeline(page: Page, lab: Lab, notebook: str) -> None:
    """Save the notebook, and build and run its pipeline in a shell."""
    from playwright.sync_api import expect

    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    in_a_shell(lab, "build", notebook)
    in_a_shell(lab, "run", Path(notebook).stem)


def in_a_shell(lab: Lab, *words: str) -> None:
    """Type a verb."""
    subprocess.run(
        [sys.executable, "-m", "nbmlops", *words],
        cwd=lab.root,
        env=lab.environment,
        check=True,
        capture_output=True,
    )


def widen(page: Page, panel: Locator, pixels: int) -> None:
    """Drag the panel's border to the right."""
    box = panel.bounding_box()
    assert box is not None
    edge, middle = box["x"] + box["width"] + 2, box["y"] + box["height"] / 2
    page.mouse.move(edge, middle)
    page.mouse.down()
    page.mouse.move(edge + pixels, middle, steps=5)
    page.mouse.up()
