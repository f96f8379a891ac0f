"""The whole main job in JupyterLab: with the mouse alone, and again with the keyboard alone."""

from __future__ import annotations

import re
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbmlops.testing import Notebook

if TYPE_CHECKING:
    from conftest import Lab
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.slow, pytest.mark.ui]

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
LOAD = "rows = [12, 7, 31][:month]"
TRAIN = "import time\ntime.sleep(2 * (month > 1))\nauc = 1 - 1 / len(rows)"
EDITED = TRAIN.replace("1 - 1 /", "1 - 0.5 /")
FOCUS_IS_SEEN = """node => {
  const shown = one => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0)
      || style.boxShadow !== 'none';
  };
  const drawn = [...node.querySelectorAll('rect')];
  const field = node.closest('.jp-FormGroup-content, .lm-CommandPalette-wrapper');
  return [node, ...drawn, ...(field ? [field] : [])].some(shown)
    || drawn.some(one => parseFloat(getComputedStyle(one).strokeWidth) >= 3)
    || node.matches('input, textarea, select');
}"""
COUNT_HANDS = """() => {
  window.hands = {mouse: 0, keyboard: 0};
  addEventListener('pointerdown', () => { window.hands.mouse += 1; }, true);
  addEventListener('keydown', () => { window.hands.keyboard += 1; }, true);
}"""
CHANGE_THEME = "name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})"
FURTHEST = 90
"""How often Tab is pressed at most, until what is looked for has the focus."""


