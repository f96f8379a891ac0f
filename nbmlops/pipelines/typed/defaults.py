"""A default beside the annotation of its parameter."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from nbmlops.domain.parameters import Shape
from nbmlops.pipelines.typed.literals import tells
from nbmlops.pipelines.typed.source import expression
from nbmlops.pipelines.typed.unions import union

_ANY_TEXT = {"str", "path"}
_ROW = ("list", "tuple")


def refined(shape: Shape, own: Shape) -> Shape:
    """What an annotation asks for, with what it leaves open and the default tells.

    An annotation that is not understood leaves all open; ``list`` its items; ``str | Path`` which
    of the two a text is.

    Args:
        shape: that of the annotation.
        own: that of the default by itself.
    """
    if shape.type == "any" and not shape.choices and tells(own):
        return replace(own, optional=shape.optional)
    if shape.type == "union" and own.type in _ANY_TEXT:
        kept = (
            one for one in shape.members if one.choices or one.type not in _ANY_TEXT - {own.type}
        )
        return replace(union(kept), optional=shape.optional)
    alike_ = shape.type == own.type or {shape.type, own.type} <= set(_ROW)
    if alike_ and shape.items is None and shape.keys is None and not shape.members:
        return replace(shape, items=own.items, keys=own.keys)
    return shape


def alike(shape: Shape, fitting: Any, own: Shape, default: Any) -> bool:
    """Whether a plain form that fits an annotation stands for the default itself.

    A whole number stands for a fraction, and a tuple for a list, as Python takes them; but
    neither a text for the date that it is written like, nor the name of a member for the member.
    """
    return _meaning(shape, fitting) == _meaning(own, default)


def _meaning(shape: Shape, value: Any) -> str:
    return ast.dump(_Loose().visit(ast.parse(expression(shape, value), mode="eval")))


class _Loose(ast.NodeTransformer):
    """Makes numbers fractions, and tuples lists."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if type(node.value) is not int:
            return node
        try:
            return ast.Constant(float(node.value))
        except OverflowError:
            return node

    def visit_Tuple(self, node: ast.Tuple) -> ast.List:
        return ast.List([self.visit(item) for item in node.elts], ast.Load())
