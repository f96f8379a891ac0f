"""A version is built, reviewed and scheduled in JupyterLab, as a user works with the forms."""

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
THEMES = ("JupyterLab Light", "JupyterLab Dark")


@pytest.fixture
def folder(lab: Lab) -> Path:
    """A project whose notebook was edited since its pipeline was built and approved."""
    folder = lab.root / "delays"
    written(folder, "rows = [month, 2]")
    in_a_shell(lab, folder, "build", "flights.ipynb")
    in_a_shell(lab, folder, "approve", "flights", "--comment", "compared with May")
    written(folder, "password = 'hunter22'\nrows = [month, 2, 3]")
    return folder


def written(folder: Path, load: str) -> None:
    """The notebook, with the parameter `month`; cells keep their ids."""
    notebook = Notebook(folder).cell("month = 1  # of 2026", "parameters").step("load", load)
    notebook.step("train", "auc = len(rows) / 10").save("flights.ipynb")


def test_a_version_is_built_reviewed_and_scheduled_by_mouse_and_keyboard(
    page: Page, lab: Lab, folder: Path, artifacts: Path
) -> None:
    """Build from the file browser, review, request changes, approve after all, schedule."""
    from playwright.sync_api import expect

    lab.open(page, f"{folder.name}/flights.ipynb")
    changed = page.get_by_role("button", name=re.compile("^Step load: .*changed since approval"))
    expect(changed).to_be_visible()
    page.locator(".jp-DirListing-item", has_text="flights.ipynb").click(button="right")
    with page.expect_response(lambda answer: "/nbmlops/api/build" in answer.url) as built:
        page.get_by_role("menuitem", name="Build Pipeline").click()
    assert built.value.json()["message"] == "flights@2 is built."
    page.locator("[data-jp-item-name='nbmlops-review'] jp-button").click()
    review = page.get_by_role("tabpanel", name="Review of flights@2")
    reviewed(review)
    seen(page, "review", artifacts)

    choose_in_palette(page, "MLOps: Show Steps")
    panel = page.get_by_role("region", name="MLOps", exact=True)
    for name in ("Steps", "Pipeline"):
        title(panel, name).click()
    title(panel, "Approvals").click()
    returned = panel.get_by_role("list", name="Changes requested")
    expect(returned).to_contain_text("analyst: no password, please")
    returned.get_by_role("button", name="Review: flights@2").click()
    comment = review.get_by_label("Comment: why, or what is to change")
    comment.fill("a password of the test alone")
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(review.get_by_role("button", name="Approve as analyst")).to_be_focused()
    page.keyboard.press("Enter")
    expect(review.get_by_role("status")).to_contain_text("flights@2 is approved by analyst.")

    title(panel, "Schedules").click()
    panel.get_by_role("button", name="New schedule…").click()
    scheduled(page, artifacts)
    expect(panel.get_by_role("list", name="Schedules")).to_contain_text(
        re.compile("on Monday . Friday at 07:00, only on mon,tue")
    )
    expect(panel.get_by_role("list", name="Schedules")).to_contain_text("month")

    panel.get_by_role("button", name="Edit…: schedule 1").press("Enter")
    form = page.get_by_role("tabpanel", name="Schedule 1", exact=True)
    expect(form.get_by_label("month")).to_have_value("3")
    form.get_by_label("Cron expression").fill("0 8 * * 1-5")
    form.get_by_role("button", name="Save changes").click()
    expect(form).to_contain_text("Schedule 1 of flights@2 is changed.")
    expect(panel.get_by_role("list", name="Schedules")).to_contain_text("at 08:00")


