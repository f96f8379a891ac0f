"""The sections of the panel in JupyterLab, as a user works with them."""

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
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.slow, pytest.mark.ui]

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
START_BUNDLE = 120_000
"""Bytes of scripts, not compressed, that are loaded before the panel is opened, at most."""
TRAIN = """\
import pathlib, time
print('rows', len(rows))
while not pathlib.Path('go').exists():
    time.sleep(0.05)
auc = 1 / (len(rows) - 2)"""
MENDED = "auc = 1 / len(rows)"


@pytest.fixture
def folder(lab: Lab, request: pytest.FixtureRequest) -> Path:
    """A project with a notebook whose pipeline is built: its last step waits for a file `go`."""
    folder = lab.root / str(request.node.originalname)
    written = Notebook(folder).cell("%load_ext nbmlops").step("load", "rows = [3, 5]")
    written.step("train", TRAIN).step("report", "text = f'auc {auc}'").save("flights.ipynb")
    in_a_shell(lab, folder, "build", "flights.ipynb").wait(60)
    return folder


def test_a_pipeline_is_watched_mended_approved_and_scheduled_in_the_panel(
    page: Page, lab: Lab, folder: Path, artifacts: Path
) -> None:
    """Watch it run, look at why it failed, debug and mend it, resume, approve, schedule."""
    from playwright.sync_api import expect

    lab.open(page, f"{folder.name}/flights.ipynb")
    panel = opened(page)
    node = step_of(panel, "train")
    expect(node).to_have_accessible_name(re.compile("train: not run; needs load [(]rows[)]"))
    node.click()
    expect(page.locator(".jp-Cell.jp-mod-active")).to_contain_text("track train")

    driven = in_a_shell(lab, folder, "run", "flights")
    runs = panel.get_by_role("list", name="Runs")
    expect(runs.get_by_role("progressbar", name="Progress of flights#1")).to_be_visible()
    expect(runs).to_contain_text(re.compile(r"train · cell 3 of 4|train · cell 2 of 3"))
    expect(node).to_have_accessible_name(re.compile("train: running"))
    expect(step_of(panel, "load")).to_have_accessible_name(re.compile("load: succeeded"))
    panel.get_by_role("button", name="Log: flights#1").click()
    printed = page.get_by_role("log", name="What flights#1 printed")
    expect(printed).to_contain_text("rows 2")
    (folder / "go").touch()
    driven.wait(60)
    expect(node).to_have_accessible_name(re.compile("train: failed"))
    expect(printed).to_contain_text("ZeroDivisionError")
    panel.get_by_role("button", name="Report: flights#1").click()
    report = page.frame_locator("iframe[title='Report of flights#1']")
    expect(report.get_by_role("heading", name="flights#1: failed")).to_be_visible()

    debugged_and_mended(page, panel)
    panel.get_by_role("button", name="Resume: flights#1").click()
    expect(panel.get_by_role("status")).to_contain_text("flights#1 goes on as a new run.")
    expect(node).to_have_accessible_name(re.compile("train: succeeded"))

    approved_and_scheduled(lab, panel, folder)
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        choose_in_palette(page, f"Use Theme: {theme}")
        dark = "false" if "Dark" in theme else "true"
        page.wait_for_selector(f"body[data-jp-theme-light={dark}]", state="attached")
        assert violations(page) == []
        page.screenshot(path=artifacts / f"sections-{theme.split()[-1].lower()}.png")


def test_which_sections_are_folded_is_kept_and_changed_with_the_keyboard(
    page: Page, lab: Lab, folder: Path
) -> None:
    """Fold and unfold with Enter, go through the steps with Tab, reload: it is as it was."""
    from playwright.sync_api import expect

    lab.open(page, f"{folder.name}/flights.ipynb")
    loaded = bytes_loaded(page)
    panel = opened(page)
    expect(step_of(panel, "load")).to_be_visible()
    assert loaded < START_BUNDLE < bytes_loaded(page)
    page.locator("[data-jp-item-name='nbmlops-review'] jp-button").click()
    review = page.get_by_role("tab", name="Review of flights@1")
    expect(review).to_be_visible()
    page.get_by_role("tab", name="flights.ipynb").click()
    steps, schedules = (title(panel, name) for name in ("Steps", "Schedules"))
    expect(steps).to_have_attribute("aria-expanded", "true")
    expect(schedules).to_have_attribute("aria-expanded", "false")
    steps.focus()
    page.keyboard.press("Enter")
    schedules.focus()
    page.keyboard.press("Enter")
    expect(panel.get_by_text("No schedule yet.")).to_be_visible()

    step_of(panel, "load").focus()
    page.keyboard.press("Tab")
    expect(step_of(panel, "train")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".jp-Cell.jp-mod-active")).to_contain_text("track train")

    page.wait_for_timeout(2000)  # the layout is saved a while after it has changed
    page.goto(page.url.split("?")[0])
    page.wait_for_function("() => window.jupyterapp !== undefined")
    expect(title(panel, "Steps")).to_have_attribute("aria-expanded", "false")
    expect(title(panel, "Schedules")).to_have_attribute("aria-expanded", "true")
    expect(panel.get_by_text("No schedule yet.")).to_be_visible()
    expect(review).to_be_visible()


