"""Python values in an object store: a signed manifest over a stream and its buffers."""

from __future__ import annotations

import itertools
import platform
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from nbmlops.domain.values import MEMBER, key_of
from nbmlops.errors import (
    ObjectMissingError,
    StoreCorruptError,
    StoreError,
    StoreTooNewError,
    UntrustedValueError,
    ValueNotRestorableError,
)
from nbmlops.store.objects import compression
from nbmlops.store.objects.base import ObjectStore
from nbmlops.values import literals
from nbmlops.values.binding import Together
from nbmlops.values.carried import carries_code
from nbmlops.values.codec import decode, encode
from nbmlops.values.fresh_memory import fresh_memory
from nbmlops.values.kinds import is_a
from nbmlops.values.libraries import libraries_in
from nbmlops.values.mending import MOST_MENDED, Mended, decode_into
from nbmlops.values.owning import Room
from nbmlops.values.places import Placed
from nbmlops.values.portions import is_in_portions
from nbmlops.values.signing import Signer
from nbmlops.values.streams import PackedStream, Packer, blocks_of
from nbmlops.values.volatile import VolatileMemory

_SCHEMA = "nbmlops.value/2"
_IN_PORTIONS = "nbmlops.value/3"
"""Where the stream is no single pickle, which only those can read that know of portions."""
# What the first release wrote: the stream is an object of its own, however short.
_KNOWN = {"nbmlops.value/1", _SCHEMA, _IN_PORTIONS}
_SHORT = 16 * 2**10
"""Bytes up to which a stream travels in the manifest: an object costs a file and a disk flush."""
_PACKER = Packer(compression.compress_quickly, compression.decompress)


class _Buffer(msgspec.Struct, frozen=True):
    object: str
    size: int


