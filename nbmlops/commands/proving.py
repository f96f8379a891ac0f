"""How the proof of a pipeline version reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from nbmlops.commands import wording
from nbmlops.commands.stopping import stoppable
from nbmlops.commands.surface import Surface
from nbmlops.commands.views import Block, Content, Span, line, table
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.proofs import ComparedResult, Proof
from nbmlops.domain.verifications import Verdict
from nbmlops.errors import NotReproducedError


def prove(
    surface: Surface,
    version: PipelineVersion,
    parameters: Mapping[str, Any],
    tolerance: float | None,
    *,
    each: bool,
) -> Proof:
    """Run the notebook of a version straight and as a pipeline, and compare.

    Raises:
        StoppedError: it was stopped.
    """
    with stoppable(f"Stopped; {version.reference} is built, and no proof of it was recorded."):
        return surface.workspace.proofs.prove(
            version,
            watch=lambda title: surface.progress(title, brief=True),
            tolerance=tolerance,
            parameters=parameters,
            each=each,
        )


def require(version: PipelineVersion, proof: Proof) -> None:
    """End the command badly where a proof does not hold.

    Raises:
        NotReproducedError: it does not; says why.
    """
    if not proof.holds:
        raise NotReproducedError(
            f"{version.reference} is not proved: {proof.reason}.",
            cure=f"Look at it: nbmlops show {version.reference}",
        )


def verdict(proof: Proof | None) -> Span:
    """What a listing shows: ``identical``, or ``-`` where nothing was proved."""
    return wording.verdict(proof.verdict) if proof is not None else Span("-", "dim")


def proof_blocks(surface: Surface, version: PipelineVersion, proof: Proof | None) -> list[Block]:
    """A proof as blocks: the verdict, each step beside the straight run, and why."""
    if proof is None:
        return []
    allowed = "" if proof.tolerance is None else f" (tolerance {proof.tolerance:g})"
    if proof.parameters:
        allowed += f", with {wording.parameters(proof.parameters)}"
    word = "Proved: " if proof.holds else Span("Not proved: ", "bad")
    told = (
        f", {wording.when(proof.proved_at)} by {proof.author} in "
        f"{wording.duration(proof.duration)}{allowed}"
    )
    blocks: list[Block] = [line(word, wording.verdict(proof.verdict), told)]
    if proof.results:
        columns = ("step", "result", "verdict", "why")
        title = "The pipeline beside the straight run"
        blocks.append(table(columns, list(_rows(proof)), title=title))
        beside = wording.no_steps(
            item.title for item in proof.results if item.step is None and item.cell is not None
        )
        blocks += [line(Span(beside, "dim"))] if beside else []
    blocks += _apart_blocks(proof)
    if proof.reason:
        blocks.append(line(f"{proof.reason[0].upper()}{proof.reason[1:]}."))
    folder = surface.workspace.proofs.folder(version)
    if folder.is_dir():
        blocks.append(line(f"Executed notebooks: {folder}"))
    return blocks


def _apart_blocks(proof: Proof) -> Iterator[Block]:
    """The steps that were run again while recorded results stood for the others."""
    if proof.tried:
        columns = ("step", "ran again", "verdict", "why")
        rows = [
            (
                Span(one.step, "strong"),
                ", ".join(one.ran),
                wording.verdict(one.verdict),
                one.why or "-",
            )
            for one in proof.tried
        ]
        yield table(columns, rows, title="Each step again, with recorded results for the others")
    if proof.not_tried:
        count = wording.count(len(proof.not_tried), "more step")
        yield line(Span(f"{count} not tried so; --prove-each tries all.", "dim"))


def _rows(proof: Proof) -> Iterator[tuple[Content, ...]]:
    """A row for what is identical in a step, and one for each other result."""
    for title, group in groupby(proof.results, key=lambda item: item.title):
        found = list(group)
        same = [item for item in found if item.verdict is Verdict.IDENTICAL]
        if same:
            names = ", ".join(map(_name, same))
            yield Span(title, "strong"), names, wording.verdict(Verdict.IDENTICAL), "-"
        for item in found:
            if item not in same:
                told = wording.verdict(item.verdict)
                yield Span(title, "strong"), _name(item), told, item.why or "-"


def _name(item: ComparedResult) -> str:
    return item.name if item.kind in ("value", "display") else f"{item.kind} {item.name}"
