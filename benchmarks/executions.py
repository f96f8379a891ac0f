"""The table of executions, of a hundred thousand: from the server, and in a browser."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import catalogs, labs
from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.projects import project
from nbmlops.domain.pages import SortBy
from nbmlops.server import executions
from nbmlops.server.projects import Projects
from nbmlops.server.questions import OfExecutions

_PAINTED = """async at => {
  const began = performance.now();
  await window.jupyterapp.commands.execute('nbmlops:show-executions', { at });
  const shown = () => [...document.querySelectorAll('.nbm-Executions')].pop()
    ?.querySelector('.nbm-Reference');
  while (!shown()) await new Promise(resolve => requestAnimationFrame(resolve));
  await new Promise(resolve => requestAnimationFrame(resolve));
  const took = performance.now() - began;
  const opened = [...window.jupyterapp.shell.widgets('main')];
  opened.filter(one => one.id.startsWith('nbmlops-executions')).forEach(one => one.close());
  return took / 1000;
}"""


def measure(effort: Effort) -> Iterator[Comparison]:
    """Ask for pages, and open the table again and again."""
    size = effort.times(100_000, catalogs.PAGE)
    with project() as folder:
        catalogs.fill(folder, size)
        asked = tuple(_pages(folder, effort.times(20, 2)))
        painted = _opened(folder, effort.times(10, 2))
    yield Comparison(
        title=f"the table of executions, of {size:,}",
        figures=(*asked, painted),
        key="executions",
        note="the table from the command to the first rows on the screen, JupyterLab and Chromium "
        "on the same machine; the view itself is fetched with the first one, which is left out",
    )


def _pages(folder: Path, repetitions: int) -> Iterator[Figure]:
    projects = Projects(folder)
    newest = executions.page(projects, OfExecutions(limit=1)).newest
    questions = {
        "the first page": OfExecutions(),
        "a page in the middle": OfExecutions(upto=newest, skip=newest // 2),
        "the first page by duration": OfExecutions(sort=SortBy.DURATION),
        "the first page by a metric": OfExecutions(sort=SortBy.METRIC, metric="auc"),
        "the first page of a step": OfExecutions(text="step_3"),
    }
    for name, question in questions.items():
        taken = [_once(projects, question) for _ in range(repetitions)]
        yield Figure(
            name=name, wall=tuple(wall for wall, _ in taken), cpu=tuple(cpu for _, cpu in taken)
        )
    projects.close()


def _once(projects: Projects, question: OfExecutions) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    executions.page(projects, question)
    return time.perf_counter() - began, time.process_time() - used


def _opened(folder: Path, repetitions: int) -> Figure:
    name = "the table opened in JupyterLab"
    if not labs.has_browser():
        return Figure(name=name, skipped="chromium is not installed")
    with labs.running(folder) as lab, labs.browser() as opened:
        page = opened.new_page()
        lab.visit(page, "lab")
        taken = [float(page.evaluate(_PAINTED, "")) for _ in range(repetitions + 1)]
    return Figure(name=name, wall=tuple(taken[1:]))
