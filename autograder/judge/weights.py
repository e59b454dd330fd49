"""Reads a student's weights file in the trusted process, without running anything that is in it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from autograder.candidate.networks import Arrays, assignments, give_weights
from autograder.judge.networks import side_by_side
from autograder.judge.verdict import Failed, NotAttempted

HINT = "Save a state dict: `torch.save(model.state_dict(), path)`."


def read_weights(path: Path, name: str, limit_mb: float) -> Arrays:
    """The arrays of the state dict in `path`; raises `Failed`, or `NotAttempted` where there is no file."""
    if not path.is_file():
        raise NotAttempted(f"There is no file {name}.", hint="Train the network and save its state dict there.")
    size = path.stat().st_size
    if size > limit_mb * 2**20:
        raise Failed(f"{name} has {size / 2**20:.1f} MB; at most {limit_mb:g} MB are taken.")
    return weights_of(path.read_bytes(), name, limit_mb)


def weights_of(content: bytes, name: str, limit_mb: float) -> Arrays:
    """The arrays of a state dict that was saved with `torch.save`; raises `Failed`."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > limit_mb * 2**20:
                raise Failed(f"{name} unpacks to more than {limit_mb:g} MB.")
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:
        kind = "a whole module or other objects" if "weights_only" in str(error).lower() else "no readable weights"
        raise Failed(f"{name} holds {kind}, not a state dict.", hint=HINT) from None
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not all(isinstance(key, str) for key in state):
        raise Failed(f"{name} holds no state dict.", hint=HINT)
    arrays = []
    for key, value in state.items():
        if not isinstance(value, Tensor) or value.layout != torch.strided or value.is_quantized:
            raise Failed(f"{name} holds no state dict: the entry {key[:100]!r} is no plain tensor.", hint=HINT)
        # A stride of zero lets a few bytes claim to be gigabytes.
        if value.numel() * value.element_size() > limit_mb * 2**20:
            raise Failed(f"{name}: the tensor {key[:100]!r} is larger than the file can hold.")
        if value.is_floating_point():
            arrays.append((key, value.float().numpy()))
    return arrays


def fit_weights(arrays: Arrays, model: nn.Module, name: str) -> nn.Module:
    """`model` with the weights `arrays`, matched by name, else by order and shape; raises `Failed`."""
    ways = list(assignments(model, [(key.removeprefix("module."), value) for key, value in arrays]))
    if not ways:
        own = [(key, list(value.shape)) for key, value in arrays][:60]
        expected = [list(value.shape) for value in model.state_dict().values() if value.is_floating_point()]
        raise Failed(
            f"{name} does not fit the network. Asked for on the left, in your file on the right:\n"
            + side_by_side(expected, own)
        )
    for _, value in arrays:
        if not np.isfinite(value).all():
            raise Failed(f"{name} holds values that are not finite (NaN or infinity).")
    give_weights(model, ways[0])
    return model.eval()
