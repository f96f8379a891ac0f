"""A project in a browser without JupyterLab: a real `nbmlops ui`, as a user works with it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbmlops.server.page import BUILT
from nbmlops.testing import Notebook

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.ui,
    pytest.mark.skipif(
        not (BUILT / "page.js").exists(),
        reason="the front end is not built: npm --prefix labextension run build:prod",
    ),
]

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
AT_FIRST = 700_000
"""Bytes of scripts, not compressed, that the page loads before a form or an editor is opened."""
TRAIN = """\
import pathlib, time
import nbmlops
print('rows', len(rows))
while not pathlib.Path('go').exists():
    time.sleep(0.05)
auc = 1 / len(rows)
nbmlops.metric('auc', auc)"""


@dataclass(frozen=True, slots=True)
class Project:
    """A project whose page is served: its folder, and the page's address with the token."""

    folder: Path
    address: str

    def shell(self, *words: str) -> subprocess.Popen[bytes]:
        """A verb typed in a shell."""
        return subprocess.Popen(
            [sys.executable, "-m", "nbmlops", *words],
            cwd=self.folder,
            env=os.environ | {"LOGNAME": "analyst"},
            stdout=subprocess.DEVNULL,
        )

    def go(self, page: Page, address: str) -> None:
        """Lead a page that is open to another address."""
        page.evaluate("address => { location.hash = address }", address)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with two notebooks whose pipelines are built; one waits for a file `go`."""
    written = Notebook(tmp_path).cell("%load_ext nbmlops").step("load", "rows = [3, 5]")
    written.step("train", TRAIN).step("report", "text = f'auc {auc}'").save("flights.ipynb")
    Notebook(tmp_path).step("broken", "1 / 0").save("broken.ipynb")
    environment = os.environ | {"LOGNAME": "analyst", "JUPYTER_RUNTIME_DIR": str(tmp_path / "run")}
    for name in ("flights", "broken"):
        built = [sys.executable, "-m", "nbmlops", "build", f"{name}.ipynb"]
        subprocess.run(built, cwd=tmp_path, env=environment, check=True, capture_output=True)
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "nbmlops", "ui", "--no-browser"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found, server.stdout.read()
        yield Project(folder=tmp_path, address=found.group())
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0


def test_a_version_is_approved_scheduled_run_and_watched_without_jupyterlab(
    page: Page, project: Project
) -> None:
    """Find the notebook, review and approve it, schedule it, let it run, watch, read the report."""
    from playwright.sync_api import expect

    page.goto(project.address)
    expect(page).to_have_title(f"Notebooks · {project.folder.name} · MLOps")
    assert "token" not in page.url
    assert scripts_loaded(page) < AT_FIRST
    page.get_by_role("link", name="Approvals").click()
    page.get_by_role("button", name="Review: flights@1").click()
    expect(page).to_have_title(re.compile(r"^Review of flights@1 · "))
    expect(page.get_by_role("article", name="train")).to_contain_text("nbmlops.metric")
    page.get_by_label("Comment: why, or what is to change").fill("It was read.")
    page.get_by_role("button", name="Approve as analyst").click()
    expect(page.get_by_role("status").last).to_contain_text("flights@1 is approved")

    page.get_by_role("link", name="flights.ipynb").click()
    views = page.get_by_role("navigation", name="Views of flights.ipynb")
    views.get_by_role("link", name="Schedules").click()
    page.get_by_role("button", name="New schedule…").click()
    expect(page.get_by_text("At 06:00 every day")).to_be_visible()
    page.get_by_role("button", name="Create schedule").click()
    expect(page.get_by_role("status").last).to_contain_text("Schedule 1")
    page.go_back()
    page.get_by_role("button", name="Run now: schedule 1").click()
    expect(page.get_by_role("list", name="Schedules")).to_contain_text("waiting")

    scheduler = project.shell("scheduler", "--max-fires", "1")
    views.get_by_role("link", name="Runs").click()
    runs = page.get_by_role("list", name="Runs")
    expect(runs.get_by_role("progressbar", name="Progress of flights#1")).to_be_visible()
    runs.get_by_role("button", name="Log: flights#1").click()
    printed = page.get_by_role("log", name="What flights#1 printed")
    expect(printed).to_contain_text("rows 2")
    (project.folder / "go").touch()
    assert scheduler.wait(120) == 0
    page.get_by_role("link", name="All runs of the notebook").click()
    runs.get_by_role("button", name="Report: flights#1").click()
    report = page.frame_locator("iframe[title='Report of flights#1']")
    expect(report.get_by_role("heading", name="flights#1: succeeded")).to_be_visible()


def test_the_page_tells_of_a_schedule_that_fails_and_is_late_or_paused(
    page: Page, project: Project
) -> None:
    """Whatever page is open, with the reason and where more is to be seen, until it is closed."""
    from playwright.sync_api import expect

    for words in (
        ("approve", "broken", "--comment", "It was read."),
        ("schedule", "broken", "--cron", "0 0 1 1 *", "--deadline", "1s"),
    ):
        assert project.shell(*words).wait(60) == 0
    page.goto(project.address)
    expect(page).to_have_title(re.compile("^Notebooks"))
    project.go(page, "#/notebooks/broken.ipynb/steps")
    expect(page.get_by_role("navigation", name="Views of broken.ipynb")).to_be_visible()
    assert project.shell("trigger", "1").wait(60) == 0
    page.wait_for_timeout(1_500)  # so that it is late before a scheduler runs
    scheduler = project.shell("scheduler")
    alerts = page.get_by_role("list", name="Alerts").get_by_role("listitem")
    failed = alerts.filter(has_text="ZeroDivisionError")
    expect(failed).to_contain_text("Schedule 1: broken#1 failed in step 'broken'", timeout=60_000)
    expect(alerts.filter(has_text="has missed its deadline")).to_have_count(1)
    assert project.shell("pause", "1", "--reason", "the source is down").wait(60) == 0
    paused = alerts.filter(has_text="is paused")
    expect(paused).to_contain_text("the source is down", timeout=60_000)
    failed.get_by_role("link", name="Open run").click()
    expect(page).to_have_title(re.compile("broken#1"))
    paused.get_by_role("button", name="Close").click()
    expect(paused).to_have_count(0)
    expect(failed).to_have_count(1)
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(30) == 0


def test_a_run_is_started_and_one_that_failed_says_where_to_mend_it(
    page: Page, project: Project
) -> None:
    """Run a notebook; what needs a kernel is not offered, and said where it is done."""
    from playwright.sync_api import expect

    page.goto(f"{project.address}#/notebooks/broken.ipynb/runs")
    page.get_by_role("button", name=re.compile("^Run")).click()
    runs = page.get_by_role("list", name="Runs")
    expect(runs).to_contain_text("ZeroDivisionError")
    expect(runs).to_contain_text("%mlops debug broken#1")
    expect(page.get_by_role("button", name=re.compile("^Debug"))).to_have_count(0)
    expect(page.get_by_role("button", name="Resume: broken#1")).to_be_visible()
    project.go(page, "#/notebooks/broken.ipynb/steps")
    expect(page.get_by_role("button", name="Values of broken@1")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Restore"))).to_have_count(0)
    project.go(page, "#/nowhere")
    expect(page.get_by_role("heading", name="No such page")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_page_is_drawn_and_heard_in_both_colour_schemes(
    browser: Browser, project: Project, artifacts: Path, scheme: str
) -> None:
    """Axe finds nothing on any page; the keyboard alone leads from one to the next."""
    from playwright.sync_api import expect

    (project.folder / "go").touch()
    for words in (
        ("run", "flights"),
        ("approve", "flights", "--comment", "It was read."),
        ("schedule", "flights", "--cron", "0 6 * * *"),
        ("data", "pin", "sources", "--path", "broken.ipynb"),
    ):
        assert project.shell(*words).wait(120) == 0
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="en-US",
    )
    page = context.new_page()
    page.goto(project.address)
    page.get_by_role("list", name="Notebooks").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Notebooks", level=1)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Steps of broken.ipynb")).to_be_focused()
    for address, heading, shown in (
        ("#/", "Notebooks", "3 steps · 1 pipeline"),
        ("#/notebooks/flights.ipynb/steps", "Steps of flights.ipynb", "train@1"),
        ("#/notebooks/flights.ipynb/pipeline", "Pipeline of flights.ipynb", "flights@1"),
        ("#/notebooks/flights.ipynb/runs", "Runs of flights.ipynb", "flights#1"),
        ("#/notebooks/flights.ipynb/runs/flights%231/log", "Log of flights#1", "rows 2"),
        ("#/notebooks/flights.ipynb/schedules", "Schedules of flights.ipynb", "Schedule 1"),
        ("#/notebooks/flights.ipynb/schedules/new", "New schedule of", "At 06:00 every day"),
        ("#/notebooks/flights.ipynb/schedules/1", "Schedule 1 of flights", "At 06:00 every day"),
        ("#/notebooks/flights.ipynb/data", "Data of flights.ipynb", "sources@1"),
        ("#/notebooks/flights.ipynb/monitors", "Monitors of flights.ipynb", "check_drift("),
        ("#/notebooks/flights.ipynb/steps/train/1-1", "train@1 ↔ train@1", "Version comparison"),
        ("#/approvals", "Approvals", "broken@1"),
        ("#/approvals/broken%401", "Review of broken@1", "Checks and proofs"),
        ("#/executions", "Executions and runs", "train@1"),
    ):
        project.go(page, address)
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text(shown)
        page.screenshot(path=artifacts / f"standalone-{named(heading)}-{scheme}.png")
        assert violations(page) == [], address
    context.close()


def test_who_reads_german_reads_german(browser: Browser, project: Project) -> None:
    """The browser's language is that of the page."""
    from playwright.sync_api import expect

    context = browser.new_context(locale="de-DE")
    page = context.new_page()
    page.goto(f"{project.address}#/notebooks/flights.ipynb/schedules")
    expect(page.get_by_role("heading", name="Zeitpläne von flights.ipynb")).to_be_visible()
    expect(page.get_by_role("link", name="Freigaben")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "de-DE"
    context.close()


def named(heading: str) -> str:
    """A heading as the name of a file."""
    return re.sub(r"\W+", "-", heading).strip("-").lower()


def scripts_loaded(page: Page) -> int:
    """How large the scripts are that were loaded so far."""
    page.get_by_role("list", name="Notebooks").wait_for()
    found = page.evaluate(
        """() => performance.getEntriesByType('resource')
             .filter(one => one.name.includes('.js'))
             .reduce((sum, one) => sum + one.decodedBodySize, 0)"""
    )
    assert found > 0
    return int(found)


def violations(page: Page) -> list[str]:
    """What axe finds wrong on the page."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm --prefix labextension ci")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("() => axe.run()")
    return [
        f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]
    ]