class Hand(ABC):
    """What somebody works with. Text is entered in the same way with all of them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.panel = page.get_by_role("region", name="MLOps", exact=True)

    @abstractmethod
    def open(self, folder: str, name: str) -> None:
        """Open a notebook in the folder that the file browser shows."""

    @abstractmethod
    def press(self, target: Locator) -> None:
        """Press a button."""

    @abstractmethod
    def fill(self, target: Locator, text: str) -> None:
        """Write into a field."""

    @abstractmethod
    def toolbar(self, button: str, command: str) -> None:
        """Reach a button of the notebook's toolbar, or what does the same."""

    @abstractmethod
    def section(self, name: str) -> None:
        """Have a section of the panel shown, and unfolded."""

    @abstractmethod
    def track(self, position: int, step: str) -> None:
        """Name a cell."""

    @abstractmethod
    def write(self, position: int, source: str) -> None:
        """Rewrite a cell."""

    @abstractmethod
    def run(self, position: int) -> None:
        """Run a cell."""

    @abstractmethod
    def run_all(self) -> None:
        """Run all cells."""

    @abstractmethod
    def delete(self, position: int) -> None:
        """Delete a cell."""

    @abstractmethod
    def save(self) -> None:
        """Save the notebook."""

    def cell(self, position: int) -> Locator:
        """A cell of the notebook."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(position)

    def choose_in_dialog(self, button: str) -> None:
        """Agree to what a dialog asks."""
        dialog = self.page.get_by_role("dialog")
        self.press(dialog.get_by_role("button", name=button, exact=True))


class Mouse(Hand):
    """Clicks alone: no key is pressed."""

    def open(self, folder: str, name: str) -> None:
        del folder
        self.page.locator(".jp-DirListing-item", has_text=name).dblclick()

    def press(self, target: Locator) -> None:
        target.click()

    def fill(self, target: Locator, text: str) -> None:
        target.click()
        target.fill(text)

    def toolbar(self, button: str, command: str) -> None:
        del command
        self.notebook().get_by_role("button", name=re.compile(f"^{button}")).click()

    def section(self, name: str) -> None:
        if not self.panel.is_visible():
            self.page.get_by_role("tab", name="MLOps").click()
        title = self.panel.get_by_role("button", name=f"{name} Section")
        if title.get_attribute("aria-expanded") == "false":
            title.click()

    def notebook(self) -> Locator:
        """Have the notebook in front; returns its toolbar."""
        bar = self.page.locator(".jp-NotebookPanel-toolbar")
        if not bar.is_visible():
            self.page.get_by_role("tab", name="flights.ipynb").click()
        return bar

    def track(self, position: int, step: str) -> None:
        self.cell(position).locator(".cm-content").click(button="right")
        self.page.get_by_role("menuitem", name="Track as Step…").click()
        self.fill(self.page.get_by_label("Name of the step"), step)
        self.choose_in_dialog("Track")

    def write(self, position: int, source: str) -> None:
        self.notebook()
        self.fill(self.cell(position).locator(".cm-content"), source)

    def run(self, position: int) -> None:
        self.notebook()
        self.cell(position).locator(".jp-InputPrompt").click()
        self.toolbar("Run this cell and advance", "")

    def run_all(self) -> None:
        self.menu("Run", "Run All Cells")

    def delete(self, position: int) -> None:
        self.notebook()
        self.cell(position).locator(".jp-InputPrompt").click(button="right")
        self.page.get_by_role("menuitem", name=re.compile("^Delete Cell")).click()

    def save(self) -> None:
        self.toolbar("Save and create checkpoint", "")

    def menu(self, menu: str, entry: str) -> None:
        """Choose in the menu bar."""
        self.page.get_by_role("menubar").get_by_role("menuitem", name=menu, exact=True).click()
        self.page.get_by_role("menuitem", name=entry, exact=True).click()


class Keyboard(Hand):
    """Keys alone: Tab, arrows, Enter, shortcuts and the command palette."""

    def open(self, folder: str, name: str) -> None:
        from playwright.sync_api import expect

        self.palette("Open from Path…")
        path = self.page.get_by_role("dialog").get_by_role("textbox")
        expect(path).to_be_focused()
        self.page.keyboard.insert_text(f"{folder}/{name}")
        self.page.keyboard.press("Enter")

    def press(self, target: Locator) -> None:
        self.tab_to(target)
        self.page.keyboard.press("Enter")

    def fill(self, target: Locator, text: str) -> None:
        self.tab_to(target)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def toolbar(self, button: str, command: str) -> None:
        del button
        self.palette(command)

    def section(self, name: str) -> None:
        self.palette(f"MLOps: Show {name}")

    def track(self, position: int, step: str) -> None:
        self.go_to(position)
        self.palette("MLOps: Track as Step…")
        self.page.keyboard.insert_text(step)
        self.page.keyboard.press("Enter")

    def write(self, position: int, source: str) -> None:
        self.go_to(position)
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Escape")

    def run(self, position: int) -> None:
        self.go_to(position)
        self.page.keyboard.press("Control+Enter")

    def run_all(self) -> None:
        self.palette("Run All Cells")

    def delete(self, position: int) -> None:
        self.go_to(position)
        self.page.keyboard.press("d")
        self.page.keyboard.press("d")

    def save(self) -> None:
        self.page.keyboard.press("Control+s")

    def palette(self, command: str) -> None:
        """Run a command by its name."""
        from playwright.sync_api import expect

        item = self.page.locator(".lm-CommandPalette-item.lm-mod-active")
        for patience in (10_000, 10_000, 60_000):  # what opens with the page closes the palette
            self.page.keyboard.press("Control+Shift+c")
            expect(self.page.get_by_role("textbox", name="SEARCH")).to_be_focused()
            self.page.keyboard.insert_text(command)
            with suppress(AssertionError):
                expect(item).to_contain_text(command, timeout=patience)
                break
            self.page.keyboard.press("Escape")
        expect(item).to_contain_text(command)
        self.page.keyboard.press("Enter")

    def go_to(self, position: int) -> None:
        """Make a cell the active one, from wherever the focus is."""
        from playwright.sync_api import expect

        notebook = self.page.locator(".jp-NotebookPanel .jp-Notebook")
        if not notebook.evaluate("node => node.contains(document.activeElement)"):
            self.palette("MLOps: Go to Notebook")
        self.page.keyboard.press("Escape")
        expect(notebook).to_have_class(re.compile("jp-mod-commandMode"))
        for _ in range(notebook.locator(".jp-Cell").count()):
            self.page.keyboard.press("ArrowUp")
        for _ in range(position):
            self.page.keyboard.press("ArrowDown")
        expect(self.cell(position)).to_have_class(re.compile("jp-mod-active"))

    def tab_to(self, target: Locator) -> None:
        """Press Tab until something has the focus, and see that it has."""
        from playwright.sync_api import expect

        expect(target).to_be_visible()
        expect(target).to_be_enabled()
        for _ in range(FURTHEST):
            if target.evaluate("node => node === document.activeElement"):
                assert target.evaluate(FOCUS_IS_SEEN), f"the focus is not seen: {target}"
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"Tab does not lead to {target}")


@pytest.fixture
def folder(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A project of its own with a notebook that nobody has tracked yet."""
    folder = lab.root / ("mouse" if "mouse" in request.node.name else "keyboard")
    written = Notebook(folder).cell("month = 3", "parameters").cell(LOAD).cell(TRAIN)
    written.save("flights.ipynb")
    yield folder
    subprocess.run(
        [sys.executable, "-m", "nbmlops", "--project", str(folder), "scheduler", "stop"],
        env=lab.environment,
        check=False,
    )


def test_the_whole_job_is_done_with_the_mouse_alone(
    page: Page, lab: Lab, folder: Path, artifacts: Path
) -> None:
    """Track, look at versions, compare, restore, build, approve, run, schedule, watch, debug."""
    page.add_init_script(f"({COUNT_HANDS})()")
    lab.visit(page, f"lab/tree/{folder.name}")
    the_whole_job(Mouse(page), folder.name, artifacts / "mouse")
    assert page.evaluate("() => window.hands.keyboard") == 0


