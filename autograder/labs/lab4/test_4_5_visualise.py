"""Checks of notebook 4_5_visualise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from autograder.judge import probes
from autograder.judge.compare import array, difference, same, shape_text
from autograder.judge.oracle import KEY_SEED
from autograder.judge.verdict import Blocked, Failed, Partial, Verdict
from autograder.labs.examination import Examination
from autograder.labs.kinds.figure import figure_question
from autograder.labs.kinds.pretended_gpu import CANNOT_BE_TOLD
from autograder.labs.lab4 import procedures
from autograder.labs.lab4.networks import BETTER
from autograder.labs.lab4.probe_network import LOOKED_UNIT, looked_weights, steep_layer
from autograder.labs.questions import ANY, Ask, Aspect, Given, Question, judge, of_each, sketch

# The model that the student's functions get is their own BetterCNN with these weights, so that they may use its names;
# where it cannot take them, another network with the same first layer stands in.
STAND_IN: Given = {"stand": True}
A_SLIP = 0.25  # of a check's points: for what is right but for one case
ROUNDING = 1e-3  # how far from [0, 1] an image may be by rounding


def maps_of(images: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The first layer's feature maps (N, 30, 24, 24) of images (N, 1, 28, 28)."""
    return F.conv2d(torch.tensor(images), torch.tensor(weight), torch.tensor(bias)).numpy()


def later_maps(state: list[tuple[str, np.ndarray]], images: np.ndarray) -> np.ndarray:
    """The second convolution's feature maps (N, 6, 22, 22) in the grader's own network, in evaluation mode."""
    model = procedures.looked(state).eval()
    with torch.no_grad(), model.conv2.register_forward_hook(lambda module, given, output: maps.append(output)):
        maps: list[torch.Tensor] = []
        model(torch.tensor(images))
    return maps[0].numpy()


# --- filters ----------------------------------------------------------------------------------------------------------

FILTERS = figure_question(
    "filters",
    "filters",
    procedures.filters,
    "plot_filters",
    lambda ask, seed: {"state": BETTER.weights(ask, seed)},
    shown=lambda given: given["state"][0][1][:, 0],
    one="filter",
    instead=STAND_IN,
    other_axes=1 / 6,
    as_they_are=1 / 3,
    besides=1 / 6,
)
FEW_FILTERS = 12


def _few_filters(ask: Ask, seed: int) -> Given:
    return {"state": [(name, value[:FEW_FILTERS]) for name, value in BETTER.weights(ask, seed)[:2]], "renamed": True}


# The first convolution is found by what it is, whatever a network calls it, and has as many filters as it has.
FILTERS_RENAMED = replace(
    FILTERS,
    given=_few_filters,
    instead=None,
    prefix=f"For a network with {FEW_FILTERS} filters, which calls its layers otherwise: ",
)


@pytest.mark.task("filters")
@pytest.mark.public
@pytest.mark.rests_on(procedures.filters, "images", "picture")
def test_every_filter(examination: Examination) -> None:
    """`plot_filters` returns a figure with an image for each filter of the first convolution."""
    judge(examination, FILTERS)
    judge_renamed(examination)


def judge_renamed(examination: Examination) -> None:
    """The filters of a smaller network with other names are shown, too; else a third of the points is lost."""
    verdict: Verdict | None
    try:
        verdict = FILTERS_RENAMED.verdict(examination)
    except Failed as failed:
        verdict = failed
    if verdict is not None:
        by_name = "has no attribute" in verdict.message
        mistake = "layer-by-name" if by_name else verdict.diagnosis or "always-30-filters"
        earned = verdict.fraction if isinstance(verdict, Partial) else 0
        raise examination.verdict(verdict.message, mistake, verdict.hint, max(2 / 3, earned))


# --- feature-maps -----------------------------------------------------------------------------------------------------

FEW_MAPS = 30  # one that returns rows for maps has thousands
HOOKS = "hook-removed"


def _first_maps(given: Given) -> np.ndarray:
    """What the first layer makes of the image: (30, 24, 24)."""
    weight, bias = given["state"][0][1], given["state"][1][1]
    return maps_of(given["image"][None], weight, bias)[0]


def _kind(answer: Any, given: Given) -> str:
    return "Tensor" if answer["tensor"] else answer["kind"]


