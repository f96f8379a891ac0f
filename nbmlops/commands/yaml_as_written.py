"""YAML whose numbers are what people write: 06:30 is no number, and a fraction keeps its text."""

from __future__ import annotations

import re
from typing import Any

import yaml

from nbmlops.pipelines.typed.written import WrittenFloat

_INT = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"


class _Loader(yaml.SafeLoader):
    """The safe loader, without the numbers to the base of 60 that YAML 1.2 has given up."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (so it is declared above)
        first: [(tag, written) for tag, written in known if tag not in (_INT, _FLOAT)]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def fraction(self, node: yaml.ScalarNode) -> WrittenFloat:
        """A fraction, with its text."""
        return WrittenFloat(node.value, self.construct_yaml_float(node))


_Loader.add_implicit_resolver(
    _INT,
    re.compile(r"[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)\Z"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    _FLOAT,
    re.compile(
        r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
    ),
    list("-+0123456789."),
)
_Loader.add_constructor(_FLOAT, _Loader.fraction)


def load(text: str) -> Any:
    """What a YAML text holds, with a `WrittenFloat` for each fraction.

    Raises:
        yaml.YAMLError: it is no YAML, or would make objects.
    """
    return yaml.load(text, _Loader)  # noqa: S506 (it is a safe loader)
