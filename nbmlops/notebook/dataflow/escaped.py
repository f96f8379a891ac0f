"""Code of a notebook that was handed out, and the cells that may call it from where it is kept."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from nbmlops.notebook.dataflow.effects import CODE, INNER, PART, Definition, Effects, Holds
from nbmlops.notebook.dataflow.known import PROCESS
from nbmlops.notebook.dataflow.modules import imports_in
from nbmlops.notebook.dataflow.running import Env, Run, mapped, object_of
from nbmlops.notebook.dataflow.takers import SUBCLASSES, Reach, Taker, in_project, taker_by_name

_IMPORTED = "pkg:"


class Escaped:
    """Remembers what a notebook has handed out, while its cells run one after the other.

    Code that a library or a module keeps may be called by any later cell that gets there. Such
    calls are not certain: what they read need not be there.

    Args:
        code: the functions and classes of the notebook, by object.
        asked: whether the notebook, or a module that it uses, asks classes for their subclasses.
    """

    def __init__(self, code: Mapping[str, Definition], *, asked: bool = False) -> None:
        self._code = code
        self._asked = asked
        self._kept: dict[Taker, dict[str, None]] = {}
        self._files: set[str] = set()

    def follow(
        self, run: Run, effects: Effects, called: Mapping[str, Effects], envs: tuple[Env, Env]
    ) -> list[str]:
        """A cell runs: the code that it may call where it is kept, and is not known to call.

        Args:
            run: the cell with the functions that it calls.
            effects: the cell alone.
            called: these functions, by object.
            envs: what names hold before and after the cell.
        """
        self._files |= run.modules.keys()
        run.certain = frozenset(called) if run.certain is None else run.certain
        self._learn("", effects, run, envs)
        for thing, body in called.items():
            self._learn(thing, body, run, envs)
        if not self._kept:
            return []
        texts = (*run.texts, *run.modules, *(self._code[thing].source for thing in called))
        reach = Reach(source=run.texts[0], texts=texts, packages=packages_of(run.uses, envs))
        return [
            thing
            for taker, kept in self._kept.items()
            if kept.keys() - called.keys() and reach.gets_to(taker)
            for thing in kept
            if thing not in called
        ]

    def _learn(self, thing: str, effects: Effects, run: Run, envs: tuple[Env, Env]) -> None:
        """What a cell, or the body of a function that it calls, hands out."""
        position = int(thing.partition("#")[0]) if thing else run.position
        certain = run.certain or frozenset()
        for taker, holds in effects.escapes.items():
            inner = [thing] if INNER in holds and thing else []
            given = [*inner, *self._codes(holds, envs, position)]
            if self._take(taker, given, envs, run.modules) and (not thing or thing in certain):
                run.writes.add(PROCESS)  # a kernel in which the cell has not run does not have it
        self._inherit(effects, position, envs)
        if self._asked and self._known_by_bases(effects, position):
            run.writes.add(PROCESS)
        for owner, holds in effects.contents.items():
            inner = [thing] if owner.startswith(_IMPORTED) and self._makes_code(thing) else []
            for taker in self._modules(owner, envs):
                given = [*inner, *self._codes(holds, envs, position)]
                if self._take(taker, given, envs, run.modules):
                    run.writes.add(PROCESS)
        for called, holds in effects.given.items():
            given = list(self._codes(holds, envs, position)) if holds else []
            for taker in self._passed_on(called, envs, position) if given else ():
                if self._take(taker, given, envs, run.modules) and (not thing or thing in certain):
                    run.writes.add(PROCESS)

    def _inherit(self, effects: Effects, position: int, envs: tuple[Env, Env]) -> None:
        """Whoever keeps a class may be told of those that inherit from it."""
        for made in effects.definitions if self._kept else ():
            held = effects.holds.get(made.name, {}) if made.is_class else {}
            bases = {thing: PART for thing, sure in held.items() if sure == CODE}
            above = set(self._codes(bases, envs, position)) if bases else set()
            for kept in self._kept.values():
                if above & kept.keys():
                    kept[object_of(made.object, position)] = None

    def _makes_code(self, thing: str) -> bool:
        """Whether a function makes functions, which it may put somewhere."""
        source = self._code[thing].source if thing else ""
        return "lambda" in source or source.count("def ") > 1

    def _known_by_bases(self, effects: Effects, position: int) -> bool:
        """Whether classes are made that others may be asked for."""
        made = [own for own in effects.definitions if own.is_class and has_bases(own.source)]
        for own in made:
            kept = self._kept.setdefault(Taker("", attribute=SUBCLASSES), {})
            kept[object_of(own.object, position)] = None
        return bool(made)

    def _modules(self, owner: str, envs: tuple[Env, Env]) -> Iterator[Taker]:
        """The modules of the project that a name, or what they have given, stands for."""
        things = {owner} if owner.startswith(_IMPORTED) else set[str]()
        if owner.isidentifier():
            things = {thing for env in envs for thing in env.itself(owner)}
        for thing in things:
            root = thing.removeprefix(_IMPORTED).partition(".")[0]
            files = (f"/{file}" for file in self._files if thing.startswith(_IMPORTED))
            if any(f"/{root}.py" in file or f"/{root}/" in file for file in files):
                yield Taker(root)

    def _take(
        self,
        taker: Taker,
        given: Iterable[str],
        envs: tuple[Env, Env],
        modules: Mapping[str, str],
    ) -> bool:
        """Code is given to a taker; returns whether that is there to keep it."""
        keeps = None if self._is_own(taker, envs) else in_project(taker, modules)
        found = dict.fromkeys(given) if keeps is not None else {}
        if keeps is not None and found:
            self._kept.setdefault(keeps, {}).update(found)
            return not keeps.gives
        return False

    def _is_own(self, taker: Taker, envs: tuple[Env, Env]) -> bool:
        """Whether it is a method of what the notebook has made: its value holds what it keeps."""
        held = [thing for env in envs for thing in env.itself(taker.package)]
        return any(thing in self._code for thing in held)

    def _codes(self, holds: Holds, envs: tuple[Env, Env], position: int) -> Iterator[str]:
        """The code among objects, and that which goes on in what it made."""
        for env in envs:
            for thing, sure in mapped(holds, env, position).items():
                code = self._code.get(thing)
                if code is not None and (sure > CODE or code.lasting):
                    yield thing

    def _passed_on(self, called: str, envs: tuple[Env, Env], position: int) -> Iterator[Taker]:
        """To whom a function hands what it is given, or functions that it calls."""
        waiting = [t for env in envs for t in mapped({called: PART}, env, position)]
        done: set[str] = set()
        while waiting:
            thing = waiting.pop()
            taker = taker_by_name(thing.removeprefix(_IMPORTED))
            if taker is not None and thing.startswith(_IMPORTED):
                yield replace(taker, gives=True)
            if thing in done or thing not in self._code:
                continue
            done.add(thing)
            body = self._code[thing].effects
            yield from body.escapes
            waiting += [t for name in body.uses for t in envs[1].itself(name)]


def asks_for_subclasses(
    sources: Iterable[str], modules: Callable[[frozenset[str]], Mapping[str, str]] | None
) -> bool:
    """Whether code, or a module of the project that it imports, asks classes for their subclasses.

    Args:
        sources: the cells.
        modules: finds the modules behind what is imported, file → source.
    """
    texts = list(sources)
    if any(SUBCLASSES in text for text in texts):
        return True
    imported = frozenset(name for text in texts for name in imports_in(text).every)
    found = modules(imported) if modules is not None and imported else {}
    return any(SUBCLASSES in text for text in found.values())


@lru_cache(maxsize=1024)
def has_bases(source: str) -> bool:
    """Whether the source of a class names bases."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return any(isinstance(one, ast.ClassDef) and one.bases for one in body) or not body


def packages_of(names: Iterable[str], envs: Iterable[Env]) -> frozenset[str]:
    """The packages that names stand for, or whose values they hold."""
    held = {thing for env in envs for name in names for thing in env.get(name)}
    found = (thing.removeprefix(_IMPORTED) for thing in held if thing.startswith(_IMPORTED))
    return frozenset(thing.partition(".")[0] for thing in found)


def perhaps(body: Effects) -> Effects:
    """What a call does that is not certain to be made: it needs no name to be there."""
    return replace(body, reads=frozenset(), soft_reads=body.reads | body.soft_reads)