class _Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a value is made of: a stream, by key or as it is, and buffers.

    ``libraries`` are those whose classes the stream names.
    """

    schema: str
    stream: str | None = None
    content: bytes | None = None
    buffers: tuple[_Buffer, ...]
    python: str
    libraries: dict[str, str]
    signature: str = ""

    def parts(self, key: str) -> tuple[str, ...]:
        """The keys of all objects that the value is made of; ``key`` is this manifest's."""
        stream = () if self.stream is None else (self.stream,)
        return (key, *stream, *(buffer.object for buffer in self.buffers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A value that is ready to be kept: its pickle, and the memory that stays where it lies.

    ``size`` in bytes, before compression; ``libraries`` are the versions of those it needs.
    """

    stream: bytes | PackedStream
    beside: tuple[VolatileMemory, ...]
    libraries: dict[str, str]

    @property
    def size(self) -> int:
        """Bytes of the stream and of the memory beside it."""
        return len(self.stream) + self.lent

    @property
    def lent(self) -> int:
        """Bytes of memory that belong to the value itself."""
        return sum(memory.size for memory in self.beside)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedValues:
    """Values that came back, by name, and the reason for each that did not."""

    values: dict[str, Any]
    missing: dict[str, str]


class ValueStore:
    """Saves and loads Python values.

    Each large buffer of a value is an object of its own, so that two values that have a column
    or an array in common keep it once. Only manifests with the signer's signature are loaded:
    unpickling runs code, and a store can come along with somebody else's project.

    Args:
        objects: where the bytes are kept.
        signer: who signs, and whose values are trusted.
    """

    def __init__(self, objects: ObjectStore, signer: Signer) -> None:
        self._objects = objects
        self._signer = signer
        self._saved: dict[str, tuple[str, ...]] = {}
        self._sizes: dict[str, int] = {}
        self._keys: dict[bytes, str] = {}

    def save(self, value: Any, *, limit: int, together: Together | None = None) -> str:
        """Keep a value and return the key of its manifest.

        As durable as the record of the execution that made it: a killed process loses nothing,
        a power cut may lose the last seconds.

        Args:
            value: anything.
            limit: the most bytes that the value may take, before compression.
            together: set for a part of a namespace; see `save_group`.

        Raises:
            NotStorableError: the value cannot be turned into bytes.
            ValueTooLargeError: it takes more than the limit. Nothing was written then.
            StoreUnwritableError: the store is read-only or full.
        """
        return self.keep(self.prepare(value, limit=limit, together=together))

    def prepare(
        self,
        value: Any,
        *,
        limit: int,
        together: Together | None = None,
        placed: Placed | None = None,
    ) -> Prepared:
        """Make a value ready to be kept, by `keep`, later and in another thread.

        Args:
            value: anything.
            limit: the most bytes that the value may take, before compression.
            together: set for a part of a namespace; see `prepare_group`.
            placed: told which objects the value consists of.

        Raises:
            NotStorableError: the value cannot be turned into bytes.
            ValueTooLargeError: it takes more than the limit.
        """
        encoded = encode(value, limit=limit, together=together, placed=placed, packer=_PACKER)
        return Prepared(
            stream=encoded.stream,
            beside=tuple(map(VolatileMemory, encoded.buffers)),
            libraries=libraries_in(blocks_of(encoded.stream)),
        )

    def keep(self, prepared: Prepared, *, before_each: Callable[[], None] = lambda: None) -> str:
        """Keep what was made ready, as it was then, and return the key of its manifest.

        Args:
            prepared: the value.
            before_each: called before each of its buffers; may take its time.

        Raises:
            NotStorableError: its memory has changed since.
            StoreUnwritableError: the store is read-only or full.
        """
        stream = prepared.stream
        short, first = len(stream) <= _SHORT, next(blocks_of(stream))
        manifest = _Manifest(
            schema=_IN_PORTIONS if is_in_portions(first) else _SCHEMA,
            stream=None if short else self._put_stream(stream),
            content=bytes(first) if short else None,
            buffers=tuple(
                _Buffer(object=self._put(memory, before_each), size=memory.size)
                for memory in prepared.beside
            ),
            python=platform.python_version(),
            libraries=prepared.libraries,
        )
        unsigned = _written(manifest)
        signed = msgspec.structs.replace(manifest, signature=self._signer.sign(unsigned))
        key = self._objects.put(_written(signed), durable=False)
        self._saved[key] = signed.parts(key)  # so that `renew` need not read it
        self._sizes[key] = prepared.size
        return key

    def _put_stream(self, stream: bytes | PackedStream) -> str:
        if isinstance(stream, bytes):
            return self._objects.put(stream, durable=False)
        first = next(stream.blocks())
        return self._objects.put(first, durable=False, blocks=stream.blocks, size=len(stream))

    def _put(self, memory: VolatileMemory, before: Callable[[], None]) -> str:
        """The key of a buffer; one of equal content that this process kept is not hashed again."""
        before()
        known = self._kept(memory)
        if known is not None:
            return known
        key = memory.read(
            lambda: self._objects.put(memory.view, durable=False, blocks=memory.blocks)
        )
        self._keys[memory.digest] = key
        return key

    def release(self, prepared: Prepared) -> int:
        """Hold no memory of a value that the store has already.

        Args:
            prepared: a value that waits to be kept, or that another thread keeps.

        Returns:
            The bytes of its memory that are still to be read.
        """
        lent = [memory for memory in prepared.beside if memory.is_lent]
        for memory in lent:
            if self._kept(memory) is not None:
                memory.let_go()
        return sum(memory.size for memory in lent if memory.is_lent)

    def detach(self, prepared: Prepared, *, most: int) -> int | None:
        """Copy what is still to be read of a value's memory, so that it may change.

        Args:
            prepared: a value that waits to be kept, or that another thread keeps.
            most: the most bytes to copy.

        Returns:
            The bytes that were copied; ``None`` where that were more: none was copied then.
        """
        self.release(prepared)
        lent = [one for one in prepared.beside if one.is_lent and not one.is_frozen]
        copied = sum(memory.size for memory in lent)
        if copied > most:
            return None
        room = fresh_memory(copied)
        for memory in lent:
            memory.own(room[: memory.size])
            room = room[memory.size :]
        return copied

    def _kept(self, memory: VolatileMemory) -> str | None:
        """The key of equal content, if this process kept some and it is still there."""
        key = self._keys.get(memory.digest)
        whole = key is not None and self._is_whole(key, memory.size) and self._objects.renew(key)
        return key if whole else None

    def _is_whole(self, key: str, size: int) -> bool:
        try:
            return self._objects.size(key) == size
        except StoreError:
            return False

    def save_group(
        self, values: Mapping[str, Any], *, limit: int, views: Mapping[int, Any] | None = None
    ) -> dict[str, str]:
        """Keep values that share parts as one, so that they share them when they come back.

        Functions and classes of the notebook, and arrays that look at each other's memory, are
        bound to what is there when they come back.

        Args:
            values: by name; one alone is kept as `save` keeps it.
            limit: the most bytes that they may take together, before compression.
            views: the arrays among them, by identity, that look at the memory of another one,
                and that one.

        Returns:
            What `load` and `load_all` take, by name.

        Raises:
            NotStorableError, ValueTooLargeError, StoreUnwritableError: as for `save`.
        """
        prepared = self.prepare_group(values, limit=limit, views=views)
        return references(self.keep(prepared), values)

    def prepare_group(
        self,
        values: Mapping[str, Any],
        *,
        limit: int,
        views: Mapping[int, Any] | None = None,
        placed: Placed | None = None,
    ) -> Prepared:
        """Make values that share parts ready to be kept as one; see `save_group`."""
        classes = frozenset(id(value) for value in values.values() if is_a(value, type))
        together = Together(classes=classes, views=views or {})
        whole = dict(values) if len(values) > 1 else next(iter(values.values()))
        return self.prepare(whole, limit=limit, together=together, placed=placed)

    def load_all(self, references: Mapping[str, str]) -> LoadedValues:
        """Bring values back by name; those that were kept together share their parts again.

        What cannot be had is said of each, and does not keep the others back.
        """
        wholes: dict[str, Any] = {}
        values: dict[str, Any] = {}
        missing: dict[str, str] = {}
        room = Room()
        for name, reference in references.items():
            key = key_of(reference)
            try:
                if key == reference:  # equal content, but each name a value of its own
                    values[name] = self.load(key, room)
                    continue
                if key not in wholes:
                    wholes[key] = self.load(key, room)
                values[name] = wholes[key][reference.removeprefix(f"{key}{MEMBER}")]
            except (StoreError, UntrustedValueError, ValueNotRestorableError) as error:
                missing[name] = error.message
        return LoadedValues(values=values, missing=missing)

    def load(self, reference: str, room: Room | None = None) -> Any:
        """Bring a value back; arrays are writable, and writing to them leaves the store as it is.

        Args:
            reference: what `save` or `save_group` returned.
            room: for arrays that own their memory, which can be resized; others are mapped.

        Raises:
            ObjectMissingError: the manifest, or a part that it names, is gone.
            StoreCorruptError: the manifest or a part is damaged.
            StoreTooNewError: a newer nbmlops wrote it.
            UntrustedValueError: the manifest was not signed by this signer.
            ValueNotRestorableError: a library that the value needs is missing or has changed.
        """
        if literals.is_reference(reference):
            return literals.value_of(reference)
        manifest = self._manifest(key_of(reference))
        stream = self._stream(manifest)
        buffers = [self._objects.open_buffer(buffer.object) for buffer in manifest.buffers]
        try:
            return _member(decode(stream, buffers, room), reference)
        except ValueNotRestorableError as error:
            raise ValueNotRestorableError(
                error.message, cure=f"{_made_with(manifest)} Install that, or run the step again."
            ) from error

    def load_into(self, reference: str, targets: Mapping[int, Any]) -> Mended | None:
        """Bring a value back, its objects in those that are there.

        Args:
            reference: what `save` or `save_group` returned; of a group all comes back, by name.
            targets: the objects that are there, by the number that pickling gave them.

        Returns:
            ``None`` where its pickle is too long or in portions, or it cannot change.

        Raises:
            StoreError, UntrustedValueError: as for `load`.
            Exception: whatever its own code raises; the objects are as they were then.
        """
        if literals.is_reference(reference):
            return None
        manifest = self._manifest(key_of(reference))
        stream = self._stream(manifest)
        if len(stream) > MOST_MENDED or is_in_portions(stream):
            return None
        buffers = [self._objects.open_buffer(buffer.object) for buffer in manifest.buffers]
        return decode_into(stream, buffers, targets)

    def _stream(self, manifest: _Manifest) -> bytes:
        if manifest.content is not None:
            return manifest.content
        return self._objects.get(str(manifest.stream))

    def parts(self, reference: str) -> tuple[str, ...]:
        """The keys of all objects that a value is made of, the manifest's first.

        Raises:
            ObjectMissingError: the manifest is gone.
            StoreCorruptError: it is damaged.
            UntrustedValueError: it was not signed by this signer.
        """
        if literals.is_reference(reference):
            return ()
        key = key_of(reference)
        return self._manifest(key).parts(key)

    def unavailable(self, references: Iterable[str]) -> dict[str, str]:
        """The references that `load` would refuse for what the store holds, with the reasons.

        Signed by somebody else, or parts are missing; nothing is loaded to find out.
        """
        found: dict[str, str] = {}
        for reference in itertools.filterfalse(literals.is_reference, references):
            try:
                gone = [key for key in self.parts(reference) if not self._objects.exists(key)]
            except (StoreError, UntrustedValueError) as error:
                found[reference] = error.message
            else:
                if gone:
                    found[reference] = f"The object {gone[0]} is missing from the store."
        return found

    def renew(self, reference: str) -> bool:
        """Whether a value is there, whole, to be referred to again; it counts as saved now."""
        if literals.is_reference(reference):
            return True
        try:
            parts = self._saved.get(key_of(reference)) or self.named_parts(reference)
        except StoreError:
            return False
        return parts is not None and all(self._objects.renew(part) for part in parts)

    def size_of(self, reference: str) -> int:
        """The bytes of a value before compression; 0 where another process saved it."""
        return self._sizes.get(key_of(reference), 0)

    def carries_code(self, reference: str) -> bool:
        """Whether functions or classes of a notebook are inside, which a kernel makes anew.

        Raises:
            StoreError, UntrustedValueError: as for `parts`.
        """
        if literals.is_reference(reference):
            return False
        return carries_code(self._stream(self._manifest(key_of(reference))))

    def named_parts(self, reference: str) -> tuple[str, ...] | None:
        """What `parts` gives, whoever signed it: for counting references, never for loading.

        Returns:
            ``None`` where the object is gone, is damaged or is no manifest.

        Raises:
            StoreError: the store cannot be asked; which parts there are is not known.
        """
        if literals.is_reference(reference):
            return ()
        key = key_of(reference)
        try:
            found = msgspec.json.decode(self._objects.get(key), type=_Manifest)
        except (msgspec.DecodeError, ObjectMissingError, StoreCorruptError):
            return None
        return found.parts(key)

    def _manifest(self, key: str) -> _Manifest:
        data = self._objects.get(key)
        try:
            manifest = msgspec.json.decode(data, type=_Manifest)
            fields = msgspec.json.decode(data)
        except msgspec.DecodeError as error:
            raise StoreCorruptError(
                f"The object {key} is not the manifest of a value.",
                cure="Run the step again that made the value.",
            ) from error
        # signed is what was written, in the fields of whichever release wrote it
        if not self._signer.verify(_written({**fields, "signature": ""}), manifest.signature):
            raise UntrustedValueError(
                "The stored value was not written by you, so it is not loaded: loading can run "
                "any code.",
                cure="Run the step again to make it yourself.",
            )
        if manifest.schema not in _KNOWN:
            raise StoreTooNewError(
                f"The stored value was written in the form {manifest.schema!r}.",
                cure="Update nbmlops to load it.",
            )
        return manifest


def references(key: str, names: Collection[str]) -> dict[str, str]:
    """What stands for each of the values that were kept as one, by name."""
    if len(names) == 1:
        return dict.fromkeys(names, key)
    return {name: f"{key}{MEMBER}{name}" for name in names}


def _member(whole: Any, reference: str) -> Any:
    _, separator, name = reference.partition(MEMBER)
    return whole[name] if separator else whole


def _written(manifest: _Manifest | dict[str, Any]) -> bytes:
    return msgspec.json.encode(manifest, order="sorted")


def _made_with(manifest: _Manifest) -> str:
    libraries = (f"{name} {version}" for name, version in sorted(manifest.libraries.items()))
    return f"It was made with {', '.join([f'Python {manifest.python}', *libraries])}."
