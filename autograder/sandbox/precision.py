"""Sums in all 32 bits, so that a network makes the same of an image on every device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def full_precision() -> Iterator[None]:
    """Has GPUs add up in 32 bits for as long as this lasts, whatever student code has chosen; then as before.

    By default PyTorch lets convolutions on GPUs use TF32, which keeps 10 of the 23 bits of a mantissa: results then
    differ by more than some mistakes do. See https://docs.pytorch.org/docs/stable/notes/cuda.html
    """
    matrices, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matrices.allow_tf32, convolutions.allow_tf32
    matrices.allow_tf32 = convolutions.allow_tf32 = False
    try:
        yield
    finally:
        matrices.allow_tf32, convolutions.allow_tf32 = before
