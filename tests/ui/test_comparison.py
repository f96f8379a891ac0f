"""Two versions of a step are put side by side in JupyterLab, and one of them is restored."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbmlops.testing import Notebook

if TYPE_CHECKING:
    from conftest import Lab
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.slow, pytest.mark.ui]

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
TRAIN = """%mlops track train
import matplotlib.pyplot as plt
import pandas as pd
import nbmlops
flights = pd.DataFrame({"carrier": ["AA", "B6", "UA"], "delay": [3, 5, 40]})
nbmlops.metric("mean", flights["delay"].mean())
plt.figure(figsize=(4, 2.5))
plt.plot(flights["delay"])
plt.show()"""


@pytest.fixture
def notebook(lab: Lab) -> str:
    """A notebook with a step that makes a frame, a metric and a figure."""
    written = Notebook(lab.root / "compared").cell("%load_ext nbmlops").cell(TRAIN)
    return written.save("flights.ipynb").relative_to(lab.root).as_posix()


def test_two_versions_are_compared_and_restored_in_the_main_area(
    page: Page, lab: Lab, notebook: str, artifacts: Path
) -> None:
    """From the palette, the panel and the table of executions; by mouse and keyboard."""
    from playwright.sync_api import expect

    lab.open(page, notebook)
    run_cell(page, 0)
    choose_in_palette(page, "MLOps: Compare Versions…")
    tab = page.get_by_role("tabpanel", name="Version comparison")
    expect(tab).to_contain_text("%mlops track NAME")
    page.get_by_role("tab", name="flights.ipynb").click()
    run_cell(page, 1)
    rewrite_cell(page, 1, TRAIN.replace("40]", "41]").replace("mean()", "median()"))
    run_cell(page, 1)

    panel = page.get_by_role("region", name="MLOps", exact=True)
    choose_in_palette(page, "MLOps: Show Steps")
    for number in (1, 2):
        panel.get_by_role("button", name=f"Compare train@{number}").click()
    panel.get_by_role("button", name="train@1 → train@2 side by side").click()
    compared = page.get_by_role("tabpanel", name="train@1 ↔ train@2")
    all_that_differs(compared)
    seen(page, artifacts)
    restored_by_keyboard(page, compared)
    compared_from_the_table(page)


def all_that_differs(compared: Locator) -> None:
    """Source, metrics, the frame inside and both figures."""
    from playwright.sync_api import expect

    older = compared.get_by_role("textbox", name="Source of train@1")
    expect(older).to_contain_text('flights["delay"].mean()')
    metrics = compared.get_by_role("table", name="Metrics")
    expect(metrics.get_by_role("row", name="mean")).to_contain_text("16")
    frame = compared.get_by_role("article", name="flights", exact=True)
    expect(frame).to_contain_text("3 rows · 1 changed")
    rows = frame.get_by_role("region", name="Rows of flights that differ")
    expect(rows.get_by_role("row", name="2 40 41")).to_be_visible()
    figure = compared.get_by_role("article", name="Figure 1")
    for name in ("train@1", "train@2", "What differs, in red"):
        expect(figure.get_by_role("img", name=f"Figure 1: {name}")).to_be_visible()
    for picture in figure.get_by_role("img").all():
        assert picture.evaluate("image => image.complete && image.naturalWidth") > 100


def seen(page: Page, artifacts: Path) -> None:
    """It is readable in both themes, and in a narrow window, where nothing is cut off."""
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        choose_in_palette(page, f"Use Theme: {theme}")
        light = str(theme.endswith("Light")).lower()
        page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")
        assert violations(page) == []
        page.screenshot(path=artifacts / f"comparison-{theme.split()[-1].lower()}.png")
    page.get_by_role("article", name="Figure 1").scroll_into_view_if_needed()
    page.screenshot(path=artifacts / "comparison-figures.png")
    page.set_viewport_size({"width": 900, "height": 900})
    assert violations(page) == []
    page.screenshot(path=artifacts / "comparison-narrow.png")
    overflow = "node => node.scrollWidth - node.clientWidth"
    assert page.locator(".nbm-Comparison").evaluate(overflow) <= 1
    page.set_viewport_size({"width": 1400, "height": 900})


def restored_by_keyboard(page: Page, compared: Locator) -> None:
    """Values, then the source, from Tab to Tab; then to the notebook."""
    from playwright.sync_api import expect

    status = compared.get_by_role("status")
    source = compared.get_by_role("button", name="Restore source of train@1")
    source.focus()
    page.keyboard.press("Tab")
    expect(compared.get_by_role("button", name="Restore values of train@1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(status.filter(has_text="flights")).to_contain_text("train@1")
    expect(source).to_be_enabled()
    source.focus()
    page.keyboard.press("Enter")
    expect(status.filter(has_text="inserted")).to_contain_text("train@1 was inserted below")
    compared.get_by_role("button", name="Go to the notebook").focus()
    page.keyboard.press("Enter")
    expect(cell(page, 2)).to_contain_text('flights["delay"].mean()')
    cell(page, 2).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("print(flights['delay'].max())")
    run_cell(page, 2)
    expect(cell(page, 2)).to_contain_text("40")


def compared_from_the_table(page: Page) -> None:
    """Two executions of two versions lead to the same tab; another side may be chosen there."""
    from playwright.sync_api import expect

    choose_in_palette(page, "MLOps: Show Executions")
    table = page.get_by_role("tabpanel", name="Executions")
    rows = table.get_by_role("grid", name="Executions").get_by_role("row")
    for reference in ("train@1", "train@2"):
        rows.filter(has=page.get_by_text(reference, exact=True)).first.click()
    table.get_by_role("button", name="Compare", exact=True).click()
    table.get_by_role("button", name="train@1 → train@2 side by side").click()
    compared = page.get_by_role("tabpanel", name="train@1 ↔ train@2")
    expect(compared).to_be_visible()
    compared.get_by_role("button", name="Swap").click()
    swapped = page.get_by_role("tabpanel", name="train@2 ↔ train@1")
    expect(swapped.get_by_role("textbox", name="Source of train@2")).to_be_visible()


def cell(page: Page, position: int) -> Locator:
    """A cell that is within the window."""
    return page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{position}']")


def run_cell(page: Page, position: int) -> None:
    """Run a cell and wait for its end."""
    from playwright.sync_api import expect

    prompt = cell(page, position).locator(".jp-InputPrompt")
    before = prompt.inner_text()
    cell(page, position).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(prompt).not_to_have_text(before)
    expect(prompt).to_have_text(re.compile(r"\[\d+\]"))


def rewrite_cell(page: Page, position: int, source: str) -> None:
    """Replace what is written in a cell."""
    cell(page, position).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)


def choose_in_palette(page: Page, command: str) -> None:
    """Run a command by its name."""
    page.keyboard.press("Control+Shift+c")
    page.get_by_role("textbox", name="SEARCH").fill(command)
    page.locator(".lm-CommandPalette-item", has_text=command).first.click()


def violations(page: Page) -> list[str]:
    """What axe finds wrong in the comparison."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm --prefix labextension ci")
    page.add_script_tag(path=AXE)
    found = page.evaluate("() => axe.run('.nbm-Comparison')")
    return [
        f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]
    ]
