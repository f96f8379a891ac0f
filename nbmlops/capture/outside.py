"""What a cell did outside of the namespace."""

from __future__ import annotations

import os
import weakref
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbmlops.capture import auditing, externals, facts, novelties, variable_reads
from nbmlops.capture.auditing import sqlite_path
from nbmlops.capture.completed_times import completed_in, completed_in_tables, parsed_in
from nbmlops.capture.computed_paths import asked_of_computed
from nbmlops.capture.files import CellFiles, mentioned_values
from nbmlops.capture.lookups import Lookups
from nbmlops.capture.part_kinds import is_plain_kind
from nbmlops.capture.places import Places
from nbmlops.capture.present_words import word_in_data, word_in_files
from nbmlops.capture.remembered import Remembered
from nbmlops.capture.session import Session
from nbmlops.capture.shells import script_of
from nbmlops.capture.sqlite_contents import SqliteContents
from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.notebook.dataflow.effects import Definition, Effects
from nbmlops.notebook.dataflow.lookups import asks_unseen
from nbmlops.notebook.labels import strip_label
from nbmlops.pipelines.novelties import WORDS, parsers_in
from nbmlops.values.kinds import name_of
from nbmlops.values.lazy import is_lazy_frame, places_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Accesses:
    """What was accessed; ``note`` says what may have escaped, ``None`` where nothing did."""

    files: tuple[FileAccess, ...] = ()
    externals: tuple[ExternalAccess, ...] = ()
    note: str | None = None


_NUMBERS = frozenset([bool, int, float, complex, type(None)])
_NOTHING_SEEN = auditing.AuditLog()
"""The log while no cell runs, into which nobody writes."""


