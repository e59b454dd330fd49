"""Assigns the grader's weights to a student's network: by name, else by layer, else by shape.

Runs in the student process, so nothing here knows what is right.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

Arrays = list[Any]  # names and arrays, in pairs
ORDERS = 24  # how many ways to assign the weights are tried where shapes leave a choice


def state_of(model: nn.Module) -> Arrays:
    """The model's floating-point parameters and buffers with their names, in the model's order."""
    return [
        [name, value.detach().cpu().numpy()]
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
    own = [(name, value) for name, value in state_of(model) if used is None or _layer(name) in used]
    if [(name, value.shape) for name, value in sorted(own, key=_first)] == [
        (name, value.shape) for name, value in sorted(given, key=_first)
    ]:
        yield dict(given)
    layers, wanted = _by_layer(own), _by_layer(given)
    if sorted(map(_signature, layers)) == sorted(map(_signature, wanted)):
        yield from itertools.islice(_matchings(layers, wanted), ORDERS)
    elif sorted(value.shape for _, value in own) == sorted(value.shape for _, value in given):
        single_own, single_given = [[item] for item in own], [[item] for item in given]
        yield from itertools.islice(_matchings(single_own, single_given, shape_only=True), ORDERS)


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
    found = list(assignments(model, given))
    if not found:
        try:
            found = list(assignments(model, given, called_layers(model, images)))
        except Exception:
            return []
    return found


def give_weights(model: nn.Module, given: Arrays, images: Tensor) -> bool:
    """Assigns `given` to `model` in the likeliest way; whether they fit it."""
    ways = fitting(model, given, images)
    if ways:
        assign_weights(model, ways[0])
    return bool(ways)


def _first(item: tuple[str, Any]) -> str:
    return item[0]


def _layer(name: str) -> str:
    return name.rpartition(".")[0]


def _by_layer(arrays: Arrays) -> list[Arrays]:
    layers: dict[str, Arrays] = {}
    for name, value in arrays:
        layers.setdefault(_layer(name), []).append((name, value))
    return list(layers.values())


def _signature(layer: Arrays) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple(sorted((name.rpartition(".")[2], value.shape) for name, value in layer))


def _matchings(own: list[Arrays], given: list[Arrays], shape_only: bool = False) -> Iterator[dict[str, np.ndarray]]:
    def key(layer: Arrays) -> Any:
        return layer[0][1].shape if shape_only else _signature(layer)

    groups: dict[Any, tuple[list[Arrays], list[Arrays]]] = {}
    for layer in own:
        groups.setdefault(key(layer), ([], []))[0].append(layer)
    for layer in given:
        groups.setdefault(key(layer), ([], []))[1].append(layer)
    pairs = list(groups.values())
    for choice in itertools.product(*(itertools.permutations(wanted) for _, wanted in pairs)):
        weights: dict[str, np.ndarray] = {}
        for (mine, _), theirs in zip(pairs, choice, strict=True):
            for own_layer, given_layer in zip(mine, theirs, strict=True):
                by_leaf = {name.rpartition(".")[2]: value for name, value in given_layer}
                for name, _value in own_layer:
                    weights[name] = given_layer[0][1] if shape_only else by_leaf[name.rpartition(".")[2]]
        yield weights
