"""Checks of notebook 4_5_visualise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from autograder.checks.examination import Examination
from autograder.checks.lab4 import asking, inputs
from autograder.judge import figures, probes
from autograder.judge.compare import array, difference, same, shape_text
from autograder.judge.verdict import Failed

# The model that the student's functions get is their own BetterCNN with these weights, so that they may use its names;
# where it cannot take them, another network with the same first layer stands in.


def first_layer(examination: Examination) -> tuple[list[tuple[str, np.ndarray]], np.ndarray, np.ndarray]:
    """All weights of the model, and the first layer's weights (30, 1, 5, 5) and biases (30,)."""
    state = asking.weights_for(examination, inputs.BETTER)
    return state, state[0][1], state[1][1]


def maps_of(images: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The first layer's feature maps (N, 30, 24, 24) of images (N, 1, 28, 28)."""
    return F.conv2d(torch.tensor(images), torch.tensor(weight), torch.tensor(bias)).numpy()


# --- filters ----------------------------------------------------------------------------------------------------------


@pytest.mark.task("filters")
@pytest.mark.public
def test_every_filter(examination: Examination) -> None:
    """`plot_filters` returns a figure with an image for each filter of the first layer."""
    state, weight, _ = first_layer(examination)
    answer = asking.ask(examination, asking.FILTERS)
    if answer["figure"]:
        examination.keep_picture("filters-every-filter", answer["picture"])
    try:
        figures.judge_figure(answer, weight[:, 0], "`plot_filters`", "filter")
    except Failed as failed:
        # The first convolution that a student's own network makes need not be the first that an image meets.
        try:
            other = examination.ask("filters", ["plot_filters"], state=state, stand=True)
            figures.judge_figure(other, weight[:, 0], "`plot_filters`", "filter")
        except Failed:
            other = None
        if other is None:
            raise known(examination, asking.FILTERS, answer, failed) from None
        examination.keep_picture("filters-every-filter", other["picture"])


def known(examination: Examination, asked: asking.Asked, answer: Any, failed: Failed) -> Failed:
    """The verdict with the known mistake's name and sentence, where there is one."""
    name = asking.named(examination, asked, answer)
    name = name or (failed.diagnosis and asking.known(examination, failed.diagnosis)) or None
    return asking.mistake(examination, failed.message, name, failed.hint)


# --- feature-maps -----------------------------------------------------------------------------------------------------


@pytest.mark.task("feature-maps")
@pytest.mark.public
def test_maps(examination: Examination) -> None:
    """`feature_maps` returns what the layer makes of the image."""
    _, weight, bias = first_layer(examination)
    answer = asking.ask(examination, asking.MAPS)
    right = maps_of(probes.images(1, examination.oracle.seed), weight, bias)[0]
    try:
        judge_maps(answer, right)
    except Failed as failed:
        # A BetterCNN that changes its images is another task's matter.
        try:
            judge_maps(asking.ask(examination, asking.MAPS, stand=True), right)
        except Failed:
            raise known(examination, asking.MAPS, answer, failed) from None


def judge_maps(answer: dict[str, Any], expected: np.ndarray) -> None:
    """The maps (C, H, W) are those expected."""
    if answer["maps"] is None:
        raise Failed(f"`feature_maps` was asked for a Tensor; it returned {answer['kind']}.")
    maps = array(answer["maps"], "What `feature_maps` returned")
    if maps.shape != expected.shape:
        raise Failed(
            f"`feature_maps` was asked for channels × height × width, {shape_text(expected.shape)}; it returned"
            f" {shape_text(maps.shape)}.",
            hint="A network takes batches: one image is a batch of one, and its maps come out of one.",
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


@pytest.mark.task("feature-maps")
@pytest.mark.public
def test_hook_removed(examination: Examination) -> None:
    """`feature_maps` leaves no hook on the model."""
    answer = asking.ask(examination, asking.MAPS)
    if answer["maps"] is None:
        facts = f"`feature_maps` was asked for a Tensor; it returned {answer['kind']}."
        raise known(examination, asking.MAPS, answer, Failed(facts))
    if answer["after"] != answer["before"]:
        facts = "After `feature_maps` its hook is still on the model, and would run with every later image."
        name = asking.named(examination, asking.MAPS, answer) or asking.named(examination, asking.MAPS, answer, "hooks")
        raise asking.mistake(examination, facts, name, "What does `register_forward_hook` return?")


@pytest.mark.task("feature-maps")
@pytest.mark.public
def test_picture(examination: Examination) -> None:
    """`plot_feature_maps` returns a figure with an image for each map."""
    maps = probes.images(11, examination.oracle.seed, size=14)[:, 0]
    answer = asking.ask(examination, asking.MAP_FIGURE)
    if answer["figure"]:
        examination.keep_picture("feature-maps-picture", answer["picture"])
    try:
        figures.judge_figure(answer, maps, "`plot_feature_maps`", "map")
    except Failed as failed:
        raise known(examination, asking.MAP_FIGURE, answer, failed) from None


# --- maximise ---------------------------------------------------------------------------------------------------------


def found_images(examination: Examination) -> list[tuple[int, np.ndarray]]:
    """What `maximise_activation` finds for two units, (1, 28, 28) each."""
    _, units = asking.steep_layer(examination.oracle.ask, examination.oracle.seed)
    answers = asking.ask(examination, asking.MAXIMISE)
    try:
        return [(unit, judged_image(answer)) for unit, answer in zip(units, answers, strict=True)]
    except Failed as failed:
        raise known(examination, asking.MAXIMISE, answers, failed) from None


def judged_image(answer: dict[str, Any]) -> np.ndarray:
    """The image (1, 28, 28), if there is one and the weights are what they were; raises `Failed`."""
    if answer["image"] is None:
        raise Failed(f"`maximise_activation` was asked for a Tensor; it returned {answer['kind']}.")
    image = array(answer["image"], "The image that `maximise_activation` returned")
    if image.shape != (1, 28, 28):
        raise Failed(f"`maximise_activation` was asked for an image of shape (1, 28, 28); it has {image.shape}.")
    if answer["changed"]:
        raise Failed(
            "`maximise_activation` changed the model's weights; only the image was to change.",
            hint="What is the gradient taken of, and what is stepped?",
        )
    return image.astype(np.float32)


@pytest.mark.task("maximise")
@pytest.mark.public
def test_image(examination: Examination) -> None:
    """`maximise_activation` returns an image and leaves the model as it was."""
    found_images(examination)


@pytest.mark.task("maximise")
@pytest.mark.public
@pytest.mark.needs("image")
def test_raises_the_unit(examination: Examination) -> None:
    """The image that it finds excites the unit, more than chance does."""
    state, _ = asking.steep_layer(examination.oracle.ask, examination.oracle.seed)
    weight, bias = state[0][1], state[1][1]
    draw = probes.generator(examination.oracle.seed, "chance")
    for unit, image in found_images(examination):
        reached = maps_of(image[None], weight, bias)[0, unit].mean()
        # The same pixels in random order have the same brightness and contrast: more than these excite the unit only by
        # their arrangement. An image kept within [0, 1] may be as good and flat: then it must beat random ones.
        shuffled = np.stack([draw.permutation(image.ravel()).reshape(1, 28, 28) for _ in range(200)])
        chance = maps_of(shuffled, weight, bias)[:, unit].mean((1, 2))
        noise = maps_of(draw.random((200, 1, 28, 28), dtype=np.float32), weight, bias)[:, unit].mean((1, 2))
        within = image.min() > -0.01 and image.max() < 1.01
        if reached > chance.mean() + 3 * chance.std() + 1e-6 or (within and reached > noise.max()):
            continue
        if reached < chance.mean() - 3 * chance.std() - 1e-6 or (within and reached < noise.min()):
            failed = Failed(
                f"The image for unit {unit} excites it less than chance: its activation went down.",
                hint="Which way does the gradient point, and which way is the step?",
                diagnosis="gradient-descent",
            )
        else:
            failed = Failed(
                f"The image for unit {unit} excites it no more than the same pixels in random order.",
                hint="Is the activation of this layer and this unit what is raised? Does the image take the steps?",
            )
        raise known(examination, asking.MAXIMISE, asking.ask(examination, asking.MAXIMISE), failed)
