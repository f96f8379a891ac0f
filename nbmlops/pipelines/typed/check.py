"""The values of a run, checked against the parameters of its pipeline."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbmlops.domain.parameters import Occasion, Parameter
from nbmlops.errors import ParameterError
from nbmlops.pipelines.typed import describe, templates, texts
from nbmlops.pipelines.typed.fit import fit, same
from nbmlops.pipelines.typed.scalars import UnfitError


def parse(schema: Sequence[Parameter], items: Iterable[str]) -> dict[str, Any]:
    """Read ``NAME=VALUE`` texts; a value with a template in it stays as it is written.

    Returns:
        What was given, in its plain form.

    Raises:
        ParameterError: a text is not ``NAME=VALUE``, a name is unknown, or a value is not what
            its parameter asks for.
    """
    known = {parameter.name: parameter for parameter in schema}
    given: dict[str, Any] = {}
    for item in items:
        name, equals, text = item.partition("=")
        name = name.strip()
        if not equals or not name:
            raise ParameterError(f"{item!r} is not a parameter.", cure="Write NAME=VALUE.")
        if name not in known:
            raise _unknown(name, known)
        given[name] = text if templates.has_one(text) else _from_text(known[name], text)
    return given


def check(
    schema: Sequence[Parameter], values: Mapping[str, Any], occasion: Occasion | None = None
) -> dict[str, Any]:
    """The values for a run in their plain form: those given, and the defaults of the others.

    Args:
        schema: the parameters.
        values: by name, as Python values or in their plain form, strictly typed.
        occasion: fills in the templates of the values; a text with a template is refused where
            there is none.

    Raises:
        ParameterError: a name is unknown, a value is of the wrong type or out of range, a
            template is wrong, or a value is missing.
    """
    known = {parameter.name: parameter for parameter in schema}
    for name in values:
        if name not in known:
            raise _unknown(name, known)
    checked: dict[str, Any] = {}
    for parameter in schema:
        if parameter.name in values:
            checked[parameter.name] = _checked(parameter, values[parameter.name], occasion)
        elif parameter.required:
            raise _missing(parameter)
        else:
            checked[parameter.name] = parameter.default
    return checked


def differing(schema: Sequence[Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
    """The checked values that are not what the parameters cell gives anyway."""
    return {
        parameter.name: values[parameter.name]
        for parameter in schema
        if parameter.required or not same(values[parameter.name], parameter.default)
    }


def _checked(parameter: Parameter, value: Any, occasion: Occasion | None) -> Any:
    if occasion is not None and parameter.type != "secret":
        if isinstance(value, str) and templates.has_one(value):
            text = templates.fill(value, occasion, parameter)
            return _from_text(parameter, text)
        value = templates.fill_inside(value, occasion, parameter)
    try:
        return fit(parameter, value)
    except UnfitError as error:
        raise _wrong(parameter, value) from error


def _from_text(parameter: Parameter, text: str) -> Any:
    try:
        value = texts.read(parameter, text)
        # a list may hold templates, of which each is checked when it is filled in
        return value if templates.inside(value) else fit(parameter, value)
    except UnfitError as error:
        raise _wrong(parameter, text) from error


def _unknown(name: str, known: Iterable[str]) -> ParameterError:
    names = sorted(known)
    folded = {one.casefold(): one for one in names}
    near = difflib.get_close_matches(name.casefold(), folded, n=1)
    if near:
        cure = f"Did you mean {folded[near[0]]!r}?"
    elif names:
        cure = f"It has: {', '.join(names)}."
    else:
        cure = "It has none: tag a cell of the notebook 'parameters' to give it some."
    return ParameterError(f"The pipeline has no parameter {name!r}.", cure=cure, parameter=name)


def _missing(parameter: Parameter) -> ParameterError:
    return ParameterError(
        f"The parameter {parameter.name!r} needs a value: {describe.words(parameter)}.",
        cure=f"Give it: {parameter.name}={describe.example(parameter)}.",
        parameter=parameter.name,
    )


def _wrong(parameter: Parameter, value: Any) -> ParameterError:
    if parameter.type == "secret":  # what was written may be the secret itself
        return ParameterError(
            f"The parameter {parameter.name!r} is {describe.words(parameter)}; the secret itself "
            "is not taken.",
            cure=f"Write for example {parameter.name}={describe.example(parameter)}.",
            parameter=parameter.name,
        )
    shown = value if isinstance(value, str) else repr(value)
    near = _nearest(parameter, shown)
    return ParameterError(
        f"The parameter {parameter.name!r} is {describe.words(parameter)}, not {shown[:60]!r}.",
        cure=f"Write for example {parameter.name}={near or describe.example(parameter)}.",
        parameter=parameter.name,
    )


def _nearest(parameter: Parameter, shown: str) -> str | None:
    choices = [choice for choice in parameter.choices if isinstance(choice, str)]
    return next(iter(difflib.get_close_matches(shown, choices, n=1)), None)