def test_the_whole_job_is_done_with_the_keyboard_alone(
    page: Page, lab: Lab, folder: Path, artifacts: Path
) -> None:
    """The same job, and no button of a mouse is pressed."""
    page.add_init_script(f"({COUNT_HANDS})()")
    lab.visit(page, f"lab/tree/{folder.name}")
    the_whole_job(Keyboard(page), folder.name, artifacts / "keyboard")
    assert page.evaluate("() => window.hands.mouse") == 0


def the_whole_job(hand: Hand, folder: str, pictures: Path) -> None:
    """All stations, one after the other."""
    pictures.mkdir(exist_ok=True)
    tracked(hand, folder)
    seen(hand, pictures / "tracked")
    compared(hand)
    seen(hand, pictures / "compared")
    restored(hand)
    built_and_approved(hand, pictures)
    ran(hand)
    seen(hand, pictures / "ran")
    scheduled(hand, pictures)
    seen(hand, pictures / "scheduled")
    failed_and_debugged(hand)
    seen(hand, pictures / "debugged")


def tracked(hand: Hand, folder: str) -> None:
    """Open the notebook, record it, name two cells as steps, and run them."""
    from playwright.sync_api import expect

    page = hand.page
    hand.open(folder, "flights.ipynb")
    expect(page.get_by_role("status").or_(page.locator("#jp-main-statusbar"))).to_contain_text(
        "| Idle"
    )
    hand.toolbar("Record all cells of this notebook from here on", "MLOps: Record Notebook")
    recording = page.get_by_role("button", name="This notebook is recorded: stop")
    expect(recording).to_have_attribute("aria-pressed", "true")
    expect(hand.cell(0)).to_contain_text("%mlops track")
    hand.track(2, "load")
    hand.track(3, "train")
    hand.run_all()
    for step in ("load", "train"):
        expect(badge(page, step)).to_contain_text("fresh")
    hand.section("Steps")
    for step in ("load", "train"):
        versions = hand.panel.get_by_role("list", name=f"Versions of {step}")
        expect(versions.get_by_role("listitem")).to_have_count(1)


def compared(hand: Hand) -> None:
    """Edit a step, run it again, and see what differs."""
    from playwright.sync_api import expect

    hand.write(3, EDITED)
    expect(badge(hand.page, "train")).to_contain_text("edited")
    hand.run(3)
    expect(badge(hand.page, "train")).to_contain_text("train@2")
    hand.section("Steps")
    for version in ("train@2", "train@1"):
        hand.press(hand.panel.get_by_role("button", name=f"Compare {version}"))
    difference = hand.page.get_by_role("region", name="Difference train@1 → train@2")
    expect(difference).to_contain_text("0.5 /")
    hand.press(difference.get_by_role("button", name="train@1 → train@2 side by side"))
    comparison = hand.page.get_by_role("tabpanel", name="train@1 ↔ train@2")
    expect(comparison.get_by_role("textbox", name="Source of train@2")).to_contain_text("0.5 /")


def restored(hand: Hand) -> None:
    """Put the older source and what it made back, and keep the one of the two cells."""
    from playwright.sync_api import expect

    hand.section("Steps")
    hand.press(hand.panel.get_by_role("button", name="Restore values of train@1"))
    expect(hand.panel.get_by_role("status")).to_contain_text("Restored ")
    hand.press(hand.panel.get_by_role("button", name="Restore source of train@1"))
    expect(hand.cell(4)).to_contain_text("auc = 1 - 1 / len(rows)")
    hand.delete(3)
    expect(hand.cell(3)).to_contain_text("auc = 1 - 1 / len(rows)")
    hand.run(3)
    hand.save()
    expect(badge(hand.page, "train")).to_contain_text("train@1")


def built_and_approved(hand: Hand, pictures: Path) -> None:
    """Build the pipeline, and decide on it."""
    from playwright.sync_api import expect

    hand.toolbar("Save the notebook, and build its pipeline", "MLOps: Build Pipeline")
    expect(hand.page.locator(".jp-mod-dirty")).to_have_count(0)
    hand.section("Pipeline")
    expect(hand.panel.get_by_role("group", name="Pipeline flights")).to_be_visible()
    hand.press(hand.panel.get_by_role("button", name="Review…: flights@1"))
    review = hand.page.get_by_role("tabpanel", name="Review of flights@1")
    expect(review).to_contain_text("all of it is new")
    hand.fill(review.get_by_label("Comment: why, or what is to change"), "AUC looked at")
    seen(hand, pictures / "review")
    hand.press(review.get_by_role("button", name="Approve as analyst"))
    expect(review.get_by_role("status")).to_contain_text("flights@1 is approved by analyst.")


