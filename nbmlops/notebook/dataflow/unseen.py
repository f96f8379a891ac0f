"""What a cell may change without a word for it: iterators that are read, and the world outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from nbmlops.notebook.dataflow.effects import CODE, PART, SAME, Definition, Effects
from nbmlops.notebook.dataflow.known import LISTENERS, LOGGED
from nbmlops.notebook.dataflow.running import Env, Run, mapped, merge, object_of


class Unseen:
    """Adds to cells what their code does not say.

    Responsibilities: which objects change when they are read; which are containers, so that a
    copy shares what is inside; whether figures last; whether log records and warnings are kept;
    calls of what is no function of the notebook.
    """

    def __init__(self, code: Mapping[str, Definition]) -> None:
        self._code = code
        self._live: set[str] = set()
        self._figures_last = self._heard = False
        self.containers: set[str] = set()

    def bind(self, position: int, effects: Effects, before: Env, after: Env) -> None:
        """Remember what kind of objects a cell makes."""
        self.containers |= {object_of(thing, position) for thing in effects.containers}
        for thing, makers in effects.live.items():
            if not makers or any(self._returns_live(name, before, after) for name in makers):
                self._live.add(object_of(thing, position))

    def add(
        self,
        run: Run,
        effects: Effects,
        envs: tuple[Env, Env],
        imported: Collection[str],
        *,
        seeded: bool,
    ) -> None:
        """Add what reading, calling and drawing may change to what a cell does.

        Args:
            run: the cell with the functions that it calls.
            effects: the cell alone.
            envs: what names hold before and after it.
            imported: names of imports.
            seeded: whether the state of the random generators is known.
        """
        for name in run.uses if self._live else ():
            for env in envs:
                held = env.get(name)
                merge(run.touched, {t: PART for t in held if t in self._live and held[t] > CODE})
        for name in run.called.difference(imported):
            self._call(run, name, *envs)
        base = mapped(dict.fromkeys(effects.subclassed, PART), envs[0], run.position)
        merge(run.touched, base)
        if any(thing.startswith("pkg:") and sure > CODE for thing, sure in run.touched.items()):
            run.acts.add("a change of a module")
        self._heard = self._heard or _listens(effects)
        if not self._heard:
            run.acts.discard(LOGGED)
        if run.may_draw and seeded:
            run.acts.add("a draw of random numbers")
        self._figures_last |= run.keeps_figures
        if run.draws_figures and self._figures_last:
            run.acts.add("a figure that lasts")

    def _call(self, run: Run, name: str, before: Env, after: Env) -> None:
        """A call of what is not, for all one knows, a function of the notebook."""
        held = {**before.get(name), **after.get(name)}
        sure = [thing for thing, how in held.items() if how == SAME]
        if not sure or any(thing not in self._code for thing in sure):
            run.acts.add(f"{name}()")
        merge(run.touched, {t: PART for t in held if held[t] > CODE and t not in self._code})

    def _returns_live(self, name: str, before: Env, after: Env) -> bool:
        held = {**before.get(name), **after.get(name)}
        codes = [self._code[thing] for thing in held if thing in self._code]
        surely = any(sure == SAME and thing in self._code for thing, sure in held.items())
        return not surely or any(code.returns_live for code in codes)


def _listens(effects: Effects) -> bool:
    """Whether a cell may set up who keeps log records and warnings."""
    calls = effects.calls.union(*(one.effects.calls for one in effects.definitions))
    words = {call.rpartition(".")[2] for call in calls}
    return bool(words & LISTENERS) or any(word.endswith("Handler") for word in words)
