"""Checks of notebook 4_5_visualise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from autograder.judge import figures, probes
from autograder.judge.compare import array, difference, same, shape_text
from autograder.judge.verdict import Failed
from autograder.labs.examination import Examination
from autograder.labs.lab4 import asking, inputs, procedures

# The model that the student's functions get is their own BetterCNN with these weights, so that they may use its names;
# where it cannot take them, another network with the same first layer stands in.


def first_layer(examination: Examination) -> tuple[list[tuple[str, np.ndarray]], np.ndarray, np.ndarray]:
    """All weights of the model, and the first layer's weights (30, 1, 5, 5) and biases (30,)."""
    state = asking.weights_for(examination, inputs.BETTER)
    return state, state[0][1], state[1][1]


def maps_of(images: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The first layer's feature maps (N, 30, 24, 24) of images (N, 1, 28, 28)."""
    return F.conv2d(torch.tensor(images), torch.tensor(weight), torch.tensor(bias)).numpy()


def later_maps(examination: Examination, images: np.ndarray) -> np.ndarray:
    """The second convolution's feature maps (N, 6, 22, 22) in the grader's own network, in evaluation mode."""
    model = procedures.looked(asking.looked_weights(examination.oracle.seed)).eval()
    with torch.no_grad(), model.conv2.register_forward_hook(lambda module, given, output: maps.append(output)):
        maps: list[torch.Tensor] = []
        model(torch.tensor(images))
    return maps[0].numpy()


ROUNDING = 1e-3  # how far from [0, 1] an image may be by rounding


# --- filters ----------------------------------------------------------------------------------------------------------


@pytest.mark.task("filters")
@pytest.mark.public
def test_every_filter(examination: Examination) -> None:
    """`plot_filters` returns a figure with an image for each filter of the first layer."""
    state, weight, _ = first_layer(examination)
    answer = asking.ask(examination, asking.FILTERS, picture=True)
    if answer["figure"]:
        examination.keep_picture("filters-every-filter", answer["picture"])
    try:
        figures.judge_figure(answer, weight[:, 0], "`plot_filters`", "filter")
    except Failed as failed:
        # The first convolution that a student's own network makes need not be the first that an image meets.
        stand = {"state": state, "stand": True}
        try:
            other = examination.ask("filters", ["plot_filters"], **stand)
            figures.judge_figure(other, weight[:, 0], "`plot_filters`", "filter")
        except Failed:
            raise known(examination, asking.FILTERS, answer, failed) from None
        examination.keep_picture(
            "filters-every-filter", examination.ask("filters", ["plot_filters"], **stand, picture=True)["picture"]
        )


def known(examination: Examination, asked: asking.Asked, answer: Any, failed: Failed) -> Failed:
    """The verdict with the known mistake's name and sentence, where there is one."""
    name = asking.named(examination, asked, answer)
    name = name or (failed.diagnosis and asking.known(examination, failed.diagnosis)) or None
    return asking.mistake(examination, failed.message, name, failed.hint)


# --- feature-maps -----------------------------------------------------------------------------------------------------


@pytest.mark.task("feature-maps")
@pytest.mark.public
def test_maps(examination: Examination) -> None:
    """`feature_maps` returns what the layer makes of the image, dropout off."""
    _, weight, bias = first_layer(examination)
    answer = asking.ask(examination, asking.MAPS)
    image = probes.images(1, examination.oracle.seed)
    right = maps_of(image, weight, bias)[0]
    try:
        judge_maps(answer, right)
    except Failed as failed:
        # A BetterCNN that changes its images is another task's matter.
        try:
            judge_maps(asking.ask(examination, asking.MAPS, stand=True), right)
        except Failed:
            raise known(examination, asking.MAPS, answer, failed) from None
    answer = asking.ask(examination, asking.MAPS_IN_TRAINING)
    try:
        judge_maps(answer, later_maps(examination, image)[0])
    except Failed as failed:
        told = Failed(f"With a model in training mode: {failed.message}", hint="What turns dropout and batch norm off?")
        raise known(examination, asking.MAPS_IN_TRAINING, answer, told) from None


def judge_maps(answer: dict[str, Any], expected: np.ndarray) -> None:
    """The maps (C, H, W) are those expected."""
    if answer["maps"] is None:
        raise Failed(f"`feature_maps` was asked for a Tensor; it returned {answer['kind']}.")
    maps = array(answer["maps"], "What `feature_maps` returned")
    if maps.shape != expected.shape:
        raise Failed(
            f"`feature_maps` was asked for channels × height × width, {shape_text(expected.shape)}; it returned"
            f" {shape_text(maps.shape)}.",
            hint=hint_on_axes(maps.shape, expected.shape),
        )
    if same(maps, expected):
        return
    if same(maps, np.maximum(expected, 0)):
        raise Failed(
            "`feature_maps` returned the maps after the ReLU; the layer's own output was asked for.",
            hint="Does something change the output in place after the hook has seen it? Keep a copy.",
        )
    raise Failed(
        "`feature_maps` returned other values than the layer's output for this image"
        f" (they differ by {difference(maps, expected):.0%} of the largest).",
        hint="Is the hook on the layer that is passed in? Is the image given as it is?",
    )


def hint_on_axes(shape: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """Where to look when the maps (C, H, W) came back in another shape."""
    if shape == (1, *expected):
        return "The maps come out of a batch of one: its axis is still there."
    if shape == expected[1:]:
        return "An axis is missing: did one index too many take a single map, or was a mean taken over all of them?"
    if len(shape) <= 1:
        return (
            "Maps have height and width. Is the hook on the layer that is passed in, and is its output kept as it is?"
        )
    return "A network takes batches, one image is a batch of one: compare each axis of the result with what was asked."


@pytest.mark.task("feature-maps")
@pytest.mark.public
def test_hook_removed(examination: Examination) -> None:
    """`feature_maps` leaves no hook on the model, also where the model raises an error."""
    answer = asking.ask(examination, asking.MAPS)
    if answer["maps"] is None:
        facts = f"`feature_maps` was asked for a Tensor; it returned {answer['kind']}."
        raise known(examination, asking.MAPS, answer, Failed(facts))
    if answer["after"] != answer["before"]:
        facts = "After `feature_maps` its hook is still on the model, and would run with every later image."
        name = asking.named(examination, asking.MAPS, answer) or asking.named(examination, asking.MAPS, answer, "hooks")
        raise asking.mistake(examination, facts, name, "What does `register_forward_hook` return?")
    answer = asking.ask(examination, asking.MAPS_IN_TRAINING)
    if answer["after_error"]:
        facts = "Where the model raises an error, the hook of `feature_maps` is still on it afterwards."
        name = asking.named(examination, asking.MAPS_IN_TRAINING, answer)
        name = name or asking.named(examination, asking.MAPS_IN_TRAINING, answer, "hooks")
        raise asking.mistake(examination, facts, name, "What runs whether an error is raised or not?")


@pytest.mark.task("feature-maps")
@pytest.mark.public
def test_picture(examination: Examination) -> None:
    """`plot_feature_maps` returns a figure with an image for each map."""
    maps = probes.images(11, examination.oracle.seed, size=14)[:, 0]
    answer = asking.ask(examination, asking.MAP_FIGURE, picture=True)
    if answer["figure"]:
        examination.keep_picture("feature-maps-picture", answer["picture"])
    try:
        figures.judge_figure(answer, maps, "`plot_feature_maps`", "map")
    except Failed as failed:
        raise known(examination, asking.MAP_FIGURE, answer, failed) from None


# --- maximise ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Excited:
    """A unit, the image (1, 28, 28) that `maximise_activation` found for it, and the question that it answered."""

    unit: str
    image: np.ndarray
    activation: Callable[[np.ndarray], np.ndarray]  # the unit's, for images (N, 1, 28, 28)
    asked: asking.Asked


def in_first_layer(examination: Examination) -> list[Excited]:
    """For two units of the first convolution."""
    state, units = asking.steep_layer(examination.oracle.ask, examination.oracle.seed)
    weight, bias = state[0][1], state[1][1]
    found = judged_images(examination, asking.MAXIMISE, len(units))
    return [
        Excited(
            f"channel {unit} of the first convolution",
            image,
            lambda images, unit=unit: maps_of(images, weight, bias)[:, unit].mean((1, 2)),
            asking.MAXIMISE,
        )
        for unit, image in zip(units, found, strict=True)
    ]


def in_later_layers(examination: Examination) -> list[Excited]:
    """For a unit behind dropout, and for an output, of a model in evaluation mode."""
    model = procedures.looked(asking.looked_weights(examination.oracle.seed)).eval()
    unit = inputs.LOOKED_UNIT

    def channel(images: np.ndarray) -> np.ndarray:
        return later_maps(examination, images)[:, unit].mean((1, 2))

    def output(images: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return model(torch.tensor(images))[:, unit].numpy()

    _, later = judged_images(examination, asking.MAXIMISE_LATER, 2)
    (last,) = judged_images(examination, asking.MAXIMISE_OUTPUT, 1)
    return [
        Excited(f"channel {unit} of a second convolution", later, channel, asking.MAXIMISE_LATER),
        Excited(f"output {unit} of a fully connected layer", last, output, asking.MAXIMISE_OUTPUT),
    ]


def judged_images(examination: Examination, asked: asking.Asked, count: int) -> list[np.ndarray]:
    """The images (1, 28, 28) that were found; raises `Failed` where one is none."""
    answers = asking.ask(examination, asked)
    if len(answers) != count:
        raise Failed(f"`maximise_activation` was asked {count} times; there are {len(answers)} answers.")
    try:
        return [judged_image(answer) for answer in answers]
    except Failed as failed:
        raise known(examination, asked, answers, failed) from None


def judged_image(answer: dict[str, Any]) -> np.ndarray:
    """The image (1, 28, 28), if it is one; raises `Failed`."""
    if answer["image"] is None:
        raise Failed(f"`maximise_activation` was asked for a Tensor; it returned {answer['kind']}.")
    image = array(answer["image"], "The image that `maximise_activation` returned")
    if image.shape != (1, 28, 28):
        raise Failed(f"`maximise_activation` was asked for an image of shape (1, 28, 28); it has {image.shape}.")
    image = image.astype(np.float32)
    if image.min() < -ROUNDING or image.max() > 1 + ROUNDING:
        raise Failed(
            f"`maximise_activation` was asked for an image in [0, 1]; it has values from {image.min():.3g} to"
            f" {image.max():.3g}.",
            hint="What keeps the image within its range after each step, and is it the range that was asked for?",
        )
    return image


@pytest.mark.task("maximise")
@pytest.mark.public
def test_image(examination: Examination) -> None:
    """`maximise_activation` returns an image (1, 28, 28) in [0, 1]."""
    in_first_layer(examination)


@pytest.mark.task("maximise")
@pytest.mark.public
@pytest.mark.needs("image")
def test_model_unchanged(examination: Examination) -> None:
    """`maximise_activation` leaves the model's parameters, gradients, modes and hooks as they were."""
    answers = asking.ask(examination, asking.MAXIMISE_LATER)
    changed = {str(part) for answer in answers for part in answer["changed"]}
    if changed:
        named = [words for part, words in CHANGED.items() if part in changed]
        failed = Failed(
            "After `maximise_activation` the model is no longer as it was: " + (", ".join(named) or "it changed") + ".",
            hint="What is the gradient taken of, where is it kept, and what is put back at the end?",
        )
        raise known(examination, asking.MAXIMISE_LATER, answers, failed)


# What `procedures.maximise_elsewhere` may find changed, in words.
CHANGED = {
    "parameters": "its weights have other values",
    "gradients": "the `.grad` of its weights, which it had from a step of training, have other values",
    "no gradients": "the `.grad` of its weights, which it had from a step of training, are gone",
    "wants gradients": "its weights' `requires_grad` is another",
    "running statistics": "the running statistics of its batch norm moved, so that it ran in training mode",
    "modes": "it is in another mode",
    "hooks": "a hook is still on it",
}


@pytest.mark.task("maximise")
@pytest.mark.public
@pytest.mark.needs("image")
def test_raises_the_unit(examination: Examination) -> None:
    """The image that it finds excites the unit, more than chance does, in whatever layer it is."""
    draw = probes.generator(examination.oracle.seed, "chance")
    random = draw.random((200, 1, 28, 28), dtype=np.float32)
    for one in [*in_first_layer(examination), *in_later_layers(examination)]:
        reached = float(one.activation(one.image[None])[0])
        # The same pixels in random order have the same brightness and contrast: more than these excite the unit only by
        # their arrangement. A flat image has none, and may be as good: then it must beat random ones.
        shuffled = draw.permuted(np.tile(one.image.ravel(), (200, 1)), axis=1).reshape(200, 1, 28, 28)
        chance, noise = one.activation(shuffled), one.activation(random)
        if reached > chance.mean() + 3 * chance.std() + 1e-6 or reached > noise.max():
            continue
        if reached < noise.min() and reached > chance.mean() - 3 * chance.std() - 1e-6:
            # An image that is dark all over, perhaps the one that the ascent began with.
            failed = Failed(
                f"The image for {one.unit} excites it less than any of {len(noise)} images of random pixels.",
                hint="Which way is each step, how large is it, and how many of them are taken?",
            )
        elif reached < chance.mean() - 3 * chance.std() - 1e-6:
            failed = Failed(
                f"The image for {one.unit} excites it less than chance: its activation went down.",
                hint="Which way does the gradient point, and which way is the step?",
                diagnosis="gradient-descent",
            )
        else:
            failed = Failed(
                f"The image for {one.unit} excites it no more than the same pixels in random order.",
                hint="Is the activation of this layer and this unit what is raised? Does the image take the steps?",
            )
        raise known(examination, one.asked, asking.ask(examination, one.asked), failed)
    heeds(examination, "steps", 5)  # no multiple by a power of two: an image that is stretched at the end differs, too
    heeds(examination, "lr", 0.03)


def heeds(examination: Examination, argument: str, value: float) -> None:
    """The image that is found for a unit is another where an argument has another `value`; else half of the points."""
    given: dict[str, Any] = {"steps": 2, "lr": 0.01}
    few, more = (
        judged_image(asking.ask(examination, asking.MAXIMISE, **arguments)[0])  # light excites the first unit
        for arguments in (given, {**given, argument: value})
    )
    if not np.array_equal(few, more):
        return
    facts = f"With {argument}={given[argument]} and with {argument}={value} the very same image is found."
    raise asking.half(examination, facts, f"{argument}-ignored")
