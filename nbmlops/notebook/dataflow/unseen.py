"""What a cell may change without a word for it: iterators that are read, and the world outside."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from nbmlops.notebook.dataflow import known
from nbmlops.notebook.dataflow.calls import OF_WHAT
from nbmlops.notebook.dataflow.doors import looks_around
from nbmlops.notebook.dataflow.effects import (
    CODE,
    NAMESPACE,
    PART,
    SAME,
    Definition,
    Dynamic,
    Effects,
)
from nbmlops.notebook.dataflow.known import LISTENERS, LOGGED, PROCESS, RANDOM
from nbmlops.notebook.dataflow.modules import methods_in
from nbmlops.notebook.dataflow.running import Env, Run, mapped, merge, object_of
from nbmlops.notebook.dataflow.seeders import Seeders

_WORD = re.compile(r"\w+")
_NEW_CODE = tuple(f"a new {place}" for place in known.PLACES_OF_CODE)


class Unseen:
    """Adds to cells what their code does not say.

    Responsibilities: which objects change when they are read; which are containers, so that a
    copy shares what is inside; whether figures last; whether log records and warnings are kept;
    calls of what is no function of the notebook; what leads to all names; seeds in modules of the
    project; whether code of the notebook may be called by any cell, or by the end of an object.

    Args:
        code: the functions and classes of the notebook, by object.
        still: names that hold what no reading changes, behind each cell that binds them.
    """

    def __init__(self, code: Mapping[str, Definition], still: Collection[str] = ()) -> None:
        self._code = code
        self._still = frozenset(still)
        self._live: set[str] = set()
        self._looking: set[str] = set()
        self._figures_last = self._heard = self._called_back = self._hooked = False
        self._own_methods: set[str] = set()
        self._seeders = Seeders()
        self.containers: set[str] = set()
        self.packages: set[str] = set()

    def completed(self, effects: Effects, env: Callable[[], Env]) -> Effects:
        """What a cell does where others have handed out code that it may call without naming it.

        Args:
            effects: what its code says.
            env: gives what names hold before it.
        """
        for one in (effects, *(part.effects for part in effects.definitions)):
            self.packages |= {_package(act) for act in one.acts} & known.SQL_PACKAGES
        self._hooked = self._hooked or _hooks_cells(effects)
        self._called_back = self._called_back or self._hooked or _hands_out(effects, env)
        if not self._called_back:
            return effects
        ended = frozenset(_ended(effects, env()))
        acts = {act for act in effects.acts if not act.startswith("import ")}
        does = ended or acts or effects.calls or effects.touched or effects.dynamic
        if not (does or self._hooked):
            return effects
        return replace(
            effects,
            reads=effects.reads | ended,
            uses=effects.uses | ended,
            writes=effects.writes | {PROCESS},
            acts=effects.acts | {known.CALLED_BACK},
        )

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
        modules: Mapping[str, str],
    ) -> None:
        """Add what reading, calling and drawing may change to what a cell does.

        Args:
            run: the cell with the functions that it calls.
            effects: the cell alone.
            envs: what names hold before and after it.
            imported: names of imports.
            seeded: whether the state of the random generators is known.
            modules: the project's own that it may use, file → source.
        """
        self._look_around(run, envs, modules)
        self._call_own_methods(run, envs, modules)
        own = [text for text in run.texts if text not in modules.values()]
        if self._seeders.seeds(own, modules.values(), effects.writes):
            run.seeds = True
            run.writes.add(RANDOM)
        still = self._still - run.writes  # in between, they may be something else
        for name in run.uses - still if self._live else ():
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

    def _look_around(self, run: Run, envs: tuple[Env, Env], modules: Mapping[str, str]) -> None:
        """Values and modules by which the cell may reach all names."""
        found = {file: what for file, text in modules.items() if (what := looks_around(text))}
        reasons = [f"{file}, which uses `{what}`" for file, what in sorted(found.items())]
        for text in modules.values():
            self.packages |= known.SQL_PACKAGES & set(_WORD.findall(text))
        if found:
            self._looking |= {f"pkg:{part}" for file in modules for part in _WORD.findall(file)}
        for name in sorted(run.uses):
            held = {**envs[1].itself(name), **envs[0].itself(name)}
            if held.get(NAMESPACE) == SAME:
                reasons.append(f"`{name}`, which leads to all names")
            elif any(thing.partition(".")[0] in self._looking for thing in held):
                reasons.append(f"`{name}`, whose module looks at all names")
        for reason in reasons if not run.reads_any else ():
            run.dynamic[Dynamic(reason=reason)] = None

    def _call_own_methods(
        self, run: Run, envs: tuple[Env, Env], modules: Mapping[str, str]
    ) -> None:
        """Calls of methods that classes of the project have under the names of harmless ones."""
        self._own_methods.update(*(methods_in(text) for text in modules.values()))
        for call in run.calls if self._own_methods else ():
            value, _, method = call.rpartition(".")
            if value and method in self._own_methods and method in known.KNOWN_METHODS:
                run.acts.add(f".{method}()")
                for env in envs:
                    held = env.get(value.partition(".")[0].removesuffix(OF_WHAT))
                    merge(run.touched, {t: PART for t in held if held[t] > CODE})

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


def _package(act: str) -> str:
    return act.removeprefix("import ").partition(".")[0]


def _listens(effects: Effects) -> bool:
    """Whether a cell may set up who keeps log records and warnings."""
    calls = effects.calls.union(*(one.effects.calls for one in effects.definitions))
    words = {call.rpartition(".")[2] for call in calls}
    return bool(words & LISTENERS) or any(word.endswith("Handler") for word in words)


def _hands_out(effects: Effects, env: Callable[[], Env]) -> bool:
    """Whether a cell may give away code that is called later, by whoever acts or drops a value."""
    every = [effects, *(one.effects for one in effects.definitions)]
    calls = frozenset[str]().union(*(one.calls for one in every))
    acts = frozenset[str]().union(*(one.acts for one in every))
    return (
        _keeps_given(every, env)
        or any(call.startswith(known.CALLING_BACK) for call in calls)
        or any(act.startswith(_NEW_CODE) for act in acts)
        or any(call.rpartition(".")[2] in known.STAYING for call in calls)
        or any(act.strip(".()") in known.STAYING for act in acts)
        or any("def __del__" in one.source for one in effects.definitions)
    )


def _keeps_given(every: Iterable[Effects], env: Callable[[], Env]) -> bool:
    """Whether an object of the notebook is given to a library, which may change it later."""
    handed = frozenset[str]().union(*(one.handed for one in every))
    return bool(handed) and any(not thing.isidentifier() or env().get(thing) for thing in handed)


def _hooks_cells(effects: Effects) -> bool:
    """Whether a cell may register what IPython calls around others, or mere attributes call."""
    every = [effects, *(one.effects for one in effects.definitions)]
    by_name = any("events.register" in call for one in every for call in one.calls)
    shell = any("get_ipython" in one.soft_reads | one.uses for one in every)
    reached = any(one.handed and any("accessor" in act for act in one.acts) for one in every)
    return by_name or reached or (shell and any("register" in one.acts for one in every))


def _ended(effects: Effects, env: Env) -> Iterator[str]:
    """The names whose value a cell may drop: those that it unbinds, or binds anew."""
    for name in (effects.writes | effects.deletes) - effects.imports.keys():
        held = env.get(name).items()
        if any(sure > CODE and not thing.startswith("pkg:") for thing, sure in held):
            yield name
