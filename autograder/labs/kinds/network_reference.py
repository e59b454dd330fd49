"""What the reference, or a known mistake in its place, answers to the questions about a network, and how far from the
reference's outputs a right network's may be.

Computed in float64, so that a students' key has the same bytes wherever it is built.
"""

from __future__ import annotations

import contextlib
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from autograder.judge import probes
from autograder.judge.compare import raised_numbers, raised_text
from autograder.judge.equivalence import subsample
from autograder.judge.oracle import RIGHT, Answers, ReferenceQuestion
from autograder.labs.kinds.network_procedures import BRIGHT
from autograder.sandbox.network_handling import DropoutOff, LayerOutputs, Rounded
from autograder.sandbox.student import describe

if TYPE_CHECKING:
    from autograder.labs.kinds.network import Network

DROPOUT_SAMPLES = 600
# Tolerated: the same sums in another order differ by less than this many times the rounding of each result.
ROUNDINGS = 128


def parameters(probe: Network, definitions: Any, seed: int) -> Answers:
    """The names (P,) and the shapes (P, 4), padded with zeros, of the network's parameters and buffers."""
    shapes = _shapes(_network(probe, definitions))
    padded = np.zeros((len(shapes), 4), np.int64)
    for row, (_, shape) in enumerate(shapes):
        padded[row, : len(shape)] = shape
    return {"names": np.array(list(dict(shapes))), "shapes": padded}


def output_shape(probe: Network, definitions: Any, seed: int) -> Answers:
    """The shape of what the network makes of two images, or what it raises."""
    network = _network(probe, definitions)
    try:
        with torch.no_grad():
            output = network(torch.zeros(2, probe.channels, probe.plain_size, probe.plain_size))
    except Exception as error:
        said = describe(error)
        return {"raised": np.array(raised_text(said)), "numbers": np.array(raised_numbers(said))}
    return {"output": np.array(output.shape)}


def known_outputs(probe: Network, few: int, definitions: Any, seed: int, train: bool = False) -> Answers:
    """A few of the numbers (`subsample`) that the network makes of the first `few` images: enough to tell mistakes."""
    network = _weighted(probe, definitions, seed).train(train)
    images = _images(probe, seed).clone()
    with torch.no_grad(), DropoutOff():
        parts = [images] if train else images.split(probe.batches)
        seen = np.concatenate([network(part).numpy() for part in parts[:few]])  # a batch may have other outputs
    return {RIGHT: subsample(seen[:few])}


def outputs(probe: Network, definitions: Any, seed: int, train: bool = False, times: float = 1) -> Answers:
    """What the network makes of the probe's images, so many times as bright, with the probe's weights, dropout off.

    With it comes how far a float32 run may be away: so many times what rounding every result to float32 does.
    """
    network, images, computed = _weighted(probe, definitions, seed).train(train), times * _images(probe, seed), []
    for rounded in (contextlib.nullcontext(), Rounded()):
        with torch.no_grad(), DropoutOff(), rounded:
            computed.append(network(images.clone()).numpy())
    right, error = computed[0], float(np.abs(computed[1] - computed[0]).max())
    # A power of two, so that it is the same number on every machine.
    return {RIGHT: right, "tolerance": np.exp2(np.ceil(np.log2(ROUNDINGS * max(error, 1e-9))))}


def layers(probe: Network, definitions: Any, seed: int) -> Answers:
    """What each layer with parameters puts out for the first image, in order."""
    network, image = _weighted(probe, definitions, seed), _images(probe, seed)[:1].clone()
    with torch.no_grad(), DropoutOff(), LayerOutputs() as noted:
        network(image)
    return {f"{number:02d} {kind}": value.numpy() for number, (kind, value) in enumerate(noted.outputs)}


