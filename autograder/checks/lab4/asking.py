"""Questions that several notebooks' checks ask in the same way."""

from __future__ import annotations

import numpy as np

from autograder.checks.examination import Examination
from autograder.checks.lab4 import inputs
from autograder.judge import networks, probes
from autograder.judge.oracle import RIGHT
from autograder.judge.verdict import Failed

Shapes = list[tuple[str, list[int]]]
NETWORK = (
    "Go through `forward` line by line: is every ReLU there and in its place, is the pooling a maximum, are the layers"
    " used in the task's order, and does the network end in plain logits?"
)
BLOCK = (
    "Go through `forward` line by line: is every ReLU there and in its place, and is it the sum, or the concatenation"
    " in the task's order, that was asked for?"
)


def expected_shapes(examination: Examination, probe: inputs.NetworkProbe) -> Shapes:
    """Names and shapes of the parameters that the task's network has."""
    answer = examination.oracle.ask(f"{probe.question}/parameters")
    return [
        (str(name), [int(size) for size in shape if size])
        for name, shape in zip(answer["names"], answer["shapes"], strict=True)
    ]


def made_up_weights(examination: Examination, probe: inputs.NetworkProbe) -> list[tuple[str, np.ndarray]]:
    """The examiner's weights for a network."""
    return probes.weights(expected_shapes(examination, probe), examination.oracle.seed)


def layer_shapes(examination: Examination, probe: inputs.NetworkProbe, output: list[int]) -> None:
    """The parameters have the task's shapes, and two images give an output of the shape `output`."""
    answer = examination.ask(
        "parameters", [probe.definition], definition=probe.definition, arguments=list(probe.arguments)
    )
    networks.judge_parameters(answer, expected_shapes(examination, probe), output, probe.definition)


def same_function(examination: Examination, probe: inputs.NetworkProbe, train: bool = False) -> None:
    """The same weights and images give the same outputs as the reference."""
    answer = examination.ask(
        "outputs",
        [probe.definition],
        definition=probe.definition,
        arguments=list(probe.arguments),
        state=made_up_weights(examination, probe),
        images=probe.images(examination.oracle.seed),
        train=train,
    )
    if not answer["outputs"]:
        own = [(str(name), list(shape)) for name, shape in answer["parameters"]]
        raise Failed(
            f"{probe.definition} was asked for parameters of the shapes on the left; yours are on the right:\n"
            + networks.side_by_side([shape for _, shape in expected_shapes(examination, probe)], own)
        )
    kind = "train-outputs" if train else "outputs"
    expected = examination.oracle.ask(f"{probe.question}/{kind}")
    hint = BLOCK if probe.arguments else NETWORK
    networks.judge_outputs(answer, expected, examination.oracle, probe.definition, hint)


def dropout(examination: Examination, probe: inputs.NetworkProbe, task: str) -> None:
    """Dropout of the task's rate, at the task's place, and off in evaluation mode.

    Where the task's `same-function` has failed, which costs points there, only the dropout calls are judged.
    """
    answer = examination.ask(
        "dropout_samples",
        [probe.definition],
        definition=probe.definition,
        state=made_up_weights(examination, probe),
        images=probe.images(examination.oracle.seed)[:2],
        repeats=800,
    )
    function = examination.results.get((task, "same-function"))
    other = function is not None and function.status != "passed"
    expected = None if other else examination.oracle.ask(f"{probe.question}/dropout")[RIGHT]
    networks.judge_dropout(answer, expected, inputs.DROPOUT, probe.definition)
