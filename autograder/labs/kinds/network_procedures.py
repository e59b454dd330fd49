"""What a student process does with a student's network: builds it, assigns weights, runs it, looks at its dropout.

Runs beside student code, so it holds no expected value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.labs import forms
from autograder.sandbox.network_handling import (
    Arrays,
    DropoutOff,
    LayerOutputs,
    copies_with,
    elsewhere,
    give_weights,
    joined,
    numbers,
    run,
    shapes_of,
)
from autograder.sandbox.student import Student

CALL = forms.record(forms.told(kind=forms.text, rate=forms.number, training=forms.flag, shape=forms.each(forms.count)))
CIRCUMSTANCE = forms.pair(forms.one_of("training", "float64", "strided", "again"), forms.numbers)

BRIGHT = 50  # times as large as an image's values, so that large values come up
CHUNK = 100  # images at once: larger batches cost more, in memory and in time
FEW = 5  # ways to give weights out (a residual block has as many); with more, the first circumstances are enough
STILL = 16  # passes that show whether evaluation mode is still


@forms.answers(
    forms.record(
        forms.told(
            parameters=forms.SHAPES,
            output=forms.either(forms.each(forms.count), forms.text),
            trains=forms.flag,
            in_place=forms.flag,
            unreached=forms.each(forms.text),
            shared=forms.each(forms.text),
        )
    )
)
def parameters(student: Student, definition: str, arguments: list[int], channels: int, size: int) -> dict[str, Any]:
    """Names and shapes of the network's parameters, and the shape of what it makes of two images of zeros
    (2, channels, size, size). Whether gradients go through it, or fail since something was changed `in_place` that they
    need, and which parameters they do not reach; and which parameters a second network of this class has, too."""
    model = student.get(definition)(*arguments)
    with torch.enable_grad():
        output = model(torch.zeros(2, channels, size, size))
    trains = not isinstance(output, Tensor) or output.requires_grad
    in_place, unreached, shared = False, [], []
    if isinstance(output, Tensor) and output.requires_grad:
        try:
            output.sum().backward()
        except RuntimeError as error:
            trains, in_place = False, "inplace" in str(error)
        unreached = [name for name, value in model.named_parameters() if value.grad is None]
    own = {id(value) for value in model.parameters()}
    shared = [name for name, value in student.get(definition)(*arguments).named_parameters() if id(value) in own]
    shape = list(map(int, output.shape)) if isinstance(output, Tensor) else type(output).__name__
    told = {"trains": trains, "in_place": in_place, "unreached": unreached[:100], "shared": shared[:100]}
    return {"parameters": shapes_of(model), "output": shape, **told}


@forms.answers(
    forms.record(
        forms.measured(outputs=forms.each(forms.numbers)),
        forms.told(others=forms.each(forms.each(CIRCUMSTANCE)), parameters=forms.SHAPES),
    )
)
def outputs(
    student: Student,
    definition: str,
    arguments: list[int],
    state: Arrays,
    images: np.ndarray,
    batches: list[int],
    train: bool = False,
) -> dict[str, Any]:
    """What the network makes of `images` with the weights `state`, dropout off, once for each way to give them out.

    `train` runs it in training mode (batch norm by the batch's own statistics), all images at once; in evaluation mode
    they come in batches of the given sizes, and then again in other circumstances: in training mode where there is no
    batch norm, as float64, as a view of a larger tensor, and once more with a tensor that it has changed. One that
    cannot be run so is none: nobody asked for it.
    """
    batch = torch.tensor(images)
    model = student.get(definition)(*arguments)
    networks = copies_with(model, state, batch, student.device)
    answers = run(networks, batch, student.device, None if train else batches)
    seldom = train or len(networks) > FEW
    others = [[] if seldom else elsewhere(network, batch.to(student.device)) for network in networks]
    return {"outputs": answers, "others": others, "parameters": shapes_of(model)}


@forms.answers(forms.each(forms.each(forms.numbers)), measured=True)
def plain_outputs(
    student: Student, definition: str, arguments: list[int], trials: list[list[Any]], batches: list[int]
) -> list[list[np.ndarray]]:
    """The same for several weights and their images in evaluation mode, and in no other circumstances."""
    model = student.get(definition)(*arguments)
    found = []
    for state, images in trials:
        batch = torch.tensor(images)
        found.append(run(copies_with(model, state, batch, student.device), batch, student.device, batches))
    return found


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
                    trained[-1].append(numbers(model(image.expand(min(CHUNK, repeats - start), *image.shape))))
                calls = calls or noted.calls
        model.eval()
        evaluated = [model(image.expand(STILL, *image.shape)) for image in batch]
    return {
        "train": np.stack(list(map(joined, trained))).reshape(len(images), repeats, -1),
        "eval": np.stack(list(map(numbers, evaluated))).reshape(len(images), STILL, -1),
        "calls": calls[:200],
        "batch": min(CHUNK, repeats),
        "fits": fits,
    }
