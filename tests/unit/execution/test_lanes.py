"""Steps that run in kernels of their own leave what they leave in one kernel."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, assume, event, example, given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell

from nbmlops.capture.recorder import Recorder
from nbmlops.capture.session import Session
from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.plans import CachePolicy
from nbmlops.errors import BuildRefusedError, NotFingerprintableError, UnforeseenError
from nbmlops.execution.process import this_process
from nbmlops.notebook.dataflow.graph import build as build_graph
from nbmlops.notebook.document import Cell, from_sources
from nbmlops.pipelines import convert
from nbmlops.pipelines.agreement import disagreement
from nbmlops.pipelines.lanes import Lane, Lanes, lanes_of
from nbmlops.pipelines.plan import PlanCell
from nbmlops.pipelines.planner import Planner
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.values.fingerprint import fingerprint
from nbmlops.workspace import Workspace
from tests.unit.steps import step

MakeShell = Callable[[], InteractiveShell]

_TEMPLATES = (
    "{a} = [{n}]",
    "{a} = {b} + [{n}]",
    "{a} = [len({b}), {n}]",
    "{a} = [{b}, {c}]",
    "{a} = {b}",
    "{a}, {b} = {b}, {c}",
    "{a} += [{n}]",
    "{a}.append({n})",
    "{a}.append({b})",
    "{a}[-1] = {n}",
    "del {a}[0]",
    "{a} = sorted({b}, key=str)",
    "{a} = {b}.copy()",
    "{a} = iter({b})",
    "{a} = (item for item in {b})",
    "for item in {a}:\n    {b} = [item]",
    "if len({a}) > {n}:\n    {b} = {c}",
    "{a} = [len({b}) for item in {c}]",
    "def {f}(given):\n    return {a}",
    "def {f}(given):\n    {a}.append({n})\n    return [{n}]",
    "def {f}(given):\n    return [{n}]",
    "def {f}(given, held=[]):\n    held.append({n})\n    return held",
    "class {f}(list):\n    pass",
    "{a} = {f}({b})",
    "random.seed({n})",
    "{a} = [random.random()]",
    "{a} = [random.Random({n}).random()]",
    "os.environ['NBMLOPS_TEST'] = str(len({a}))",
    "{a} = [os.environ.get('NBMLOPS_TEST')]",
    "pathlib.Path('f{n}').write_text(str(len({a})))",
    "{a} = [path.read_text() for path in sorted(pathlib.Path('.').glob('f{n}'))]",
    "globals()['{a}'] = [{n}]",
    "{a} = [{a} is {b}]",
)
_DATA = st.sampled_from("abcdexyz")
_STATEMENTS = st.tuples(
    st.sampled_from(_TEMPLATES),
    st.fixed_dictionaries(
        {"a": _DATA, "b": _DATA, "c": _DATA, "f": st.sampled_from("fg"), "n": st.integers(0, 3)}
    ),
).map(lambda made: made[0].format(**made[1]))
_CELL = st.tuples(
    st.sampled_from([True, True, True, False]),
    st.lists(_STATEMENTS, min_size=1, max_size=2).map("\n".join),
)
_START = (
    "import os, pathlib, random",
    "random.seed(4)",  # without a seed no run equals another
    "a = [1]\nb = [[2]]\nc = [3, [4]]\nd = [5]\ne = [6]",
    "x = [7]\ny = [8]\nz = [[9]]",
    "def f(given):\n    return [len(given)]\ng = f",
)


@dataclass(frozen=True)
class Left:
    """What names held when a cell had ended: those recorded as changed, those that it may bind.

    What a name had held before decides whether it is recorded, and that differs from kernel to
    kernel; a kernel may also lack names that nothing asks for, though the cell would change them.
    """

    recorded: dict[str, str]
    bound: dict[str, str]

    def seen_with(self, other: Left) -> dict[str, str]:
        """Of what either has recorded, what is there in both kernels."""
        mine, theirs = self.bound | self.recorded, other.bound | other.recorded
        changed = self.recorded.keys() | other.recorded.keys()
        return {name: mine[name] for name in changed & mine.keys() & theirs.keys()}


@dataclass
class Kernels:
    """Runs the cells of a pipeline in shells of this process, one after the other."""

    workspace: Workspace
    new_shell: MakeShell
    results: dict[int, Execution | None] = field(default_factory=dict)
    bound: dict[int, dict[str, str]] = field(default_factory=dict)

    def straight(self, version: PipelineVersion) -> dict[int, Left] | None:
        """Every cell in one shell: what each left; ``None`` if one failed."""
        return self._run(version, [(range(len(version.spec.cells)), (), self._planner(version))])

    def apart(self, version: PipelineVersion) -> dict[int, Left] | None:
        """Each lane in a shell of its own, as late as the order allows; else refused."""
        lanes, planner = self.workspace.plans.lanes(version), self._planner(version)
        kernels = [
            ((*lane.before, *lane.cells), _above(lanes, lane), planner.beside())
            for lane in _latest_first(lanes)
        ]
        found = self._run(version, kernels, lanes.handed_over)
        if found is not None:
            said = disagreement(planner.cells, lanes, self.results)
            if said is not None:
                raise UnforeseenError(said)
        return found

    def _planner(self, version: PipelineVersion) -> Planner:
        policy = CachePolicy(enabled=False)
        return self.workspace.plans.planner(version, {}, policy=policy).for_all()

    def _run(
        self,
        version: PipelineVersion,
        kernels: Sequence[tuple[Sequence[int], Sequence[int], Planner]],
        handed_over: frozenset[str] = frozenset(),
    ) -> dict[int, Left] | None:
        self.results, self.bound = {}, {}
        begun = (dict(os.environ), random.getstate())
        for own, above, planner in kernels:
            os.environ.clear()
            os.environ.update(begun[0])
            random.setstate(begun[1])
            if not self._kernel(version, own, above, planner, handed_over):
                return None
        os.environ.clear()
        os.environ.update(begun[0])
        return {
            at: Left(
                recorded={value.name: value.fingerprint or "" for value in made.record.outputs},
                bound=self.bound[at],
            )
            for at, made in self.results.items()
            if made is not None
        }

    def _kernel(
        self,
        version: PipelineVersion,
        own: Sequence[int],
        above: Sequence[int],
        planner: Planner,
        handed_over: frozenset[str],
    ) -> bool:
        shell, recorder = self._recorded(version, handed_over)
        try:
            for position, cell in enumerate(version.spec.cells):
                left = self.results.get(position)
                if position in above and position not in own and left is not None:
                    planner.settle(position, left.record)
                if position not in own:
                    continue
                loaded = self.workspace.values.load_all(planner.next(position).needs or {})
                assert not loaded.missing
                shell.user_ns.update(loaded.values)
                recorder.forget()
                shell.run_cell(cell.source, store_history=True)
                made = recorder.latest
                assert made is not None
                if made.record.status is not ExecutionStatus.OK:
                    return False
                planner.ran(position, made.record)
                self.results[position] = made
                # what a name had held before decides whether it is recorded as changed
                self.bound[position] = {
                    name: _content(shell.user_ns[name])
                    for name in planner.cells[position].flow.writes
                    if name in shell.user_ns
                }
        finally:
            recorder.detach()
        return True

    def _recorded(
        self, version: PipelineVersion, handed_over: frozenset[str]
    ) -> tuple[InteractiveShell, Recorder]:
        shell = self.new_shell()
        shell.register_magic_function(lambda _: None, "line", "mlops")
        shell.showtraceback = lambda *_, **__: None
        run = RunRecords(self.workspace.database).start(
            version,
            parameters={},
            trigger="manual",
            author="tester",
            started_at=NOON,
            process=this_process(),
        )
        recorder = Recorder(
            shell,
            session=Session(
                project=self.workspace.project,
                notebook="n.ipynb",
                path=None,
                run_id=run.id,
                hands_over=handed_over,
            ),
            ledger=lambda _: self.workspace.ledger,
            clock=self.workspace.clock,
            author="tester",
        )
        recorder.attach()
        return shell, recorder


def _content(value: object) -> str:
    try:
        return fingerprint(value)
    except NotFingerprintableError as error:
        return str(error)


def _above(lanes: Lanes, lane: Lane) -> tuple[int, ...]:
    above = lanes.above(lane)
    return tuple(at for one in lanes.lanes if one.number in above for at in one.cells)


def _latest_first(lanes: Lanes) -> Iterator[Lane]:
    """The lanes in an order that is allowed, those of the end of the notebook first."""
    ended: set[int] = set()
    while len(ended) < len(lanes.lanes):
        lane = [one for one in lanes.lanes if one.number not in ended and one.after <= ended][-1]
        ended.add(lane.number)
        yield lane


def _build(workspace: Workspace, cells: Sequence[str]) -> PipelineVersion:
    notebook = Notebook(workspace.project)
    for cell in cells:
        notebook.cell(cell)
    return workspace.pipelines.build(notebook.save("n.ipynb")).version


def _emptied(folder: Path) -> Mapping[str, str]:
    """The files that cells have written, which are removed."""
    found = {path.name: path.read_text() for path in folder.glob("f[0-9]")}
    for name in found:
        (folder / name).unlink()
    return found


@settings(
    max_examples=int(os.environ.get("NBMLOPS_EXAMPLES", "15")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(cells=st.lists(_CELL, min_size=2, max_size=9), last=st.booleans())
@example(  # changed in place and bound anew: what holds it sees the change
    cells=[(True, "d = [y, b]"), (False, "b = [0]\ne = x + [2]"), (True, "y += [3]")], last=True
)
@example(  # what changes a value in place makes no kernel ready
    cells=[
        (True, "x = [len(b), 0]\na = c"),
        (True, "a = [z, y]"),
        (False, "y += [2]"),
        (False, "z = sorted(c, key=str)\nif len(x) > 2:\n    a = e"),
        (True, "c, y = y, a\nx = y + [3]"),
    ],
    last=False,
)
@example(
    cells=[(True, "d = [b]"), (True, "y = [len(x), 2]\nd = b"), (True, "b += [3]\nb = [1]")],
    last=True,
)
def test_lanes_leave_what_one_kernel_leaves(
    new_shell: MakeShell,
    empty_store: Path,
    cells: list[tuple[bool, str]],
    last: bool,  # noqa: FBT001 (hypothesis gives it by name)
) -> None:
    """Of generated notebooks, each cell leaves the same values, or the run asks for one kernel."""
    sources = [step(f"s{n}", text) if named else text for n, (named, text) in enumerate(cells)]
    sources += [step("last", "result = [a, b, c, d, e]")] if last else [step("last", "pass")]
    assume(_runs_beside([*_START, *sources]))
    here = Path.cwd()
    with TemporaryDirectory() as folder:
        store = Path(folder) / "project"
        shutil.copytree(empty_store, store)
        os.chdir(store)
        workspace = Workspace(store)
        try:
            version = _build(workspace, [*_START, *sources])
            event(f"{len(workspace.plans.lanes(version).lanes)} lanes")
            kernels = Kernels(workspace, new_shell)
            expected: Any = kernels.straight(version)
            files = _emptied(store)
            assume(expected is not None)
            try:
                found = kernels.apart(version)
            except UnforeseenError as refusal:
                event(f"refused: {refusal.message.split('`')[0]}")
                return
            assert found is not None
            for at, left in found.items():
                assert left.seen_with(expected[at]) == expected[at].seen_with(left)
            assert _emptied(store) == files
        finally:
            workspace.close()
            os.chdir(here)


def _runs_beside(sources: Sequence[str]) -> bool:
    """Whether the notebook builds, and cells of it may run at once."""
    document = from_sources([(source, []) for source in sources])
    try:
        spec = convert.build(document, name="n", notebook="n.ipynb")
    except BuildRefusedError:
        return False
    cells = [
        Cell(id=cell.cell_id, index=cell.index, kind="code", source=cell.source, tags=())
        for cell in spec.cells
    ]
    graph = build_graph(cells)
    planned = [
        PlanCell(flow=flow, role=cell.role, step=cell.step)
        for flow, cell in zip(graph.flows, spec.cells, strict=True)
    ]
    return lanes_of(planned, graph.edges, spec, unstorable=lambda *_: None).runs_beside
