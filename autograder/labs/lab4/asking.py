"""Questions that the checks of lab 4 ask, and how what comes back is told from known mistakes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.judge import equivalence, probes
from autograder.judge.compare import array
from autograder.judge.oracle import RIGHT, Answers
from autograder.judge.verdict import Failed
from autograder.labs.asking import (  # noqa: F401 (the checks ask with them: `asking.named`)
    Ask,
    Asked,
    ask,
    choice,
    half,
    known,
    mistake,
    named,
    recognised,
    renamed,
    sketch,
)
from autograder.labs.examination import Examination
from autograder.labs.lab4 import inputs, procedures, small

Shapes = list[tuple[str, list[int]]]
NETWORK = (
    "Go through `forward` line by line: is every ReLU there and in its place, is the pooling a maximum, are the layers"
    " used in the task's order, and does the network end in plain logits?"
)
BLOCK = (
    "Go through `forward` line by line: is every ReLU there and in its place, and is it the sum, or the concatenation"
    " in the task's order, that was asked for?"
)


# --- networks ---------------------------------------------------------------------------------------------------------


def expected_shapes(answers: Ask, probe: inputs.NetworkProbe) -> Shapes:
    """Names and shapes of the parameters that the task's network has."""
    return listed(answers(f"{probe.question}/parameters"))


def made_up_weights(answers: Ask, seed: int, probe: inputs.NetworkProbe) -> list[tuple[str, np.ndarray]]:
    """The grader's weights for a network."""
    return probes.weights(expected_shapes(answers, probe), seed)


def weights_for(examination: Examination, probe: inputs.NetworkProbe) -> list[tuple[str, np.ndarray]]:
    """The same for an examination's oracle."""
    return made_up_weights(examination.oracle.ask, examination.oracle.seed, probe)


def layer_shapes(examination: Examination, probe: inputs.NetworkProbe, output: list[int]) -> None:
    """The parameters have the task's shapes, and two images give an output of the shape `output`."""
    answer = _run(examination, probe)
    try:
        equivalence.judge_parameters(answer, expected_shapes(examination.oracle.ask, probe), output, probe.definition)
    except Failed as failed:
        own = [(str(name), list(shape)) for name, shape in answer["parameters"]]
        name = _with_shapes(examination, probe, own, answer["output"])
        raise mistake(examination, failed.message, name, failed.hint) from None


def _run(examination: Examination, probe: inputs.NetworkProbe, passed: Sequence[inputs.NetworkProbe] = ()) -> Any:
    """Names and shapes of the parameters, and the output's for two images; a mistake that is known to raise is named.

    It is known where the same sizes do not fit each other: the same words may be said of many. One that raises for a
    probe that has `passed` is not it.
    """
    try:
        answer = examination.ask(
            "parameters", [probe.definition], definition=probe.definition, arguments=list(probe.arguments)
        )
    except Failed as failed:
        others = {name for one in passed for name, _ in examination.mistakes.wrong(f"{one.question}/output-shape")}
        names = [
            name
            for name, wrong in examination.mistakes.wrong(f"{probe.question}/output-shape")
            if name not in others and failed.raised and _raises(wrong, failed)
        ]
        raise mistake(examination, failed.message, choice(examination, names), failed.hint) from None
    if isinstance(answer["output"], list) or answer["output"] in ("tuple", "list"):
        return answer
    facts = f"{probe.definition} was asked for a tensor; it gave {answer['output']}."
    name = known(examination, "nothing-returned") if answer["output"] == "NoneType" else None
    raise mistake(examination, facts, name, "What does the last line of `forward` give back?")


