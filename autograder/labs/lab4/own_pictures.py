"""Whether a picture is a released one in disguise, and what the reference's trained network reads in a picture."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, ImageOps
from torch import nn

from autograder.judge.accuracy import logits_of
from autograder.labs.examination import Examination

LARGEST = 400  # pixels of a picture's longer side that are looked at
SIDE, FRAME = 40, 48  # pixels of a digit's longer side, and of the picture that it is compared in
PROPORTIONS = 1.4  # so much wider or narrower a digit may be drawn and still be the same
# A correlation. Of 10,000 of MNIST's digits, none comes nearer than 0.96 to one of the release; nor do its own to each
# other. Nearly all of them are nearer than 0.99 when they are lighter, darker, inverted, wider, moved or noisy.
SAME_DIGIT = 0.99


@dataclass(frozen=True)
class Ink:
    """What is drawn in a picture, without the paper around it: how far each pixel is from the paper, as bytes."""

    drawn: Image.Image

    def is_like(self, other: Ink) -> bool:
        """Whether both are one drawing, however light, large or wide it is, and wherever on the paper."""
        wide = self.drawn.width / self.drawn.height * other.drawn.height / other.drawn.width
        if not 1 / PROPORTIONS < wide < PROPORTIONS:
            return False
        larger = SIDE / max(other.drawn.size)
        size = max(1, round(other.drawn.width * larger)), max(1, round(other.drawn.height * larger))
        return float((self._framed(size) * other._framed(size)).sum()) > SAME_DIGIT

    def _framed(self, size: tuple[int, int]) -> np.ndarray:
        way = Image.Resampling.BOX if self.drawn.width > size[0] else Image.Resampling.BILINEAR
        frame = Image.new("L", (FRAME, FRAME))
        frame.paste(self.drawn.resize(size, way), ((FRAME - size[0]) // 2, (FRAME - size[1]) // 2))
        pixels = np.asarray(frame.filter(ImageFilter.GaussianBlur(1)), np.float64)
        pixels -= pixels.mean()
        return pixels / (np.linalg.norm(pixels) or 1.0)


def ink_of(path: Path) -> Ink:
    """The ink of a picture that is not blank, on grey where it is transparent. The paper is what lies at the edges."""
    with Image.open(path, formats=["PNG"]) as image:
        drawn = image.convert("RGBA")
    drawn.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    paper = Image.new("RGBA", drawn.size, "grey")  # so that both black and white ink can be seen
    grey = np.asarray(Image.alpha_composite(paper, drawn).convert("L"), np.float64)
    away = np.abs(grey - np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))
    rows, columns = np.nonzero(2 * away >= away.max())
    box = away[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return Ink(Image.fromarray(box.clip(0, 255).astype(np.uint8)))


def upright(image: Image.Image) -> Image.Image:
    """A picture as its EXIF data say that it is to be seen; as it is where they cannot be read."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # the decoder's, of notes in any form
        return image


def read_by(network: nn.Module | None, path: Path, examination: Examination) -> int | None:
    """The digit that a network reads in a picture, as the reference's `load_image` loads it; None if it cannot."""
    if network is None:
        return None
    try:
        image = examination.oracle.definition("load_image")(_small_enough(path))
        return int(logits_of(network, (image.numpy() * 255).round().astype(np.uint8)).argmax())
    except Exception:  # a picture that the decoder refuses
        return None


def _small_enough(path: Path) -> Path | io.BytesIO:
    """A picture's file, or that of a smaller one: what reads a picture may take time that grows with the square of its
    side."""
    with Image.open(path, formats=["PNG"]) as image:
        if max(image.size) <= LARGEST:
            return path
        small = upright(image).convert("RGBA")
    small.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    file = io.BytesIO()
    small.save(file, "PNG")
    file.seek(0)
    return file


def trained_reference(examination: Examination) -> nn.Module | None:
    """The reference's network with its weights for MNIST; None where there are none."""
    import torch

    reference = examination.context.lab.reference
    path = reference / "weights" / "mnist" / "better_cnn.pt" if reference is not None else None
    if path is None or not path.is_file():
        return None
    network: nn.Module = examination.oracle.network("BetterCNN")
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()