def _form(answer: Any, given: Given) -> str:
    return str(np.asarray(answer["maps"]).shape if answer["tensor"] else answer["kind"])


def _maps(answer: Any, given: Given) -> np.ndarray:
    return array(answer["maps"], "What `feature_maps` returned")


def _values_said(got: np.ndarray, want: np.ndarray) -> str:
    if same(got, np.maximum(want, 0)):
        return "`feature_maps` returned the maps after the ReLU, not the layer's own output."
    return (
        "The values that `feature_maps` returned are not the layer's output for this image"
        f" (they differ by up to {difference(got, want):.0%} of the largest)."
    )


def _values_hint(got: np.ndarray, want: np.ndarray) -> str:
    if same(got, np.maximum(want, 0)):
        return "Does something change the output in place after the hook got it? Keep a copy."
    return "Is the hook on the layer that is passed in? Do you pass the image to the model unchanged?"


def _judged_maps(right: Callable[[Given], np.ndarray], hint: str = "") -> tuple[Aspect, ...]:
    """Maps that must be a tensor of the right shape with the right values."""
    return (
        Aspect("maps", _form),
        Aspect(
            "a tensor",
            _kind,
            check=ANY,
            right="Tensor",
            say="`feature_maps` should return a Tensor, but returned {got}.",
            hint=hint,
        ),
        Aspect(
            "shape",
            lambda answer, given: _maps(answer, given).shape,
            check="maps",
            right=lambda given: right(given).shape,
            say=lambda got, want: (
                f"`feature_maps` should return channels × height × width, {shape_text(want)}, but returned"
                f" {shape_text(got)}."
            ),
            hint=hint or hint_on_axes,
        ),
        Aspect(
            "values of the maps",
            _maps,
            check="maps",
            right=right,
            alike=same,
            say=_values_said,
            hint=hint or _values_hint,
        ),
    )


def _sketched(answer: Any, given: Given) -> np.ndarray | None:
    if answer["maps"] is None:
        return None
    maps = np.asarray(answer["maps"])
    return sketch(maps[:FEW_MAPS]) if maps.ndim and maps.size else np.zeros(0)


