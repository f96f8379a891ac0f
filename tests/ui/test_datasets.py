"""Data sets in JupyterLab, as a user works with them: pin, look, compare, restore, undo."""

from __future__ import annotations

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
def folder(lab: Lab) -> Path:
    """A project in which a step reads a file and a value of another cell."""
    folder = lab.root / "pinned"
    written = Notebook(folder).cell("%load_ext nbmlops").step("load", "scale = [2]")
    code = "with open('data/a.csv') as file:\n    total = sum(map(int, file)) * scale[0]"
    written.step("train", code).save("flights.ipynb")
    (folder / "data").mkdir()
    (folder / "data" / "a.csv").write_text("1\n2\n")
    return folder


def test_inputs_are_pinned_at_the_cell_compared_and_restored(
    page: Page, lab: Lab, folder: Path, artifacts: Path
) -> None:
    from playwright.sync_api import expect

    lab.open(page, "pinned/flights.ipynb")
    choose_in_palette(page, "MLOps: Show Data Sets")
    panel = page.get_by_role("region", name="MLOps", exact=True)
    announced = panel.locator(".nbm-Announcement")  # while it is pinned, the section says so too
    data = panel.get_by_role("region", name="Data Section")
    expect(data).to_contain_text("Track a cell that reads data as a step and run it")
    for position in range(3):
        run_cell(page, position)
    expect(data).to_contain_text("Pin what a step has read")

    cell(page, 2).locator(".cm-content").click(button="right")
    page.get_by_role("menuitem", name="Pin Inputs as Data Set…").click()
    page.get_by_label("Name of the data set").fill("flights")
    page.get_by_role("dialog").get_by_role("button", name="Pin", exact=True).click()
    expect(announced).to_contain_text("The inputs of train are flights@1.")
    sets = data.get_by_role("list", name="Data sets")
    expect(sets).to_contain_text("1 file · 1 value")

    (folder / "data" / "a.csv").write_text("5\n")
    run_cell(page, 2)
    data.get_by_role("button", name="Pin inputs…").click()
    form = data.get_by_role("form", name="Pin inputs as data set")
    form.get_by_label("Step").select_option("train")
    form.get_by_label("Name of the data set").fill("flights")
    form.get_by_label("Comment").fill("the file of March")
    form.get_by_role("button", name="Pin").click()
    expect(sets).to_contain_text("flights@2")
    expect(sets).to_contain_text("the file of March")

    data.get_by_role("button", name="Members: flights@2").click()
    expect(data.get_by_role("region", name="Members of flights@2")).to_contain_text("data/a.csv")
    expect(data.get_by_role("region", name="Who used flights@2")).to_contain_text("train@1")
    data.get_by_role("button", name="Compare: flights@2").click()
    difference = data.get_by_role("region", name="flights@1 ↔ flights@2")
    expect(difference).to_contain_text("data/a.csv")
    expect(data).to_contain_text("1 member is the same.")
    data.get_by_text("1 older version of flights").click()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        choose_in_palette(page, f"Use Theme: {theme}")
        is_light = str(theme.endswith("Light")).lower()
        page.wait_for_selector(f"body[data-jp-theme-light={is_light}]", state="attached")
        assert violations(page) == []
        page.screenshot(path=artifacts / f"data-{theme.split()[-1].lower()}.png")

    restored_and_undone(page, panel, folder / "data" / "a.csv")


def restored_and_undone(page: Page, panel: Locator, file: Path) -> None:
    """The file of the older version is put back after a question, and that is taken back."""
    from playwright.sync_api import expect

    announced = panel.locator(".nbm-Announcement")
    panel.get_by_role("button", name="Restore files: flights@1").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("data/a.csv holds something else than in flights@1")
    question.get_by_role("button", name="Cancel").click()
    assert file.read_text() == "5\n"
    panel.get_by_role("button", name="Restore files: flights@1").click()
    page.get_by_role("dialog").get_by_role("button", name="Replace and keep aside").click()
    expect(announced).to_contain_text("Restored data/a.csv of flights@1.")
    assert file.read_text() == "1\n2\n"
    panel.get_by_role("button", name="Undo restore of flights@1").click()
    expect(announced).to_contain_text("The restore of flights@1 is undone.")
    assert file.read_text() == "5\n"


def test_what_is_pinned_from_a_kernel_is_seen_at_once(page: Page, lab: Lab) -> None:
    """The panel is told of what a magic has pinned, and deleted."""
    from playwright.sync_api import expect

    folder = lab.root / "pinned-by-magic"
    written = Notebook(folder).cell("%load_ext nbmlops").step("train", "x = open('a.csv').read()")
    written.cell("%mlops data pin march --step train").save("flights.ipynb")
    (folder / "a.csv").write_text("1")
    lab.open(page, "pinned-by-magic/flights.ipynb")
    choose_in_palette(page, "MLOps: Show Data Sets")
    panel = page.get_by_role("region", name="MLOps", exact=True)
    for position in range(3):
        run_cell(page, position)
    expect(cell(page, 2)).to_contain_text("march@1: 1 file")
    sets = panel.get_by_role("region", name="Data Section").get_by_role("list", name="Data sets")
    expect(sets).to_contain_text("march@1")


def cell(page: Page, position: int) -> Locator:
    """A cell of the notebook that is shown."""
    return page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{position}']")


def run_cell(page: Page, position: int) -> None:
    """Run a cell and wait until it has ended."""
    from playwright.sync_api import expect

    shown = cell(page, position)
    shown.locator(".cm-content").click()
    before = shown.locator(".jp-InputPrompt").inner_text()
    page.keyboard.press("Control+Enter")
    prompt = shown.locator(".jp-InputPrompt")
    expect(prompt).not_to_have_text(before)
    expect(prompt).not_to_have_text("[*]:", timeout=30_000)


def choose_in_palette(page: Page, command: str) -> None:
    """Run a command by its name."""
    page.keyboard.press("Control+Shift+c")
    page.get_by_role("textbox", name="SEARCH").fill(command)
    page.locator(".lm-CommandPalette-item", has_text=command).first.click()


def violations(page: Page) -> list[str]:
    """What axe finds wrong in the panel."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm --prefix labextension ci")
    page.add_script_tag(path=AXE)
    found = page.evaluate("() => axe.run('#nbmlops-panel')")
    return [
        f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]
    ]
