"""A pipeline of small steps: run whole, and again when nothing has changed, beside others."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.documents import code_cell, notebook
from benchmarks.environments import PANDAS, python_of
from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.processes import timed
from benchmarks.projects import as_in, project
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.workspace import Workspace

_SILENT = {"DVC_NO_ANALYTICS": "1", "PLOOMBER_STATS_ENABLED": "false"}
"""Neither of the two calls home while it is measured."""

_NOTEBOOKS = """
import papermill
for step in range({count}):
    papermill.execute_notebook(f"papermill/{{step}}.ipynb", f"papermill/{{step}}.out.ipynb",
                               progress_bar=False)
"""
_COMMANDS = """
import subprocess, sys
for step in range({count}):
    subprocess.run([sys.executable, "-m", "papermill", f"papermill/{{step}}.ipynb",
                    f"papermill/{{step}}.out.ipynb", "--no-progress-bar"], check=True)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What runs a chain of steps.

    Attributes:
        name: as the table shows it.
        write: writes a chain of some steps into a folder, which is made for it.
        run: what follows ``python``, for a chain of some steps.
        again: the same where nothing has changed; ``None`` where it then runs everything.
        packages: what its own environment has; empty for what is installed here.
    """

    name: str
    write: Callable[[Path, int], None]
    run: Callable[[int], Sequence[str]]
    again: Sequence[str] | None = None
    packages: tuple[str, ...] = ()


def measure(effort: Effort) -> Iterator[Comparison]:
    """Twenty steps, each time from nothing; then nine of which none has changed."""
    yield _whole(effort.times(20, 2), effort.times(3, 1))
    yield _unchanged(effort.times(9, 2), effort.times(5, 1))


def _whole(count: int, repetitions: int) -> Comparison:
    taken: dict[str, list[tuple[float, float]]] = {}
    missing: dict[str, str] = {}
    for repetition in range(repetitions):
        for tool in TOOLS if not repetition else TOOLS[:1]:  # the others take long
            try:
                taken.setdefault(tool.name, []).append(_from_nothing(tool, count))
            except RuntimeError as error:
                missing[tool.name] = str(error).strip().splitlines()[-1]
    return Comparison(
        title=f"A pipeline of {count} small steps",
        figures=_figures(TOOLS, taken, missing),
        note="each step adds to a column of a frame of 1,000 rows and hands it on; all processes "
        "and kernels start anew, ours once; papermill has a notebook for each step, in a kernel "
        "of its own, Ploomber runs scripts as notebooks, DVC plain scripts",
        key="pipelines/whole",
    )


def _from_nothing(tool: Tool, count: int) -> tuple[float, float]:
    """Wall and CPU seconds of one tool in a new project."""
    python = python_of(tool.packages, shared=_with_papermill(tool))
    with project() as folder, as_in(folder):
        tool.write(folder, count)
        return timed(tool.run(count), folder=folder, python=python, variables=_SILENT)


def _unchanged(count: int, repetitions: int) -> Comparison:
    """No kernel starts."""
    tools = [tool for tool in TOOLS if tool.again is not None]
    taken: dict[str, list[tuple[float, float]]] = {}
    missing: dict[str, str] = {}
    for tool in tools:
        try:
            taken[tool.name] = _again(tool, count, repetitions)
        except RuntimeError as error:
            missing[tool.name] = str(error).strip().splitlines()[-1]
    within = list(_within(count, repetitions))
    return Comparison(
        title=f"An unchanged pipeline of {count} steps, run again",
        figures=(_figure("nbmlops, within a process", within), *_figures(tools, taken, missing)),
        note="no kernel is started; but for the first line, with the start of a process",
        key="pipelines/unchanged",
    )


def _again(tool: Tool, count: int, repetitions: int) -> list[tuple[float, float]]:
    python = python_of(tool.packages, shared=_with_papermill(tool))
    with project() as folder, as_in(folder):
        tool.write(folder, count)
        timed(tool.run(count), folder=folder, python=python, variables=_SILENT)
        return [
            timed(tool.again or (), folder=folder, python=python, variables=_SILENT)
            for _ in range(repetitions)
        ]


def _within(count: int, repetitions: int) -> Iterator[tuple[float, float]]:
    with project() as folder, as_in(folder):
        _write_ours(folder, count)
        workspace = Workspace(folder)
        (version,) = workspace.pipelines.versions("chain")
        workspace.runs.run(version, {})
        _once_more(workspace, version)
        for _ in range(repetitions):
            yield _once_more(workspace, version)
        workspace.close()


def _once_more(workspace: Workspace, version: PipelineVersion) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    run = workspace.runs.run(version, {})
    took = time.perf_counter() - began, time.process_time() - used
    if workspace.runs.folder(run).source.exists():
        raise RuntimeError("a kernel was started")
    return took


def _figures(
    tools: Sequence[Tool],
    taken: Mapping[str, Sequence[tuple[float, float]]],
    missing: Mapping[str, str],
) -> tuple[Figure, ...]:
    return tuple(
        Figure(name=tool.name, skipped=missing[tool.name])
        if tool.name in missing
        else _figure(tool.name, taken[tool.name])
        for tool in tools
    )


def _figure(name: str, taken: Sequence[tuple[float, float]]) -> Figure:
    return Figure(name=name, wall=tuple(w for w, _ in taken), cpu=tuple(c for _, c in taken))


def _with_papermill(tool: Tool) -> tuple[str, ...]:
    return (*PANDAS, "papermill") if "ploomber" in tool.packages else PANDAS


def _body(step: int, name: str, before: str) -> str:
    """What a step does, the same in all of them."""
    if not step:
        return f"{name} = pd.DataFrame({{'x': range(1000)}})"
    return f"{name} = {before}.assign(x={before}.x + 1)"


def _with_files(step: int) -> str:
    """The same, which takes a frame from a file and leaves it in one."""
    read = f"v = pd.read_pickle('{step - 1}.pkl')\n" if step else ""
    return f"import pandas as pd\n{read}{_body(step, 'v', 'v')}\nv.to_pickle('{step}.pkl')\n"


def _write_ours(folder: Path, count: int) -> None:
    cells = [code_cell("imports", "import pandas as pd")]
    cells += [
        code_cell(f"c{n}", f"%mlops track s{n}\n{_body(n, f'v{n}', f'v{n - 1}')}")
        for n in range(count)
    ]
    source = folder / "chain.ipynb"
    source.write_bytes(notebook(cells))
    workspace = Workspace(folder)
    workspace.pipelines.build(source)
    workspace.close()


def _write_notebooks(folder: Path, count: int) -> None:
    (folder / "papermill").mkdir()
    for step in range(count):
        content = notebook([code_cell("c", _with_files(step))])
        (folder / "papermill" / f"{step}.ipynb").write_bytes(content)


def _write_ploomber(folder: Path, count: int) -> None:
    tasks = []
    for step in range(count):
        upstream = [f"s{step - 1}"] if step else None
        head = f'# %% tags=["parameters"]\nupstream = {upstream}\nproduct = None\n# %%\n'
        (folder / f"s{step}.py").write_text(head + _with_files(step), encoding="utf-8")
        product = {"nb": f"s{step}.ipynb", "data": f"{step}.pkl"}
        tasks.append({"source": f"s{step}.py", "product": product})
    # JSON is YAML
    (folder / "pipeline.yaml").write_text(json.dumps({"tasks": tasks}), encoding="utf-8")


def _write_dvc(folder: Path, count: int) -> None:
    python = python_of(("dvc",))
    stages = {}
    for step in range(count):
        (folder / f"s{step}.py").write_text(_with_files(step), encoding="utf-8")
        before = [f"{step - 1}.pkl"] if step else []
        stages[f"s{step}"] = {
            "cmd": f"{python} s{step}.py",
            "deps": [f"s{step}.py", *before],
            "outs": [f"{step}.pkl"],
        }
    (folder / "dvc.yaml").write_text(json.dumps({"stages": stages}), encoding="utf-8")
    timed(["-m", "dvc", "init", "-q"], folder=folder, python=python, variables=_SILENT)


def _ours(count: int) -> Sequence[str]:
    del count
    return ("-m", "nbmlops", "run", "chain")


_BUILD = (
    "import sys; sys.argv = ['ploomber', 'build']; import ploomber_cli.cli as c; c.cmd_router()"
)
_PLOOMBER = ("-c", _BUILD)
_DVC = ("-m", "dvc", "repro", "-q")
TOOLS = (
    Tool(name="nbmlops run", write=_write_ours, run=_ours, again=_ours(0)),
    Tool(
        name="papermill, a command for each step",
        write=_write_notebooks,
        run=lambda count: ("-c", _COMMANDS.format(count=count)),
    ),
    Tool(
        name="papermill, all notebooks in one process",
        write=_write_notebooks,
        run=lambda count: ("-c", _NOTEBOOKS.format(count=count)),
    ),
    Tool(
        name="ploomber build",
        write=_write_ploomber,
        run=lambda _: _PLOOMBER,
        again=_PLOOMBER,
        packages=("ploomber",),
    ),
    Tool(
        name="dvc repro",
        write=_write_dvc,
        run=lambda _: _DVC,
        again=_DVC,
        packages=("dvc",),
    ),
)