def hint_on_axes(shape: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """Where to look when the maps (C, H, W) came back in another shape."""
    if shape == (1, *expected):
        return "These maps are a batch of one, and the batch dimension is still there."
    if shape == expected[1:]:
        return "A dimension is missing. Did you index once too often, or take a mean over the maps?"
    if len(shape) <= 1:
        return (
            "Maps have height and width. Is the hook on the layer that is passed in? Do you keep its output as it is?"
        )
    return (
        "A network takes batches, and one image is a batch of one. Compare each dimension of your result with the task."
    )


MAPS = Question(
    id="maps",
    task="feature-maps",
    procedure=procedures.maps,
    uses=("feature_maps",),
    given=lambda ask, seed: {"state": BETTER.weights(ask, seed), "image": probes.images(1, seed)[0]},
    aspects=(
        *_judged_maps(_first_maps),
        Aspect("values", _sketched),
        Aspect(
            "hooks",
            lambda answer, given: None if answer["maps"] is None else answer["after"] - answer["before"],
            check=HOOKS,
            right=0,
            say="After `feature_maps`, its hook is still on the model and would run for every later image.",
            hint="What does `register_forward_hook` return?",
            names=True,
            sure=("hooks",),
        ),
    ),
)
MAPS_SLIPS = replace(
    MAPS,
    aspects=(
        Aspect(
            "attached",
            check="maps",
            right=False,
            say="The maps that `feature_maps` returned still need gradients, and remember how they were computed.",
            worth=0.25,
            mistake="maps-not-detached",
        ),
    ),
)
ONLY_MAP = Question(
    id="only-map",
    task="feature-maps",
    procedure=procedures.only_map,
    uses=("feature_maps",),
    given=lambda ask, seed: {
        "weight": probes.generator(seed, "only map").normal(0, 1, (1, 1, 3, 3)).astype(np.float32),
        "image": probes.images(1, seed)[0],
    },
    aspects=(
        Aspect(
            "shape of one map",
            lambda answer, given: np.shape(answer["maps"]),
            check="maps",
            right=(1, 26, 26),
            say=lambda got, want: (
                f"Of a layer with a single channel, `feature_maps` should return maps of shape {shape_text(want)}, but"
                f" returned {shape_text(got)}."
            ),
            hint="Which dimension do you take away, and what if another one has the size 1, too?",
            worth=0.25,
        ),
        Aspect(
            "weightless",
            check="maps",
            right="",
            say="For a max-pooling layer, which has no weights, `feature_maps` raises {got}.",
            hint="What do you ask the layer for that only a layer with weights has?",
            worth=0.25,
            mistake="layer-with-weights-only",
        ),
    ),
)
MAPS_ON_GPU = Question(
    id="maps-on-gpu",
    task="feature-maps",
    procedure=procedures.maps_on_gpu,
    uses=("feature_maps",),
    given=lambda ask, seed: {},
    aspects=(
        Aspect(
            "seen",
            check="maps",
            right="",
            alike=lambda got, want: got in ("", CANNOT_BE_TOLD),
            say="When the model is on a GPU, `feature_maps` does not do what the task asks for: {got}.",
            hint="On which device is the image, on which the model, and where should the maps be in the end?",
            worth=0.25,
            names=True,
        ),
    ),
)
MAPS_IN_TRAINING = Question(
    id="maps-in-training",
    task="feature-maps",
    procedure=procedures.maps_in_training,
    uses=("feature_maps",),
    given=lambda ask, seed: {"state": looked_weights(seed), "image": probes.images(1, seed)[0]},
    prefix="With a model in training mode: ",
    aspects=(
        *_judged_maps(
            lambda given: later_maps(given["state"], given["image"][None])[0],
            "What switches dropout off, and makes batch norm use its running statistics?",
        ),
        # Values that are others each time tell nothing.
        Aspect("values", lambda answer, given: _sketched(answer, given) if answer["steady"] else None),
        Aspect("steady"),
        Aspect("hooks", lambda answer, given: None if answer["maps"] is None else answer["after_error"]),
    ),
)
HOOKS_AFTER_ERROR = replace(
    MAPS_IN_TRAINING,
    prefix="",
    aspects=(
        *(aspect for aspect in MAPS_IN_TRAINING.aspects if not aspect.check),
        Aspect(
            "after_error",
            check=HOOKS,
            right=0,
            say="If the model raises an error, the hook of `feature_maps` stays on it.",
            hint="Which code runs whether or not an error is raised?",
            sure=("hooks",),
        ),
    ),
)
MAP_FIGURE = figure_question(
    "map-figure",
    "feature-maps",
    procedures.map_figure,
    "plot_feature_maps",
    lambda ask, seed: {"maps": probes.images(18, seed, size=14)[:, 0]},
    shown=lambda given: given["maps"],
    one="map",
    other_axes_called="picture-with-other-axes",
)


def depends_on_weights(examination: Examination, asked: Question, part: str) -> bool:
    """Whether the `part` of an answer, or of each answer in a list, is other numbers for a model with other weights."""
    given = asked.inputs(examination)
    other = [(name, value[::-1].copy()) for name, value in given["state"]]
    answers = [asked.ask(examination), asked.ask(examination, state=other)]
    first, last = ([answer] if isinstance(answer, dict) else answer for answer in answers)
    pairs = [[np.asarray(answer[part], np.float64) for answer in both] for both in zip(first, last, strict=True)]
    return all(np.isfinite(one).all() and np.isfinite(two).all() and not np.array_equal(one, two) for one, two in pairs)


@pytest.mark.task("feature-maps")
@pytest.mark.public
@pytest.mark.rests_on(procedures.maps, "maps")
@pytest.mark.rests_on(procedures.maps_in_training, "maps")
def test_maps(examination: Examination) -> None:
    """`feature_maps` returns the layer's output for the image, with dropout off."""
    judge(examination, replace(MAPS, instead=STAND_IN), MAPS_IN_TRAINING, MAPS_SLIPS, ONLY_MAP, MAPS_ON_GPU)


@pytest.mark.task("feature-maps")
@pytest.mark.public
@pytest.mark.rests_on(procedures.maps_in_training, "maps")
def test_hook_removed(examination: Examination) -> None:
    """`feature_maps` leaves no hook on the model, not even after an error."""
    judge(examination, MAPS, HOOKS_AFTER_ERROR)
    if not examination.passed("maps") and not _sees_a_pass(examination):
        raise Failed(
            "What `feature_maps` returned does not depend on the image, and on the weights before the layer, as what"
            " happens in the network does: no hook has seen anything."
        )


def _sees_a_pass(examination: Examination) -> bool:
    """Whether what comes back of a later layer depends on the image, and on the layer before it, as a network's do.

    Batch norm undoes it where each map of the layer before is some times as large. How large the maps are, nobody asks.
    """
    given = MAPS_IN_TRAINING.inputs(examination)
    before = [(name, value[::-1].copy() if name.startswith("conv1") else value) for name, value in given["state"]]
    asked = ({}, {"state": scaled_before(given["state"])}, {"state": before}, {"image": given["image"][:, ::-1].copy()})
    answers = [MAPS_IN_TRAINING.ask(examination, **instead)["maps"] for instead in asked]
    if any(answer is None or not np.size(answer) for answer in answers):
        return False
    maps, scaled, *others = answers
    return _apart(maps, scaled) < 1e-3 and all(_apart(maps, other) > 1e-5 for other in others)


def scaled_before(state: Sequence[tuple[str, np.ndarray]]) -> list[tuple[str, np.ndarray]]:
    """Weights with which all that comes after the first batch norm is the same, and what comes before is not."""
    shares = np.linspace(0.5, 2, len(dict(state)["conv1.bias"]), dtype=np.float32)
    power = {"conv1.weight": 1, "conv1.bias": 1, "norm.running_mean": 1, "norm.running_var": 2}
    return [
        (name, (value.T * shares ** power.get(name, 0)).T) if name in power else (name, value) for name, value in state
    ]


def _apart(maps: Any, others: Any) -> float:
    """How far maps (…, H, W) differ, however large each of them is; or other numbers, however large all of them are."""
    first, second = (np.asarray(each, np.float64) for each in (maps, others))
    if first.shape != second.shape:
        return float("inf")
    axes = tuple(range(first.ndim))[-2:] if first.ndim > 2 else None
    if first.size > 1:
        first, second = (each / np.abs(each).max(axes, initial=1e-9, keepdims=True) for each in (first, second))
    return float(np.abs(first - second).max())


@pytest.mark.task("feature-maps")
@pytest.mark.public
@pytest.mark.rests_on(procedures.map_figure, "images", "picture")
def test_picture(examination: Examination) -> None:
    """`plot_feature_maps` returns a figure with an image for each map."""
    judge(examination, MAP_FIGURE)
    one = {"maps": MAP_FIGURE.inputs(examination)["maps"][:1]}
    verdict: Verdict | None
    try:
        verdict = MAP_FIGURE.verdict(examination, **one)
    except Failed as failed:
        verdict = failed
    if verdict is not None:
        hint = "What does `plt.subplots(1, 1)` return, and what `plt.subplots(1, 2)`?"
        raise Partial(f"For a single map: {verdict.message}", hint=hint, fraction=1 - A_SLIP)


# --- maximise ---------------------------------------------------------------------------------------------------------


def _shape_found(answer: Any) -> str:
    if not answer["tensor"] or answer["image"] is None:
        return str(answer["kind"])
    image = np.asarray(answer["image"])
    return f"{image.shape}, within {bool(image.size and image.min() > -0.01 and image.max() < 1.01)}"


def _values_found(answer: Any) -> np.ndarray | None:
    if answer["image"] is None:
        return None
    image = np.asarray(answer["image"])
    return sketch([image]) if image.size else np.zeros(0)


def _steep(ask: Ask, seed: int) -> Given:
    state, units = steep_layer(ask, seed)
    return {"state": state, "units": units, "steps": 30, "lr": 1.0}


def _given_elsewhere(layer: str, training: list[bool]) -> Given:
    return {"layer": layer, "training": training, "unit": LOOKED_UNIT, "steps": 30, "lr": 1.0}


def _elsewhere(id: str, layer: str, training: list[bool]) -> Question:
    """Asked of a later layer of the grader's own network, in each of the modes."""
    return Question(
        id=id,
        task="maximise",
        procedure=procedures.maximise_elsewhere,
        uses=("maximise_activation",),
        given=lambda ask, seed: {"state": looked_weights(seed), **_given_elsewhere(layer, training)},
        aspects=of_each(
            range(len(training)),
            found=_shape_found,
            values=_values_found,
            changed=lambda answer: ", ".join(answer["changed"]),
        ),
    )


MAXIMISE = Question(
    id="maximise",
    task="maximise",
    procedure=procedures.maximise,
    uses=("maximise_activation",),
    given=_steep,
    aspects=of_each(range(2), found=_shape_found, values=_values_found),
)
MAXIMISE_LATER = _elsewhere("maximise-later", "conv2", [True, False])
MAXIMISE_OUTPUT = _elsewhere("maximise-output", "out", [False])


@dataclass(frozen=True)
class Excited:
    """A unit, the image (1, 28, 28) that `maximise_activation` found for it, and the question that it answered."""

    unit: str
    image: np.ndarray
    activation: Callable[[np.ndarray], np.ndarray]  # the unit's, for images (N, 1, 28, 28)
    asked: Question
    by_pattern: bool
    """Whether it takes a pattern to excite the unit: one of the first layer sees little more than light."""


def in_first_layer(examination: Examination) -> list[Excited]:
    """For two units of the first convolution."""
    state, units = steep_layer(examination.oracle.ask, examination.oracle.seed)
    weight, bias = state[0][1], state[1][1]
    found = images_of(examination, MAXIMISE, len(units))
    return [
        Excited(
            f"channel {unit} of the first convolution",
            image,
            lambda images, unit=unit: maps_of(images, weight, bias)[:, unit].mean((1, 2)),
            MAXIMISE,
            by_pattern=False,
        )
        for unit, image in zip(units, found, strict=True)
    ]


def in_later_layers(examination: Examination) -> list[Excited]:
    """For a unit behind dropout, and for an output, of a model in evaluation mode."""
    state, unit = looked_weights(examination.oracle.seed), LOOKED_UNIT
    model = procedures.looked(state).eval()

    def channel(images: np.ndarray) -> np.ndarray:
        return later_maps(state, images)[:, unit].mean((1, 2))

    def output(images: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return model(torch.tensor(images))[:, unit].numpy()

    _, later = images_of(examination, MAXIMISE_LATER, 2)
    (last,) = images_of(examination, MAXIMISE_OUTPUT, 1)
    return [
        Excited(f"channel {unit} of a second convolution", later, channel, MAXIMISE_LATER, by_pattern=True),
        Excited(f"output {unit} of a fully connected layer", last, output, MAXIMISE_OUTPUT, by_pattern=True),
    ]


def answers_of(examination: Examination, asked: Question, count: int, **instead: Any) -> list[dict[str, Any]]:
    """What came back for each of `count` units; raises `Failed`."""
    answers: list[dict[str, Any]] = asked.ask(examination, **instead)
    if len(answers) != count:
        raise Failed(f"`maximise_activation` was called {count} times, but {len(answers)} answers came back.")
    return answers


def images_of(examination: Examination, asked: Question, count: int, **instead: Any) -> list[np.ndarray]:
    """The images (1, 28, 28) that were found, in whatever form they came; raises `Blocked` where one is none."""
    return [image_in(answer) for answer in answers_of(examination, asked, count, **instead)]


def image_in(answer: dict[str, Any]) -> np.ndarray:
    """The image (1, 28, 28) in [0, 1] that an answer holds in whatever form; raises `Blocked` where it holds none."""
    image = np.zeros(0) if answer["image"] is None else array(answer["image"], "The image")
    if image.size != 28 * 28:
        raise Blocked("Blocked until `maximise_activation` returns an image.")
    return image.reshape(1, 28, 28).astype(np.float32).clip(0, 1)


def judged_image(answer: dict[str, Any]) -> np.ndarray:
    """The image (1, 28, 28), if it is one; raises `Failed`."""
    if not answer["tensor"]:
        raise Failed(f"`maximise_activation` should return a Tensor, but returned {answer['kind']}.")
    image = array(answer["image"], "The image that `maximise_activation` returned")
    if image.shape != (1, 28, 28):
        raise Failed(
            f"`maximise_activation` should return an image of shape (1, 28, 28), but its shape is {image.shape}."
        )
    return image.astype(np.float32)


def judge_range(image: np.ndarray) -> None:
    """The pixels lie between 0 and 1."""
    if image.min() < -ROUNDING or image.max() > 1 + ROUNDING:
        raise Failed(
            f"`maximise_activation` should return an image in [0, 1], but its values go from {image.min():.3g} to"
            f" {image.max():.3g}.",
            hint="What keeps the pixels in range after each step, and is it the right range?",
        )


@pytest.mark.task("maximise")
@pytest.mark.public
@pytest.mark.rests_on(procedures.maximise, "image")
def test_image(examination: Examination) -> None:
    """`maximise_activation` returns an image (1, 28, 28) in [0, 1]."""
    answers = answers_of(examination, MAXIMISE, 2)
    try:
        for answer in answers:
            judge_range(judged_image(answer))
    except Failed as failed:
        raise MAXIMISE.named(examination, answers, failed) from None
    judge_dead_unit(examination)
    if not depends_on_weights(examination, MAXIMISE, "image"):
        failed = Failed(
            "`maximise_activation` returned the same image for a layer with other weights.",
            hint="Do the steps change the image?",
        )
        raise MAXIMISE_LATER.named(examination, MAXIMISE_LATER.ask(examination), failed)


def judge_dead_unit(examination: Examination) -> None:
    """Where the gradient is zero, the image is still one of numbers; else a quarter of the points is lost."""
    state = [(name, 0 * value if name.startswith("conv2") else value) for name, value in looked_weights(KEY_SEED)]
    given = {"state": state, **_given_elsewhere("conv2", [False])}
    (answer,) = answers_of(examination, replace(MAXIMISE_OUTPUT, given=lambda ask, seed: given), 1)
    if answer["image"] is not None and not np.isfinite(np.asarray(answer["image"])).all():
        facts = "For a unit whose gradient is zero, `maximise_activation` returned NaN, which is no number."
        raise examination.verdict(facts, "divided-by-zero", "What is zero divided by zero?", 1 - A_SLIP)


@pytest.mark.task("maximise")
@pytest.mark.public
@pytest.mark.rests_on(procedures.maximise, "image")
def test_model_unchanged(examination: Examination) -> None:
    """`maximise_activation` leaves the model's parameters, gradients, modes and hooks as they were."""
    answers = MAXIMISE_LATER.ask(examination)
    if not depends_on_weights(examination, MAXIMISE, "image"):
        raise Blocked("Blocked until the image that `maximise_activation` returns depends on the model's weights.")
    changed = {str(part) for answer in answers for part in answer["changed"]}
    if changed:
        changes = [words for part, words in CHANGED.items() if part in changed]
        failed = Failed(
            "`maximise_activation` changes the model: " + (", ".join(changes) or "it is no longer as it was") + ".",
            hint="What do you take the gradient with respect to, where is it stored, and what do you put back at the"
            " end?",
            diagnosis=KNOWN_CHANGES.get(min(changed)) if len(changed) == 1 else None,
        )
        raise MAXIMISE_LATER.named(examination, answers, failed)


# What `procedures.maximise_elsewhere` may find changed, in words.
CHANGED = {
    "parameters": "its weights have different values",
    "gradients": "the `.grad` of its weights, left from a training step, has different values",
    "no gradients": "the `.grad` of its weights, left from a training step, is gone",
    "wants gradients": "`requires_grad` of its weights has changed",
    "running statistics": "the running statistics of its batch norm have changed, so it ran in training mode",
    "modes": "its mode has changed",
    "settings": "a setting of its layers, such as the rate of dropout, has changed",
    "hooks": "it has more hooks than before, or fewer",
}


# The known mistakes that can be told by what alone has changed.
KNOWN_CHANGES = {
    "parameters": "weights-changed-too",
    "gradients": "gradients-stored",
    "no gradients": "gradients-wiped",
    "running statistics": "dropout-on",
    "wants gradients": "weights-frozen",
    "modes": "left-in-evaluation-mode",
    "hooks": "hook-left-on",
}


@pytest.mark.task("maximise")
@pytest.mark.public
@pytest.mark.rests_on(procedures.maximise, "image")
@pytest.mark.rests_on(procedures.maximise_elsewhere, "image")
def test_raises_the_unit(examination: Examination) -> None:
    """The image excites the unit more than chance does, whichever layer the unit is in."""
    draw = probes.generator(examination.oracle.seed, "chance")
    random = draw.random((200, 1, 28, 28), dtype=np.float32)
    for one in [*in_first_layer(examination), *in_later_layers(examination)]:
        reached = float(one.activation(one.image[None])[0])
        # The same pixels in random order have the same brightness and contrast: more than these excite the unit only by
        # their arrangement. A flat image has none, and may be as good: then it must beat random ones.
        shuffled = draw.permuted(np.tile(one.image.ravel(), (200, 1)), axis=1).reshape(200, 1, 28, 28)
        chance, noise = one.activation(shuffled), one.activation(random)
        flat = one.activation(FLAT).max() + 1e-6
        if one.by_pattern:
            if reached > max(flat, chance.mean() + 5 * chance.std()):
                continue
        elif reached > chance.mean() + 3 * chance.std() + 1e-6 or reached > noise.max():
            continue
        if reached < noise.min() and reached > chance.mean() - 3 * chance.std() - 1e-6:
            # An image that is dark all over, perhaps the one that the ascent began with.
            failed = Failed(
                f"The image for {one.unit} excites it less than any of {len(noise)} images of random pixels.",
                hint="In which direction does each step go, how large is it, and how many steps are there?",
            )
        elif reached < chance.mean() - 3 * chance.std() - 1e-6:
            failed = Failed(
                f"The image for {one.unit} excites it less than chance: its activation went down.",
                hint="In which direction does the gradient point, and in which direction do you step?",
                diagnosis="gradient-descent",
            )
        else:
            other = "an image of one grey" if one.by_pattern and reached <= flat else "the same pixels in random order"
            failed = Failed(
                f"The image for {one.unit} excites it no more than {other}.",
                hint="Do you maximise the activation of this layer and this unit? Do the steps change the image?",
            )
        raise one.asked.named(examination, one.asked.ask(examination), failed)
    heeds(examination, "steps", 5)  # no multiple by a power of two: an image that is stretched at the end differs, too
    heeds(examination, "lr", 0.03)
    judge_flat_layer(examination)


FLAT_LAYER = np.float32(1e-4)  # how small the weights of a layer are whose gradients are tiny


def judge_flat_layer(examination: Examination) -> None:
    """A unit with tiny gradients is excited as well as any other; else half of the points."""
    asked = replace(MAXIMISE_LATER, id="maximise-flat", given=lambda ask, seed: _flat(seed))
    state = asked.inputs(examination)["state"]
    _, image = images_of(examination, asked, 2)
    draw = probes.generator(examination.oracle.seed, "flat")
    shuffled = draw.permuted(np.tile(image.ravel(), (200, 1)), axis=1).reshape(200, 1, 28, 28)
    reached, chance, grey = (
        later_maps(state, images)[:, LOOKED_UNIT].mean((1, 2)) for images in (image[None], shuffled, FLAT)
    )
    if reached[0] > max(grey.max(), chance.mean() + 5 * chance.std()):
        return
    facts = (
        "The weights of a second convolution were made 10,000 times as small, and so were its gradients. The image for"
        f" its channel {LOOKED_UNIT} then excites it no more than chance does."
    )
    raise examination.verdict(facts, "gradient-not-normalised", fraction=0.5)


def _flat(seed: int) -> Given:
    """As `MAXIMISE_LATER`, with a second convolution that has tiny weights."""
    state = [(name, value * FLAT_LAYER if name.startswith("conv2") else value) for name, value in looked_weights(seed)]
    return {"state": state, **_given_elsewhere("conv2", [True, False])}


FLAT = np.tile(np.linspace(0, 1, 21, dtype=np.float32)[:, None, None, None], (1, 1, 28, 28))


def heeds(examination: Examination, argument: str, value: float) -> None:
    """The image that is found for a unit is another where an argument has another `value`; else half of the points."""
    given: dict[str, Any] = {"steps": 2, "lr": 0.01}
    few, more = (
        images_of(examination, MAXIMISE, 2, **arguments)[0]  # light excites the first unit
        for arguments in (given, {**given, argument: value})
    )
    if not np.array_equal(few, more):
        return
    facts = f"With {argument}={given[argument]} and with {argument}={value}, the image is exactly the same."
    raise examination.verdict(facts, f"{argument}-ignored", fraction=0.5)


ASKED = (FILTERS, MAPS, MAPS_IN_TRAINING, MAPS_ON_GPU, MAP_FIGURE, MAXIMISE, MAXIMISE_LATER, MAXIMISE_OUTPUT)
