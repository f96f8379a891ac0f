"""What a reviewer decides on a cell reaches its author there; and a step is run with its needs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbmlops.testing import Notebook

if TYPE_CHECKING:
    from conftest import Lab
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.ui]

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
THEMES = ("JupyterLab Light", "JupyterLab Dark")


@pytest.fixture
def folder(lab: Lab) -> Path:
    """A project whose pipeline is built, and not approved."""
    folder = lab.root / "decided"
    written(folder, "rows = [1, 2]")
    typed(lab, folder, "build", "flights.ipynb")
    return folder


def written(folder: Path, load: str) -> None:
    """A notebook in which `look` is nothing that `train` needs."""
    notebook = Notebook(folder).step("load", load).step("look", "n = len(rows)")
    notebook.step("train", "auc = sum(rows) / 10").save("flights.ipynb")


def test_a_change_of_a_cell_is_requested_and_its_author_sees_it_there(
    page: Page, lab: Lab, folder: Path, artifacts: Path
) -> None:
    """By keyboard; it keeps the whole from being approved until a version changes the cell."""
    from playwright.sync_api import expect

    lab.open(page, f"{folder.name}/flights.ipynb")
    badge = page.get_by_role("button", name=re.compile("^Step load"))
    expect(badge).to_be_visible()
    expect(badge).not_to_contain_text("changes requested")
    choose_in_palette(page, "MLOps: Review…")
    review = page.get_by_role("tabpanel", name="Review of flights@1")
    cell = review.get_by_role("article", name="load")
    cell.get_by_text("Decide on load").focus()
    page.keyboard.press("Enter")
    ask = cell.get_by_role("button", name="Request changes of load")
    expect(ask).to_be_disabled()
    cell.get_by_label("Comment on load").fill("read them from the file")
    seen(page, "cell-decision", artifacts)
    cell.get_by_label("Comment on load").press("Tab")
    expect(ask).to_be_focused()
    page.keyboard.press("Enter")
    expect(cell).to_contain_text("analyst has requested changes of load in flights@1.")
    expect(cell).to_contain_text("analyst: read them from the file")

    review.get_by_label("Comment: why, or what is to change").fill("good")
    review.get_by_role("button", name="Approve as analyst").click()
    expect(review).to_contain_text("changes are requested of load (analyst: read them")
    seen(page, "cell-requested", artifacts)

    page.get_by_role("tab", name="flights.ipynb").click()
    expect(badge).to_contain_text("changes requested")
    expect(badge).to_have_attribute("title", re.compile("analyst: read them from the file"))
    page.screenshot(path=artifacts / "cell-requested-badge.png")

    written(folder, "rows = list(range(3))")
    typed(lab, folder, "build", "flights.ipynb")
    expect(badge).not_to_contain_text("changes requested")
    typed(lab, folder, "approve", "flights", "--comment", "good")


def test_a_step_is_run_with_what_it_needs(
    page: Page, lab: Lab, folder: Path, artifacts: Path
) -> None:
    """From the menu of its cell; the run says in Runs of which steps it is."""
    from playwright.sync_api import expect

    lab.open(page, f"{folder.name}/flights.ipynb")
    expect(page.get_by_role("button", name=re.compile("^Step train"))).to_be_visible()
    page.locator(".jp-CodeCell", has_text="auc").locator(".cm-content").click(button="right")
    page.get_by_role("menuitem", name="Run as Pipeline up to Here").click()
    panel = page.get_by_role("region", name="MLOps", exact=True)
    runs = panel.get_by_role("list", name="Runs", exact=True)
    expect(runs).to_contain_text("flights#1")
    expect(runs).to_contain_text("only load, train")
    expect(runs.get_by_role("img", name="succeeded")).to_be_visible()
    page.screenshot(path=artifacts / "run-to-cell.png")
    told = typed(lab, folder, "show", "flights#1")
    assert "only load, train" in told
    assert re.search("look.*skipped.*no part of this run", told)


def typed(lab: Lab, folder: Path, *words: str) -> str:
    """Type a verb in a project of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "nbmlops", "--project", str(folder), *words],
        cwd=folder,
        env=lab.environment | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def choose_in_palette(page: Page, command: str) -> None:
    """Run a command by its name."""
    page.keyboard.press("Control+Shift+c")
    page.get_by_role("textbox", name="SEARCH").fill(command)
    page.locator(".lm-CommandPalette-item", has_text=command).first.click()


def seen(page: Page, name: str, artifacts: Path) -> None:
    """Nothing is out of reach in either theme; pictures of both are kept."""
    for theme in THEMES:
        choose_in_palette(page, f"Use Theme: {theme}")
        dark = "false" if "Dark" in theme else "true"
        page.wait_for_selector(f"body[data-jp-theme-light={dark}]", state="attached")
        assert violations(page) == []
        page.screenshot(path=artifacts / f"{name}-{theme.split()[-1].lower()}.png")


def violations(page: Page) -> list[str]:
    """What axe finds wrong in the form that is shown."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm --prefix labextension ci")
    page.add_script_tag(path=AXE)
    found = page.evaluate("() => axe.run('.nbm-FormWidget:not(.lm-mod-hidden)')")
    return [
        f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]
    ]