def debugged_and_mended(page: Page, panel: Locator) -> None:
    """Bring the state before the failure into the kernel, then mend the cell and save."""
    from playwright.sync_api import expect

    cells = page.locator(".jp-Notebook .jp-Cell")
    panel.get_by_role("button", name="Debug…: flights#1").click()
    page.get_by_role("dialog").get_by_role("button", name="Debug", exact=True).click()
    expect(panel.get_by_role("status")).to_contain_text("Back at")
    expect(page.locator(".jp-Cell.jp-mod-active")).to_contain_text("track train")
    expect(cells).to_have_count(4)  # the cell that failed is there: none is put below it
    page.locator(".jp-Cell.jp-mod-active .cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(f"%mlops track train\n{MENDED}")
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)


def approved_and_scheduled(lab: Lab, panel: Locator, folder: Path) -> None:
    """Approve what waits; a schedule that a shell makes is there by itself; pause it, run it."""
    from playwright.sync_api import expect

    for name in ("Steps", "Pipeline"):
        title(panel, name).click()
    title(panel, "Approvals").click()
    form = panel.get_by_role("form", name=re.compile("^Approve flights@"))
    form.get_by_label("Why it may be scheduled").fill("It was mended.")
    form.get_by_role("button", name="Approve as analyst").click()
    expect(panel.get_by_role("status")).to_contain_text("is approved by analyst.")
    expect(panel.get_by_text("Nothing waits for a decision.")).to_be_visible()

    title(panel, "Schedules").click()
    expect(panel.get_by_text("No schedule yet.")).to_be_visible()
    in_a_shell(lab, folder, "schedule", "flights", "--cron", "0 6 * * *").wait(60)
    panel.get_by_role("button", name="Pause: schedule 1").click()
    expect(panel.get_by_text("paused", exact=True)).to_be_visible()
    panel.get_by_role("button", name="Resume: schedule 1").click()
    panel.get_by_role("button", name="Run now: schedule 1").click()
    expect(panel.get_by_role("list", name="Schedules")).to_contain_text("waiting")
    panel.get_by_role("button", name="Backfill…: schedule 1").click()
    panel.get_by_label("From").fill("2026-01-01")
    panel.get_by_label("To", exact=True).fill("2026-01-03")
    panel.get_by_role("button", name="Backfill", exact=True).click()
    expect(panel.get_by_role("list", name="Backfills")).to_contain_text("0 of 3 ended")


def opened(page: Page) -> Locator:
    """The panel, once it is shown."""
    choose_in_palette(page, "MLOps: Show Steps")
    return page.get_by_role("region", name="MLOps", exact=True)


def bytes_loaded(page: Page) -> int:
    """How large the scripts of the extension are that were loaded so far."""
    found = page.evaluate(
        """() => performance.getEntriesByType('resource')
             .filter(one => one.name.includes('/extensions/nbmlops/'))
             .reduce((sum, one) => sum + one.decodedBodySize, 0)"""
    )
    return int(found)


def title(panel: Locator, section: str) -> Locator:
    """What folds a section."""
    return panel.get_by_role("button", name=f"{section} Section")


def step_of(panel: Locator, name: str) -> Locator:
    """A step of the drawn pipeline."""
    drawn = panel.get_by_role("group", name="Pipeline flights")
    return drawn.get_by_role("button", name=re.compile(f"^{name}: "))


def choose_in_palette(page: Page, command: str) -> None:
    """Run a command by its name."""
    page.keyboard.press("Control+Shift+c")
    page.get_by_role("textbox", name="SEARCH").fill(command)
    page.locator(".lm-CommandPalette-item", has_text=command).first.click()


def in_a_shell(lab: Lab, folder: Path, *words: str) -> subprocess.Popen[bytes]:
    """Type a verb in a project of its own, though other tests record in the folder above it."""
    return subprocess.Popen(
        [sys.executable, "-m", "nbmlops", "--project", str(folder), *words],
        cwd=folder,
        env=lab.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def violations(page: Page) -> list[str]:
    """What axe finds wrong in the panel."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm --prefix labextension ci")
    page.add_script_tag(path=AXE)
    found = page.evaluate("() => axe.run('#nbmlops-panel')")
    return [
        f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]
    ]
