"""What a student process does with a student's network: builds it, assigns weights, runs it, looks at its dropout.

Runs beside student code, so it holds no expected value.
"""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autograder.labs import forms
from autograder.sandbox.network_handling import (
    Arrays,
    DropoutOff,
    LayerOutputs,
    assign_weights,
    fitting,
    give_weights,
    numbers,
    shapes_of,
)
from autograder.sandbox.student import Student

CALL = forms.record(forms.told(kind=forms.text, rate=forms.number, training=forms.flag, shape=forms.each(forms.count)))
CIRCUMSTANCE = forms.pair(forms.one_of("training", "float64", "strided", "again"), forms.numbers)
OUTPUTS = forms.both(
    forms.record(
        forms.measured(outputs=forms.each(forms.numbers)),
        forms.told(others=forms.each(forms.each(CIRCUMSTANCE)), parameters=forms.SHAPES),
    ),
    lambda value: len(value["outputs"]) == len(value["others"]),
)

CHUNK = 100  # images at once: larger batches cost more, in memory and in time
FEW = 5  # ways to give weights out (a residual block has as many); with more, the first circumstances are enough
STILL = 16  # passes that show whether evaluation mode is still


@forms.answers(
    forms.record(
        forms.told(parameters=forms.SHAPES, output=forms.either(forms.each(forms.count), forms.text), trains=forms.flag)
    )
)
def parameters(student: Student, definition: str, arguments: list[int], channels: int, size: int) -> dict[str, Any]:
    """Names and shapes of the network's parameters, and the shape of what it makes of two images of zeros
    (2, channels, size, size); and whether gradients go through it."""
    model = student.get(definition)(*arguments)
    with torch.enable_grad():
        output = model(torch.zeros(2, channels, size, size))
    trains = not isinstance(output, Tensor) or output.requires_grad
    shape = list(map(int, output.shape)) if isinstance(output, Tensor) else type(output).__name__
    return {"parameters": shapes_of(model), "output": shape, "trains": trains}


@forms.answers(OUTPUTS)
def outputs(
    student: Student,
    definition: str,
    arguments: list[int],
    state: Arrays,
    images: np.ndarray,
    batches: list[int],
    train: bool = False,
    elsewhere: bool = True,
) -> dict[str, Any]:
    """What the network makes of `images` with the weights `state`, dropout off, once for each way to give them out.

    `train` runs it in training mode (batch norm by the batch's own statistics), all images at once; in evaluation mode
    they come in batches of the given sizes. If `elsewhere`, they then come again in other circumstances: in training
    mode where there is no batch norm, as float64, as a view of a larger tensor, and once more with a tensor that it has
    changed. One that cannot be run so is none: nobody asked for it.
    """
    torch.manual_seed(0)  # dropout by hand that is always on drops the same each time
    torch.backends.cudnn.allow_tf32 = False  # a GPU's short sums would differ by more than mistakes may
    batch = torch.tensor(images)
    model = student.get(definition)(*arguments).eval()
    ways = fitting(model, state, batch)
    answers, others = [], []
    for weights in ways:
        fresh = copy.deepcopy(model)
        assign_weights(fresh, weights)
        fresh = fresh.to(student.device).train(train)
        parts = [batch] if train else list(batch.split(batches))
        with DropoutOff(), torch.no_grad():
            made = [fresh(part.clone().to(student.device)) for part in parts]
        answers.append(_joined(made))
        others.append([] if train or not elsewhere or len(ways) > FEW else _elsewhere(fresh, batch.to(student.device)))
    return {"outputs": answers, "others": others, "parameters": shapes_of(model)}


def _elsewhere(model: nn.Module, batch: Tensor) -> list[list[Any]]:
    """What a network makes of a batch in circumstances that should change nothing."""
    wide = torch.zeros(*batch.shape[:2], 2 * batch.shape[2], 2 * batch.shape[3], device=batch.device)
    wide[:, :, ::2, ::2] = batch
    attempts = [("again", partial(_again, model, batch.clone())), ("strided", partial(model, wide[:, :, ::2, ::2]))]
    if not any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules()):
        attempts.append(("training", partial(_training, model, batch)))
    attempts.append(("float64", partial(_float64, model, batch)))
    found = []
    for name, attempt in attempts:
        try:
            with DropoutOff(), torch.no_grad():
                output = attempt()
            found.append([name, numbers(output)])
        except Exception:
            continue
    return found


def _training(model: nn.Module, batch: Tensor) -> Any:
    """What a network makes of a batch in training mode, if it makes the same of it twice: dropout may be written by
    hand."""
    model.train()
    first, second = numbers(model(batch.clone())), numbers(model(batch.clone()))
    if not np.array_equal(first, second):
        raise RuntimeError("something random is left")
    return first


def _float64(model: nn.Module, batch: Tensor) -> Any:
    return model.eval().double()(batch.double().clone())


def _again(model: nn.Module, batch: Tensor) -> Any:
    """What a network makes of a batch that it has changed when it was given it before; it must have changed it."""
    before = batch.clone()
    model(batch)
    if torch.equal(before, batch):
        raise RuntimeError("the batch is as it was")
    return model(batch)


@forms.answers(forms.each(forms.pair(forms.text, forms.array)))
def layers(
    student: Student, definition: str, arguments: list[int], state: Arrays, image: np.ndarray
) -> list[list[Any]]:
    """Kind and output of each layer with parameters, in the order of use, for one image (1, C, H, W)."""
    model, batch = student.get(definition)(*arguments).eval(), torch.tensor(image)
    give_weights(model, state, batch)
    with LayerOutputs() as noted, DropoutOff(), torch.no_grad():
        model(batch)
    return [[kind, numbers(value)] for kind, value in noted.outputs]


@forms.answers(
    forms.record(
        forms.measured(train=forms.samples, eval=forms.samples),
        forms.told(calls=forms.each(CALL), fits=forms.flag, batch=forms.one_of(CHUNK)),
    )
)
def dropout_samples(
    student: Student, definition: str, arguments: list[int], state: Arrays, images: np.ndarray, repeats: int
) -> dict[str, Any]:
    """Each image `repeats` times through the network, in training and in evaluation mode, and its dropout calls."""
    torch.manual_seed(0)
    model, batch = student.get(definition)(*arguments), torch.tensor(images)
    fits = give_weights(model, state, batch)
    calls: list[dict[str, Any]] = []
    trained: list[list[Any]] = []
    with torch.no_grad():
        model.train()
        for image in batch:
            trained.append([])
            for start in range(0, repeats, CHUNK):
                with DropoutOff(off=False) as noted:
                    trained[-1].append(model(image.expand(min(CHUNK, repeats - start), *image.shape)))
                calls = calls or noted.calls
        model.eval()
        evaluated = [model(image.expand(STILL, *image.shape)) for image in batch]
    return {
        "train": np.stack(list(map(_joined, trained))).reshape(len(images), repeats, -1),
        "eval": np.stack(list(map(numbers, evaluated))).reshape(len(images), STILL, -1),
        "calls": calls[:200],
        "batch": min(CHUNK, repeats),
        "fits": fits,
    }


def _joined(parts: list[Any]) -> np.ndarray:
    """What a network makes of parts of a batch, as one; what does not fit together stays what it is, for the judge."""
    arrays = list(map(numbers, parts))
    try:
        return np.concatenate(arrays)
    except ValueError:
        return arrays[-1]
