"""What the front end costs who works in JupyterLab: its start, typing, and badges that follow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import labs
from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.projects import project
from nbmlops.testing import Notebook

if TYPE_CHECKING:
    from playwright.sync_api import Page

_ALONE, _WITH = "JupyterLab", "with nbmlops"
_CELLS = 500
_LOADED = "() => performance.now() / 1000"
_OPENED = "() => Boolean(window.jupyterapp.shell.currentWidget?.context?.isReady)"
_EDIT = """async index => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = index;
  await notebook.scrollToItem(index, 'center');
  await new Promise(resolve => setTimeout(resolve, 15000));
  notebook.mode = 'edit';
  await notebook.activeCell.ready;
  notebook.activeCell.editor.focus();
  window.typed = [];
  document.addEventListener('keydown', () => {
    const began = performance.now();
    requestAnimationFrame(() => setTimeout(
      () => window.typed.push((performance.now() - began) / 1000)));
  }, true);
}"""
_BADGE = """async round => {
  const { shell, commands } = window.jupyterapp;
  const notebook = shell.currentWidget.content;
  notebook.activeCellIndex = 1;
  notebook.activeCell.model.sharedModel.setSource(`%mlops track work\\nx = ${round}`);
  const name = () => document.querySelector('.nbm-CellBadge-name')?.textContent;
  await commands.execute('notebook:run-cell');
  const ended = performance.now();
  while (name() !== `work@${round}`) await new Promise(resolve => requestAnimationFrame(resolve));
  return (performance.now() - ended) / 1000;
}"""
_READY = """async () => {
  const context = window.jupyterapp.shell.currentWidget.context.sessionContext;
  await context.ready;
  for (let i = 0; i < 2400 && context.session?.kernel?.status !== 'idle'; i++)
    await new Promise(resolve => setTimeout(resolve, 50));
  await window.jupyterapp.commands.execute('notebook:run-cell');
}"""


def measure(effort: Effort) -> Iterator[Comparison]:
    """With the extension and without it, in turns; then a cell again and again."""
    if not labs.has_browser():
        yield Comparison(
            title="JupyterLab in a browser",
            figures=(Figure(name=_ALONE, skipped="chromium is not installed"),),
            key="front_end",
        )
        return
    with project() as folder:
        long = Notebook(folder).step("work", "x = 1")
        for number in range(_CELLS - 1):
            long.cell(f"y = {number}")
        long.save("long.ipynb")
        Notebook(folder).cell("%load_ext nbmlops").cell("1").save("short.ipynb")
        yield from _compared(folder, effort)


def _compared(folder: Path, effort: Effort) -> Iterator[Comparison]:
    with (
        labs.running(folder, extension=False) as alone,
        labs.running(folder) as lab,
        labs.browser() as opened,
    ):
        pages = [(alone, opened.new_page()), (lab, opened.new_page())]
        loads: list[list[float]] = [[], []]
        for _ in range(1 + effort.times(10, 1)):
            for taken, (one, page) in zip(loads, pages, strict=True):
                one.visit(page, "lab")
                taken.append(float(page.evaluate(_LOADED)))
        yield Comparison(
            title="JupyterLab opened in a browser",
            figures=_both(*(taken[1:] for taken in loads)),
            key="front_end/load",
            note="from the address to the restored layout; what a browser keeps it has kept",
        )
        typed = []
        for one, page in pages:
            one.visit(page, "lab/tree/long.ipynb")
            typed.append(_typed(page, effort.times(100, 5)))
        yield Comparison(
            title=f"a key pressed in a notebook of {_CELLS} cells",
            figures=_both(*typed),
            key="front_end/typing",
            note="from the key to the end of the frame that shows it, long after it was opened",
        )
        lab.visit(pages[1][1], "lab/tree/short.ipynb")
        yield _badges(pages[1][1], effort.times(40, 2))


def _both(alone: list[float], extended: list[float]) -> tuple[Figure, Figure]:
    return Figure(name=_ALONE, wall=tuple(alone)), Figure(name=_WITH, wall=tuple(extended))


def _typed(page: Page, keys: int) -> list[float]:
    page.wait_for_function(_OPENED)
    page.evaluate(_EDIT, _CELLS // 2)
    page.keyboard.type("abcde " * (1 + keys // 6), delay=60)
    page.wait_for_function("keys => window.typed.length >= keys", arg=keys)
    found: list[float] = page.evaluate("() => window.typed")
    return found[:keys]


def _badges(page: Page, rounds: int) -> Comparison:
    page.wait_for_function(_OPENED)
    page.evaluate(_READY)
    taken = [float(page.evaluate(_BADGE, number + 1)) for number in range(rounds + 1)]
    return Comparison(
        title="a badge that follows its cell",
        figures=(Figure(name="from the end of a cell to its badge", wall=tuple(taken[1:])),),
        key="front_end/badge",
        note="each time another version of the step",
    )
