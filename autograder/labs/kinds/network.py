"""Tasks that ask for a network or a block: are its layers the task's, does it compute the same, is its dropout right?

The judge assigns weights of its own and compares outputs, so that any spelling of the right network passes. A known
mistake is the one that computes the same as the student's network, or has parameters of the same shapes.
"""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np

from autograder.judge import compare, equivalence, probes, units
from autograder.judge.compare import shape_text
from autograder.judge.fault import of_no_answer
from autograder.judge.oracle import RIGHT, Answers, ReferenceQuestion
from autograder.judge.verdict import Blocked, Failed, Verdict
from autograder.labs.examination import Examination
from autograder.labs.kinds import network_procedures

Shapes = list[tuple[str, list[int]]]
BATCHES = (1, 2, 7)
LARGEST = 4_000_000  # numbers in a network of a student's that is given weights
SAME_UNITS = 0.01  # of what other weights change: sums in another order differ by less, also in a network of 16 bits
SAMPLES = 800  # in training mode: they tell a variance to 5 %
NETWORK = (
    "Go through `forward` line by line. Is every ReLU there, and in the right place? Do you use max pooling? Are the"
    " layers in the task's order? Does the network return plain logits?"
)
BLOCK = (
    "Go through `forward` line by line. Is every ReLU there, and in the right place? Are the branches joined as the"
    " task says: added, or concatenated in the right order?"
)
NO_GRADIENT = (
    "no gradient goes through it.",
    "Does anything in it switch gradients off, or take a tensor out of the graph?",
)
IN_PLACE = (
    "something is changed in place that the gradient needs.",
    "`y += …` changes a tensor that is needed again on the way back, and so does a function whose name ends in `_`:"
    " write `y = y + …`.",
)
OUTPUT = "Does `flatten` keep the batch dimension (start_dim=1)? Do you return the output of the last layer?"