def dropout(probe: Network, definitions: Any, seed: int) -> Answers:
    """The variance (2, outputs) of the outputs in training mode, over many draws of the dropped values."""
    network = _weighted(probe, definitions, seed).train()
    images = _images(probe, seed)[:2].clone()
    with torch.no_grad():
        try:
            with _DrawnDropout(seed, repeats=DROPOUT_SAMPLES):
                samples = network(images).reshape(2, DROPOUT_SAMPLES, -1)
        except RuntimeError:  # nothing is dropped, or in one of two branches
            with _DrawnDropout(seed):
                samples = network(images.repeat_interleave(DROPOUT_SAMPLES, 0)).reshape(2, DROPOUT_SAMPLES, -1)
    return {RIGHT: samples.var(1).numpy()}


def reference_questions(network: Network) -> dict[str, ReferenceQuestion]:
    """All questions about a network, by their names."""
    task, name = network.task, network.id
    shaped = f"{name}/parameters"
    questions = {
        shaped: ReferenceQuestion(task, partial(parameters, network)),
        f"{name}/output-shape": ReferenceQuestion(task, partial(output_shape, network)),
        f"{name}/outputs": ReferenceQuestion("", partial(outputs, network)),
        f"{name}/bright": ReferenceQuestion("", partial(outputs, network, times=BRIGHT)),
        f"{name}/known": ReferenceQuestion(task, partial(known_outputs, network, 3)),
        # Thousands of pairs: the marker names them; a student is told layer by layer where the outputs part.
        f"{name}/pairs": ReferenceQuestion(
            task, partial(known_outputs, network, 1), pairs=True, unless=shaped, public=False
        ),
        f"{name}/layers": ReferenceQuestion("", partial(layers, network)),
    }
    if network.trains:
        computed = partial(known_outputs, network, 3, train=True)
        questions[f"{name}/train-outputs"] = ReferenceQuestion("", partial(outputs, network, train=True))
        questions[f"{name}/train-known"] = ReferenceQuestion(task, computed, unless=shaped)
    if network.dropout is not None:
        questions[f"{name}/dropout"] = ReferenceQuestion(task, partial(dropout, network), unless=f"{name}/known")
    return questions


class _DrawnDropout(TorchFunctionMode):
    """Drops values by NumPy's PCG64, so that the same ones are dropped on every machine.

    The first dropout repeats each of its images `repeats` times: what comes before it is the same for all of them.
    """

    def __init__(self, seed: int, repeats: int = 1) -> None:
        super().__init__()
        self.draw = probes.generator(seed, "dropout")
        self.repeats = repeats

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (F.dropout, F.dropout2d):
            given: dict[str, Any] = {"p": 0.5, "training": True}
            given |= dict(zip(("input", "p", "training"), args, strict=False)) | (kwargs or {})
            image = given["input"]
            if not given["training"] or not given["p"]:
                return image
            image, self.repeats = image.repeat_interleave(self.repeats, 0), 1
            shape = image.shape if func is F.dropout else (*image.shape[:2], *(1 for _ in image.shape[2:]))
            kept = self.draw.random(tuple(shape), dtype=np.float32) >= given["p"]
            return image * torch.from_numpy(kept) / (1 - given["p"])
        return func(*args, **(kwargs or {}))


@lru_cache(maxsize=16)
def _images(probe: Network, seed: int) -> Tensor:
    """The probe's images, the same for all known mistakes: a network may change a copy of them in place."""
    return torch.tensor(probe.images(seed)).double()


def _network(probe: Network, definitions: Any) -> nn.Module:
    return getattr(definitions, probe.definition)(*probe.arguments)


def _shapes(network: nn.Module) -> list[tuple[str, list[int]]]:
    return [(name, list(value.shape)) for name, value in network.state_dict().items() if value.is_floating_point()]


def _weighted(probe: Network, definitions: Any, seed: int) -> nn.Module:
    """The network in float64 with the grader's weights, made without drawing others first."""
    shapes_only = torch.device("meta")
    with shapes_only:
        network = _network(probe, definitions)
    weights = {name: torch.tensor(value).double() for name, value in probes.weights(_shapes(network), seed)}
    network.load_state_dict(weights, strict=False, assign=True)
    for module in network.modules():
        for name, value in module._buffers.items():
            if value is not None and value.is_meta:
                module._buffers[name] = torch.zeros(value.shape, dtype=value.dtype)
    return network.eval()
