"""JupyterLab tells when a schedule fails that a scheduler of a terminal runs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Lab
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.ui]

TOLD = """async () => (await window.jupyterapp.serviceManager.settings.fetch(
    'nbmlops:alerts')).schema.properties.succeeded.default"""


@pytest.fixture
def project(lab: Lab) -> Iterator[Path]:
    """A project with a schedule whose notebook fails, and a scheduler."""
    folder = lab.root / "alerts"
    folder.mkdir()
    path = Notebook(folder).step("load", "raise ValueError('no rows')").save("late.ipynb")
    workspace = Workspace(folder, author="ada")
    version = workspace.pipelines.build(path).version
    workspace.approvals.approve(version, comment="Looked at it.")
    workspace.schedules.create("late", cron="0 0 1 1 *", timezone="UTC")
    workspace.close()
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "nbmlops", "scheduler"],
        cwd=folder,
        env=lab.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield folder
    scheduler.terminate()
    scheduler.wait(60)


def test_a_failure_is_told_with_its_reason_and_leads_to_the_run(
    page: Page, lab: Lab, project: Path
) -> None:
    from playwright.sync_api import expect

    lab.open(page, "alerts/late.ipynb")
    assert page.evaluate(TOLD) is False
    command = [sys.executable, "-m", "nbmlops", "trigger", "1"]
    subprocess.run(command, cwd=project, env=lab.environment, check=True, capture_output=True)
    page.wait_for_function(
        "() => /[1-9]/.test(document.querySelector('.jp-Notification-Status')?.textContent ?? '')",
        timeout=60_000,
    )
    page.locator(".jp-Notification-Status").click()
    told = page.get_by_role("listitem").filter(has_text="Schedule 1: late#1 failed in step 'load'")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("ValueError: no rows")
    told.get_by_role("button", name="Open run").click()
    expect(page.get_by_role("tab", name="late#1")).to_be_visible()