def _with_shapes(examination: Examination, probe: inputs.NetworkProbe, own: Shapes, output: Any = None) -> str | None:
    """The known mistake whose network has parameters of these shapes, in any order, and an output of that shape."""
    oracle, mistakes = examination.oracle, examination.mistakes
    shaped = dict(mistakes.wrong(f"{probe.question}/parameters"))
    put_out = dict(mistakes.wrong(f"{probe.question}/output-shape"))
    right = oracle.ask(f"{probe.question}/output-shape")
    asked = _sorted(expected_shapes(oracle.ask, probe))
    if _sorted(own) == asked:
        found = [one for one, wrong in put_out.items() if one not in shaped and _gives(wrong, output)]
        return choice(examination, found)
    found = [one for one, wrong in shaped.items() if _sorted(listed(wrong)) == _sorted(own)]
    found = [one for one in found if output is None or _gives(put_out.get(one, right), output)] or found
    if len(found) > 1 or probe.arguments:  # the same shapes, and perhaps another function
        known = dict(mistakes.wrong(f"{probe.question}/known"))
        found = [one for one in found if one not in known or _computes(examination, probe, shaped[one], known[one])]
    return choice(examination, found)


def listed(answer: Answers) -> Shapes:
    """Names and shapes out of an answer's arrays."""
    return [
        (str(name), [int(size) for size in shape if size])
        for name, shape in zip(answer["names"], answer["shapes"], strict=True)
    ]


def _sorted(shapes: Shapes) -> list[list[int]]:
    return sorted(shape for _, shape in shapes)


def _raises(answer: Answers, failed: Failed) -> bool:
    return (str(answer.get("raised")), str(answer.get("numbers"))) == (failed.raised, failed.numbers)


def _gives(answer: Answers, output: Any) -> bool:
    return "output" in answer and answer["output"].tolist() == output


def _computes(examination: Examination, probe: inputs.NetworkProbe, shapes: Answers, wrong: Answers) -> bool:
    """Whether the student's network, with a mistake's weights, computes what the mistake does."""
    if RIGHT not in wrong:
        return False
    try:
        answer = _outputs(examination, probe, probes.weights(listed(shapes), examination.oracle.seed))
        return equivalence.is_variant(answer, wrong[RIGHT], 1e-3)
    except Failed:
        return False


def _outputs(
    examination: Examination, probe: inputs.NetworkProbe, state: list[tuple[str, np.ndarray]], train: bool = False
) -> Any:
    return examination.ask(
        "outputs",
        [probe.definition],
        definition=probe.definition,
        arguments=list(probe.arguments),
        state=state,
        images=probe.images(examination.oracle.seed),
        batches=list(inputs.BATCHES),
        train=train,
    )


def same_function(
    examination: Examination,
    probe: inputs.NetworkProbe,
    train: bool = False,
    passed: Sequence[inputs.NetworkProbe] = (),
) -> None:
    """The same weights and images give the same outputs as the reference, as they did for the probes that `passed`."""
    seen = _run(examination, probe, passed)
    answer = _outputs(examination, probe, weights_for(examination, probe), train)
    if not answer["outputs"]:
        own = [(str(name), list(shape)) for name, shape in answer["parameters"]]
        expected = expected_shapes(examination.oracle.ask, probe)
        name = _with_shapes(examination, probe, own, seen["output"] if isinstance(seen["output"], list) else None)
        facts = (
            f"{probe.definition} was asked for parameters of the shapes on the left; yours are on the right:\n"
            + equivalence.side_by_side(expected, own)
        )
        raise mistake(
            examination,
            facts,
            name,
            equivalence.hint_on_shapes([shape for _, shape in expected], [shape for _, shape in own]),
        )
    kind = "train-outputs" if train else "outputs"
    right = examination.oracle.ask(f"{probe.question}/{kind}")
    unlike = equivalence.judge_outputs(answer, right, probe.definition)
    if unlike is None:
        return
    if equivalence.CIRCUMSTANCES["again"] in unlike and known(examination, "input-changed-in-place"):
        raise mistake(examination, unlike, "input-changed-in-place")
    shaped = dict(examination.mistakes.wrong(f"{probe.question}/parameters"))  # its parameters would not have fitted
    for question in (f"{probe.question}/{'train-known' if train else 'known'}", f"{probe.question}/pairs"):
        if train and question.endswith("pairs"):
            continue
        names = [
            one
            for one, wrong in examination.mistakes.wrong(question)
            if RIGHT in wrong
            and one not in shaped
            and equivalence.is_variant(answer, wrong[RIGHT], float(right["tolerance"]))
        ]
        if names:
            name = choice(examination, names)
            raise mistake(
                examination,
                f"With the same weights and images, {probe.definition} gives other outputs than the task's network.",
                name,
            )
    first = "" if train else _first_difference(examination, probe)
    raise Failed(f"{unlike}\n{first}".strip(), hint=BLOCK if probe.arguments else NETWORK)


