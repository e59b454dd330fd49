"""The right answers of lab 4, asked of the reference: the marker's oracle, and what the student's key is made of.

Each question is a function of definitions and a seed. Asked of the reference it gives the right answer, asked of a
variant in the bank of mistakes that mistake's. Networks are computed in float64, and what other procedures give is told
by a few rounded numbers, so that the key has the same bytes wherever it is built.
"""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from autograder.judge import probes, values
from autograder.judge.compare import raised_numbers, raised_text
from autograder.judge.equivalence import thin
from autograder.judge.oracle import RIGHT, Answers, Question
from autograder.labs.lab4 import asking, inputs, procedures
from autograder.labs.questions import asked_questions
from autograder.sandbox.function_modes import DropoutOff, LayerOutputs
from autograder.sandbox.student import describe

DROPOUT_SAMPLES = 600
SPELLINGS = 128  # other orders of the same sums differ by less than this many times what rounding each result does


def parameters(probe: inputs.NetworkProbe, definitions: Any, seed: int) -> Answers:
    """The names (P,) and the shapes (P, 4), padded with zeros, of the network's parameters and buffers."""
    shapes = _shapes(_network(probe, definitions))
    padded = np.zeros((len(shapes), 4), np.int64)
    for row, (_, shape) in enumerate(shapes):
        padded[row, : len(shape)] = shape
    return {"names": np.array([name for name, _ in shapes]), "shapes": padded}


def output_shape(probe: inputs.NetworkProbe, definitions: Any, seed: int) -> Answers:
    """The shape of what the network makes of two images, or what it raises."""
    network = _network(probe, definitions)
    try:
        with torch.no_grad():
            output = network(torch.zeros(2, probe.channels, probe.plain_size, probe.plain_size))
    except Exception as error:
        said = describe(error)
        return {"raised": np.array(raised_text(said)), "numbers": np.array(raised_numbers(said))}
    return {"output": np.array(output.shape)}


def known_outputs(probe: inputs.NetworkProbe, few: int, definitions: Any, seed: int, train: bool = False) -> Answers:
    """A few of the numbers (`thin`) that the network makes of the first `few` images: enough to tell mistakes."""
    network = _weighted(probe, definitions, seed).train(train)
    images = torch.tensor(probe.images(seed)).double()
    with torch.no_grad(), DropoutOff():
        parts = [images] if train else images.split(inputs.BATCHES)
        seen = np.concatenate([network(part).numpy() for part in parts[:few]])  # a batch may have other outputs
    return {RIGHT: thin(seen[:few])}


def outputs(probe: inputs.NetworkProbe, definitions: Any, seed: int, train: bool = False) -> Answers:
    """What the network makes of the probe's images with the probe's weights, dropout off.

    With it comes how far a float32 run may be away: so many times what rounding every result to float32 does.
    """
    network = _weighted(probe, definitions, seed).train(train)
    images = torch.tensor(probe.images(seed)).double()
    with torch.no_grad(), DropoutOff():
        right = network(images).numpy()
    rounded = _weighted(probe, definitions, seed).train(train)
    with torch.no_grad(), DropoutOff(), _Rounded():
        error = float(np.abs(rounded(images).numpy() - right).max())
    # A power of two, so that it is the same number on every machine.
    return {RIGHT: right, "tolerance": np.exp2(np.ceil(np.log2(SPELLINGS * max(error, 1e-9))))}


def layers(probe: inputs.NetworkProbe, definitions: Any, seed: int) -> Answers:
    """What each layer with parameters puts out for the first image, in order."""
    with torch.no_grad(), DropoutOff(), LayerOutputs() as noted:
        _weighted(probe, definitions, seed)(torch.tensor(probe.images(seed)[:1]).double())
    return {f"{number:02d} {kind}": value.numpy() for number, (kind, value) in enumerate(noted.outputs)}


def dropout(probe: inputs.NetworkProbe, definitions: Any, seed: int) -> Answers:
    """The variance (2, outputs) of the outputs in training mode, over many draws of the dropped values."""
    network = _weighted(probe, definitions, seed).train()
    images = torch.tensor(probe.images(seed)[:2]).double()
    with torch.no_grad():
        try:
            with _DrawnDropout(seed, repeats=DROPOUT_SAMPLES):
                samples = network(images).reshape(2, DROPOUT_SAMPLES, -1)
        except RuntimeError:  # nothing is dropped, or in one of two branches
            with _DrawnDropout(seed):
                samples = network(images.repeat_interleave(DROPOUT_SAMPLES, 0)).reshape(2, DROPOUT_SAMPLES, -1)
    return {RIGHT: samples.var(1).numpy()}


def shape_digests(name: str, definitions: Any, seed: int) -> Answers:
    """The hash of a shape."""
    return {RIGHT: _bytes(values.digest(name, *getattr(definitions, name)))}


def count_digest(name: str, definitions: Any, seed: int) -> Answers:
    """The hash of a number."""
    return {RIGHT: _bytes(values.digest(name, getattr(definitions, name)))}


