"""Is the student's network the same function as the reference's? And if not, which known mistake is it?"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judge.compare import array, difference, same, shape_text
from autograder.judge.oracle import RIGHT, Oracle
from autograder.judge.verdict import Blocked, Failed

SPREAD = 0.2  # root mean square of the logarithm of (variance seen / variance expected) that passes


def judge_parameters(answer: Any, expected: list[tuple[str, list[int]]], output: list[int], name: str) -> None:
    """The network's parameters have the task's shapes, in any order and under any names; so has its output."""
    own = [(str(item[0]), [int(size) for size in item[1]]) for item in answer["parameters"]]
    if sorted(shape for _, shape in own) != sorted(list(shape) for _, shape in expected):
        raise Failed(
            f"{name} was asked for parameters of the shapes on the left; yours are on the right:\n"
            + side_by_side([shape for _, shape in expected], own),
            hint="Look at the lines with ≠: channels, kernel size, the size of the flattened image, a bias, a layer.",
        )
    if answer["output"] != output:
        came = shape_text(answer["output"]) if isinstance(answer["output"], list) else answer["output"]
        raise Failed(
            f"{name} was given a batch of {output[0]} and asked for an output of {shape_text(output)}; it gave {came}.",
            hint="Does `flatten` keep the batch dimension (start_dim=1)? Is the last layer the one that is returned?",
        )


def judge_outputs(answer: Any, expected: dict[str, np.ndarray], oracle: Oracle, name: str, hint: str) -> None:
    """Some way of giving out the examiner's weights makes the student's outputs equal the reference's."""
    right = expected[RIGHT]
    outputs = answer["outputs"]
    if not isinstance(outputs, list) or not outputs:
        raise Failed(f"{name} could not take the examiner's weights: its parameters have other shapes than the task's.")
    arrays = [array(output, f"What {name} returned") for output in outputs]
    if any(same(output, right) for output in arrays):
        return
    if arrays[0].shape != right.shape:
        raise Failed(
            f"{name} was asked for an output of {shape_text(right.shape)}; it gave {shape_text(arrays[0].shape)}."
        )
    for mistake, wrong in expected.items():
        if mistake != RIGHT and any(same(output, wrong) for output in arrays):
            raise Failed(oracle.mistake(mistake), diagnosis=mistake)
    nearest = min(difference(output, right) for output in arrays if output.shape == right.shape)
    raise Failed(
        f"{name} has the right parameters, but with the same weights and images as the task's network it gives other"
        f" outputs (they differ by {nearest:.0%} of the largest).",
        hint=hint,
    )


def judge_dropout(answer: Any, expected: np.ndarray | None, rate: float, name: str) -> None:
    """Dropout has the task's rate and place in training mode, and is off in evaluation mode.

    `expected` (images, outputs) is the variance of the reference's outputs in training mode. It says nothing of a
    network that is another function: for one, it is None, and the dropout calls alone are judged.
    """
    evaluated = array(answer["eval"], f"What {name} returned").astype(np.float64)
    trained = array(answer["train"], f"What {name} returned").astype(np.float64)
    if len(trained) != len(evaluated) or (expected is not None and trained[:, 0].shape != expected.shape):
        raise Failed(f"{name} gives outputs of another shape where dropout is looked at.")
    scale = np.abs(evaluated).max() or 1.0
    if np.abs(evaluated - evaluated[:, :1]).max() > 1e-4 * scale:
        raise Failed(
            f"{name}.eval() was called, and the same image still gives other outputs each time: dropout stays on.",
            hint="`nn.Dropout` switches itself off in eval mode; `F.dropout` only with `training=self.training`.",
            diagnosis="dropout-always-on",
        )
    if np.abs(trained - trained[:, :1]).max() <= 1e-6 * scale:
        raise Failed(
            f"In training mode {name} gives the same output each time: no dropout takes place.",
            hint="Is the dropout layer used in `forward`?",
            diagnosis="dropout-never-on",
        )
    calls = [call for call in answer["calls"] if isinstance(call, dict) and call.get("rate") != 0]
    rates = sorted({round(float(call.get("rate", -1)), 4) for call in calls})
    if calls and rates != [rate]:
        raise Failed(
            f"{name} was asked for dropout with the rate {rate:g}; it uses {', '.join(f'{one:g}' for one in rates)}."
        )
    if len(calls) > 1:
        raise Failed(f"{name} was asked for dropout once; it takes place {len(calls)} times in a forward pass.")
    if not answer["fits"]:
        raise Failed(f"{name} could not take the examiner's weights: its parameters have other shapes than the task's.")
    if expected is None:
        if not calls:
            raise Blocked("Waits for a network that computes what the task's does.")
        return
    # 800 samples estimate a variance to 5 %; dropping whole maps, or elsewhere, changes single outputs by 30 % or more.
    ratios = np.maximum(trained.var(axis=1), 1e-12) / expected
    if np.sqrt((np.log(ratios) ** 2).mean()) > SPREAD:
        kinds = sorted({str(call.get("kind")) for call in calls} - {"dropout"})
        seen = f" (`{kinds[0]}` drops whole maps)" if kinds else ""
        raise Failed(
            f"In training mode the outputs of {name} do not vary as they should: dropout has another place, kind or"
            f" rate{seen}.",
            hint="The task says after which layer dropout comes, and that single values are dropped, not whole maps.",
        )


def side_by_side(expected: list[list[int]], own: list[tuple[str, list[int]]]) -> str:
    """Two lists of shapes in columns, equal ones beside each other whatever their order, the others marked."""
    left = list(own)
    rows: list[tuple[list[int] | None, tuple[str, list[int]] | None]] = []
    for shape in expected:
        match = next((one for one in left if one[1] == shape), None)
        if match is not None:
            left.remove(match)
        rows.append((shape, match))
    for index, (missing, match) in enumerate(rows):
        if match is None and left:  # what is over goes beside what is missing
            rows[index] = (missing, left.pop(0))
    lines = []
    for asked, there in [*rows, *((None, one) for one in left)]:
        wanted = shape_text(asked) if asked is not None else "nothing"
        found = f"{shape_text(there[1])}  ({there[0]})" if there is not None else "nothing"
        mark = " " if there is not None and asked == there[1] else "≠"
        lines.append(f"  {wanted:<18} {mark} {found}")
    return "\n".join(lines)
