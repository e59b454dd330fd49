"""Torch function modes that watch a forward pass or change it: `DropoutOff`, `LayerOutputs` and `Rounded`.

They run in the student process, so nothing here knows what is right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

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
