"""Is the student's network the same function as the reference's? And if not, which known mistake is it?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.judge.compare import array, difference, first_of, same, shape_text, those_same
from autograder.judge.oracle import RIGHT, Answers
from autograder.judge.verdict import Blocked, Failed
from autograder.sandbox.network_handling import ORDERS

Shapes = list[tuple[str, list[int]]]
ALWAYS = "always"
CIRCUMSTANCES = {
    "training": "in training mode, with dropout switched off,",
    "float64": "in float64",
    "strided": "with images that are not contiguous in memory",
    "again": "it changes its input tensor in place: called again with that tensor,",
}
NO_BIAS = (
    "The layers are there, but some have no bias, or a norm has no scale and shift to learn, or one norm is used in"
    " several places, where each needs its own. Look at how you make those marked ≠."
)
MISSING = (
    "Some layers are not among the network's parameters. Do you make them in `__init__` and assign them to `self`?"
    " Layers in a plain Python list are not registered; use `nn.ModuleList`."
)
UNLIKE = (
    "Look at the lines marked ≠. Is it the number of channels, the kernel size, the size after flattening, a bias or a"
    " whole layer?"
)
ROWS = 40  # of a comparison of shapes that are shown
VARIANCE_SPREAD = 0.2  # root mean square of the logarithm of (variance seen / variance expected) that passes


def hint_on_shapes(expected: list[list[int]], own: list[list[int]]) -> str:
    """Where to look when the parameters have the wrong shapes: are some just missing, or do some differ?"""
    left = list(expected)
    for shape in own:
        if shape not in left:
            return UNLIKE
        left.remove(shape)
    return MISSING if any(len(shape) > 1 for shape in left) else NO_BIAS


def judge_outputs(answer: Any, expected: Answers, name: str, weights: Sequence[tuple[str, np.ndarray]]) -> str | None:
    """None if some way of assigning the grader's `weights` makes the outputs equal the reference's.

    No network has more outputs than there are different ways to assign them, however its layers are written.

    Else one of the `CIRCUMSTANCES` in which alone they differ, or `ALWAYS`. Raises `Failed` where what came back is no
    output of a network.
    """
    right, tolerance, what = expected[RIGHT], float(expected["tolerance"]), f"What {name} returned"
    when = ALWAYS
    outputs = [array(output, what) for output in answer["outputs"]]
    ways = _ways(weights)
    if len(outputs) > ways:
        raise Failed(
            f"{len(outputs)} outputs of {name} came back, where there are at most {ways} ways to assign its weights."
            " Does something in the notebook change what the check does?"
        )
    for output, others in zip(outputs, answer["others"], strict=False):
        if same(output, right, tolerance):
            differs = [other for other, value in others if not same(array(value, what), right, tolerance)]
            if not differs:
                return None
            when = differs[0]
    return when


def _ways(weights: Sequence[tuple[str, np.ndarray]]) -> int:
    """How many different ways to assign weights are tried at most: by shape, and by name if that is none of these."""
    alike: dict[tuple[int, ...], Counter[bytes]] = {}
    for _, value in weights:
        alike.setdefault(value.shape, Counter())[value.tobytes()] += 1
    orders = 1
    for counts in alike.values():
        orders *= math.factorial(counts.total()) // math.prod(map(math.factorial, counts.values()))
    return orders if orders <= ORDERS else ORDERS + 1


def how_it_differs(when: str, answer: Any, right: np.ndarray, name: str) -> str:
    """What `judge_outputs` has found, in words."""
    if when != ALWAYS:
        return f"{name} computes the same as the task's network, but {CIRCUMSTANCES[when]} it gives something else."
    outputs = answer["outputs"]
    if all(output.shape != right.shape for output in outputs):
        return (
            f"{name} should return an output of shape {shape_text(right.shape)}, but returned"
            f" {shape_text(outputs[0].shape)}."
        )
    nearest = min(difference(output, right) for output in outputs if output.shape == right.shape)
    return (
        f"{name} has the right parameters, but with the same weights and images, its outputs differ from those of the"
        f" task's network (by up to {nearest:.0%} of the largest output)."
    )


def variants(answer: Any, known: Sequence[tuple[str, Answers]], tolerance: float) -> list[str]:
    """The known mistakes whose outputs are the first subsampled ones of some way of assigning the weights."""
    outputs = [subsample(output) for output in answer["outputs"] if output.ndim > 1]
    return those_same(outputs, [(name, wrong[RIGHT]) for name, wrong in known if RIGHT in wrong], tolerance)


def subsample(outputs: np.ndarray) -> np.ndarray:
    """Some of the outputs: of maps (N, C, H, W) each fourth row and column."""
    return outputs[..., ::4, ::4] if outputs.ndim == 4 else outputs


def first_difference(own: list[tuple[str, np.ndarray]], asked: Answers) -> str:
    """Where a network leaves the task's: its layers' outputs are compared in order.

    `own` holds the kind of each layer with parameters and what it puts out, `asked` the same of the task's network,
    by number and kind.
    """
    right = [(name.partition(" ")[2], value) for name, value in asked.items()]
    for number, (kind, expected) in enumerate(right, start=1):
        called = f"{kind} number {sum(one == kind for one, _ in right[:number])}"
        if number > len(own):
            return f"Layer by layer: {called} ({shape_text(expected.shape[1:])}) is never called."
        if any(value.shape == expected.shape and same(value, expected) for _, value in own):
            continue
        before = (
            "All layers before it agree, so look at what happens in between." if number > 1 else "What is its input?"
        )
        there = next((value for one, value in own[number - 1 :] if one == kind), own[number - 1][1])
        if there.shape != expected.shape:
            return (
                f"Layer by layer: the first output that differs is that of {called}: {shape_text(there.shape[1:])} for"
                f" one image, where the task's network has {shape_text(expected.shape[1:])}. {before}"
            )
        error = float(np.abs(there - expected).max())
        return (
            f"Layer by layer: the first output that differs is that of {called} ({shape_text(expected.shape[1:])}), by"
            f" up to {error:.2g} where values reach {np.abs(expected).max():.2g}. {before}"
        )
    return "Layer by layer: all outputs agree, including the last layer's. Look at what happens to that output."


def judge_dropout(answer: Any, expected: np.ndarray | None, rate: float, name: str) -> None:
    """Dropout has the task's rate and place in training mode, and is off in evaluation mode.

    `expected` (images, outputs) is the variance of the reference's outputs in training mode. It says nothing of a
    network that is another function: for one, it is None, and the answer is that for the weights of
    `probes.two_inputs`. With these, whatever comes before and after the dropout decides how large the outputs are, but
    not how many different ones there are, and how often each.

    The diagnosis "dropout-elsewhere" stands for whatever known mistake's variance it is.
    """
    evaluated = array(answer["eval"], f"What {name} returned").astype(np.float64)
    trained = array(answer["train"], f"What {name} returned").astype(np.float64)
    if len(trained) != len(evaluated) or (expected is not None and trained[:, 0].shape != expected.shape):
        raise Failed(f"{name} returns outputs of the wrong shape in the dropout check.")
    scale = np.abs(evaluated).max() or 1.0
    calls = [call for call in answer["calls"] if isinstance(call, dict) and call.get("rate") != 0]
    still = np.abs(trained - trained[:, :1]).max() <= 1e-6 * scale
    if np.abs(evaluated - evaluated[:, :1]).max() > 1e-4 * scale:
        raise Failed(
            f"After {name}.eval(), the same image still gives different outputs each time: dropout stays on.",
            hint="`nn.Dropout` switches itself off in evaluation mode, if it is made in `__init__`. Does `F.dropout`"
            " know which mode the network is in?",
            diagnosis="dropout-in-eval-only" if still else "dropout-always-on",
        )
    if still:
        raise Failed(
            f"In training mode, {name} gives the same output each time: nothing is dropped.",
            hint="Does `forward` use the dropout layer?",
            diagnosis="dropout-never-on" if answer["calls"] else "no-dropout",
        )
    # A network may take its images one by one: then each image is dropped from once, too.
    times = sum(call["shape"][0] / answer["batch"] for call in calls if call["shape"])
    rates = sorted({round(float(call.get("rate", -1)), 4) for call in calls})
    if calls and rates != [rate]:
        raise Failed(
            f"The dropout rate of {name} should be {rate:g}, but it is {first_of(f'{one:g}' for one in rates)}.",
            diagnosis="dropout-elsewhere" if expected is not None and times <= 1.5 else "wrong-dropout-rate",
        )
    if expected is None:
        if times > 1.5:
            raise Failed(f"{name} should apply dropout once, but applies it {times:.0f} times in a forward pass.")
        if not drops_from(answer, rate, inputs=2):
            raise Blocked("Blocked until your network computes the same as the task's.")
        return
    # 800 samples estimate a variance to 5 %; dropping whole maps, or elsewhere, changes single outputs by 30 % or more.
    if spread(trained, expected) > VARIANCE_SPREAD:
        kinds = sorted({str(call.get("kind")) for call in calls} - {"dropout"})
        seen = f" (it uses {kinds[0]})" if kinds else ""
        kept = "" if calls else " The values that are kept are scaled up, so that sums stay the same on average."
        raise Failed(
            f"In training mode, the outputs of {name} do not vary as they should: the place, kind or rate of dropout is"
            f" wrong{seen}.",
            hint="Look at where the task applies dropout, and note that it drops single values, not whole feature maps."
            + kept,
            diagnosis="dropout-elsewhere",
        )


def drops_from(answer: Any, rate: float, inputs: int) -> bool:
    """Whether samples (images, repeats, outputs) are what dropout at `rate` makes of so many inputs, each by itself.

    Then a batch of one image has two different outputs for one input, and four for two: with both, with one, with the
    other, with none.
    """
    samples, batch = array(answer["train"], "What came back").astype(np.float64), answer["batch"]
    expected = np.ones(1)
    for _ in range(inputs):
        expected = np.concatenate([(1 - rate) * expected, rate * expected])
    shares = np.zeros(len(expected))
    batches = [image[start : start + batch] for image in samples for start in range(0, len(image), batch)]
    for outputs in batches:
        reach = max(1e-3 * np.ptp(outputs, axis=0).max(), 1e-6 * np.abs(outputs).max())
        left, counts = outputs, list[int]()
        while len(left):
            if len(counts) == len(shares):
                return False
            near = np.abs(left - left[0]).max(axis=1) <= reach
            counts.append(int(near.sum()))
            left = left[~near]
        shares[: len(counts)] += np.sort(counts)[::-1] / len(outputs) / len(batches)
    expected.sort()
    tolerance = 5 * np.sqrt(expected * (1 - expected) / samples[..., 0].size)
    return bool((np.abs(shares - expected[::-1]) <= tolerance[::-1]).all())


def spread(trained: Any, expected: np.ndarray) -> float:
    """How far the variances of samples (images, repeats, outputs) are from those expected, as a mean logarithm."""
    trained = np.asarray(trained, np.float64)
    if trained[:, 0].shape != expected.shape:
        return float("inf")
    ratios = np.maximum(trained.var(axis=1), 1e-12) / np.maximum(expected, 1e-12)
    return float(np.sqrt((np.log(ratios) ** 2).mean()))


Row = tuple[list[int] | None, tuple[str, list[int]] | None]  # a shape that was asked for, and the one that is there


def side_by_side(expected: Shapes, own: Shapes) -> str:
    """Two lists of shapes in columns, equal ones beside each other whatever their order, the others marked.

    Layers are kept together: a bias that nobody asked for is below the weights of its layer.
    """
    lines = []
    rows = _rows(expected, own)
    for asked, there in rows[:ROWS]:
        wanted = shape_text(asked) if asked is not None else "nothing"
        found = f"{shape_text(there[1])}  ({there[0]})" if there is not None else "nothing"
        mark = " " if there is not None and asked == there[1] else "≠"
        lines.append(f"  {wanted:<18} {mark} {found}")
    more = [f"  … and {len(rows) - ROWS} more"] if len(rows) > ROWS else []
    return "\n".join([*lines, *more])


def _rows(expected: Shapes, own: Shapes) -> list[Row]:
    wanted, left = _by_layer(expected), _by_layer(own)
    partners: dict[int, Shapes] = {}
    for exact in (True, False):
        for number, layer in enumerate(wanted):
            nearest = max(left, key=lambda one: _overlap(layer, one), default=[])
            common = _overlap(layer, nearest)
            if number not in partners and common == len(layer) and (len(nearest) == common or not exact):
                left.remove(nearest)
                partners[number] = nearest
    rest = [array for layer in left for array in layer]
    rows: list[Row] = []
    for number, layer in enumerate(wanted):
        there = {_leaf(name): (name, shape) for name, shape in partners.get(number, [])}
        for name, shape in layer:
            match = there.pop(_leaf(name), None) or next((one for one in rest if one[1] == shape), None)
            if match in rest:
                rest.remove(match)
            rows.append((shape, match))
        rows += [(None, one) for one in there.values()]
    for index, (missing, match) in enumerate(rows):
        if match is None and rest:  # what is over goes beside what is missing
            rows[index] = (missing, rest.pop(0))
    return [*rows, *((None, one) for one in rest)]


def _leaf(name: str) -> str:
    return name.rpartition(".")[2]


def _by_layer(arrays: Shapes) -> list[Shapes]:
    layers: dict[str, Shapes] = {}
    for name, shape in arrays:
        layers.setdefault(name.rpartition(".")[0], []).append((name, shape))
    return list(layers.values())


def _overlap(layer: Shapes, other: Shapes) -> int:
    """How many arrays of a layer have the same name and shape in another."""
    return sum(any(_leaf(name) == _leaf(one) and shape == there for one, there in other) for name, shape in layer)
