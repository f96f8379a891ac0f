"""Tensors and modules of PyTorch beside plain ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nbmlops.values.codec import decode, encode
from nbmlops.values.fingerprint import examine, fingerprint
from nbmlops.values.session import session_digest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # sparse ones are in beta


def _again(value: Any) -> Any:
    encoded = encode(value)
    return decode(encoded.stream, [memoryview(bytearray(one)) for one in encoded.buffers])


def _changed(make: Callable[[], Any], change: Callable[[Any], object]) -> None:
    """What a change makes of a value is another one, here and in a session, and comes back."""
    value = make()
    before, session = fingerprint(value), session_digest(value)
    assert fingerprint(make()) == before
    assert fingerprint(_again(value)) == before
    change(value)
    assert fingerprint(value) != before
    assert session_digest(value) != session
    assert fingerprint(_again(value)) == fingerprint(value)


def _named(units: list[str]) -> Any:
    tensor = torch.ones(2)
    tensor.units = units
    return tensor


def test_what_is_noted_on_a_tensor_counts() -> None:
    _changed(lambda: _named(["km"]), lambda tensor: tensor.units.append("m"))
    _changed(lambda: torch.ones(2), lambda tensor: setattr(tensor, "units", ["km"]))


def test_a_hook_of_a_tensor_counts_and_is_told_to_be_lost() -> None:
    tensor = torch.ones(2, requires_grad=True)
    before = examine(tensor)
    tensor.register_hook(print)
    after = examine(tensor)
    assert after.text != before.text
    assert after.left_out == "_backward_hooks of Tensor"


@pytest.mark.parametrize("layout", ["to_sparse", "to_sparse_csr"])
def test_a_sparse_tensor_keeps_that_it_takes_a_gradient(layout: str) -> None:
    def make() -> Any:
        return getattr(torch.eye(3), layout)().requires_grad_()

    _changed(make, lambda tensor: tensor.requires_grad_(False))
    found = _again(make())
    assert found.is_leaf
    assert found.requires_grad


def _quantized(scale: float = 0.1, zero: int = 0) -> Any:
    return torch.quantize_per_tensor(torch.tensor([1.0, 2.0]), scale, zero, torch.qint8)


def test_a_quantized_tensor_counts_by_its_numbers_and_what_these_stand_for() -> None:
    _changed(_quantized, lambda tensor: tensor.__setitem__(0, 5.0))
    assert len({fingerprint(_quantized(*given)) for given in ((), (0.2,), (0.1, 1))}) == 3

    def per_channel(scale: float) -> Any:
        scales, zeros = torch.tensor([0.1, scale]), torch.tensor([0, 0])
        return torch.quantize_per_channel(torch.ones(2, 2), scales, zeros, 0, torch.qint8)

    assert fingerprint(per_channel(0.2)) == fingerprint(per_channel(0.2))
    assert fingerprint(per_channel(0.2)) != fingerprint(per_channel(0.3))


def test_the_memory_of_a_tensor_counts_by_its_bytes() -> None:
    storage = torch.ones(4).untyped_storage()
    before = fingerprint(storage)
    assert fingerprint(torch.ones(4).untyped_storage()) == before
    storage[0] = 3
    assert fingerprint(storage) != before


def _hooked(*, twice: bool = False) -> Any:
    torch.manual_seed(0)
    module = torch.nn.Linear(3, 2)
    for _ in range(1 + twice):
        module.register_forward_pre_hook(print, with_kwargs=twice)
    return module


def test_hooks_of_a_module_count_by_what_they_call() -> None:
    """Each has a number of its own in its process."""
    before = fingerprint(_hooked())
    assert fingerprint(_hooked()) == before
    assert fingerprint(_hooked(twice=True)) == fingerprint(_hooked(twice=True)) != before


def _tied() -> Any:
    torch.manual_seed(0)
    first, second = torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)
    second.weight = first.weight
    return torch.nn.Sequential(first, second)


def test_which_parameters_modules_and_optimizers_have_in_common_is_noted() -> None:
    tied = _tied()
    before = examine(tied).holding
    assert examine(_tied()).holding == before
    assert examine(_again(tied)).holding == before
    tied[1].weight = torch.nn.Parameter(tied[0].weight.detach().clone())
    assert examine(tied).holding != before

    module = torch.nn.Linear(3, 2)
    both = [module, torch.optim.SGD(module.parameters())]
    before = examine(both).holding
    assert examine(_again(both)).holding == before
    both[1].param_groups[0]["params"][0] = torch.nn.Parameter(module.weight.detach().clone())
    assert examine(both).holding != before
