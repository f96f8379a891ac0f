"""What JupyterLab shows at the cells of a notebook, and what can be done to them."""

from __future__ import annotations

import json
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


@pytest.fixture
def notebook(lab: Lab) -> str:
    """A notebook of 500 cells, of which the first few are steps that need each other.

    In a folder, and so in a project, of its own: other notebooks have a step ``train`` as well.
    """
    written = (
        Notebook(lab.root / "many")
        .cell("%load_ext nbmlops\n%mlops track")
        .cell("rows = [3, 5, 40]")
    )
    written = written.step("load", "clean = sorted(rows)").cell("model = sum(clean) / 3")
    written = written.step("report", "text = f'mean {model}'")
    for number in range(5, 500):
        written = written.cell(f"x{number} = {number}")
    return written.save("many.ipynb").relative_to(lab.root).as_posix()


def test_each_tracked_cell_says_how_its_step_stands(
    page: Page, lab: Lab, notebook: str, artifacts: Path
) -> None:
    """Run, track by a click, edit, save, run again, fail; then open, compare and restore."""
    from playwright.sync_api import expect

    lab.open(page, notebook)
    for position in range(5):
        run_cell(page, position)
    expect(badge(page, "load")).to_have_accessible_name(re.compile(r"Step load@1: fresh, \d+ ms"))
    expect(badge(page, "report")).to_contain_text("fresh")
    track_by_a_click(page, 3, "train")
    edits_make_what_needs_them_stale(page)

    rewrite_cell(page, 4, "%mlops track report\ntext = 1 / 0")
    run_cell(page, 4)
    expect(badge(page, "report")).to_contain_text("failed")
    rewrite_cell(page, 5, "%mlops track 1x\nx5 = 5")
    expect(badge(page, "1x")).to_have_accessible_name("Step 1x: no step")
    page.screenshot(path=artifacts / "badges.png")

    from_the_kernel(page, "%mlops undo")  # by no cell: the server tells of it
    expect(badge(page, "report")).not_to_contain_text("failed")

    panel = page.get_by_role("region", name="MLOps")
    badge(page, "train").click()
    expect(panel.get_by_role("heading", name="train")).to_be_focused()
    cell(page, 2).locator(".cm-content").click()
    page.get_by_role("button", name="Show what differs from the version before").click()
    comparison = page.get_by_role("tabpanel", name="load@1 ↔ load@2")
    newer = comparison.get_by_role("textbox", name="Source of load@2")
    expect(newer).to_contain_text("clean = sorted(rows)[:2]")
    page.get_by_role("tab", name="many.ipynb").click()

    assert violations(page) == []
    choose_in_palette(page, "Use Theme: JupyterLab Dark")
    page.wait_for_selector("body[data-jp-theme-light=false]", state="attached")
    assert violations(page) == []
    page.screenshot(path=artifacts / "badges-dark.png")

    choose_in_palette(page, "MLOps: Restore a Version…")
    page.get_by_role("dialog").get_by_role("button", name="Restore", exact=True).click()
    expect(cell(page, 3)).to_contain_text("clean = sorted(rows)")


def track_by_a_click(page: Page, position: int, step: str) -> None:
    """Name a cell in its context menu, and run it."""
    from playwright.sync_api import expect

    cell(page, position).locator(".cm-content").click(button="right")
    page.get_by_role("menuitem", name="Track as Step…").click()
    page.get_by_label("Name of the step").fill(step)
    page.get_by_role("button", name="Track", exact=True).click()
    expect(badge(page, step)).to_contain_text("never run")
    run_cell(page, position)
    expect(badge(page, step)).to_contain_text(f"{step}@1")
    expect(badge(page, step)).to_contain_text("fresh")


def edits_make_what_needs_them_stale(page: Page) -> None:
    """Edit a cell that is no step, above all of them, and one that is; save, and run again."""
    from playwright.sync_api import expect

    load, train, report = (badge(page, step) for step in ("load", "train", "report"))
    rewrite_cell(page, 1, "rows = [4, 5, 40]")
    expect(train).to_contain_text("fresh as saved")
    page.keyboard.press("Control+s")
    for one in (load, train, report):
        expect(one).to_contain_text("stale")

    rewrite_cell(page, 2, "%mlops track load\nclean = sorted(rows)[:2]")
    expect(load).to_contain_text("edited")
    run_cell(page, 1)
    run_cell(page, 2)
    expect(load).to_contain_text("load@2")
    expect(load).to_contain_text("fresh")
    expect(train).to_contain_text("stale")
    run_cell(page, 3)
    expect(train).to_contain_text("fresh")
    expect(report).to_contain_text("stale")


def cell(page: Page, position: int) -> Locator:
    """A cell that is within the window."""
    return page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{position}']")


def badge(page: Page, step: str) -> Locator:
    """The badge of a step, by what a screen reader says of it."""
    return page.get_by_role("button", name=re.compile(rf"^Step {step}(@\d+)?: "))


def run_cell(page: Page, position: int) -> None:
    """Run a cell and wait for its end."""
    from playwright.sync_api import expect

    cell(page, position).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(cell(page, position).locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]"))


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


def from_the_kernel(page: Page, line: str) -> None:
    """Run a line in the notebook's kernel beside its cells, as a console does."""
    page.evaluate(
        """async code => {
          const session = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
          await session.kernel.requestExecute({ code, store_history: false }).done;
        }""",
        line,
    )


def violations(page: Page) -> list[str]:
    """What axe finds wrong in the badges and the panel."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm --prefix labextension ci")
    page.add_script_tag(path=AXE)
    found = page.evaluate("() => axe.run({include: [['.nbm-Panel'], ['.nbm-CellBadge']]})")
    return [
        f"{one['id']}: {node['html'][:200]} {json.dumps(node['any'])[:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