def loaded_image(picture: inputs.Picture, definitions: Any, seed: int) -> Answers:
    """What `load_image` makes of a picture: (1, 28, 28)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / picture.name
        path.write_bytes(picture.png(seed).tobytes())
        try:
            image = definitions.load_image(path)
        except Exception as error:
            return {"raised": np.array(raised_text(describe(error)))}
        if not isinstance(image, Tensor):
            return {"kind": np.array(type(image).__name__)}
        return {RIGHT: image.double().numpy(), "dtype": np.array(str(image.dtype))}


def best_shapes(definitions: Any, seed: int) -> Answers:
    """The shapes of the best model's parameters, sorted: the reference's own network, which is nobody else's."""
    return {"shapes": np.array(str(sorted(shape for _, shape in _shapes(definitions.best_model()))))}


QUESTIONS: dict[str, Question] = {
    "conv1_output_shape": Question("shapes", partial(shape_digests, "conv1_output_shape")),
    "conv1_7x3_output_shape": Question("shapes", partial(shape_digests, "conv1_7x3_output_shape")),
    "simple_cnn_parameters": Question("shapes", partial(count_digest, "simple_cnn_parameters")),
    "best_model/shapes": Question("best-model", best_shapes, public=False),
}
for _probe in inputs.NETWORKS:
    _task, _name = _probe.task, _probe.question
    _shaped = f"{_name}/parameters"
    QUESTIONS[_shaped] = Question(_task, partial(parameters, _probe))
    QUESTIONS[f"{_name}/output-shape"] = Question(_task, partial(output_shape, _probe))
    QUESTIONS[f"{_name}/outputs"] = Question("", partial(outputs, _probe))
    QUESTIONS[f"{_name}/known"] = Question(_task, partial(known_outputs, _probe, 3))
    # Thousands of pairs: the marker names them; a student is told layer by layer where the outputs part.
    _pairs = Question(_task, partial(known_outputs, _probe, 1), pairs=True, unless=_shaped, public=False)
    QUESTIONS[f"{_name}/pairs"] = _pairs
    QUESTIONS[f"{_name}/layers"] = Question("", partial(layers, _probe))
for _probe in inputs.RESIDUALS:
    _task, _name = _probe.task, _probe.question
    _known = partial(known_outputs, _probe, 3, train=True)
    QUESTIONS[f"{_name}/train-outputs"] = Question("", partial(outputs, _probe, train=True))
    QUESTIONS[f"{_name}/train-known"] = Question(_task, _known, unless=f"{_name}/parameters")
for _probe in inputs.WITH_DROPOUT:
    _name = _probe.question
    QUESTIONS[f"{_name}/dropout"] = Question(_probe.task, partial(dropout, _probe), unless=f"{_name}/known")
for _picture in (*inputs.PUBLIC_PICTURES, *inputs.HIDDEN_PICTURES):
    _public = _picture in inputs.PUBLIC_PICTURES
    QUESTIONS[f"load_image/{_picture.name}"] = Question("load-image", partial(loaded_image, _picture), public=_public)
QUESTIONS |= asked_questions(asking.ASKED, procedures, QUESTIONS)


class _DrawnDropout(TorchFunctionMode):
    """Drops values by NumPy's PCG64, so that the same ones are dropped on every machine.

    The first dropout repeats each of its images `repeats` times: what comes before it is the same for all of them.
    """

    def __init__(self, seed: int, repeats: int = 1) -> None:
        super().__init__()
        self.draw = probes.generator(seed, "dropout")
        self.repeats = repeats

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
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


class _Rounded(TorchFunctionMode):
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


def _network(probe: inputs.NetworkProbe, definitions: Any) -> nn.Module:
    return getattr(definitions, probe.definition)(*probe.arguments)


def _shapes(network: nn.Module) -> list[tuple[str, list[int]]]:
    return [(name, list(value.shape)) for name, value in network.state_dict().items() if value.is_floating_point()]


def _weighted(probe: inputs.NetworkProbe, definitions: Any, seed: int) -> nn.Module:
    """The network in float64 with the grader's weights, made without drawing others first."""
    with torch.device("meta"):
        network = _network(probe, definitions)
    made = _weights(str(_shapes(network)), seed)
    network.load_state_dict(
        {name: value.clone() if "running" in name else value for name, value in made.items()}, strict=False, assign=True
    )
    for module in network.modules():
        for name, value in module._buffers.items():
            if value is not None and value.is_meta:
                module._buffers[name] = torch.zeros(value.shape, dtype=value.dtype)
    return network.eval()


@lru_cache(maxsize=16)
def _weights(shapes: str, seed: int) -> dict[str, Tensor]:
    return {name: torch.tensor(value).double() for name, value in probes.weights(ast.literal_eval(shapes), seed)}


def _bytes(digest: bytes) -> np.ndarray:
    return np.frombuffer(digest, np.uint8)