@dataclass(frozen=True)
class Network:
    """A class of the lab, how it is built, and what it is probed with: images (N, channels, size, size), in batches.

    One with `arguments` is a block: it gets what a layer may put out. `dropout` is the rate that the task asks for.
    """

    definition: str
    task: str
    arguments: tuple[int, ...] = ()
    batches: tuple[int, ...] = BATCHES
    channels: int = 1
    size: int = 28
    plain_size: int = 28
    """Height and width of the zeros that the shape of its output is seen with."""
    dropout: float | None = None
    trains: bool = False
    """Whether it is asked in training mode too: it has batch norm."""

    @property
    def id(self) -> str:
        return "-".join([self.definition, *map(str, self.arguments)])

    @of_no_answer
    def images(self, seed: int) -> np.ndarray:
        """(N, channels, size, size) float32: images in [0, 1], and for a block what a layer may put out."""
        drawn = probes.images(sum(self.batches), seed, self.channels, self.size)
        return 3 * drawn - 1 if self.arguments else drawn

    def shapes(self, ask: Callable[[str], Answers]) -> Shapes:
        """Names and shapes of the parameters that the task's network has."""
        return listed(ask(f"{self.id}/parameters"))

    @of_no_answer
    def weights(self, ask: Callable[[str], Answers], seed: int) -> probes.Arrays:
        """The grader's weights for it."""
        return probes.weights(self.shapes(ask), seed)

    def reference_questions(self, others: Mapping[str, ReferenceQuestion]) -> dict[str, ReferenceQuestion]:
        """What the reference is asked about it; not in a students' package."""
        from autograder.labs.kinds.network_reference import reference_questions

        return reference_questions(self)

    # --- checks -------------------------------------------------------------------------------------------------------

    def layer_shapes(self, examination: Examination, output: list[int]) -> None:
        """The parameters have the task's shapes, and two images give an output of the shape `output`."""
        answer = self._run(examination)
        own, came = answer["parameters"], answer["output"]
        if _sorted(own) != _sorted(self.shapes(examination.oracle.ask)):
            raise self._unfitting(examination, own, came)
        if came != output:
            returned = shape_text(came) if isinstance(came, list) else came
            facts = (
                f"For a batch of {output[0]} images, {self.definition} should return an output of shape"
                f" {shape_text(output)}, but returned {returned}."
            )
            raise examination.verdict(facts, self._with_shapes(examination, own, came), OUTPUT)
        self._uses_layers(examination)
        if answer["shared"]:
            facts = (
                f"Two networks of the class {self.definition} share {_listed(answer['shared'])}: when one is trained,"
                " the other changes with it."
            )
            raise examination.verdict(facts, "layers-of-the-class", "Is each layer made in `__init__`?", 0.5)

    def _uses_layers(self, examination: Examination) -> None:
        """The outputs depend on images and weights as those of layers do: what a network says of its layers is no
        evidence.

        It matters where each pixel and each weight is, and not how the units of a layer are numbered.
        """
        oracle = examination.oracle
        state, images = self.weights(oracle.ask, oracle.seed), self.images(oracle.seed)
        outputs = _finite(self._outputs(examination, state, images)["outputs"])
        half = len(images) // 2
        moved = probes.with_pixels_moved(images[:half], oracle.seed)
        both = np.concatenate([images[:half], moved, images[2 * half :]])
        joints = units.joints(self.shapes(oracle.ask))
        trials = _with_units_changed(state, images, joints, oracle.seed)
        others, *alike = self._plain_outputs(examination, [[probes.shuffled(state, oracle.seed), both], *trials])
        same_images = same_weights = True
        farthest = 0.0
        for output, other in zip(outputs, others, strict=False):
            same_images &= _repeats(other, half)
            one, two = np.atleast_1d(output)[:half], np.atleast_1d(other)[:half]
            same_weights &= compare.same(two, one)
            farthest = max(farthest, _farthest(one, two))
        if same_images or same_weights:
            what = "pixels of its images" if same_images else "values of its weights"
            raise Failed(
                f"{self.definition} returns the same outputs when the {what} change places.",
                hint="Does `forward` take the images through all of the layers?",
            )
        near = SAME_UNITS * farthest
        if _stay(alike, near):
            return
        trials = [one for joint in joints for one in _with_units_changed(state, images, [joint], oracle.seed)]
        apart = self._plain_outputs(examination, trials)  # one layer may have been left out
        count = len(apart) // len(joints)
        if not any(_stay(apart[start : start + count], near) for start in range(0, len(apart), count)):
            raise Failed(
                f"{self.definition} has the right parameters, but does not compute with them as layers do: its outputs"
                " depend on how the units of the layers are numbered, or on units that no layer reads.",
                hint="Does `forward` take the images through all of the layers?",
            )

    def same_function(self, examination: Examination, train: bool = False, passed: Sequence[Network] = ()) -> None:
        """The same weights and images give the reference's outputs, as they did for the networks that `passed`."""
        run, oracle = self._run(examination, passed), examination.oracle
        state, images = self.weights(oracle.ask, oracle.seed), self.images(oracle.seed)
        answer = self._outputs(examination, state, images, train)
        if not answer["outputs"]:
            raise self._unfitting(examination, answer["parameters"], run["output"])
        right = oracle.ask(f"{self.id}/{'train-outputs' if train else 'outputs'}")
        when = equivalence.judge_outputs(answer, right, self.definition, state)
        if when is None and not run["trains"]:
            why, hint = IN_PLACE if run["in_place"] else NO_GRADIENT
            raise Failed(
                f"{self.definition} computes the same as the task's network, but it cannot be trained: {why}", hint=hint
            )
        if when is None:
            self._learns_and_scales(examination, run, state, images, train)
            return
        unlike = partial(equivalence.how_it_differs, when, answer, right[RIGHT], self.definition)
        if when == "again" and examination.sentence("input-changed-in-place"):
            raise examination.verdict(unlike(), "input-changed-in-place")
        mistake = self._computing_the_same(examination, answer, float(right["tolerance"]), train)
        if mistake is not None:
            facts = (
                f"With the same weights and images, the outputs of {self.definition} differ from those of the task's"
                " network."
            )
            raise examination.verdict(facts, mistake)
        first = ""
        if not train:
            with contextlib.suppress(Failed):
                layers = self._ask(examination, network_procedures.layers, state=state, image=images[:1])
                first = equivalence.first_difference(layers, oracle.ask(f"{self.id}/layers"))
        raise Failed(f"{unlike()}\n{first}".strip(), hint=BLOCK if self.arguments else NETWORK)

    def _learns_and_scales(
        self, examination: Examination, run: Any, state: probes.Arrays, images: np.ndarray, train: bool
    ) -> None:
        """Gradients reach each parameter, and nothing limits how large a value may get."""
        reached = [(name, shape) for name, shape in run["parameters"] if name not in run["unreached"]]
        missing = Counter(map(tuple, _sorted(self.shapes(examination.oracle.ask))))
        missing -= Counter(map(tuple, _sorted(reached)))
        if run["unreached"] and missing and not train:  # others may be layers that are never called
            facts = (
                f"{self.definition} computes the same as the task's network, but no gradient reaches"
                f" {_listed(run['unreached'])}, so these are never trained."
            )
            raise examination.verdict(facts, "detached", "Does anything before the end use `detach` or `no_grad`?", 0.5)
        if train:
            return
        right = examination.oracle.ask(f"{self.id}/bright")
        (outputs,) = self._plain_outputs(examination, [[state, network_procedures.BRIGHT * images]])
        if not any(compare.same(output, right[RIGHT], float(right["tolerance"])) for output in outputs):
            facts = (
                f"{self.definition} computes the same as the task's network for small values, but not for images"
                f" {network_procedures.BRIGHT} times as bright."
            )
            raise examination.verdict(
                facts, "capped", "Does an activation cut off large values, as `ReLU6` does?", 0.75
            )

    def dropout_place(self, examination: Examination) -> None:
        """Dropout has the task's rate and place, and is off in evaluation mode.

        Where the task's `same-function` has failed, which costs points there, the network may be another function.
        """
        assert self.dropout is not None
        own = self._run(examination)["parameters"]  # what it raises for two images, it would raise here, too
        oracle = examination.oracle
        other = not examination.passed("same-function") or _sorted(own) != _sorted(self.shapes(oracle.ask))
        if other and sum(math.prod(shape) for _, shape in own) > LARGEST:
            raise Blocked(f"Blocked until {self.definition} has the task's layers.")
        state = probes.two_inputs(own, oracle.seed) if other else self.weights(oracle.ask, oracle.seed)
        if other and not state:
            raise Blocked(f"Blocked until {self.definition} has a fully connected layer: dropout goes before one.")
        answer = self._dropped(examination, state)
        expected = None if other else oracle.ask(f"{self.id}/dropout")[RIGHT]
        try:
            equivalence.judge_dropout(answer, expected, self.dropout, self.definition)
        except Failed as failed:
            mistake = failed.diagnosis
            if mistake == "dropout-elsewhere":  # one that varies as a known mistake does
                spreads = [
                    (equivalence.spread(answer["train"], wrong[RIGHT]), name)
                    for name, wrong in examination.mistakes.wrong(f"{self.id}/dropout")
                    if RIGHT in wrong
                ]
                nearest = min(spreads, default=(1.0, None))
                mistake = nearest[1] if nearest[0] < equivalence.VARIANCE_SPREAD else mistake
            raise examination.verdict(failed.message, mistake, failed.hint) from None
        if other:
            one = self._dropped(examination, probes.two_inputs(own, oracle.seed, second=False))
            if not (equivalence.drops_from(one, self.dropout, inputs=1) and self._sees_images(examination, state)):
                raise Blocked("Blocked until your network computes the same as the task's.")

    def _sees_images(self, examination: Examination, state: probes.Arrays) -> bool:
        """Whether different images in one batch give different outputs."""
        (outputs,) = self._plain_outputs(examination, [[state, self.images(examination.oracle.seed)]])
        ends = np.cumsum(self.batches)[:-1]
        batches = [batch for output in outputs if output.ndim for batch in np.split(output, ends)]
        return any((batch != batch[:1]).any() for batch in batches)

    def _dropped(self, examination: Examination, state: probes.Arrays) -> Any:
        """What dropout makes of two images, again and again."""
        images = self.images(examination.oracle.seed)[:2]
        procedure = network_procedures.dropout_samples
        return self._ask(examination, procedure, state=state, images=images, repeats=SAMPLES)

    # --- what is asked ------------------------------------------------------------------------------------------------

    def _ask(self, examination: Examination, procedure: Callable[..., Any], **given: Any) -> Any:
        made = {"definition": self.definition, "arguments": list(self.arguments)}
        return examination.ask(procedure, [self.definition], **made, **given)

    def _run(self, examination: Examination, passed: Sequence[Network] = ()) -> Any:
        """Names and shapes of the parameters, and the output's for two images; a mistake known to raise is named.

        It is known where the same sizes do not fit each other: the same words may be said of many. One that raises for
        a network that has `passed` is not it.
        """
        try:
            answer = self._ask(examination, network_procedures.parameters, channels=self.channels, size=self.plain_size)
        except Failed as failed:
            others = {name for one in passed for name, _ in examination.mistakes.wrong(f"{one.id}/output-shape")}
            names = [
                name
                for name, wrong in examination.mistakes.wrong(f"{self.id}/output-shape")
                if name not in others and failed.raised and _raises(wrong, failed)
            ]
            mistake = examination.likeliest(names)
            raise examination.verdict(failed.message, mistake, failed.hint) if mistake else failed from None
        if isinstance(answer["output"], list) or answer["output"] in ("tuple", "list"):
            return answer
        facts = f"{self.definition} should return a tensor, but returned {answer['output']}."
        mistake = "nothing-returned" if answer["output"] == "NoneType" else None
        raise examination.verdict(facts, mistake, "What does the last line of `forward` return?")

    def _outputs(self, examination: Examination, state: probes.Arrays, images: np.ndarray, train: bool = False) -> Any:
        procedure, batches = network_procedures.outputs, list(self.batches)
        return self._ask(examination, procedure, state=state, images=images, batches=batches, train=train)

    def _plain_outputs(self, examination: Examination, trials: list[list[Any]]) -> list[list[np.ndarray]]:
        """The outputs alone, for each of some weights and images."""
        procedure, batches = network_procedures.plain_outputs, list(self.batches)
        answer = self._ask(examination, procedure, trials=trials, batches=batches)
        if len(answer) != len(trials):
            raise Failed(f"{self.definition} was asked for {len(trials)} outputs, and {len(answer)} came back.")
        return list(map(_finite, answer))

    # --- which mistake it is ------------------------------------------------------------------------------------------

    def _unfitting(self, examination: Examination, own: Shapes, output: Any) -> Verdict:
        """The verdict on a network that does not have the task's parameters, but its `own`."""
        expected = self.shapes(examination.oracle.ask)
        facts = (
            f"{self.definition} should have parameters of the shapes on the left; yours are on the right:\n"
            + equivalence.side_by_side(expected, own)
        )
        hint = equivalence.hint_on_shapes(_sorted(expected), _sorted(own))
        return examination.verdict(facts, self._with_shapes(examination, own, output), hint)

    def _with_shapes(self, examination: Examination, own: Shapes, output: Any = None) -> str | None:
        """The known mistake whose network has parameters of these shapes, in any order, and such an output."""
        oracle, mistakes = examination.oracle, examination.mistakes
        shaped = dict(mistakes.wrong(f"{self.id}/parameters"))
        put_out = dict(mistakes.wrong(f"{self.id}/output-shape"))
        right = oracle.ask(f"{self.id}/output-shape")
        if _sorted(own) == _sorted(self.shapes(oracle.ask)):
            found = [name for name, wrong in put_out.items() if name not in shaped and _gives(wrong, output)]
            return examination.likeliest(found)
        found = [name for name, wrong in shaped.items() if _sorted(listed(wrong)) == _sorted(own)]
        found = [name for name in found if output is None or _gives(put_out.get(name, right), output)] or found
        if len(found) > 1 or self.arguments:  # the same shapes, and perhaps another function
            computed = dict(mistakes.wrong(f"{self.id}/known"))
            found = [
                name
                for name in found
                if name not in computed or self._computes(examination, shaped[name], computed[name])
            ]
        return examination.likeliest(found)

    def _computes(self, examination: Examination, shapes: Answers, wrong: Answers) -> bool:
        """Whether the student's network, with a mistake's weights, computes what the mistake does."""
        if RIGHT not in wrong:
            return False
        seed = examination.oracle.seed
        try:
            answer = self._outputs(examination, probes.weights(listed(shapes), seed), self.images(seed))
            return bool(equivalence.variants(answer, [("", wrong)], 1e-3))
        except Failed:
            return False

    def _computing_the_same(self, examination: Examination, answer: Any, tolerance: float, train: bool) -> str | None:
        """The known mistake, or the pair, that computes what the student's network does with the task's weights."""
        shaped = dict(examination.mistakes.wrong(f"{self.id}/parameters"))  # its parameters would not have fitted
        for question in ("train-known",) if train else ("known", "pairs"):
            found = equivalence.variants(answer, examination.mistakes.wrong(f"{self.id}/{question}"), tolerance)
            names = [name for name in found if name not in shaped]
            if names:
                return examination.likeliest(names)
        return None


