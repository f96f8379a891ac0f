"""Find what is damaged in the store, say what it means, repair what can be."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from nbmlops.domain.clock import Clock
from nbmlops.domain.runs import Run
from nbmlops.domain.upkeep import Damage
from nbmlops.domain.values import key_of
from nbmlops.errors import ObjectMissingError, StoreCorruptError, UntrustedValueError
from nbmlops.execution import process
from nbmlops.store.catalog.references import ReferenceRecords, References
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.storing import ENDED
from nbmlops.store.objects.base import ObjectStore
from nbmlops.store.values import ValueStore

Progress = Callable[[int, int], None]

_BACKUP = "Put back a backup of .nbmlops/catalog.db."
_SET_ASIDE = "Set aside what can be: nbmlops fsck --repair. Else put back a backup."
_UNFINISHED = timedelta(hours=1)
_AGAIN = "Bring .nbmlops/ back from a backup, or run the step again."
_AGAIN_OR_RUN = "Bring .nbmlops/ back from a backup, or run the pipeline again."
_NOT_PUT_BACK = "The data set cannot put it back any more."
_FROM_BACKUP = "Put the file where it was, as it was, then nbmlops fsck --repair."
_ON_ITS_WAY = "It may still wait on the machine that made it, or be lost."
_LOOK_THERE = "Look there with nbmlops store info, which sends it; or run the step again."
_MARKED = "the records say now that the content is gone"


class IntegrityService:
    """Compares what the records name with what is there.

    - asks the catalog about itself;
    - reads every object and compares it with its hash;
    - looks for objects that records name and that are not there, and for what nothing names;
    - repairs: sets rows of the catalog aside that cannot be read, puts the files of runs back
      from the run folders, those of data sets from where they came from, marks the rest as lost.
    """

    def __init__(
        self,
        *,
        store: Path,
        references: ReferenceRecords,
        runs: RunRecords,
        objects: ObjectStore,
        values: ValueStore,
        mark_lost: Callable[[], list[Run]],
        clock: Clock,
    ) -> None:
        self._store = store
        self._references = references
        self._runs = runs
        self._objects = objects
        self._values = values
        self._mark_lost = mark_lost
        self._clock = clock

    def check(self, *, repair: bool = False, progress: Progress | None = None) -> list[Damage]:
        """Everything that is wrong.

        Args:
            repair: whether to repair what can be; each damage then says what was done.
            progress: told how many objects of how many have been read.

        Raises:
            StoreError: the catalog cannot be opened at all, or the store not be written.
        """
        found = self._catalog(repair=repair)
        if any(damage.kind == "catalog" for damage in found):
            return found  # what the records say is worth nothing
        checked = self._read(progress or _silent)
        named = self._references.references()
        owners = self._references.owners()
        found += self._objects_lost(named, checked, owners, repair=repair)
        found += self._values_lost(named, checked, owners, repair=repair)
        if repair:
            for key in sorted(key for key, is_whole in checked.items() if not is_whole):
                if not self._is_whole(key):
                    self._objects.delete(key)
        return [
            *found,
            *self._unfinished(repair=repair),
            *self._leftovers(repair=repair),
            *self._stray_folders(repair=repair),
            *self._vanished_runs(repair=repair),
        ]

    def _catalog(self, *, repair: bool) -> list[Damage]:
        try:
            problems = self._references.problems()
        except StoreCorruptError as error:
            problems = [error.message]
        rows = [text for text in problems if text.startswith("row ")]
        mended = self._mended_rows() if repair and len(rows) == len(problems) and rows else {}
        return [
            Damage(
                kind="reference" if text in rows else "catalog",
                what=text,
                meaning="Records may be missing or wrong.",
                cure=_SET_ASIDE if text.endswith(" is damaged") and not repair else _BACKUP,
                repair=mended.get(text),
            )
            for text in problems
        ]

    def _mended_rows(self) -> dict[str, str]:
        """Set aside what cannot be read of rows, so that the rest can be; what was done to each."""
        lost = self._store / "lost" / f"rows-{self._clock():%Y%m%dT%H%M%S%f}.jsonl"

        def keep(rows: list[dict[str, Any]]) -> None:
            lost.parent.mkdir(exist_ok=True)
            with lost.open("x", encoding="ascii") as file:
                file.writelines(f"{json.dumps(row)}\n" for row in rows)
                file.flush()
                os.fsync(file.fileno())

        note = f"a part of its record was damaged, and set aside by fsck on {self._today()}"
        done = self._references.mend(keep, note=note)
        return {what: f"{how}; as it was: {lost}" for what, how in done.items()}

    def _read(self, progress: Progress) -> dict[str, bool]:
        """Whether the content of each object is what it was."""
        keys = sorted(self._objects.keys())
        checked = {}
        for number, key in enumerate(keys, start=1):
            checked[key] = self._is_whole(key)
            progress(number, len(keys))
        return checked

    def _is_whole(self, key: str) -> bool:
        try:
            self._objects.verify(key)
        except StoreCorruptError:
            return False
        except ObjectMissingError:  # collected since it was listed
            return True
        return True

    def _state(self, key: str, checked: dict[str, bool]) -> str | None:
        """What is wrong with an object; ``None`` where it is there and whole."""
        try:
            if key not in checked:  # put since, or missing
                self._objects.verify(key)
        except ObjectMissingError:
            return "missing"
        except StoreCorruptError:
            return "damaged"
        return None if checked.get(key, True) else "damaged"

    def _late(self, damage: Damage) -> Damage:
        """What to say of an object that others may have, and have not sent yet."""
        if damage.kind != "missing" or not self._objects.is_late:
            return damage
        return replace(damage, meaning=_ON_ITS_WAY, cure=_LOOK_THERE)

    def _may_repair(self, damage: Damage) -> bool:
        return not (damage.kind == "missing" and self._objects.is_late)

    def _objects_lost(
        self,
        named: References,
        checked: dict[str, bool],
        owners: dict[str, str],
        *,
        repair: bool,
    ) -> Iterator[Damage]:
        """Displayed outputs, files of runs and notebooks of pipelines that cannot be had."""
        pinned = {key: path for path, key in self._pinned_files()}
        folders = {key: path for path, key in self._run_files()} | pinned
        for key in sorted(named.objects):
            state = self._state(key, checked)
            if state is None:
                continue
            damage = Damage(
                kind="object" if state == "damaged" else "missing",
                what=f"{owners.get(key, key[:12])} is {state} ({key[:12]})",
                meaning=_NOT_PUT_BACK if key in pinned else "It cannot be shown any more.",
                cure=_FROM_BACKUP if key in pinned else _AGAIN_OR_RUN,
            )
            yield (
                self._repaired_object(damage, key, folders.get(key))
                if repair
                else self._late(damage)
            )

    def _repaired_object(self, damage: Damage, key: str, copy: Path | None) -> Damage:
        if self._may_repair(damage):
            self._objects.delete(key)
        if copy is not None and copy.is_file() and self._objects.put_file(copy) == key:
            return replace(damage, repair=f"put back from {copy}")
        if not self._may_repair(damage):
            return self._late(damage)
        if self._references.lose_objects([key]):
            return replace(damage, repair=_MARKED)
        return damage  # the notebook of a pipeline version, which cannot do without

    def _values_lost(
        self,
        named: References,
        checked: dict[str, bool],
        owners: dict[str, str],
        *,
        repair: bool,
    ) -> Iterator[Damage]:
        """Values that cannot be loaded, each with the first reason that was found."""
        for manifest in sorted(named.manifests):
            damage = self._value_damage(manifest, checked, owners.get(manifest, manifest[:12]))
            if damage is None:
                continue
            damage = self._late(damage)
            if repair and damage.kind != "signature" and self._may_repair(damage):
                reason = f"lost: {damage.what} (found by fsck on {self._today()})"
                self._references.lose(manifests=[manifest], reason=reason)
                damage = replace(damage, repair=_MARKED)
            yield damage

    def _value_damage(self, manifest: str, checked: dict[str, bool], owner: str) -> Damage | None:
        meaning = "The value cannot be restored; its fingerprint and preview stay."
        state = self._state(key_of(manifest), checked)
        parts = self._values.named_parts(manifest) if state is None else None
        if parts is None:
            return Damage(
                kind="missing" if state == "missing" else "manifest",
                what=f"the manifest of {owner} is {state or 'not readable'} ({manifest[:12]})",
                meaning=meaning,
                cure=_AGAIN,
            )
        for part in parts:
            state = self._state(part, checked)
            if state is not None:
                return Damage(
                    kind="missing" if state == "missing" else "object",
                    what=f"a part of {owner} is {state} ({part[:12]})",
                    meaning=meaning,
                    cure=_AGAIN,
                )
        try:
            self._values.parts(manifest)
        except UntrustedValueError:
            return Damage(
                kind="signature",
                what=f"{owner} was not signed with your key ({manifest[:12]})",
                meaning="You cannot restore it: loading a value of somebody else can run any code.",
                cure="Run the step yourself, or share the key: NBMLOPS_SIGNING_KEY_FILE.",
            )
        return None

    def _unfinished(self, *, repair: bool) -> list[Damage]:
        """Values whose kernel ended before it had stored them."""
        found = self._references.unfinished()
        if repair and found:
            self._references.give_up(reason for reason, _ in found)
        return [
            Damage(
                kind="missing",
                what=f"{owner} {ENDED}",
                meaning="The value cannot be restored; its fingerprint and preview stay.",
                cure="Run the step again.",
                repair=_MARKED if repair else None,
            )
            for _, owner in found
        ]

    def _leftovers(self, *, repair: bool) -> Iterator[Damage]:
        for leftover in self._objects.leftovers(before=self._clock() - _UNFINISHED):
            damage = Damage(
                kind="leftover",
                what=f"{leftover.name} was left by a process that was killed",
                meaning=f"It takes {leftover.size:,} bytes and is of no use.",
                cure="Remove it: nbmlops fsck --repair, or nbmlops gc.",
            )
            if repair:
                self._objects.sweep(leftover)
                damage = replace(damage, repair="cleaned up")
            yield damage

    def _stray_folders(self, *, repair: bool) -> Iterator[Damage]:
        """Folders of runs that no record knows, such as after the catalog was put back."""
        known = self._references.run_folders()
        for folder in sorted((self._store / "runs").glob("*/*")):
            if not folder.is_dir() or (folder.parent.name, folder.name) in known:
                continue
            damage = Damage(
                kind="run folder",
                what=f"{folder} belongs to no run",
                meaning="A later run of that number would write into it.",
                cure="Look at it, and move it away.",
            )
            if repair:
                damage = replace(damage, repair=f"moved to {self._move_away(folder)}")
            yield damage

    def _move_away(self, folder: Path) -> Path:
        stamp = f"{self._clock():%Y%m%dT%H%M%S%f}"
        target = self._store / "lost" / f"{folder.parent.name}-{folder.name}-{stamp}"
        target.parent.mkdir(exist_ok=True)
        return folder.rename(target)

    def _vanished_runs(self, *, repair: bool) -> list[Damage]:
        vanished = [
            run for run, identity in self._runs.open_processes() if process.has_vanished(identity)
        ]
        if repair and vanished:
            self._mark_lost()
        return [
            Damage(
                kind="run",
                what=f"{run.reference} says that it is running, but its process is gone",
                meaning="It will never end.",
                cure="Mark it as lost: nbmlops fsck --repair, or nbmlops runs.",
                repair="marked as lost" if repair else None,
            )
            for run in vanished
        ]

    def _run_files(self) -> Iterable[tuple[Path, str]]:
        for pipeline, number, name, key in self._references.run_files():
            yield self._store / "runs" / pipeline / str(number) / name, key

    def _pinned_files(self) -> Iterable[tuple[Path, str]]:
        """Where the files of data sets came from; they may be there still, or others."""
        for name, key in self._references.pinned_files():
            yield self._store.parent / name, key

    def _today(self) -> str:
        return f"{self._clock().astimezone():%Y-%m-%d}"


def _silent(done: int, total: int) -> None:
    del done, total