def _first_difference(examination: Examination, probe: inputs.NetworkProbe) -> str:
    """Which layer's output is the first that differs from the task's, in words; empty where that cannot be said."""
    try:
        answer = examination.ask(
            "layers",
            [probe.definition],
            definition=probe.definition,
            arguments=list(probe.arguments),
            state=weights_for(examination, probe),
            image=probe.images(examination.oracle.seed)[:1],
        )
    except Failed:
        return ""
    right = [
        (name.partition(" ")[2], value) for name, value in examination.oracle.ask(f"{probe.question}/layers").items()
    ]
    return equivalence.first_difference([(str(kind), value) for kind, value in answer], right)


SAMPLES = 800  # in training mode: they tell a variance to 5 %


def dropout(examination: Examination, probe: inputs.NetworkProbe) -> None:
    """Dropout of the task's rate, at the task's place, and off in evaluation mode.

    Where the task's `same-function` has failed, which costs points there, only the dropout calls are judged.
    """
    _run(examination, probe)  # what it raises for two images, it would raise here in other numbers
    other = not examination.passed("same-function")
    answer = examination.ask(
        "dropout_samples",
        [probe.definition],
        definition=probe.definition,
        state=weights_for(examination, probe),
        images=probe.images(examination.oracle.seed)[:2],
        repeats=SAMPLES if not other else procedures.CHUNK,  # then nobody looks at how they vary
    )
    expected = None if other else examination.oracle.ask(f"{probe.question}/dropout")[RIGHT]
    try:
        equivalence.judge_dropout(answer, expected, inputs.DROPOUT, probe.definition)
    except Failed as failed:
        name = failed.diagnosis
        if name == "dropout-elsewhere":  # one that varies as a known mistake does
            spreads = [
                (equivalence.spread(answer["train"], wrong[RIGHT]), one)
                for one, wrong in examination.mistakes.wrong(f"{probe.question}/dropout")
                if RIGHT in wrong
            ]
            nearest = min(spreads, default=(1.0, None))
            name = nearest[1] if nearest[0] < equivalence.SPREAD else name
        raise mistake(examination, failed.message, name and known(examination, name), failed.hint) from None


# --- procedures -------------------------------------------------------------------------------------------------------

EPOCHS, IMAGES = 3, 160
BEFORE, AFTER = 2, 4


def _training(answers: Ask, seed: int) -> dict[str, Any]:
    images, labels = probes.classes(IMAGES, seed)
    return {
        "state": small.start(seed),
        "images": images,
        "labels": labels,
        "batch": small.BATCH,
        "epochs": EPOCHS,
        "lr": small.LEARNING_RATE,
    }


def history_form(history: Any, kind: str) -> str:
    """What a history looks like: its kind, its length, and which of the two metrics each entry has."""
    if isinstance(history, dict):
        return f"dict of {sorted({type(value).__name__ for value in history.values()})}"
    if not isinstance(history, list):
        return kind
    if not all(isinstance(entry, dict) for entry in history):
        kinds = {"number" if isinstance(entry, (int, float)) else type(entry).__name__ for entry in history}
        return f"{kind} of {', '.join(sorted(kinds))}"
    has = [all(any(wanted in key for key in entry) for entry in history) for wanted in ("loss", "acc")]
    return f"{len(history)} entries, loss {has[0]}, acc {has[1]}"