def ran(hand: Hand) -> None:
    """Run the pipeline with another parameter, and watch it."""
    from playwright.sync_api import expect

    hand.section("Pipeline")
    hand.press(hand.panel.get_by_role("button", name="Run…: flights@1"))
    form = hand.page.get_by_role("tabpanel", name="Run flights@1")
    hand.fill(form.get_by_label("month"), "2")
    hand.press(form.get_by_role("button", name="Run", exact=True))
    runs = hand.panel.get_by_role("list", name="Runs")
    expect(runs.get_by_role("progressbar", name="Progress of flights#1")).to_be_visible()
    expect(step_of(hand, "train")).to_have_accessible_name(re.compile("train: running"))
    expect(runs.get_by_role("img", name="succeeded")).to_have_count(1)
    expect(step_of(hand, "train")).to_have_accessible_name(re.compile("train: succeeded"))


def scheduled(hand: Hand, pictures: Path) -> None:
    """Make a schedule, start what fires it, and let it fire now."""
    from playwright.sync_api import expect

    hand.section("Schedules")
    hand.press(hand.panel.get_by_role("button", name="New schedule…"))
    form = hand.page.get_by_role("tabpanel", name="Schedule", exact=True)
    hand.fill(form.get_by_label("Cron expression"), "0 7 * * 1-5")
    expect(form).to_contain_text("At 07:00 on Monday through Friday")
    seen(hand, pictures / "schedule")
    hand.press(form.get_by_role("button", name="Create schedule"))
    expect(form).to_contain_text("Schedule 1 of flights@1 is made.")
    hand.section("Schedules")
    hand.press(hand.panel.get_by_role("button", name="Start scheduler"))
    expect(hand.panel.get_by_role("status")).to_contain_text("fires from now on")
    hand.press(hand.panel.get_by_role("button", name="Run now: schedule 1"))
    schedules = hand.panel.get_by_role("list", name="Schedules")
    expect(schedules).to_contain_text("succeeded")
    expect(schedules).to_contain_text("flights#2")


def failed_and_debugged(hand: Hand) -> None:
    """Run with a parameter that breaks a cell, and open that cell with its state."""
    from playwright.sync_api import expect

    hand.toolbar("Save and build the notebook, and run its pipeline", "MLOps: Run as Pipeline…")
    form = hand.page.get_by_role("tabpanel", name="Run flights@1")
    hand.fill(form.get_by_label("month"), "0")
    hand.press(form.get_by_role("button", name="Run", exact=True))
    runs = hand.panel.get_by_role("list", name="Runs")
    expect(runs.get_by_role("img", name="failed")).to_have_count(1)
    expect(runs).to_contain_text("ZeroDivisionError")
    hand.section("Runs")
    hand.press(hand.panel.get_by_role("button", name="Debug…: flights#3"))
    hand.choose_in_dialog("Debug")
    expect(hand.panel.get_by_role("status")).to_contain_text("Back at")
    expect(hand.page.locator(".jp-Cell.jp-mod-active")).to_contain_text("auc = 1 - 1 /")
    hand.write(1, "print(f'{month} months, {len(rows)} rows')")
    hand.run(1)
    expect(hand.cell(1)).to_contain_text("0 months, 0 rows")


def badge(page: Page, step: str) -> Locator:
    """The badge of a step, by what a screen reader says of it."""
    return page.get_by_role("button", name=re.compile(rf"^Step {step}(@\d+)?: ")).first


def step_of(hand: Hand, name: str) -> Locator:
    """A step of the drawn pipeline."""
    drawn = hand.panel.get_by_role("group", name="Pipeline flights")
    return drawn.get_by_role("button", name=re.compile(f"^{name}: "))


def seen(hand: Hand, picture: Path) -> None:
    """Axe finds nothing wrong in what is ours, in either theme; pictures of both are kept."""
    page = hand.page
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.evaluate(CHANGE_THEME, theme)
        dark = "false" if "Dark" in theme else "true"
        page.wait_for_selector(f"body[data-jp-theme-light={dark}]", state="attached")
        assert violations(page) == []
        kind = theme.split()[-1].lower()
        page.screenshot(path=picture.with_name(f"{picture.name}-{kind}.png"))


def violations(page: Page) -> list[str]:
    """What axe finds wrong in the panel, the badges and the tabs of the main area."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm --prefix labextension ci")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        """() => axe.run({include: [['.nbm-Panel:not(.lm-mod-hidden)'], ['.nbm-CellBadge']]
             .filter(([one]) => document.querySelector(one))})"""
    )
    return [
        f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]
    ]
