"""Handles a student's network: assigns the grader's weights to it, and watches or changes its forward pass.

Weights are assigned by name, else by layer, else by shape. Runs in the student process, so nothing here knows what is
right.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from autograder.sandbox import wire

# --- weights ----------------------------------------------------------------------------------------------------------

Arrays = Sequence[Any]  # pairs of a name and an array
ORDERS = 24  # how many ways to assign the weights are tried where shapes leave a choice


def numbers(value: Any) -> np.ndarray:
    """What a network returned, or holds, as an array that can be sent; of several values the first.

    Raises `TypeError` for what holds no real numbers.
    """
    if isinstance(value, (tuple, list)) and value and isinstance(value[0], Tensor):
        value = value[0]  # its logits and something more
    array = _array_of(value) if isinstance(value, Tensor) else np.ascontiguousarray(value)
    if array.dtype.name in wire.DTYPES:
        return array
    if array.dtype.kind not in "uif":
        raise TypeError(f"what it holds is {array.dtype}, and not real numbers")
    return array.astype(np.float64)  # of a kind that few machines have


def _array_of(tensor: Tensor) -> np.ndarray:
    """The numbers of a tensor, however they are kept."""
    try:
        tensor = tensor.detach()
        if tensor.layout != torch.strided:
            tensor = tensor.to_dense()
        if tensor.is_quantized:
            tensor = tensor.dequantize()
        if tensor.is_floating_point() and tensor.dtype not in (torch.float16, torch.float32, torch.float64):
            tensor = tensor.float()  # numpy knows no other
        return tensor.cpu().contiguous().resolve_conj().resolve_neg().numpy()
    except Exception as error:  # torch calls some of it not implemented, which a student's stub is called, too
        raise TypeError(f"a tensor cannot be read as plain numbers ({str(error)[:100]})") from None


def state_of(model: nn.Module) -> Arrays:
    """The model's floating-point parameters and buffers with their names, in the model's order."""
    return [
        [name, numbers(value)]
        for name, value in model.state_dict().items()
        if isinstance(value, Tensor) and value.is_floating_point()
    ]


def shapes_of(model: nn.Module) -> list[list[Any]]:
    """The names and shapes of `state_of`, as plain data."""
    return [[name[:100], list(value.shape)] for name, value in state_of(model)][:200]


def assignments(model: nn.Module, given: Arrays, used: set[str] | None = None) -> Iterator[dict[str, np.ndarray]]:
    """The ways to assign the arrays `given` to the model's parameters, the likeliest first; none if they do not fit.

    By name if all names agree; else layer by layer, in order, among layers of the same shapes; else array by array, in
    order, among equal shapes. `used` restricts this to the layers that the forward pass calls.
    """
    own = state_of(model)
    if used is not None:
        own = [(name, value) for name, value in own if name.rpartition(".")[0] in used]
    if len(own) != len(given):
        return
    if {name: value.shape for name, value in own} == {name: value.shape for name, value in given}:
        yield dict(given)
    for whole_layers in (True, False):
        mine, theirs = _pieces(own, whole_layers), _pieces(given, whole_layers)
        if {kind: len(found) for kind, found in mine.items()} == {kind: len(found) for kind, found in theirs.items()}:
            yield from itertools.islice(_matchings(mine, theirs), ORDERS)
            return


def assign_weights(model: nn.Module, weights: dict[str, np.ndarray]) -> None:
    """Copies `weights` into the model, on whatever device its parameters are."""
    state = model.state_dict()
    with torch.no_grad():
        for name, value in weights.items():
            state[name].copy_(torch.tensor(value))


def called_layers(model: nn.Module, images: Tensor) -> set[str]:
    """The names of the modules that a forward pass calls."""
    called: set[str] = set()
    names = {module: name for name, module in model.named_modules()}
    hooks = [
        module.register_forward_pre_hook(lambda module, _: called.add(names[module])) for module in model.modules()
    ]
    try:
        with torch.no_grad():
            model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return called


def fitting(model: nn.Module, given: Arrays, images: Tensor) -> list[dict[str, np.ndarray]]:
    """All ways to assign `given` to `model`, ignoring layers that its forward pass never calls if that is needed."""
    if any(isinstance(value, nn.parameter.UninitializedParameter) for value in model.parameters()):
        with torch.no_grad():
            model(images)
    found = _different(assignments(model, given))
    if not found:
        try:
            found = _different(assignments(model, given, called_layers(model, images)))
        except Exception:
            return []
    return found


def _different(ways: Iterator[dict[str, np.ndarray]]) -> list[dict[str, np.ndarray]]:
    """The ways to assign weights without those that assign the same values."""
    found: dict[tuple[Any, ...], dict[str, np.ndarray]] = {}
    for way in ways:
        values = tuple(id(value) if value.ndim > 1 else value.tobytes() for _, value in sorted(way.items()))
        found.setdefault(values, way)
    return list(found.values())


def give_weights(model: nn.Module, given: Arrays, images: Tensor) -> bool:
    """Assigns `given` to `model` in the likeliest way; whether they fit it."""
    ways = fitting(model, given, images)
    if ways:
        assign_weights(model, ways[0])
    return bool(ways)


def _pieces(arrays: Arrays, whole_layers: bool) -> dict[Any, list[dict[str, tuple[str, np.ndarray]]]]:
    """Layers, or single arrays, by their shapes, each as names and arrays by what they are in the layer."""
    layers: dict[Any, dict[str, tuple[str, np.ndarray]]] = {}
    for number, (name, value) in enumerate(arrays):  # names may have been taken out: then all are the same
        layer, _, leaf = name.rpartition(".") if whole_layers else (number, "", "")
        layers.setdefault(layer, {})[leaf] = (name, value)
    alike: dict[Any, list[dict[str, tuple[str, np.ndarray]]]] = {}
    for piece in layers.values():
        alike.setdefault(tuple(sorted([(leaf, value.shape) for leaf, (_, value) in piece.items()])), []).append(piece)
    return alike


def _matchings(own: dict[Any, Any], given: dict[Any, Any]) -> Iterator[dict[str, np.ndarray]]:
    """The ways to pair the pieces of `own` with pieces of `given` of the same shapes; at least the first `ORDERS`.

    `product` keeps every order of each kind, and twelve arrays of one shape have 479 million.
    """
    orders = [itertools.islice(itertools.permutations(given[kind]), ORDERS) for kind in own]
    for choice in itertools.product(*orders):
        weights: dict[str, np.ndarray] = {}
        for mine, theirs in zip(own.values(), choice, strict=True):
            for to, source in zip(mine, theirs, strict=True):
                for leaf, (name, _) in to.items():
                    weights[name] = source[leaf][1]
        yield weights


# --- the forward pass -------------------------------------------------------------------------------------------------

_DROPOUTS: dict[Any, str] = {
    F.dropout: "dropout",
    torch.dropout: "dropout",
    torch.dropout_: "dropout",
    F.dropout1d: "dropout1d",
    F.dropout2d: "dropout2d",
    F.dropout3d: "dropout3d",
    torch.feature_dropout: "feature dropout",
    torch.feature_dropout_: "feature dropout",
    F.alpha_dropout: "alpha dropout",
    torch.alpha_dropout: "alpha dropout",
    F.feature_alpha_dropout: "feature alpha dropout",
}


class DropoutOff(TorchFunctionMode):
    """Turns each call of a dropout function into the identity, and records its kind, rate, mode and shape.

    With `off=False` dropout works as usual, and calls are only recorded.
    """

    def __init__(self, off: bool = True) -> None:
        super().__init__()
        self.off = off
        self.calls: list[dict[str, Any]] = []

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func in _DROPOUTS:
            given = dict(zip(("input", "p", "training"), args, strict=False)) | kwargs
            image = given["input"]
            # `F.dropout` calls `torch.dropout`, but the inner call bypasses this mode and is not recorded twice.
            self.calls.append(
                {
                    "kind": _DROPOUTS[func],
                    "rate": float(given.get("p", 0.5)),
                    "training": bool(given.get("training", given.get("train", True))),
                    "shape": list(image.shape),
                }
            )
            if self.off:
                return image
        return func(*args, **kwargs)


_LAYERS: dict[Any, str] = {
    torch.conv2d: "convolution",
    F.linear: "fully connected layer",
    F.batch_norm: "batch norm",
}


class LayerOutputs(TorchFunctionMode):
    """Records the output of each layer with parameters, in the order in which they are called."""

    def __init__(self) -> None:
        super().__init__()
        self.outputs: list[tuple[str, Tensor]] = []

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func in _LAYERS and len(self.outputs) < 40:
            self.outputs.append((_LAYERS[func], result.detach().clone()))  # later operations may change it in place
        return result


class Rounded(TorchFunctionMode):
    """Rounds every result to float32, as a float32 run does, and goes on in float64."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        exact = func(*args, **(kwargs or {}))
        wide = isinstance(exact, Tensor) and exact.dtype == torch.float64
        return exact.float().double() if wide else exact


