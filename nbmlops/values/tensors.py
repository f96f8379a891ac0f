"""What tensors of PyTorch are made of, and what its modules number anew in each process.

The library is not imported: a value of its own can only exist where it is loaded.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

from nbmlops.values.beside import Beside, attributes_of
from nbmlops.values.digests import digest_buffer
from nbmlops.values.forms import Anatomist, Anatomy
from nbmlops.values.kinds import ancestry, is_a, name_of, package_of


def tensor(value: Any) -> Anatomy:
    """Of a `torch.Tensor`, wherever it lives; a sparse one as torch pickles it."""
    torch = sys.modules["torch"]
    if value.is_quantized:
        return ("torch.Tensor", *_quantized(value), *_beside(value))
    if value.layout is not torch.strided:
        wanted = (value.grad if value.is_leaf else None,) if value.requires_grad else ()
        plain = value.detach() if wanted else value
        return ("torch.Tensor", plain.__reduce_ex__(5), *wanted, *_beside(value))
    flat = value.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
    return (
        "torch.Tensor", type(value), str(value.dtype), str(value.device), tuple(value.shape),
        value.requires_grad, digest_buffer(flat.view(torch.uint8).numpy()),
        value.grad if value.is_leaf else None, *_beside(value),
    )  # fmt: skip


def storage(value: Any) -> Anatomy:
    """Of a `torch.UntypedStorage`: its bytes."""
    torch = sys.modules["torch"]
    octets = torch.empty(0, dtype=torch.uint8, device=value.device).set_(value)
    return ("torch.storage", type(value), str(value.device), digest_buffer(octets.cpu().numpy()))


def _quantized(value: Any) -> Anatomy:
    """Of a quantized tensor: its whole numbers, and what they stand for."""
    scheme = str(value.qscheme())
    if "per_channel" in scheme:
        scales, zeros = value.q_per_channel_scales(), value.q_per_channel_zero_points()
        meaning: tuple[Any, ...] = (scales, zeros, value.q_per_channel_axis())
    else:
        meaning = (value.q_scale(), value.q_zero_point())
    return (type(value), str(value.dtype), scheme, meaning, value.int_repr())


def _beside(value: Any) -> tuple[Beside, ...]:
    """What is noted on a tensor, which is stored along with it, and its hooks, which are lost.

    What torch notes on those of classes of its own follows from their content.
    """
    kind: Any = type(value)
    if package_of(kind) == "torch" and name_of(kind) not in _PLAIN:
        return ()
    found = attributes_of(value)
    noted = {name: part for name, part in found.items() if not name.startswith(_OF_COMPILER)}
    if value._backward_hooks:  # noqa: SLF001  it has no other name
        noted[_HOOKS] = list(value._backward_hooks.values())  # noqa: SLF001  as above
    return (Beside(noted, {}, lost=_LOST, owner=name_of(kind)),) if noted else ()


_PLAIN = frozenset(["Tensor", "Parameter"])
_OF_COMPILER = "_dynamo"
_HOOKS = "_backward_hooks"
_LOST = frozenset([_HOOKS])


def with_hooks_in_order(value: Any, state: Any) -> Any:
    """The state of a module with its hooks numbered from 0, in the order of their registration.

    They have numbers that the whole process counts up.
    """
    kind: Any = type(value)
    if not _has_hooks(kind) or type(state) is not dict:
        return state
    hooks = {
        name: part for name, part in state.items() if name.partition("_hooks")[1] and _counts(part)
    }
    numbers = sorted({number for part in hooks.values() for number in part})
    ranks = {number: rank for rank, number in enumerate(numbers)}
    ordered = {
        name: [(ranks[number], hook) for number, hook in part.items()]
        for name, part in hooks.items()
    }
    return {**state, **ordered}


def _counts(part: Any) -> bool:
    """Whether a part of a module holds hooks by their numbers."""
    return is_a(part, dict) and bool(part) and all(type(key) is int for key in part)


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=1024)
def _has_hooks(kind: type) -> bool:
    return any((package_of(one), name_of(one)) == ("torch", "Module") for one in ancestry(kind))


ANATOMISTS: dict[tuple[str, str], Anatomist] = {
    ("torch", "Tensor"): tensor,
    ("torch", "UntypedStorage"): storage,
}
