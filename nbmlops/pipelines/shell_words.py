"""Why a cell cannot be understood that IPython understands, by what cells above have set up; pure.

Aliases, input transformers and ``%autocall`` make Python of what is none, in a kernel; a pipeline
is made of the cells as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbmlops.pipelines.outline import Outline

_ALIAS = re.compile(r"^[ \t]*%?alias[ \t]+([A-Za-z_]\w*)[ \t]+\S", re.MULTILINE)
_TRANSFORMS = re.compile(
    r"\b(input_transformers_(?:post|cleanup)|input_transformer_manager|line_transforms"
    r"|token_transformers|cleanup_transforms)\b"
)
_CALLS = re.compile(r"^[ \t]*%?autocall\b(?![ \t]+0)", re.MULTILINE)
_FIRST = re.compile(r"[ \t]*([A-Za-z_]\w*)")
_EXIT_CODE = "_exit_code"


def unwritten(found: Outline, position: int, line: int) -> str | None:
    """How a line becomes Python which IPython alone understands; ``None`` where that is no cause.

    Args:
        found: the notebook.
        position: that of the cell.
        line: the number of the line in it, from 1.
    """
    lines = found.flow(position).cell.source.splitlines()
    first = _FIRST.match(lines[line - 1]) if line <= len(lines) else None
    above = dict(_above(found, position))
    for title, source in above.items():
        if first is not None and first[1] in _ALIAS.findall(source):
            return f"{first[1]} is an alias of {title}: write %{first[1]}"
    for title, source in above.items():
        if _TRANSFORMS.search(source):
            return f"write it as Python, which the input transformers of {title} make of it"
        if _CALLS.search(source):
            return f"write the parentheses that %autocall of {title} adds"
    return None


def named_by_shell(found: Outline, position: int, name: str) -> str | None:
    """What a name is that no cell binds: an alias of one above, or what IPython notes itself."""
    if name == _EXIT_CODE:
        return "which IPython notes of the last shell line; take it from subprocess.run instead."
    for title, source in _above(found, position):
        if name in _ALIAS.findall(source):
            return f"which is an alias of {title}; write %{name}."
    return None


def of_gettext(found: Outline, name: str) -> str | None:
    """Why the function of gettext is not found, where that is what is meant."""
    imported = {full for flow in found.graph.flows for full in flow.effects.imports.values()}
    if name != "_" or not any(full.partition(".")[0] == "gettext" for full in imported):
        return None
    return (
        "which IPython binds to what was shown last, so that gettext's function may not be there; "
        "give that another name in a cell above, or import it: from gettext import gettext as _."
    )


def _above(found: Outline, position: int) -> Iterator[tuple[str, str]]:
    for other in range(position):
        yield found.title(other), found.flow(other).cell.source