class OutsideWatch:
    """Watches files, variables, the network and processes, one cell at a time.

    Args:
        session: tells the project and the notebook.
        namespace: the kernel's names, some of which may hold paths.
    """

    def __init__(self, session: Session, namespace: Mapping[str, Any]) -> None:
        self._project = session.project
        self._places = Places(session.project, session.path)
        self._namespace = namespace
        self._files = CellFiles(self._places)
        self._lookups = Lookups(session.project)
        self._remembered = Remembered(namespace)
        self._databases: dict[str, None] = {}
        self._contents = SqliteContents()
        self._mentioned: list[Any] = []
        self._log = _NOTHING_SEEN
        self._variables = variable_reads.VariableLog()
        self._named: tuple[ExternalAccess, ...] = ()
        self._reached: Mapping[str, novelties.Sort] = {}
        self._made = frozenset[str]()
        self._changed: list[str] = []
        self._lazy: list[weakref.ref[Any]] = []
        self._word: str | None = None
        self._asks_systems = False
        self._sources: list[str] = [""]
        self._folder: str | None = None
        self._reckons = False
        variable_reads.install()

    def look(
        self,
        source: str,
        effects: Effects,
        used: Mapping[str, Definition],
        *,
        moves: bool = True,
    ) -> None:
        """Look at what a cell names, before it runs.

        Args:
            source: the cell.
            effects: what its source says.
            used: the notebook's functions and classes that it uses.
            moves: whether it may change the working directory.
        """
        parts = _parts(effects, used.values())
        literals = frozenset().union(*(part.literals for part in parts))
        values = mentioned_values(sorted(effects.reads), self._namespace)
        self._sources = [source, *(own.source for own in used.values())]
        uses = frozenset().union(*(part.uses for part in parts))
        self._made = uses & effects.writes
        self._remembered.look(sorted(uses.union(used)))
        self._changed = sorted(effects.writes)
        self._named = (
            *externals.named_in(self._sources, literals),
            *facts.facts_asked(self._sources, self._project),
        )
        self._reached = novelties.reached(source, sorted(uses), self._namespace)
        self._folder = _working_folder() if moves else None
        read = [self._namespace.get(name) for name in sorted(effects.reads)]
        names_some = literals or self._named or self._reached
        self._reckons = not (moves or names_some) and _are_numbers(read)
        self._lazy, self._asks_systems, self._word = [], False, None
        if not self._reckons:
            self._look_into(read)
        self._mentioned = [*values, *sorted(literals)]
        self._files.begin(self._mentioned)
        self._contents.begin(self._databases)

    def _look_into(self, read: list[Any]) -> None:
        """Look at what the values tell that the cell reads."""
        self._lazy = [weakref.ref(value) for value in read if is_lazy_frame(value)]
        self._asks_systems = any(name_of(type(one)).endswith("FileSystem") for one in read)
        self._word = word_in_data(self._parsed(read)) if self._may_parse(self._reached) else None
        self._word = self._word or completed_in(self._sources, self._namespace, read)

    def begin(self) -> None:
        """The cell runs from now on."""
        self._log = auditing.start()
        self._log.shells.script = script_of(strip_label(self._sources[0]))
        self._variables = variable_reads.start()

    def end(self) -> None:
        """The cell runs no more."""
        variable_reads.stop()
        auditing.stop()
        self._files.end()

    def found(
        self,
        *,
        state: Collection[ExternalAccess] = (),
        modules: Collection[str] = (),
    ) -> Accesses:
        """What the cell accessed.

        Args:
            state: what it changed in the process.
            modules: the modules of the project that it uses, as `ModuleSources` labels them.
        """
        if self._has_only_reckoned() and not modules:
            self._log = _NOTHING_SEEN
            return Accesses()
        self._hold_databases()
        files, complete = self._files.found(self._log)
        named = {access.name for access in self._named if access.kind == "variable"}
        read = externals.variables_read(self._variables)
        learned, all_told = self._lookups.learned(
            self._log.looks,
            touched=self._log.files,
            files=files,
            sources=self._sources,
            mentioned=self._mentioned,
            asks_systems=self._asks_systems,
            plans=lambda: [place for lazy in self._lazy for place in places_read(lazy())],
        )
        made = novelties.reached(self._sources[0], sorted(self._made), self._namespace)
        reached = self._with_words({**self._reached, **made}, files)
        shown = tuple(externals.shown_by_programs(self._log.shells, files, learned, self._places))
        found = (
            *externals.without_shown(self._named, shown),
            *shown,
            *(access for access in read if access.name not in named),
            *(
                ExternalAccess(kind=kind, name=name)
                for name, kind in reached.items()
                if kind in {"clock", "chance"}
            ),
            *externals.with_contents(
                externals.audited(
                    self._log.events, self._places, sources=self._sources, shown=shown
                ),
                self._left_as_found(),
                self._places,
            ),
            *externals.logged_ahead(self._databases, self._places),
            *self._folder_change(),
            *learned,
        )
        taken = self._remembered.found(
            files,
            [one for one in found if one not in self._named or one.kind == "variable"],
            source=self._sources[0],
            state=state,
            modules=modules,
        )
        self._log = _NOTHING_SEEN
        notes = [] if complete else ["more file accesses than could be followed"]
        behind = (f"`{name}`" for name, kind in reached.items() if kind == "unseen")
        computed = asked_of_computed(self._sources, self._namespace, self._changed)
        unseen = asks_unseen(self._sources) or next(behind, None) or computed
        notes += [f"what {unseen} tells is not recorded"] if unseen else []
        notes += [] if all_told else ["more folders and paths were asked of than are kept"]
        return Accesses(
            files=(*files, *taken.files),
            externals=tuple(dict.fromkeys((*found, *taken.externals))),
            note="; ".join((*notes, *taken.notes)) or None,
        )

    def _has_only_reckoned(self) -> bool:
        """Whether the cell made numbers of numbers while nothing else happened."""
        if not (self._reckons and self._log.is_empty and self._files.saw_nothing):
            return False
        read, made = self._variables, map(self._namespace.get, self._changed)
        known = read.reads or read.everything or self._databases or not self._remembered.is_empty
        return not known and _are_numbers(made)

    def _hold_databases(self) -> None:
        """Go on looking at the SQLite files that the cell has opened."""
        for event, arguments in self._log.events:
            path = sqlite_path(arguments[0]) if event == "sqlite3.connect" else None
            if path is not None and self._places.counts(path):
                self._files.hold(path)
                self._databases[path] = None

    def _folder_change(self) -> tuple[ExternalAccess, ...]:
        if self._folder is None:
            return ()
        return externals.folder_change(self._folder, _working_folder(), self._places)

    def _left_as_found(self) -> dict[str, str]:
        """The databases that the cell has written, and left with an equal content."""
        copies = {}
        for path, copy in self._log.databases.items():
            is_first = copy is not None and copy.stamp == self._log.files[path].before
            if path in self._databases and is_first:
                copies[path] = copy
        return self._contents.left_as_found(copies) if self._databases else {}

    def _with_words(
        self, reached: Mapping[str, novelties.Sort], files: Iterable[FileAccess]
    ) -> dict[str, novelties.Sort]:
        """What was reached, with the present time that data name which the cell may parse."""
        found = dict(reached)
        set_to = (os.fsdecode(value) for value in self._variables.reads.values() if value)
        if any(value.strip().lower() in WORDS for value in set_to):
            found["a variable of the environment"] = "clock"
        made = [self._namespace.get(name) for name in self._changed]
        word = self._word or completed_in(self._sources, self._namespace, made)
        word = word or completed_in_tables(self._sources, made)
        found |= {word: "clock"} if word is not None else {}
        if self._may_parse(reached):
            named = [name for name, kind in reached.items() if kind == "word"]
            paths = (Path(self._places.project, one.path) for one in files if one.mode == "read")
            word = word or next(iter(named), None)
            word = word or word_in_data([*made, *self._parsed(())]) or word_in_files(paths)
            found |= {word: "clock"} if word is not None else {}
        return found

    def _may_parse(self, reached: Mapping[str, novelties.Sort]) -> bool:
        """Whether the cell, or what it calls, may take a word for the present time."""
        return "parser" in reached.values() or any(map(parsers_in, self._sources))

    def _parsed(self, read: Iterable[Any]) -> Iterable[Any]:
        """What the cell makes times of: any of what it reads, where its code does not tell."""
        told = (
            None
            if "parser" in self._reached.values()
            else parsed_in(self._sources, self._namespace)
        )
        return read if told is None else told

    def close(self) -> None:
        """Watch no more."""
        variable_reads.stop()
        auditing.stop()
        self._files.close()


def _are_numbers(values: Iterable[Any]) -> bool:
    """Whether values are plain numbers, or nothing: they name no path, and no moment."""
    return all(is_plain_kind(kind) and kind in _NUMBERS for kind in map(type, values))


def _parts(effects: Effects, used: Iterable[Definition]) -> list[Effects]:
    """A cell with the bodies of the functions in it and of those that it uses."""
    found = [effects]
    waiting = [*effects.definitions, *used]
    while waiting:
        definition = waiting.pop()
        found.append(definition.effects)
        waiting += definition.effects.definitions
    return found


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""  # it was deleted
