"""A device that every machine has, in the place of a GPU: does a student's function move what it must?

PyTorch's device "meta" holds no values. What is copied from there, or read, is zero; all else is as on any other device
than the CPU: what was not moved shows. Runs beside student code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

GPU = torch.device("meta")
CANNOT_BE_TOLD = "cannot be told"
READS = (Tensor.tolist, Tensor.item, Tensor.__float__, Tensor.__int__, Tensor.__bool__, Tensor.__index__)


class Seen(BaseException):
    """Enough has been seen: no code of the student's should catch it."""


class _Readable(TorchFunctionMode):
    """Lets tensors of the pretended GPU be copied to the CPU, and read, as those of a real one can be."""

    def __torch_function__(self, function: Any, types: Any, given: Any = (), named: Any = None) -> Any:
        named = named or {}
        if given and isinstance(given[0], Tensor) and given[0].is_meta:
            if function is Tensor.cpu or (function is Tensor.to and _is_cpu(_target(given, named))):
                return torch.zeros(given[0].shape, dtype=given[0].dtype)
            if function in READS:
                return function(torch.zeros(given[0].shape, dtype=given[0].dtype))
        return function(*given, **named)


def _target(given: Any, named: Any) -> Any:
    """The device that `Tensor.to` is told, if it is told one."""
    places = [one.device if isinstance(one, Tensor) else one for one in given[1:]]
    return named.get("device", next((one for one in places if isinstance(one, (str, torch.device))), None))


def _is_cpu(device: Any) -> bool:
    return device is not None and torch.device(device).type == "cpu"


def seen_on_gpu(function: Any, use: Callable[[list[str]], Any]) -> str:
    """What `use(seen)` notes in `seen` of a student's function, whose notebook calls the pretended GPU its `device`.

    Empty where it notes nothing; `use` raises `Seen` where it has noted enough. `CANNOT_BE_TOLD` where something else
    came first that wants values.
    """
    seen: list[str] = []
    with _as_device(getattr(function, "__globals__", {})), _Readable():
        try:
            use(seen)
        except Seen:
            pass
        except Exception:
            return seen[-1] if seen else CANNOT_BE_TOLD
    return seen[-1] if seen else ""


def on_gpu(model: nn.Module, seen: list[str]) -> nn.Module:
    """The same model on the pretended GPU; it notes in `seen` where images come that are not there, and stops."""

    def note(module: nn.Module, given: Any) -> None:
        if apart := places(module, given[0]):
            seen.append(apart)
            raise Seen

    model.to(GPU).register_forward_pre_hook(note)
    return model


def places(model: nn.Module, images: Tensor) -> str:
    """Where a model and its images are, in words; empty if that is one place."""
    there, here = next(model.parameters()).device, images.device
    return "" if there.type == here.type else f"model {_called(there)}, images {_called(here)}"


def _called(device: torch.device) -> str:
    return "on the GPU" if device.type == GPU.type else f"on “{device.type}”"


@contextmanager
def _as_device(names: dict[str, Any]) -> Iterator[None]:
    """A notebook's variable `device`, if it has one, is the pretended GPU meanwhile."""
    theirs = names.get("device")
    if not isinstance(theirs, (str, torch.device)):
        yield
        return
    names["device"] = GPU
    try:
        yield
    finally:
        names["device"] = theirs
