"""The verb ``pools``: how many runs of a kind may go on at once."""

from __future__ import annotations

import click

from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Span, View, line, table
from nbmlops.domain.schedules import Pool
from nbmlops.domain.wire import document
from nbmlops.errors import UsageError


@click.command()
@click.argument("pool", required=False)
@click.option("--size", type=click.IntRange(min=0), help="Make it, or change its size; 0 stops it.")
@click.option("--remove", is_flag=True, help="Remove a pool that nothing uses.")
@json_option
@click.pass_obj
def pools(
    surface: Surface, pool: str | None, size: int | None, remove: bool, as_json: bool
) -> None:
    """List pools, or make, resize and remove one.

    A schedule made with --pool gpu takes a place of that pool for each run, and waits while none
    is free.
    """
    service = surface.workspace.pools
    if pool is None and (size is not None or remove):
        raise UsageError("Which pool is meant?", cure="Name it: nbmlops pools gpu --size 2.")
    if remove and size is not None:
        raise UsageError("--size and --remove exclude each other.", cure="Leave out one of them.")
    if pool is None:
        found = service.all()
    elif remove:
        found = [service.remove(pool)]
    else:
        found = [service.get(pool) if size is None else service.resize(pool, size)]
    blocks = [line(f"The pool {pool} is removed.")] if remove else _blocks(surface, found)
    view = View(document=document("pools/1", pools=found), blocks=tuple(blocks))
    answer(surface, view, as_json=as_json)


def _blocks(surface: Surface, found: list[Pool]) -> list[Block]:
    if not found:
        made = Span(f"{surface.prefix} pools gpu --size 2", "strong")
        return [line("No pool yet. Make one: ", made)]
    rows = [
        (Span(pool.name, "strong"), str(pool.size), str(pool.busy), str(pool.waiting))
        for pool in found
    ]
    return [table(("pool", "size", "busy", "waiting"), rows, right=("size", "busy", "waiting"))]