# --- running it ------------------------------------------------------------------------------------------------------


def copies_with(model: nn.Module, state: Arrays, batch: Tensor, device: str) -> list[nn.Module]:
    """Copies of the network with the weights `state`, one for each way to give them out."""
    torch.manual_seed(0)  # dropout by hand that is always on drops the same each time
    copies = []
    for weights in fitting(model.eval(), state, batch):
        copies.append(copy.deepcopy(model))
        assign_weights(copies[-1], weights)
        copies[-1] = copies[-1].to(device)
    return copies


def run(models: Sequence[nn.Module], batch: Tensor, device: str, sizes: list[int] | None) -> list[np.ndarray]:
    """What each network makes of a batch, dropout off: in parts of these `sizes`, or at once in training mode."""
    found = []
    for model in models:
        model.train(sizes is None)
        with DropoutOff(), torch.no_grad():
            parts = [batch] if sizes is None else batch.split(sizes)
            found.append(joined([numbers(model(part.clone().to(device))) for part in parts]))
    return found


def joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """What a network makes of parts of a batch, as one; what does not fit together stays what it is, for the judge."""
    try:
        return np.concatenate(arrays)
    except ValueError:
        return arrays[-1]


def elsewhere(model: nn.Module, batch: Tensor) -> list[list[Any]]:
    """What a network makes of a batch in circumstances that should change nothing."""
    wide = torch.zeros(*batch.shape[:2], 2 * batch.shape[2], 2 * batch.shape[3], device=batch.device)
    wide[:, :, ::2, ::2] = batch
    attempts = [("again", partial(_again, model, batch.clone())), ("strided", partial(model, wide[:, :, ::2, ::2]))]
    if not any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules()):
        attempts.append(("training", partial(_training, model, batch)))
    attempts.append(("float64", partial(_float64, model, batch)))
    found = []
    for name, attempt in attempts:
        try:
            with DropoutOff(), torch.no_grad():
                output = attempt()
            found.append([name, numbers(output)])
        except Exception:
            continue
    return found


def _training(model: nn.Module, batch: Tensor) -> Any:
    """What a network makes of a batch in training mode, if it makes the same of it twice: dropout may be written by
    hand."""
    model.train()
    first, second = numbers(model(batch.clone())), numbers(model(batch.clone()))
    if not np.array_equal(first, second):
        raise RuntimeError("something random is left")
    return first


def _float64(model: nn.Module, batch: Tensor) -> Any:
    return model.eval().double()(batch.double().clone())


def _again(model: nn.Module, batch: Tensor) -> Any:
    """What a network makes of a batch that it has changed when it was given it before; it must have changed it."""
    before = batch.clone()
    model(batch)
    if torch.equal(before, batch):
        raise RuntimeError("the batch is as it was")
    return model(batch)
