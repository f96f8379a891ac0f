"""What the comments of Google Colab's forms say: ``#@param {type:"slider", min:0, max:9}``."""

from __future__ import annotations

import ast
import re

from nbmlops.pipelines.typed.choosing import Listed
from nbmlops.pipelines.typed.ranges import Bound, Bounds

_FORM = re.compile(r"@param\b\s*(?P<choices>\[[^\]]*\])?\s*(?P<options>\{[^}]*\})?\s*(?P<help>.*)")
_ENDS: tuple[tuple[Bound, str], ...] = (("minimum", "min"), ("maximum", "max"))


def form_of(comment: str) -> tuple[Bounds, Listed | None, str] | None:
    """The bounds, the choices and the help of a form's comment; ``None`` where it is none.

    Choices beside which anything may be typed (``allow-input``) are only suggestions.
    """
    found = _FORM.fullmatch(comment)
    if found is None:
        return None
    options = found["options"] or ""
    free = re.search(r"allow-input\W+true", options) is not None
    listed = _listed(found["choices"]) if found["choices"] and not free else None
    bounds: Bounds = {}
    for bound, word in _ENDS:
        told = re.search(rf"\b{word}\W*?:\s*(-?[\d.]+)", options)
        if told is not None:
            bounds[bound] = told[1]
    return bounds, listed, found["help"].strip()


def _listed(text: str) -> Listed | None:
    try:
        items = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return None
    return Listed(items=tuple(map(str, items)), plain=False)