def reviewed(review: Locator) -> None:
    """What an approver must see is there; then changes are requested."""
    from playwright.sync_api import expect

    expect(review).to_contain_text("Compared with flights@1, approved last.")
    secrets = review.get_by_role("region", name="Secrets")
    expect(secrets).to_contain_text("password holds a text")
    expect(review).to_contain_text("not proved")
    cell = review.get_by_role("article", name="load")
    expect(cell.get_by_role("textbox", name="load in flights@1")).to_contain_text("month, 2]")
    expect(cell.get_by_role("textbox", name="load in flights@2")).to_contain_text("hunter22")
    expect(review).to_contain_text("2 cells are the same")
    ask = review.get_by_role("button", name="Request changes as analyst")
    expect(ask).to_be_disabled()
    review.get_by_label("Comment: why, or what is to change").fill("no password, please")
    ask.click()
    expect(review).to_contain_text("analyst has requested changes of flights@2.")
    expect(review).to_contain_text("analyst: no password, please")


def scheduled(page: Page, artifacts: Path) -> None:
    """Fill the form in; what is wrong is said beside its field; dry run, then make it."""
    from playwright.sync_api import expect

    form = page.get_by_role("tabpanel", name="Schedule", exact=True)
    cron = form.get_by_label("Cron expression")
    expect(cron).to_have_value("0 6 * * *")
    cron.fill("0 25 * * *")
    expect(cron).to_have_attribute("aria-invalid", "true")
    expect(cron).to_have_accessible_description(re.compile("bad hour"))
    cron.fill("0 7 * * 1-5")
    form.get_by_label("Time zone").fill("Europe/Berlin")
    expect(form).to_contain_text("At 07:00 on Monday through Friday (Europe/Berlin)")
    expect(form.get_by_role("list", name="Next times").get_by_role("listitem")).to_have_count(5)
    form.get_by_text("Other times and events").click()
    days = form.get_by_label("Only on weekdays")
    days.fill("someday")
    expect(days).to_have_accessible_description(re.compile("no weekdays"))
    days.fill("mon,tue")
    form.get_by_label("When files change").fill("data/*.csv")
    expect(form).to_contain_text("0 7 * * 1-5 or data/*.csv changes, mon tue")
    seen(page, "schedule-events", artifacts)
    form.get_by_label("When files change").fill("")
    month = form.get_by_label("month")
    month.fill("")
    form.get_by_role("button", name="Dry run").click()
    expect(month).to_have_accessible_description(re.compile("a whole number, not ''"))
    assert width_beyond(form.get_by_role("group", name="Parameters")) == 0
    month.fill("3")
    form.get_by_text("Policies").click()
    form.get_by_label("Timeout of a run").fill("long")
    form.get_by_role("button", name="Dry run").click()
    timeout = form.get_by_label("Timeout of a run")
    expect(timeout).to_have_accessible_description(re.compile("no length of time"))
    timeout.fill("30m")
    form.get_by_role("button", name="Dry run").click()
    plan = form.get_by_role("region", name="Dry run of flights@2")
    expect(plan).to_contain_text("2 of 2 steps will run.")
    seen(page, "schedule", artifacts)
    form.get_by_role("button", name="Create schedule").click()
    expect(form).to_contain_text("Schedule 1 of flights@2 is made.")


def width_beyond(box: Locator) -> float:
    """By how many pixels what is in a box sticks out over its right border."""
    found: float = box.evaluate(
        """node => Math.max(0, ...[...node.querySelectorAll('*')].map(
            one => one.getBoundingClientRect().right - node.getBoundingClientRect().right))"""
    )
    return found


def title(panel: Locator, section: str) -> Locator:
    """What folds a section."""
    return panel.get_by_role("button", name=f"{section} Section")


def choose_in_palette(page: Page, command: str) -> None:
    """Run a command by its name."""
    page.keyboard.press("Control+Shift+c")
    page.get_by_role("textbox", name="SEARCH").fill(command)
    page.locator(".lm-CommandPalette-item", has_text=command).first.click()


def in_a_shell(lab: Lab, folder: Path, *words: str) -> None:
    """Type a verb in a project of its own, though other tests record in the folder above it."""
    subprocess.run(
        [sys.executable, "-m", "nbmlops", "--project", str(folder), *words],
        cwd=folder,
        env=lab.environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )


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