def _trained_state(answer: Any, given: dict[str, Any]) -> Answers:
    return {"state": np.concatenate([array(value, "").ravel() for _, value in answer["state"]])} | {
        "in training mode": np.array(answer["trained"])
    }


def _moved(answer: Any, given: dict[str, Any]) -> Answers:
    """How far each weight has gone, in fifties of Adam's steps, roughly: it must be the same on every machine."""
    start = dict(given["state"])
    far = [
        np.abs(np.asarray(value, np.float64) - start[name]).mean() / small.LEARNING_RATE
        for name, value in answer["state"]
        if name in start and np.shape(value) == start[name].shape
    ]
    return {"moved": np.round(far, 1) / 50}


def evaluated(seed: int) -> tuple[dict[str, Any], float]:
    """What `evaluate` is given, and the share of images that the little network is right on."""
    state = small.start(seed)
    images, _ = probes.classes(103, seed)
    said = small.outputs(small.tensors(state), images).argmax(1).numpy()
    right = probes.generator(seed, "right").random(103) < 0.75
    right[96:] = False  # the last batch is small and all wrong: a mean over batches differs from one over images
    labels = np.where(right, said, (said + 1) % 10)
    return {"state": state, "images": images, "labels": labels, "batch": 32}, float(right.mean())


def number(value: Any) -> float:
    """A number, or the only one in a list; NaN for anything else."""
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else float("nan")


def _loaded(answer: Any, given: dict[str, Any]) -> Answers:
    """What came back from a file, and what the file held, in words."""
    if not answer.get("written", True):
        return {"loaded": np.array("nothing written")}
    held = {"held": np.array(answer.get("held", ""))}
    if not answer["module"]:
        return {"loaded": np.array(answer["kind"]), **held}
    saved = dict(given["state"])
    kinds = sorted({str(np.asarray(value).dtype) for _, value in answer["state"]})
    same = sum(name in saved and np.array_equal(value, saved[name]) for name, value in answer["state"])
    near = sum(
        name in saved and np.shape(value) == saved[name].shape and np.allclose(value, saved[name], atol=1e-2)
        for name, value in answer["state"]
    )
    return {
        "loaded": np.array(f"training {answer['training']}, {answer['devices']}, {kinds}, {same} same, {near} near"),
        **held,
    }


def _resumed(answer: Any, given: dict[str, Any]) -> Answers:
    if not answer["written"] or not answer["trial"]:
        return {"resumed": np.array(answer.get("kind", "nothing written"))}
    return {
        "resumed": np.array(f"{answer['before']} epochs before, {answer['after']} after"),
        "held": np.array(answer["held"]),
        **_moved(answer, given),
    }


def _classified(answer: Any, given: dict[str, Any]) -> Answers:
    return {
        "said": np.array(f"{answer['kind']} of {','.join(answer['inner'])}: {str(answer['said'])[:120]}"),
        "none": np.array(str(answer["none"])),
    }


def _figure(answer: Any, given: dict[str, Any]) -> Answers:
    if not answer["figure"]:
        return {"images": np.array(answer["kind"])}
    shapes = [np.asarray(image).shape for image in answer["images"]]
    return {
        "images": np.array(
            f"{len(shapes)} of {sorted(set(shapes))}, {answer['blank']} blank, {answer['covered']} covered"
        ),
        "values": np.concatenate([sketch([image]) for image in answer["images"]]) if shapes else np.zeros(0),
    }


FEW_MAPS = 30  # one that returns rows for maps has thousands


def _maps(answer: Any, given: dict[str, Any]) -> Answers:
    if answer["maps"] is None:
        return {"maps": np.array(answer["kind"])}
    maps = np.asarray(answer["maps"])
    return {
        "maps": np.array(str(maps.shape)),
        "values": sketch(maps[:FEW_MAPS]) if maps.ndim and maps.size else np.zeros(0),
        "hooks": np.array(answer["after"] - answer["before"]),
    }


