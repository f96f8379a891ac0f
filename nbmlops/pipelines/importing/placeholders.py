"""The placeholders of a Ploomber pipeline: what ``env.yaml`` says becomes its parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nbmlops.pipelines.importing.nodes import GivenParameter, Reference, Text

_PLACE = re.compile(r"\{\{[ \t]*(?P<name>[\w.]+)[ \t]*\}\}")
_SIMPLE = (bool, int, float, str)
_ELSEWHERE = frozenset(["user", "now", "git", "git_hash", "version"])


class Placeholders:
    """Fills in ``{{name}}``.

    A plain value of ``env.yaml`` is a parameter of the pipeline, with that value as its default.
    One that decides which tasks there are, and one inside of another, is filled in at the build.
    ``{{here}}``, ``{{root}}`` and ``{{cwd}}`` are the folder of the pipeline, written as ``.``.

    Args:
        env: what is in ``env.yaml``.
        decisive: texts that say which tasks there are.
    """

    def __init__(self, env: Mapping[str, Any], decisive: Iterable[str] = ()) -> None:
        self.problems: list[str] = []
        self._env = dict(env)
        inner = (str(value) for value in env.values())
        self._settled = {name for text in (*inner, *decisive) for name in _PLACE.findall(text)}
        self._used: dict[str, None] = {}
        self._fixed: set[str] = set()

    @property
    def parameters(self) -> tuple[GivenParameter, ...]:
        """The parameters that values refer to."""
        return tuple(
            GivenParameter(name=name, annotation=type(value).__name__, default=value)
            for name in self._used
            if (value := _cast(str(self._env[name]))) is not None
        )

    @property
    def notes(self) -> list[str]:
        """What was filled in for good."""
        if not self._fixed:
            return []
        names = ", ".join(sorted(self._fixed))
        return [f"{names} of env.yaml are filled in by the build, and no parameters of a run."]

    def fixed(self, value: Any) -> Any:
        """A text with everything in it filled in."""
        if not isinstance(value, str):
            return value

        def fill(place: re.Match[str]) -> str:
            return str(self._now(place["name"]))

        return _PLACE.sub(fill, value)

    def value(self, value: Any) -> Any:
        """A value; what a parameter gives is a `Reference`, or a `Text` with some in it."""
        if isinstance(value, dict):
            return {key: self.value(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.value(one) for one in value]
        if not isinstance(value, str) or _PLACE.search(value) is None:
            return value
        parts = list(self._parts(value))
        if len(parts) == 1:
            return parts[0]
        if all(isinstance(part, str) for part in parts):
            return _cast("".join(map(str, parts)))
        return Text(tuple(part if isinstance(part, Reference) else str(part) for part in parts))

    def _parts(self, text: str) -> Iterator[Any]:
        at = 0
        for place in _PLACE.finditer(text):
            if text[at : place.start()]:
                yield text[at : place.start()]
            yield self._part(place["name"])
            at = place.end()
        if text[at:]:
            yield text[at:]

    def _part(self, name: str) -> Any:
        value = self._env.get(name)
        plain = isinstance(value, _SIMPLE) and _PLACE.search(str(value)) is None
        if plain and name.isidentifier() and name not in self._settled | {"upstream", "product"}:
            self._used[name] = None
            return Reference(name)
        return self._now(name)

    def _now(self, name: str) -> Any:
        if name in ("here", "root", "cwd"):
            return "."
        if name.startswith("env.") or name in _ELSEWHERE:
            self.problems.append(
                f"the placeholder {{{{{name}}}}} changes from run to run; write a value into "
                "env.yaml, which becomes a parameter."
            )
            return ""
        value: Any = self._env
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            self.problems.append(f"the placeholder {{{{{name}}}}} is not in env.yaml.")
            return ""
        self._fixed.add(name.partition(".")[0])
        return self.fixed(value)


def _cast(text: str) -> Any:
    """A text that was filled in, as the value that it looks like."""
    known = {"false": False, "true": True, "none": None, "null": None}
    if text.lower() in known:
        return known[text.lower()]
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text
