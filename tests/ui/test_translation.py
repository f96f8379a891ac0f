"""The front end in another language, as JupyterLab brings it to its readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nbmlops.testing import Notebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Lab
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.ui]

CHOOSE_LANGUAGE = """settings => window.jupyterapp.serviceManager.settings.save(
    '@jupyterlab/translation-extension:plugin', settings)"""

OPEN_SETTINGS = """() => window.jupyterapp.commands.execute(
    'settingeditor:open', {query: 'MLOps'})"""


@pytest.fixture
def german(page: Page, lab: Lab) -> Iterator[Page]:
    """A page whose reader has chosen German among JupyterLab's languages."""
    pytest.importorskip("jupyterlab_language_pack_de_DE")
    lab.visit(page, "lab")
    page.evaluate(CHOOSE_LANGUAGE, '{"locale": "de_DE"}')
    yield page
    page.evaluate(CHOOSE_LANGUAGE, "{}")
    lab.visit(page, "lab")  # which tells the server


def test_who_has_chosen_german_reads_german(german: Page, lab: Lab) -> None:
    from playwright.sync_api import expect

    Notebook(lab.root).step("laden", "zeilen = [3, 5]").save("deutsch.ipynb")
    lab.visit(german, "lab/tree/deutsch.ipynb")
    label = "window.jupyterapp.commands.label('nbmlops:show-steps')"
    assert german.evaluate(label) == "MLOps: Schritte zeigen"
    german.get_by_role("tab", name="MLOps").click()
    panel = german.get_by_role("region", name="MLOps")
    for section in ("Schritte", "Pipeline", "Läufe", "Zeitpläne", "Freigaben"):
        expect(panel.get_by_role("button", name=f"{section} Section")).to_be_visible()
    expect(panel).to_contain_text("in die erste Zeile einer Zelle und führen Sie sie aus.")
    panel.get_by_role("button", name="Alle Ausführungen").click()
    table = german.get_by_role("tabpanel", name="Ausführungen")
    expect(table.get_by_role("combobox", name="Status")).to_contain_text("Jeder Status")


def test_the_settings_editor_speaks_german_too(german: Page, lab: Lab) -> None:
    from playwright.sync_api import expect

    with german.expect_response(lambda answer: "/settings/nbmlops:alerts" in answer.url):
        lab.visit(german, "lab")
    german.wait_for_timeout(1_000)  # what was read again is taken
    german.evaluate(OPEN_SETTINGS)
    editor = german.get_by_role("main")
    expect(editor).to_contain_text("MLOps: Benachrichtigungen")
    expect(editor).to_contain_text("Melden, wenn ein Zeitplan angehalten wird.")
    expect(editor).not_to_contain_text("Tell when")