def _maximised(answers: Any, given: dict[str, Any]) -> Answers:
    seen: Answers = {}
    for number, answer in enumerate(answers):
        if answer["image"] is None:
            seen[f"found {number}"] = np.array(answer["kind"])
            continue
        image = np.asarray(answer["image"])
        within = bool(image.size and image.min() > -0.01 and image.max() < 1.01)
        seen[f"found {number}"] = np.array(f"{image.shape}, within {within}")
        seen[f"values {number}"] = sketch([image]) if image.size else np.zeros(0)
    return seen


def _left(answers: Any, given: dict[str, Any]) -> Answers:
    changed = {str(number): np.array(", ".join(answer["changed"])) for number, answer in enumerate(answers)}
    return {**_maximised(answers, given), **changed}


def _maps_in_training(answer: Any, given: dict[str, Any]) -> Answers:
    seen = _maps({**answer, "before": 0, "after": answer["after_error"]}, given)
    if not answer["steady"]:
        seen.pop("values", None)  # others each time
    return {**seen, "steady": np.array(answer["steady"])}


STEEP = 30.0  # plain steps of lr=1 along an ordinary layer's gradient would be lost in the noise that one starts from


def steep_layer(answers: Ask, seed: int) -> tuple[list[tuple[str, np.ndarray]], list[int]]:
    """Weights for BetterCNN with a steep first layer, and two units: one that light excites, one that it quiets."""
    state = made_up_weights(answers, seed, inputs.BETTER)
    weight = state[0][1] * np.float32(STEEP)
    order = np.argsort(weight.sum((1, 2, 3)))
    return [(state[0][0], weight), *state[1:]], [int(order[-1]), int(order[0])]


def _maximise(answers: Ask, seed: int) -> dict[str, Any]:
    state, units = steep_layer(answers, seed)
    return {"state": state, "units": units, "steps": 30, "lr": 1.0}


def looked_weights(seed: int) -> list[tuple[str, np.ndarray]]:
    """Weights and running statistics for the grader's own network, `procedures.Looked`.

    Light excites the unit that is asked about, all the way, and quiets the outputs of the others: an ascent gets
    somewhere wherever it starts, and one for another unit goes astray.
    """
    unit, made = inputs.LOOKED_UNIT, dict(probes.weights(inputs.LOOKED, seed))
    for name in ("conv1.weight", "conv1.bias", "norm.bias"):
        made[name] = np.abs(made[name])
    made["norm.running_mean"] = -np.abs(made["norm.running_mean"])
    for part, sign in ((made["conv2.weight"], -1), (made["conv2.bias"], 1), (made["out.weight"][:, unit], -1)):
        part[:] = sign * np.abs(part)
    made["conv2.weight"][unit] *= -1
    made["out.weight"][unit] *= np.float32(0.1)
    made["out.weight"][unit, unit] = 1
    return list(made.items())


def _elsewhere(layer: str, training: list[bool]) -> Callable[[Ask, int], dict[str, Any]]:
    given = {"layer": layer, "training": training, "unit": inputs.LOOKED_UNIT, "steps": 30, "lr": 1.0}
    return lambda _, seed: {"state": looked_weights(seed), **given}


def _classify(answers: Ask, seed: int) -> dict[str, Any]:
    files, weight, bias, _ = inputs.to_classify(seed)
    return {"files": dict(files), "weight": weight, "bias": bias}


def _resume(answers: Ask, seed: int) -> dict[str, Any]:
    training = _training(answers, seed)
    return {**training, "epochs": [BEFORE, AFTER]}


