"""The verbs about where the store is: store info, store copy."""

from __future__ import annotations

from contextlib import ExitStack

import click

from nbmlops.commands import wording
from nbmlops.commands.store import Progress
from nbmlops.commands.suggesting import SuggestingGroup
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Content, Facts, Span, View, line
from nbmlops.domain.upkeep import Copied, CopiedCatalog, Held, StoreInfo
from nbmlops.domain.wire import document
from nbmlops.errors import StoreCorruptError, StoreError, UsageError


@click.group(cls=SuggestingGroup)
def store() -> None:
    """Say where the store is and what it takes; copy its objects or its catalog."""


@store.command()
@json_option
@click.pass_obj
def info(surface: Surface, as_json: bool) -> None:
    """Say where the store is, what it takes, and what waits to be sent.

    Of objects in a bucket, what waits on this machine is sent first.
    """
    workspace = surface.workspace
    places, objects = workspace.settings.store, workspace.objects
    held = objects.held()
    try:
        sizes = [item.size for item in objects.stored()]
        trouble = None
    except StoreError as error:
        sizes, trouble = None, error
    found = StoreInfo(
        catalog=places.catalog or str(workspace.catalog),
        objects=places.objects or str(workspace.store / "objects"),
        count=None if sizes is None else len(sizes),
        taken=None if sizes is None else sum(sizes),
        held=held,
    )
    answer(surface, _info_view(found, trouble), as_json=as_json)


@store.command()
@click.argument("source", metavar="FROM", type=click.Path())
@click.argument("target", metavar="TO", type=click.Path())
@click.option(
    "--schema",
    default="nbmlops",
    show_default=True,
    metavar="NAME",
    help="Of a catalog in PostgreSQL, as under [store].",
)
@json_option
@click.pass_obj
def copy(surface: Surface, source: str, target: str, schema: str, as_json: bool) -> None:
    """Copy objects, or a catalog, to another place; nothing is removed.

    Of objects, FROM and TO are folders, such as .nbmlops/objects, or s3://bucket/prefix. What is
    there already is not copied again, so that a copy that was stopped can be gone on with. Each
    object is compared with its hash when it is read and once it is there.

    Of a catalog, they are a SQLite file, such as .nbmlops/catalog.db, or
    postgresql://host/database. TO is empty or made; it gets every row, with its number, in one
    transaction, in which all of them are read again and compared: a copy that is stopped leaves
    TO empty. Stop schedulers and kernels before: what they write meanwhile is not in the copy.
    """
    from nbmlops.store.catalog.copying import is_catalog

    if is_catalog(source) or is_catalog(target):
        answer(surface, _copied_catalog(surface, source, target, schema), as_json=as_json)
    else:
        _copy_objects(surface, source, target, as_json=as_json)


def _copied_catalog(surface: Surface, source: str, target: str, schema: str) -> View:
    from nbmlops.store.catalog.copying import copy_catalog, is_catalog

    for text in (source, target):
        if not is_catalog(text):
            raise UsageError(
                f"{text} is no catalog, and the other one is.",
                cure="Copy .nbmlops/catalog.db or postgresql://host/database to one of these.",
            )
    with ExitStack() as shown:
        progress = Progress(surface, shown, event="copied", title="rows")
        done = copy_catalog(source, target, schema_name=schema, progress=progress.observe)
    return _catalog_view(surface, done, schema)


def _catalog_view(surface: Surface, done: CopiedCatalog, schema: str) -> View:
    rows, tables = wording.count(done.rows, "row"), wording.count(len(done.tables), "table")
    use: tuple[Content, ...] = ("Use it: as .nbmlops/catalog.db, without a catalog under [store].",)
    if "://" in done.target:
        said = f'catalog = "{done.target}"'
        said += f', schema = "{schema}"' if schema != "nbmlops" else ""
        use = ("Use it: ", Span(said, "strong"), " under [store] in .nbmlops/config.toml.")
    blocks: list[Block] = [
        line(
            Span(f"Copied {rows}", "strong"),
            f" of {tables} to {done.target}; each was read again and compared.",
        ),
        line(*use),
        line(
            "Objects are copied by themselves: ",
            Span(f"{surface.prefix} store copy .nbmlops/objects TO", "strong"),
        ),
    ]
    return View(document=document("copied-catalog/1", copied=done), blocks=tuple(blocks))


def _copy_objects(surface: Surface, source: str, target: str, *, as_json: bool) -> None:
    from nbmlops.store.objects.copying import copy as copy_objects

    with ExitStack() as shown:
        progress = Progress(surface, shown, event="copied")
        done = copy_objects(source, target, progress=progress.observe)
    answer(surface, _copy_view(done), as_json=as_json)
    if done.damaged:
        raise StoreCorruptError(
            f"{wording.count(len(done.damaged), 'object')} in {source} are not what was put, and "
            "were left out.",
            cure="Bring them back from a backup, or see with nbmlops fsck what they belong to.",
        )


def _info_view(found: StoreInfo, trouble: StoreError | None) -> View:
    facts: list[tuple[str, Content]] = [("catalog", found.catalog), ("objects", found.objects)]
    if found.count is not None and found.taken is not None:
        facts.append(("there", f"{wording.count(found.count, 'object')}, {_size(found.taken)}"))
    elif trouble is not None:
        facts.append(("there", Span(str(trouble), "bad")))
    if found.held is not None:
        facts += _held_facts(found.held)
    blocks: list[Block] = [Facts(title="Store", facts=tuple(facts))]
    return View(document=document("store-info/1", store=found), blocks=tuple(blocks))


def _held_facts(held: Held) -> list[tuple[str, Content]]:
    waiting: Content = "nothing"
    if held.waiting:
        number = wording.count(held.waiting, "object")
        waiting = Span(f"{number}, {_size(held.waiting_bytes)}. {held.trouble or ''}", "warn")
    return [
        ("cache", f"{_size(held.taken)} of at most {_size(held.limit)} in {held.folder}"),
        ("waiting to be sent", waiting),
    ]


def _copy_view(done: Copied) -> View:
    blocks: list[Block] = [
        line(
            Span(f"Copied {wording.count(done.objects, 'object')}", "strong"),
            f", {_size(done.bytes)}, to {done.target}; {done.there} were there.",
        ),
        *(line(Span(f"Left out, as it is damaged: {key}", "bad")) for key in done.damaged),
        line(
            "Use them: ", Span(f'objects = "{done.target}"', "strong"),
            " under [store] in .nbmlops/config.toml.",
        ),
    ]  # fmt: skip
    return View(document=document("copied/1", copied=done), blocks=tuple(blocks))


def _size(number: int) -> str:
    return wording.size(number)
