"""The right answers of lab 4, asked of the reference: the marker's oracle, and what the student's key is made of.

Computed in float64, so that the key has the same bytes wherever it is built.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from autograder.checks.lab4 import inputs
from autograder.checks.lab4.mistakes import MISTAKES as BANK
from autograder.judge import probes, values
from autograder.judge.oracle import RIGHT, Question, Reference

MISTAKES = {name: mistake.sentence for name, mistake in BANK.items()}
DROPOUT_SAMPLES = 1200

Answers = dict[str, np.ndarray]


def parameters(probe: inputs.NetworkProbe, reference: Reference, seed: int) -> Answers:
    """The names (P,) and the shapes (P, 4), padded with zeros, of the network's parameters and buffers."""
    shapes = _shapes(_network(probe, reference))
    padded = np.zeros((len(shapes), 4), np.int64)
    for row, (_, shape) in enumerate(shapes):
        padded[row, : len(shape)] = shape
    return {"names": np.array([name for name, _ in shapes]), "shapes": padded}


def outputs(probe: inputs.NetworkProbe, reference: Reference, seed: int, train: bool = False) -> Answers:
    """What the network, and each known mistake, makes of the probe's images with the probe's weights."""
    network = _weighted(probe, reference, seed).train(train)
    images = torch.tensor(probe.images(seed)).double()
    with torch.no_grad():
        answers = {RIGHT: copy.deepcopy(network)(images).numpy()}
        for name, mistake in BANK.items():
            if mistake.network == probe.definition and not train:
                wrong = mistake.forward(copy.deepcopy(network), images).numpy()
                if not (wrong.shape == answers[RIGHT].shape and np.allclose(wrong, answers[RIGHT])):
                    answers[name] = wrong
    return answers


def dropout(probe: inputs.NetworkProbe, reference: Reference, seed: int) -> Answers:
    """The variance (2, outputs) of the outputs in training mode, over many draws of the dropped values."""
    network = _weighted(probe, reference, seed).train()
    images = torch.tensor(probe.images(seed)[:2]).double()
    with torch.no_grad(), _DrawnDropout(seed):
        samples = network(images.repeat_interleave(DROPOUT_SAMPLES, 0)).reshape(2, DROPOUT_SAMPLES, -1)
    return {RIGHT: samples.var(1).numpy()}


def shape_digests(name: str, reference: Reference, seed: int) -> Answers:
    """Hashes of the accepted spellings: with and without the batch."""
    shape = getattr(reference, name)
    return {
        RIGHT: _bytes(values.digest(name, *shape)),
        "without-batch": _bytes(values.digest(name, *shape[1:])),
    }


def count_digest(name: str, reference: Reference, seed: int) -> Answers:
    """The hash of a number."""
    return {RIGHT: _bytes(values.digest(name, getattr(reference, name)))}


def loaded_image(picture: inputs.Picture, reference: Reference, seed: int) -> Answers:
    """What the reference makes of a picture: (1, 28, 28)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / picture.name
        path.write_bytes(picture.png(seed).tobytes())
        return {RIGHT: reference.load_image(path).double().numpy()}


QUESTIONS: dict[str, Question] = {
    "conv1_output_shape": partial(shape_digests, "conv1_output_shape"),
    "conv1_7x3_output_shape": partial(shape_digests, "conv1_7x3_output_shape"),
    "simple_cnn_parameters": partial(count_digest, "simple_cnn_parameters"),
}
for _probe in inputs.NETWORKS:
    QUESTIONS[f"{_probe.question}/parameters"] = partial(parameters, _probe)
    QUESTIONS[f"{_probe.question}/outputs"] = partial(outputs, _probe)
for _probe in (inputs.RESIDUAL_SAME, inputs.RESIDUAL_OTHER):
    QUESTIONS[f"{_probe.question}/train-outputs"] = partial(outputs, _probe, train=True)
for _picture in (*inputs.PUBLIC_PICTURES, *inputs.HIDDEN_PICTURES):
    QUESTIONS[f"load_image/{_picture.name}"] = partial(loaded_image, _picture)
for _probe in inputs.WITH_DROPOUT:
    QUESTIONS[f"{_probe.question}/dropout"] = partial(dropout, _probe)


class _DrawnDropout(TorchFunctionMode):
    """Drops values by NumPy's PCG64, so that the same ones are dropped on every machine."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.draw = probes.generator(seed, "dropout")

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func is F.dropout:
            given = dict(zip(("input", "p", "training"), args, strict=False)) | (kwargs or {})
            kept = self.draw.random(tuple(given["input"].shape), dtype=np.float32) >= given["p"]
            return given["input"] * torch.from_numpy(kept) / (1 - given["p"])
        return func(*args, **(kwargs or {}))


def _network(probe: inputs.NetworkProbe, reference: Reference) -> nn.Module:
    return getattr(reference, probe.definition)(*probe.arguments)


def _shapes(network: nn.Module) -> list[tuple[str, list[int]]]:
    return [(name, list(value.shape)) for name, value in network.state_dict().items() if value.is_floating_point()]


def _weighted(probe: inputs.NetworkProbe, reference: Reference, seed: int) -> nn.Module:
    network = _network(probe, reference)
    weights: dict[str, Tensor] = {name: torch.tensor(value) for name, value in probes.weights(_shapes(network), seed)}
    network.load_state_dict(weights, strict=False)
    return network.double().eval()


def _bytes(digest: bytes) -> np.ndarray:
    return np.frombuffer(digest, np.uint8)
