"""What a student's weights file holds, and whether it fits a network.

The file itself is read in a student process in which no code of the student's runs (`sandbox/weights_reader.py`): an
unpickler is large, and this process holds the labels. What comes back is names and arrays.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from autograder.judge.equivalence import side_by_side
from autograder.judge.verdict import Failed, NotAttempted
from autograder.sandbox.network_handling import Arrays, assign_weights, assignments

HINT = "Save a state dict: `torch.save(model.state_dict(), path)`."
PROBLEMS = {
    "unreadable": "{name} cannot be read as a state dict.",
    "objects": "{name} is not a state dict: it holds a whole module or other objects, or is not a PyTorch file.",
    "no state dict": "{name} does not hold a state dict.",
    "no tensor": "{name} does not hold a state dict: some entries are not ordinary tensors.",
    "too large": "{name} is larger than {limit:g} MB when unpacked.",
    "too many": "{name} holds more tensors than any network of this lab needs.",
}

DIAGNOSES = {"objects": "whole-module-pickled", "no state dict": "no-state-dict", "no tensor": "no-state-dict"}


def content_of(path: Path, name: str, limit_mb: float) -> np.ndarray:
    """The bytes of a weights file; raises `Failed` for one that is too large, `NotAttempted` where there is none."""
    if not path.is_file():
        raise NotAttempted(f"There is no file {name}.", hint="Train the network and save its state dict there.")
    size = path.stat().st_size
    if size > limit_mb * 2**20:
        raise Failed(f"{name} is {size / 2**20:.1f} MB; the limit is {limit_mb:g} MB.")
    return np.frombuffer(path.read_bytes(), np.uint8)


def arrays_of(answer: Any, name: str, limit_mb: float) -> Arrays:
    """The names and arrays that the reader found in a file; raises `Failed` where it found no state dict."""
    problem = answer.get("problem")
    if problem:
        text = PROBLEMS.get(str(problem), PROBLEMS["unreadable"])
        raise Failed(text.format(name=name, limit=limit_mb), hint=HINT, diagnosis=DIAGNOSES.get(str(problem)))
    arrays = [(str(key), value) for key, value in answer["state"]]
    if not all(isinstance(value, np.ndarray) and value.dtype == np.float32 for _, value in arrays):
        raise Failed(PROBLEMS["no tensor"].format(name=name), hint=HINT)
    return arrays


def fingerprint(arrays: Arrays) -> str:
    """A digest of weights that does not depend on their names, their order, or how they were saved."""
    each = sorted(hashlib.sha256(f"{value.shape}".encode() + value.tobytes()).digest() for _, value in arrays)
    return hashlib.sha256(b"".join(each)).hexdigest()


def fit_weights(arrays: Arrays, model: nn.Module, name: str) -> nn.Module:
    """`model` with the weights `arrays`, matched by name, else by order and shape; raises `Failed`."""
    ways = list(assignments(model, [(key.removeprefix("module."), value) for key, value in arrays]))
    if not ways:
        own = [(key, list(value.shape)) for key, value in arrays][:60]
        state = model.state_dict().items()
        expected = [(key, list(value.shape)) for key, value in state if value.is_floating_point()]
        raise Failed(
            f"{name} does not fit the network. The network's shapes are on the left, your file's on the right:\n"
            + side_by_side(expected, own)
        )
    for _, value in arrays:
        if not np.isfinite(value).all():
            raise Failed(f"{name} contains NaN or infinity.")
    assign_weights(model, ways[0])
    return model.eval()