def _listed(names: Sequence[str]) -> str:
    """The first names of several, for a sentence."""
    return ", ".join(f"`{name}`" for name in names[:4]) + (" and others" if len(names) > 4 else "")


def _finite(outputs: list[np.ndarray]) -> list[np.ndarray]:
    """The outputs with zeros where they are no numbers, since nothing else can be compared with such values."""
    return [np.nan_to_num(output, nan=0, posinf=0, neginf=0) for output in outputs]


def _with_units_changed(
    state: probes.Arrays, images: np.ndarray, joints: Sequence[units.Joint], seed: int
) -> list[list[Any]]:
    """Pairs of weights, each with the images, that must do the same in layers: drawn twice, since one may by chance."""
    return [[one, images] for draw in (0, 1) for one in units.unread_and_renumbered(state, joints, seed + draw)]


def _stay(alike: list[list[np.ndarray]], tolerance: float) -> bool:
    """Whether in each pair, the outputs for some way to give the weights out are the same."""
    return all(
        any(compare.same(other, output, tolerance) for output, other in zip(first, second, strict=False))
        for first, second in zip(alike[::2], alike[1::2], strict=True)
    )


def _farthest(one: np.ndarray, other: np.ndarray) -> float:
    """How far two arrays are apart at most; nowhere where they have different shapes."""
    return float(np.abs(np.subtract(one, other, dtype=np.float64)).max(initial=0)) if one.shape == other.shape else 0.0


def _repeats(output: np.ndarray, count: int) -> bool:
    """Whether the outputs for the first `count` images are those for the next ones, too."""
    if output.ndim == 0:
        return True
    return len(output) >= 2 * count and compare.same(output[count : 2 * count], output[:count])


def listed(answer: Answers) -> Shapes:
    """Names and shapes out of an answer's arrays."""
    return [
        (str(name), shape[shape > 0].tolist()) for name, shape in zip(answer["names"], answer["shapes"], strict=True)
    ]


def _sorted(shapes: Iterable[tuple[str, list[int]]]) -> list[list[int]]:
    return sorted(map(itemgetter(1), shapes))


def _raises(answer: Answers, failed: Failed) -> bool:
    return (str(answer.get("raised")), str(answer.get("numbers"))) == (failed.raised, failed.numbers)


def _gives(answer: Answers, output: Any) -> bool:
    return "output" in answer and answer["output"].tolist() == output
