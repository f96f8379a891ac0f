"""How a result came to be, as a paragraph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from nbmlops.commands import wording
from nbmlops.domain.accesses import NOT_SET
from nbmlops.domain.executions import Execution, ExecutionRecord, ExecutionStatus
from nbmlops.domain.late import late_writer
from nbmlops.domain.lineage import Explanation, LineageNode
from nbmlops.domain.listings import ABSENT, NOTHING
from nbmlops.domain.staleness import Reason, Standing, State
from nbmlops.domain.verifications import Verdict, Verification
from nbmlops.notebook.headline import headline
from nbmlops.pipelines.looking import looks_of, shown
from nbmlops.pipelines.purity import from_outside
from nbmlops.pipelines.unseeded import draws_anew, draws_in

_MOST_LISTED = 6
_COMMIT = 10
_DIGEST = 8
_SHORT = frozenset(["NoneType", "bool", "complex", "float", "int", "str"])
_SHORT_OF_LIBRARIES = (
    *("datetime.", "decimal.", "pandas.Timedelta", "pandas.Timestamp"),
    *(f"numpy.{kind}" for kind in ("bool", "complex", "datetime", "float", "int", "time", "uint")),
)
"""How the names of more kinds begin whose text is all of a value."""
_LONGEST = 40
_ASKED = ("variable", "secret", "machine")
"""What a cell asks of its process and of the machine."""
_SHOWED = {
    Verdict.IDENTICAL: "was reproduced",
    Verdict.WITHIN_TOLERANCE: "was reproduced within the tolerance",
    Verdict.DIFFERENT: "differed",
    Verdict.NOT_COMPARABLE: "could not be compared",
}


def story(found: Explanation, standing: Standing | None, proof: Verification | None = None) -> str:
    """A paragraph in plain words.

    Args:
        found: what is known.
        standing: how the cell that made it stands to the notebook now, where that can be told.
        proof: the latest verification of the version that made it, where there is one.
    """
    if found.from_outside:
        return _of_file(found, standing)
    sentences = [
        _made(found),
        _from(found),
        _by_chance(found.execution),
        _conditions(found),
        _incomplete(found.execution),
        _verified(found, proof),
        _used(found),
        _holds(found, standing),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _of_file(found: Explanation, standing: Standing | None) -> str:
    """What is known of a file that nothing recorded has written: who read it."""
    record, path = found.execution.record, found.thing
    content = next(
        (f" (content {access.digest[:_DIGEST]})" for access in record.files
         if access.path == path and access.mode == "read" and access.digest),
        "",
    )  # fmt: skip
    readers = _listing(dict.fromkeys(_user(node) for node in found.used_by.nodes))
    last = f"the last time on {wording.when(record.started_at)} by {record.author}{content}"
    reasons = standing.reasons if standing is not None else ()
    changed = [f" {reason.detail}." for reason in reasons if reason.cause == path]
    made = f"{path} was made outside of what was recorded."
    return f"{made} It was read by {readers}, {last}.{''.join(changed)}"


def _made(found: Explanation) -> str:
    record = found.execution.record
    when = f"on {wording.when(record.started_at)} by {record.author}"
    where = f" in the run {found.run}" if found.run else ""
    took = "" if record.took is None else f", in {wording.duration(record.took)}"
    measured = {metric.name: metric.value for metric in record.metrics}
    value = _value(found, measured)
    what = f"{found.thing}{value}"
    if record.late_of:
        noticed = f"({record.notebook}{where}); that was noticed {when}"
        return f"{what} was changed after its cell had ended, by {late_writer(record)} {noticed}."
    maker = _maker(found.execution)
    verb = "ran" if what == maker else f"was made by {maker}"
    if record.restored_from is not None:
        verb = f"was brought back by `{headline(record.source)}`"
    said = f"{what} {verb} ({record.notebook}{where}) {when}{took}"
    if record.status is ExecutionStatus.OK:
        return f"{said}."
    failure = f": {record.failure.kind}" if record.failure else ""
    return f"{said}; the cell did not run to its end{failure}."


def _value(found: Explanation, measured: dict[str, float]) -> str:
    """The number that a metric is, a short value itself, or the shape of another."""
    for name in found.names:
        if name in measured:
            return f" ({wording.number(measured[name])})"
        for output in found.execution.record.outputs:
            if output.name == name:
                summary = output.summary
                is_short = summary.kind in _SHORT or summary.kind.startswith(_SHORT_OF_LIBRARIES)
                if is_short and len(summary.text) <= _LONGEST:
                    return f" ({summary.text})"
                shape = f" of {' x '.join(map(str, summary.shape))}" if summary.shape else ""
                content = f", content {output.fingerprint[:_DIGEST]}" if output.fingerprint else ""
                return f" ({summary.kind.rpartition('.')[2]}{shape}{content})"
    return ""


def _maker(execution: Execution) -> str:
    if execution.version is not None:
        return execution.version.reference
    return f"the cell `{headline(execution.record.source)}`"


def _from(found: Explanation) -> str:
    """The inputs by who made them, then those that nobody is known to have made."""
    lineage = found.made_from
    nodes = {node.id: node for node in lineage.nodes}
    parts = [f"{_listing(edge.names)} of {_title(nodes[edge.source])}" for edge in lineage.edges]
    for kind, lead in (("value", ""), ("file", "the file ")):
        outside = sorted({origin.name for origin in lineage.origins if origin.kind == kind})
        if outside:
            parts.append(f"{lead}{_listing(outside)}, made outside of what was recorded")
    parts += _looked_up(found.execution)
    parts += _asked(found.execution.record)
    if not parts:
        record = found.execution.record
        whole = record.inputs_complete and not any(one.kind in _ASKED for one in record.externals)
        nothing_else = whole and _changing(found.execution) is None
        drew = " and random numbers" if draws_in(found.execution.record) else ""
        return f"It was made from nothing but its code{drew}." if nothing_else else ""
    lead = "It goes back to" if found.execution.record.late_of else "It was made from"
    return f"{lead} {'; '.join(parts)}."


def _looked_up(execution: Execution) -> Iterator[str]:
    """The folders of which it knew the files, and the paths of which it knew what they were."""
    looks = [access for access in looks_of(execution.record) if access.name != NOTHING]
    listed = {shown(access) for access in looks if access.kind == "listing"}
    missing = {shown(access) for access in looks if access.detail == ABSENT} - listed
    seen = {shown(access) for access in looks} - listed - missing
    for lead, names in (
        ("the list of files in", listed),
        ("the look at", seen),
        ("the absence of", missing),
    ):
        if names:
            yield f"{lead} {_listing(sorted(names))}"


def _asked(record: ExecutionRecord) -> Iterator[str]:
    """The variables and secrets that it had, and what it knew of the machine.

    Of variables that there were not, those that its code names: libraries ask for many.
    """
    code = "\n".join([record.source, *record.definitions.values()])
    names: dict[str, list[str]] = {kind: [] for kind in _ASKED}
    for one in record.externals:
        if one.kind in names and (one.detail != NOT_SET or one.name in code):
            names[one.kind].append(one.name)
    if "*" in names["variable"]:
        yield "all environment variables"
    elif names["variable"]:
        several = "s" if len(names["variable"]) > 1 else ""
        yield f"the environment variable{several} {_listing(sorted(names['variable']))}"
    if names["secret"]:
        several = "s" if len(names["secret"]) > 1 else ""
        yield f"the secret{several} {_listing(sorted(names['secret']))}"
    if names["machine"]:
        yield f"what the machine tells ({_listing(sorted(names['machine']))})"


def _by_chance(execution: Execution) -> str:
    said = _changing(execution)
    if said:
        return f"Its code {said}, so that each run may give another result."
    record = execution.record
    made_elsewhere = record.late_of or record.restored_from is not None
    calls = () if made_elsewhere else tuple(draw.call for draw in draws_in(record))
    return f"Its code draws random numbers: {_listing(calls)}." if calls else ""


def _changing(execution: Execution) -> str | None:
    """What the code of an execution takes that may be another thing at each run."""
    if execution.record.late_of or execution.record.restored_from is not None:
        return None
    said = from_outside(execution.record)
    return said or ("draws at random without a seed" if draws_anew(execution.record) else None)


def _title(node: LineageNode) -> str:
    name = node.title if node.step else f"the cell `{node.title}`"
    return f"{name} ({wording.when(node.started_at)})"


def _conditions(found: Explanation) -> str:
    record, environment = found.execution.record, found.environment
    parts = []
    if record.parameters:
        parts.append(f"with the parameters {wording.parameters(record.parameters)}")
    if record.random_state:
        parts.append("with its random state kept")
    if environment is not None:
        count = wording.count(len(environment.distributions), "distribution")
        parts.append(f"in Python {environment.python} with {count}")
    if record.git is not None:
        changed = " and changes that were not committed" if record.git.dirty else ""
        parts.append(f"at commit {record.git.commit[:_COMMIT]}{changed}")
    return f"It ran {', '.join(parts)}." if parts else ""


def _incomplete(execution: Execution) -> str:
    record = execution.record
    if record.inputs_complete:
        return ""
    return f"What it read is not fully known: {record.inputs_note}."


def _verified(found: Explanation, proof: Verification | None) -> str:
    """What became of it when it was run again; of a cell without a name nothing can be told."""
    execution = found.execution
    record = execution.record
    if execution.version is None or record.restored_from is not None or record.late_of:
        return ""
    version = execution.version.reference
    if proof is None:
        return f"{version} was never verified by running it again."
    which = version if proof.execution_id == execution.id else f"Another execution of {version}"
    allowed = "" if proof.tolerance is None else f" of {proof.tolerance:g}"
    showed = _SHOWED[proof.verdict] + (allowed if proof.verdict is Verdict.WITHIN_TOLERANCE else "")
    where = "; ".join(filter(None, (proof.reason, _shown_of(found, proof))))
    told = f"in a clean kernel on {wording.when(proof.verified_at)} by {proof.author}"
    return f"{which} was run again {told}: it {showed}{f' ({where})' if where else ''}."


def _shown_of(found: Explanation, proof: Verification) -> str:
    """The verdict on the variable that is asked for, where that of the whole is another one."""
    return "; ".join(
        f"{item.name} itself was {item.verdict}"
        for item in proof.outputs
        if item.name in found.names and item.verdict is not proof.verdict
    )


def _used(found: Explanation) -> str:
    users = [node for node in found.used_by.nodes if node.id != found.execution.id]
    if not users:
        return "Nothing that was recorded has used it since."
    titles = list(dict.fromkeys(_user(node) for node in users))
    return f"Since then it was used by {_listing(titles)}."


def _user(node: LineageNode) -> str:
    name = node.title if node.step else f"the cell `{node.title}`"
    return f"{name} in {node.run}" if node.run else name


def _holds(found: Explanation, standing: Standing | None) -> str:
    record = found.execution.record
    if record.restored_from is not None or record.late_of:
        return ""
    if standing is None:
        if found.run is not None:
            return f"It belongs to the run {found.run}, which does not change any more."
        return (
            "Whether it still follows from the notebook cannot be told: "
            "its cell is not there any more, or has run again since."
        )
    notes = "".join(f" {note[0].upper()}{note[1:]}." for note in _notes(standing))
    if standing.state is State.FRESH:
        it = "It" if record.inputs_complete else "As far as is known, it"
        return f"{it} still follows from the code and data that are there now.{notes}"
    short = standing.in_short()
    said = (_said(standing, reason) for reason in short.reasons)
    reasons = "; ".join(filter(None, (*said, short.more_above)))
    return f"It no longer follows from what is there now: {reasons}.{notes}"


def _notes(standing: Standing) -> list[str]:
    held = [other.detail for other in standing.held]
    named = standing.notes[len(held) :]
    return [*held, *(f"the step {standing.title} is {note}" for note in named)]


def _said(standing: Standing, reason: Reason) -> str:
    if reason.cause is not None:
        return reason.detail
    verb = "was " if reason.kind == "edited" else ""
    return f"{standing.title} {verb}{reason.detail}"


def _listing(words: Sequence[str] | Iterable[str]) -> str:
    """``a, b and c``; the rest of a long list is counted."""
    listed = list(words)
    if len(listed) > _MOST_LISTED:
        rest = len(listed) - _MOST_LISTED + 1
        listed = [*listed[: _MOST_LISTED - 1], f"{rest} more"]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