TRAIN = Asked(
    "train/history",
    "train-evaluate",
    "train_small",
    ("train",),
    _training,
    lambda answer, _: {"history": np.array(history_form(answer["history"], answer["kind"]))},
)
TRAIN_LOSS = Asked(
    "train/loss",
    "train-evaluate",
    "train_small",
    ("train",),
    _training,
    _moved,
)
TRAIN_STATE = Asked("train/state", "train-evaluate", "train_small", ("train",), _training, _trained_state, public=False)
EVALUATE = Asked(
    "evaluate",
    "train-evaluate",
    "evaluate_small",
    ("evaluate",),
    lambda _, seed: evaluated(seed)[0],
    lambda answer, _: {
        "accuracy": np.array(number(answer["accuracy"])),
        "kind": np.array(answer["kind"]),
        "training": np.array(answer["training"]),
    },
)
DEVICE = Asked(
    "device",
    "train-evaluate",
    "devices",
    ("train", "evaluate"),
    lambda _, seed: {"state": small.start(seed)},
    lambda answer, _: {"train": np.array(answer["train"]), "evaluate": np.array(answer["evaluate"])},
)
ROUND_TRIP = Asked(
    "round-trip",
    "save-load",
    "round_trip",
    ("save_model", "load_model"),
    lambda answers, seed: {"state": made_up_weights(answers, seed, inputs.BETTER)},
    _loaded,
)
FROM_GPU = Asked(
    "from-gpu",
    "save-load",
    "from_gpu",
    ("save_model", "load_model"),
    lambda answers, seed: {"state": made_up_weights(answers, seed, inputs.BETTER)},
    _loaded,
)
RESUME = Asked("resume", "resume", "resume_small", ("save_trial", "resume_trial"), _resume, _resumed)
CLASSIFY = Asked("classify", "classify", "classify_files", ("classify",), _classify, _classified)
FILTERS = Asked(
    "filters",
    "filters",
    "filters",
    ("plot_filters",),
    lambda answers, seed: {"state": made_up_weights(answers, seed, inputs.BETTER)},
    _figure,
)
MAPS = Asked(
    "maps",
    "feature-maps",
    "maps",
    ("feature_maps",),
    lambda answers, seed: {
        "state": made_up_weights(answers, seed, inputs.BETTER),
        "image": probes.images(1, seed)[0],
    },
    _maps,
)
MAPS_IN_TRAINING = Asked(
    "maps-in-training",
    "feature-maps",
    "maps_in_training",
    ("feature_maps",),
    lambda _, seed: {"state": looked_weights(seed), "image": probes.images(1, seed)[0]},
    _maps_in_training,
)
MAP_FIGURE = Asked(
    "map-figure",
    "feature-maps",
    "map_figure",
    ("plot_feature_maps",),
    lambda _, seed: {"maps": probes.images(11, seed, size=14)[:, 0]},
    _figure,
)
MAXIMISE = Asked("maximise", "maximise", "maximise", ("maximise_activation",), _maximise, _maximised)
MAXIMISE_LATER = Asked(
    "maximise-later",
    "maximise",
    "maximise_elsewhere",
    ("maximise_activation",),
    _elsewhere("conv2", [True, False]),
    _left,
)
MAXIMISE_OUTPUT = Asked(
    "maximise-output", "maximise", "maximise_elsewhere", ("maximise_activation",), _elsewhere("out", [False]), _left
)
ASKED: tuple[Asked, ...] = (
    TRAIN,
    TRAIN_LOSS,
    TRAIN_STATE,
    EVALUATE,
    DEVICE,
    ROUND_TRIP,
    FROM_GPU,
    RESUME,
    CLASSIFY,
    FILTERS,
    MAPS,
    MAPS_IN_TRAINING,
    MAP_FIGURE,
    MAXIMISE,
    MAXIMISE_LATER,
    MAXIMISE_OUTPUT,
)


def plain_type(kind: str) -> bool:
    """Whether a type's name is that of a whole number."""
    return re.fullmatch(r"u?int\d*", kind) is not None
