"""Helper classes that the six notebooks share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import numpy as np
import torch
from PIL import Image, ImageChops, ImageOps
from torch import nn


class SequentialNet(nn.Module):
    """A network that is one nn.Sequential called `net`; sub-classes only say which layers."""

    net: nn.Sequential

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.net = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device


class Capture:
    """Context manager: remembers what `layer` puts out, by a forward hook that lives as long as the block."""

    def __init__(self, layer: nn.Module) -> None:
        self.layer = layer
        self.output: torch.Tensor | None = None

    def _hook(self, module: nn.Module, inputs: tuple, output: torch.Tensor) -> None:
        self.output = output.clone()  # an in-place ReLU behind it must not change what we keep

    def __enter__(self) -> "Capture":
        self.handle = self.layer.register_forward_hook(self._hook)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.handle.remove()


class RunningMean:
    """The mean of values that come in batches of different sizes."""

    def __init__(self) -> None:
        self.total, self.count = 0.0, 0

    def update(self, value: float, n: int) -> None:
        self.total += value * n
        self.count += n

    def compute(self) -> float:
        return self.total / max(self.count, 1)


class MnistPicture:
    """A picture file on its way to becoming an MNIST image. Everything is a Pillow image of mode F or L."""

    SIDE, BOX = 28, 20

    def __init__(self, path: str | Path) -> None:
        with Image.open(path) as picture:
            picture.load()
            self.grey: Image.Image = self._to_grey(picture)

    @staticmethod
    def _to_grey(picture: Image.Image) -> Image.Image:
        if picture.mode.startswith("I"):
            return Image.fromarray((np.asarray(picture, dtype=np.float64) / 257).round().clip(0, 255).astype(np.uint8))
        if picture.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in picture.info:
            rgba = picture.convert("RGBA")
            alpha = rgba.getchannel("A")
            opaque = np.asarray(alpha) > 127
            grey = rgba.convert("RGB").convert("L")
            if opaque.all() or not opaque.any():
                return grey
            ink_is_dark = np.median(np.asarray(grey)[opaque]) < 128
            paper = Image.new("L", picture.size, 255 if ink_is_dark else 0)
            return Image.composite(grey, paper, alpha)
        return picture.convert("RGB").convert("L")

    @property
    def border(self) -> float:
        a = np.asarray(self.grey)
        return float(np.median(np.concatenate([a[0], a[-1], a[1:-1, 0], a[1:-1, -1]])))

    def light_on_dark(self) -> "MnistPicture":
        low, high = self.grey.getextrema()
        if abs(high - self.border) < abs(self.border - low):
            self.grey = ImageOps.invert(self.grey)
        return self

    def cropped_and_centred(self) -> "MnistPicture":
        if self.grey.size == (self.SIDE, self.SIDE):
            return self
        paper = Image.new("L", self.grey.size, round(self.border))
        ink = ImageOps.autocontrast(ImageChops.subtract(self.grey, paper))
        box = ink.point(lambda value: 255 if value > 50 else 0).getbbox()
        canvas = Image.new("L", (self.SIDE, self.SIDE), 0)
        if box is not None:
            digit = ImageOps.contain(ink.crop(box), (self.BOX, self.BOX), Image.Resampling.LANCZOS)
            rows, columns = self.centre_of_mass(digit)
            top = min(max(round(self.SIDE / 2 - rows), 0), self.SIDE - digit.height)
            left = min(max(round(self.SIDE / 2 - columns), 0), self.SIDE - digit.width)
            canvas.paste(digit, (left, top))
        self.grey = canvas
        return self

    @staticmethod
    def centre_of_mass(image: Image.Image) -> tuple[float, float]:
        a = np.asarray(image, dtype=float)
        rows, columns = np.indices(a.shape)
        return (rows * a).sum() / a.sum(), (columns * a).sum() / a.sum()

    def tensor(self) -> torch.Tensor:
        from torchvision.transforms.functional import to_tensor

        return to_tensor(self.grey)


def device_of(model: nn.Module) -> torch.device:
    """Where the model's first parameter is; the CPU where it has none."""
    return next((p.device for p in model.parameters()), torch.device("cpu"))
