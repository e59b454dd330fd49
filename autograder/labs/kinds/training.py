"""Tasks that ask for `train`, `evaluate`, or for a trial that is saved and resumed.

They are judged on the grader's own small network (`judge/small_network.py`), so that a student's network has no part
in it: the grader works out by itself what the right training makes of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.judge import probes, small_network
from autograder.judge.compare import RELATIVE, array, first_of
from autograder.judge.oracle import KEY_SEED
from autograder.judge.verdict import Blocked, Failed
from autograder.labs.examination import Examination
from autograder.labs.kinds import training_procedures
from autograder.labs.questions import ANY, Ask, Aspect, Given, Question, judge

EPOCHS, IMAGES = 3, 160
BEFORE, AFTER = 2, 4  # epochs of a trial before it is saved, and in all
SAME = 0.1  # steps of Adam that weights may be away from those of the right training
LEARNED = 0.03  # agreement with the labels: smaller logits alone make the loss fall, too, and teach nothing
UNMOVED = 1e-6  # steps of Adam
EXACT = 0.005  # as a fraction: how far the losses that are said of a network that did not move may be from its own
# Standard deviations, and a correlation. Over 300 seeds, each known mistake had 6 of the one (only the last layer is
# trained) or 0.24 of the other (the loss runs away); weights that were drawn had 3.2 and, one in a hundred, 0.2, and
# smaller ones 4.4.
ALONG, KNOWS = 4.5, 0.2
FALLS = 0.25  # of what the right training makes the loss fall by: enough to say that something is learned
# Times: means over an epoch, with the weights as they change or as they are at its end, differ by less. Over 400 seeds
# the losses differed by up to 1.35, and the last accuracies by up to 1.8.
FAR, FAR_FEWER = 2.5, 5
FARTHEST = 20  # the first mean of a training that goes wrong may be five times the loss at its start
TENSORS = ("Tensor", "Parameter", "ndarray")  # a number of NumPy's is a number
METRICS = ("loss", "acc")
UNLIKELY = np.float32(20)  # how much smaller a logit is made: a loss of as much
OF_LAST_BATCH = 0.05  # as a fraction: how near its loss a number is that stands for it


def given_training(ask: Ask, seed: int) -> Given:
    """What `train` is given: the small network's weights, images and labels."""
    images, labels = probes.classes(IMAGES, seed)
    return {
        "state": small_network.start(seed),
        "images": images,
        "labels": labels,
        "batch": small_network.BATCH,
        "epochs": EPOCHS,
        "lr": small_network.LEARNING_RATE,
    }


def given_means(ask: Ask, seed: int) -> Given:
    """The same, but with a last batch that has one label, which the network takes for very unlikely and which no image
    before has: its loss is many times the mean."""
    given = given_training(ask, seed)
    images = len(given["labels"])
    rare = int(given["labels"][-1])
    labels = np.where(given["labels"] == rare, (rare + 1) % 10, given["labels"])
    labels[images - small_network.BATCH :] = rare
    unlikely = UNLIKELY * (np.arange(10) == rare).astype(np.float32)
    state = [(name, value - unlikely if name == "out.bias" else value) for name, value in given["state"]]
    return {**given, "state": state, "labels": labels}


# --- what is right ----------------------------------------------------------------------------------------------------


def _epochs(given: Given, count: int = EPOCHS) -> list[tuple[small_network.Weights, float, float]]:
    return list(small_network.epochs(dict(given["state"]), given["images"], given["labels"], count))


def _trained(given: Given, count: int = EPOCHS) -> small_network.Weights:
    return small_network.trained(dict(given["state"]), given["images"], given["labels"], count)


# --- reading an answer ------------------------------------------------------------------------------------------------


def _kind(answer: Any, given: Given) -> str:
    return "list" if isinstance(answer["history"], list) else answer["kind"]


def _entries(answer: Any, given: Given) -> int | None:
    return len(answer["history"]) if isinstance(answer["history"], list) else None


def _no_dictionary(answer: Any, given: Given) -> str | None:
    """The first entry of a history that is no dictionary."""
    return next((str(entry)[:80] for entry in answer["history"] if not isinstance(entry, dict)), None)


def _without_number(answer: Any, given: Given) -> tuple[str, str] | None:
    """The first metric of which an entry holds no finite number, and the keys of that entry."""
    for entry in answer["history"]:
        for wanted in METRICS:
            numbers = [entry[key] for key in entry if wanted in key]
            if not numbers or not all(isinstance(number, (int, float)) and np.isfinite(number) for number in numbers):
                return wanted, first_of(entry)
    return None


def _form(answer: Any, given: Given) -> str:
    """What a history looks like: its kind, its length, and which of the two metrics each entry has."""
    history, kind = answer["history"], answer["kind"]
    if isinstance(history, dict):
        return f"dict of {sorted({type(value).__name__ for value in history.values()})}"
    if not isinstance(history, list):
        return kind
    if not all(isinstance(entry, dict) for entry in history):
        kinds = {"number" if isinstance(entry, (int, float)) else type(entry).__name__ for entry in history}
        return f"{kind} of {', '.join(sorted(kinds))}"
    has = [all(any(wanted in key for key in entry) for entry in history) for wanted in METRICS]
    return f"{len(history)} entries, loss {has[0]}, acc {has[1]}"


def _means(answer: Any, given: Given) -> tuple[small_network.Weights, list[dict[str, float]]]:
    """The weights that `train` left, and what its history says of each epoch."""
    said = [
        {wanted: entry[wanted] if wanted in entry else next(entry[key] for key in entry if wanted in key)
         for wanted in METRICS}
        for entry in answer["history"]
    ]  # fmt: skip
    return small_network.returned(answer["state"], "`train`"), said


def _off_the_mean(got: Any, want: Any) -> str:
    """Where a history's numbers are no means over the images: sums, percent; empty where they are.

    What they should be is known only where the training was right.
    """
    weights, said = got
    trained = small_network.distance(weights, want[-1][0]) <= SAME
    for number, (entry, (_, loss, accuracy)) in enumerate(zip(said, want, strict=True), start=1):
        if not -1e-6 <= entry["acc"] <= 1 + 1e-6:
            problem = f"acc is {entry['acc']:.4g}, but should be a fraction of the images"
        elif trained and not loss / FAR < entry["loss"] < loss * FAR:
            problem = f"loss is {entry['loss']:.4g}, but the mean over the images was {loss:.4g}"
        elif trained and number == len(want) and entry["acc"] * FAR_FEWER < accuracy:
            problem = f"acc is {entry['acc']:.4g}, but the fraction of right images was {accuracy:.4g}"
        else:
            continue
        return f"In entry {number} of the history, {problem}."
    return ""


def _another_form(answer: Any, given: Given) -> str:
    """What a history looks like, if not as the first one that was asked for; else empty."""
    form = _form(answer, given)
    if form != f"{EPOCHS} entries, loss True, acc True":
        return form
    missing = _without_number(answer, given)
    return f"no number for {missing[0]}" if missing else ""


def _of_last_batch(answer: Any, given: Given) -> bool:
    """Whether each entry has the loss of its epoch's last batch, where the training was right."""
    if _another_form(answer, given):
        return False
    weights, said = _means(answer, given)
    epochs = _epochs(given)
    if small_network.distance(weights, epochs[-1][0]) > SAME:
        return False
    last = slice(-small_network.BATCH, None)
    known = [small_network.loss(one, given["images"][last], given["labels"][last]) for one, _, _ in epochs]
    return all(abs(entry["loss"] - loss) < OF_LAST_BATCH * loss for entry, loss in zip(said, known, strict=True))


def _all_the_same(answer: Any, given: Given) -> bool:
    """Whether a history says of each epoch what it says of the last, though the network was trained."""
    if _another_form(answer, given):
        return False
    weights, said = _means(answer, given)
    moved = small_network.distance(weights, small_network.tensors(given["state"])) > SAME
    return moved and all(entry == said[-1] for entry in said)


def _made_up(answer: Any, given: Given) -> str:
    """Where a history has another network's losses, in words; else empty.

    Of a network that was left as it was, the loss is known; or a copy of it was trained, and rightly. The losses of any
    other, in whatever unit, fall or rise as much as its own loss did, if it was trained at all.
    """
    weights, said = _means(answer, given)
    start = small_network.tensors(given["state"])
    loss, ended = (small_network.loss(one, given["images"], given["labels"]) for one in (start, weights))
    if small_network.distance(weights, start) <= UNMOVED:
        last = slice(-small_network.BATCH, None)  # some take the last batch's loss for that of the epoch
        of_last = small_network.loss(start, given["images"][last], given["labels"][last])
        for number, (entry, (_, trained, _)) in enumerate(zip(said, _epochs(given), strict=True), start=1):
            if all(abs(entry["loss"] - known) > EXACT * known for known in (loss, of_last, trained)):
                return (
                    f"`train` left the weights of the model as they were, so the loss was {loss:.4g} in each epoch, but"
                    f" entry {number} of the history says {entry['loss']:.4g}"
                )
        return ""
    if not _at_work(weights, given):
        return "`train` changed the weights of the model, but not by what the images and their labels teach"
    first, final = said[0]["loss"], said[-1]["loss"]
    # Logits that are large enough have no loss at all.
    if first > 0 and final > 0 and not 1 / FARTHEST < (final * loss) / (first * max(ended, 1e-12)) < FARTHEST:
        return (
            f"the loss went from {loss:.4g} to {ended:.4g}, but the history says that it went from {first:.4g} to"
            f" {final:.4g}"
        )
    return ""


def _at_work(weights: small_network.Weights, given: Given) -> bool:
    """Whether a training shows in the weights, right or wrong: they went along with the right one, or against it, or
    they know the labels."""
    [(first, _, _)] = _epochs(given, 1)
    along = small_network.kinship(small_network.tensors(given["state"]), weights, first)
    return along >= ALONG or small_network.agreement(weights, given["images"], given["labels"]) >= KNOWS


def _weights(answer: Any, given: Given) -> small_network.Weights:
    return small_network.returned(answer["state"], "`train`")


def _near(got: small_network.Weights, want: small_network.Weights) -> bool:
    return small_network.distance(got, want) <= SAME


def _losses(answer: Any, given: Given) -> tuple[float, float]:
    """The loss on the training images before and after."""
    images, labels = given["images"], given["labels"]
    before = small_network.loss(small_network.tensors(given["state"]), images, labels)
    return before, small_network.loss(_weights(answer, given), images, labels)


def _agreement(answer: Any, given: Given) -> float:
    return small_network.agreement(_weights(answer, given), given["images"], given["labels"])


def _least_loss(given: Given) -> float:
    return small_network.loss(_trained(given), given["images"], given["labels"])


def _joined(answer: Any, given: Given) -> np.ndarray:
    return np.concatenate([array(value, "").ravel() for _, value in answer["state"]])


def _moved(answer: Any, given: Given) -> np.ndarray:
    """How far each weight has gone, in fifties of Adam's steps, roughly: it must be the same on every machine."""
    start = dict(given["state"])
    far = [
        np.abs(np.asarray(value, np.float64) - start[name]).mean() / small_network.LEARNING_RATE
        for name, value in answer["state"]
        if name in start and np.shape(value) == start[name].shape
    ]
    return np.round(far, 1) / 50


def same_training(examination: Examination, answer: Any) -> str | None:
    """The known mistake that ends with the same weights; in a students' package, with weights as far away."""
    if not examination.oracle.live:
        return WHERE_TO.name(examination, answer)
    ended = small_network.returned(answer["state"], "`train`")
    names = [
        name
        for name, wrong in examination.mistakes.wrong(ENDED.id)
        if "state" in wrong and small_network.distance(ended, small_network.split(wrong["state"])) <= SAME
    ]
    return examination.likeliest(names)


IN_MODES = ("trains-in-eval-mode", "evaluates-after-each-epoch")  # where no step was in training mode, where some were

# --- `train` ----------------------------------------------------------------------------------------------------------

TASK = "train-evaluate"
TRAIN = Question(
    id="train/history",
    task=TASK,
    procedure=training_procedures.train_small,
    uses=("train",),
    given=given_training,
    aspects=(
        Aspect("history", _form),
        Aspect(
            "kind",
            _kind,
            check="history",
            right="list",
            say="`train` should return its history, a list with a dictionary for each epoch, but returned {got}.",
            hint="`Trial.run` returns the history.",
        ),
        Aspect(
            "entries",
            _entries,
            check="history",
            right=EPOCHS,
            say="`train` was called with epochs={want}, but its history has {got} entries.",
        ),
        Aspect(
            "dictionaries",
            _no_dictionary,
            check="history",
            right=None,
            say="Each entry of the history should be a dictionary, but one is {got}.",
        ),
        Aspect(
            "numbers",
            _without_number,
            check="history",
            right=None,
            say=lambda got, want: (
                f"Each entry of the history should have a number for {got[0]!r}, but one has the keys {got[1]}."
            ),
            hint="You choose the metrics when you make the Trial.",
        ),
        Aspect(
            "made up",
            _made_up,
            check="history",
            right="",
            say="The history is not that of the model that was passed in: {got}.",
            hint="Is the model that is trained the one that was passed in?",
        ),
    ),
)
TRAIN_ONCE = replace(
    TRAIN,
    given=lambda ask, seed: {**given_training(ask, seed), "epochs": 1},
    aspects=(
        Aspect(
            "entries of one epoch",
            _entries,
            check="history",
            right=1,
            say=lambda got, want: (
                f"With epochs={EPOCHS}, `train` returns a history of {EPOCHS} entries; with epochs=1, "
                + (f"its history has {got} entries." if got is not None else "it returns something else.")
            ),
            mistake="epochs-ignored",
        ),
    ),
)
TRAIN_MEANS = replace(
    TRAIN,
    id="train/means",
    given=given_means,
    aspects=(
        Aspect(
            "another form",
            _another_form,
            check="history",
            right="",
            say="For other images, `train` returned another kind of history: {got}.",
        ),
        Aspect(
            "the same in each entry",
            _all_the_same,
            check="history",
            right=False,
            say="All entries of the history are the same, though the model has changed from epoch to epoch.",
            worth=0.5,
            mistake="history-of-one-row",
        ),
        Aspect(
            "of the last batch",
            _of_last_batch,
            check="history",
            right=False,
            say="Each entry of the history has the loss of its epoch's last batch, not the mean over the epoch.",
            worth=0.5,
            mistake="history-of-last-batches",
        ),
        Aspect(
            "means",
            lambda answer, given: (
                None if _another_form(answer, given) or _of_last_batch(answer, given) else _means(answer, given)
            ),
            check="history",
            right=_epochs,
            alike=lambda got, want: got is None or not _off_the_mean(got, want),
            say=_off_the_mean,
            worth=0.5,
            mistake="history-of-sums",
        ),
    ),
)
# The same start and images each time: how far a wrong training gets must not depend on the draw.
LOSS_FALLS = replace(
    TRAIN,
    given=lambda ask, seed: given_training(ask, KEY_SEED),
    aspects=(
        Aspect(
            "loss",
            _losses,
            check="loss-falls",
            right=_least_loss,
            alike=lambda got, want: got[0] - got[1] >= FALLS * (got[0] - want),
            say=lambda got, want: (
                f"{EPOCHS} epochs of the right training bring the loss from {got[0]:.2f} down to {want:.2f}; after"
                f" yours, it is {got[1]:.2f}."
            ),
            hint="Do you zero the gradients before each step? Does the optimiser get the parameters of the model that"
            " was passed in? Is it Adam, with `lr`?",
        ),
        Aspect(
            "agreement",
            _agreement,
            check="loss-falls",
            right=LEARNED,
            alike=lambda got, want: got >= want,
            say="The loss has fallen, but no more than smaller logits alone make it fall: nothing was learned.",
        ),
    ),
    named_by=lambda examination, answer: same_training(examination, TRAIN.ask(examination)),
)
WHERE_TO = replace(TRAIN, id="train/loss", aspects=(Aspect("moved", _moved),))
ENDED = replace(
    TRAIN,
    id="train/state",
    aspects=(
        Aspect("state", _joined),
        Aspect(
            "modes",
            lambda answer, given: [answer["in_training"], answer["in_evaluation"]],
            check="same-training",
            right=False,
            alike=lambda got, want: got[1] == want,
            say=lambda got, want: (
                "`train` took some of its steps with the model in evaluation mode."
                if got[0]
                else "`train` got a model in evaluation mode, as `evaluate` leaves one, and trained it in that mode."
            ),
            names=True,
        ),
        Aspect(
            "weights",
            _weights,
            check="same-training",
            right=_trained,
            alike=_near,
            say="With the same start and the same batches, `train` does not end with the weights that cross-entropy and"
            f" Adam(lr={small_network.LEARNING_RATE:g}) reach.",
            hint="Do you use cross-entropy on the logits, and Adam with `lr` and otherwise its default settings? Is the"
            " model in training mode, and does each batch come once per epoch?",
        ),
    ),
    public=False,
    named_by=lambda examination, answer: (
        IN_MODES[answer["in_training"]] if answer["in_evaluation"] else same_training(examination, answer)
    ),
)


# --- `evaluate` -------------------------------------------------------------------------------------------------------


MOST_SAID = 2000  # characters of an answer in which numbers are looked for
MOST_NUMBERS = 12  # that an answer in another form may hold: a dictionary of metrics has fewer
EXACTLY = 1e-4  # the same accuracy but for rounding


def given_evaluation(ask: Ask, seed: int) -> Given:
    """What `evaluate` is given: the small network, and labels of which it gets about three quarters right."""
    state = small_network.start(seed)
    images, _ = probes.classes(103, seed)
    said = small_network.outputs(small_network.tensors(state), images).argmax(1).numpy()
    right = probes.generator(seed, "right").random(103) < 0.75
    right[96:] = False  # the last batch is small and all wrong: a mean over batches differs from one over images
    return {"state": state, "images": images, "labels": np.where(right, said, (said + 1) % 10), "batch": 32}


def _share_right(given: Given) -> float:
    """The share of images that the small network gets right."""
    said = small_network.outputs(small_network.tensors(given["state"]), given["images"]).argmax(1).numpy()
    return float((said == given["labels"]).mean())


def _number(answer: Any, given: Given) -> float:
    """The accuracy as a number, or the only one in a list; NaN for anything else."""
    value = answer["accuracy"]
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else float("nan")


EVALUATE = Question(
    id="evaluate",
    task=TASK,
    procedure=training_procedures.evaluate_small,
    uses=("evaluate",),
    given=given_evaluation,
    aspects=(
        Aspect("kind"),
        Aspect(
            "a number",
            lambda answer, given: answer["kind"] if np.isnan(_number(answer, given)) else "a number",
            check="evaluate-counts",
            right="a number",
            say="`evaluate` should return a number between 0 and 1, but returned {got}.",
            sure=("accuracy", "kind"),
        ),
        Aspect(
            "accuracy",
            _number,
            check="evaluate-counts",
            right=_share_right,
            alike=lambda got, want: abs(got - want) < EXACTLY,
            say="The model gets {want:.4f} of the images right, but `evaluate` returned {got:.4f}.",
            hint="Is the model in evaluation mode, with dropout off? Is each image counted once?",
            names=True,
            sure=("accuracy",),
        ),
        Aspect(
            "a plain float",
            lambda answer, given: answer["kind"],
            check="evaluate-counts",
            right="float",
            alike=lambda got, want: got not in TENSORS,
            say="`evaluate` should return a float, but returned the right number as {got}.",
            hint="How do you get a plain number out of a tensor that holds one?",
            sure=("accuracy",),
        ),
        Aspect(
            "training",
            check="eval-mode",
            right=False,
            say="After `evaluate`, the model should be in evaluation mode, but it is in training mode.",
            hint="`model.eval()` switches to evaluation mode. Does anything in `evaluate` switch back?",
            names=True,
            sure=("training",),
        ),
        Aspect(
            "gradients",
            check="eval-mode",
            right=False,
            say="While `evaluate` ran the model, gradients were on: what it returned remembers how it was computed.",
            worth=0.5,
            mistake="with-gradients",
        ),
        Aspect(
            "trainable",
            check="eval-mode",
            right=True,
            say="After `evaluate`, the model can no longer be trained: gradients are switched off, and stay off.",
            hint="What do you switch off, and what switches it on again?",
            worth=0.5,
        ),
    ),
)


# --- the device -------------------------------------------------------------------------------------------------------

ON_THE_DEVICE = ("model meta, images meta", "cannot be told")
FUNCTIONS = ("train", "evaluate")


def _stayed_behind(answer: Any, given: Given) -> str:
    """What was seen of the functions that did not run on the device that they were given; empty where both did."""
    return " ".join(_stayed(name, answer[name]) for name in FUNCTIONS if answer[name] not in ON_THE_DEVICE)


def _stayed(function: str, seen: str) -> str:
    places = re.fullmatch(r"model (\w+), images (\w+)", seen)
    if places is None:
        return f"`{function}` never called the model."
    return f"When `{function}` called the model, the model was on “{places[1]}” and the images were on “{places[2]}”."


DEVICE = Question(
    id="device",
    task=TASK,
    procedure=training_procedures.devices,
    uses=FUNCTIONS,
    given=lambda ask, seed: {"state": small_network.start(seed)},
    aspects=(
        Aspect("train"),
        Aspect("evaluate"),
        Aspect(
            "devices",
            _stayed_behind,
            check="device",
            right="",
            say="`train` and `evaluate` were called with the device “meta”, which every machine has and which holds no"
            " values. {got}",
            hint="Both the model and the images belong on `device`.",
        ),
    ),
)


def judge_accuracy_returned(examination: Examination) -> None:
    """`evaluate` returns the accuracy, for other labels too: for the first ones, a message may have told it before."""
    judge(examination, EVALUATE)
    given = EVALUATE.inputs(examination)
    draw = probes.generator(examination.oracle.seed, "other labels")
    kept = draw.random(len(given["labels"])) < draw.uniform(0.2, 0.8)
    other = {"labels": np.where(kept, given["labels"], (given["labels"] + 1) % 10)}
    answer = EVALUATE.ask(examination, **other)
    if not abs(_number(answer, given) - _share_right({**given, **other})) < EXACTLY:
        raise Failed(
            "`evaluate` returned the right accuracy, but for other labels it did not.",
            hint="Does it compare the model's answers with the labels of the loader that is passed in?",
        )


def judge_mode(examination: Examination) -> None:
    """`evaluate` leaves the model in evaluation mode; one that gives a number, whatever it was given, has no mode."""
    judge(examination, EVALUATE)
    if not _evaluates(examination):
        raise Blocked(
            "Blocked until `evaluate` returns the accuracy: what it returned does not depend on labels, model and"
            " images as an accuracy does."
        )


def _evaluates(examination: Examination) -> bool:
    """Whether a number that `evaluate` returns depends on labels, model and images, and not on which digit is which."""
    if examination.passed("evaluate-counts"):
        return True
    given = EVALUATE.inputs(examination)
    labels, state = given["labels"], given["state"]
    turned = [(name, value[::-1].copy() if name.startswith("out") else value) for name, value in state]
    asked: tuple[Given, ...] = (
        {},
        {"state": turned, "labels": 9 - labels},  # the same task: each digit has the name, and the output, of another
        {"labels": (labels + 1) % 10},
        {"state": turned},
        {"images": given["images"][..., ::-1].copy()},
    )
    said = [_numbers_in(EVALUATE.ask(examination, **instead)["accuracy"]) for instead in asked]
    if any(len(numbers) > MOST_NUMBERS for numbers in said):  # of many, one is right by chance
        return False
    return any(
        np.isclose(number, renamed, RELATIVE) and not np.isclose(number, others, RELATIVE).any()
        for number, renamed, *others in zip(*said, strict=False)
    )


def _numbers_in(answer: Any) -> list[float]:
    """The numbers in an answer of any form: 75.7 in "75.7 %", 0.757 and 2.1 in a dictionary of both."""
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", str(answer)[:MOST_SAID])]


def _trains(examination: Examination) -> bool:
    """Whether `train` teaches the network anything."""
    given = TRAIN.inputs(examination)
    start = small_network.agreement(small_network.tensors(given["state"]), given["images"], given["labels"])
    return _agreement(TRAIN.ask(examination), given) > max(start, 0) + LEARNED


WORKS = {"train": "loss-falls", "evaluate": "evaluate-counts"}  # the check that sees a function at work


def judge_device(examination: Examination) -> None:
    """Both functions run on the device that they are given; of one that stops before, it must be seen that it works."""
    judge(examination, DEVICE)
    answer = DEVICE.ask(examination)
    for function in FUNCTIONS:
        if answer[function] == "cannot be told" and not examination.passed(WORKS[function]):
            raise Blocked(
                f"Blocked until `{function}` works on the CPU: on the device “meta” it raised an error before it called"
                " the model."
            )
    if not _sees(_trains, examination) and not _sees(_evaluates, examination):
        raise Blocked("Blocked until `train` or `evaluate` works on the CPU.")


def _sees(works: Callable[[Examination], bool], examination: Examination) -> bool:
    try:
        return works(examination)
    except Failed:
        return False


# --- a trial that is saved and resumed --------------------------------------------------------------------------------


def _resumed_state(answer: Any, given: Given) -> tuple[small_network.Weights, Given]:
    return small_network.returned(answer["state"], "`resume_trial`"), given


def _where_it_ended(got: Any, want: Any) -> str:
    ended, given = got
    if _near(ended, _trained(given, BEFORE)):
        return "The resumed trial has the saved weights, but `run` does not continue the training."
    after = given["epochs"][1]
    if _near(ended, _trained(given, BEFORE + after)):
        return f"The saved trial had run {BEFORE} epochs. Told to run to {after}, the resumed one ran {after} more."
    return (
        f"Saved after {BEFORE} epochs, resumed and run to {after}, the trial does not end with the weights of {after}"
        " epochs in one go."
    )


def _what_is_missing(got: Any, want: Any) -> str:
    ended, given = got
    if _near(ended, _trained(given, BEFORE)):
        return ""
    if _near(ended, _trained(given, BEFORE + given["epochs"][1])):
        return (
            "A trial counts the epochs in its history. Does `save_trial` write the history too, and does `resume_trial`"
            " load everything that was written?"
        )
    return (
        "The weights are not the whole state. What does Adam remember between steps? Does `save_trial` write that, and"
        " does `resume_trial` load it?"
    )


def _losses_before(answer: Any, given: Given) -> np.ndarray:
    """The losses that the history of a resumed trial has for the epochs before it was saved; NaN where it has none."""
    entries = answer["history"] if isinstance(answer["history"], list) else []
    losses = [entry.get("loss") if isinstance(entry, dict) else None for entry in entries[:BEFORE]]
    return np.array([loss if isinstance(loss, float) else np.nan for loss in losses])


def _if_resumed(read: Callable[[Any, Given], Any]) -> Callable[[Any, Given], Any]:
    return lambda answer, given: read(answer, given) if answer["written"] and answer["trial"] else None


RESUME = Question(
    id="resume",
    task="resume",
    procedure=training_procedures.resume_small,
    uses=("save_trial", "resume_trial"),
    given=lambda ask, seed: {**given_training(ask, seed), "epochs": [BEFORE, AFTER]},
    aspects=(
        Aspect(
            "resumed",
            lambda answer, given: (
                f"{answer['before']} epochs before, {answer['after']} after"
                if answer["written"] and answer["trial"]
                else answer.get("kind", "nothing written")
            ),
        ),
        Aspect("held", _if_resumed(lambda answer, given: answer["held"])),
        Aspect("moved", _if_resumed(_moved)),
        Aspect("written", check=ANY, right=True, say="`save_trial(trial, path)` did not write a file to `path`."),
        Aspect(
            "trial",
            lambda answer, given: True if answer["trial"] else answer["kind"],
            check=ANY,
            right=True,
            say="`resume_trial` should return the trial, but returned {got}.",
        ),
        Aspect(
            "weights",
            _resumed_state,
            check="continues",
            right=lambda given: _trained(given, given["epochs"][1]),
            alike=lambda got, want: _near(got[0], want),
            say=_where_it_ended,
            hint=_what_is_missing,
        ),
        Aspect(
            "no_text",
            check="continues",
            right=False,
            say="`save_trial` or `resume_trial` takes a path that is a `Path`, but not one that is a `str`.",
            hint="Which methods does a string have? Make a `Path` of it first, or do without.",
            worth=0.25,
        ),
        Aspect(
            "replaced",
            check="continues",
            right="",
            say=lambda got, want: (
                "`resume_trial` should load the file into the trial that was passed in, but it returned another one."
                if got == "trial"
                else f"`resume_trial` gave the trial that was passed in another {got}."
            ),
            hint="Which of the trial's parts does `trial.load_state_dict` change, and which does it keep?",
            worth=0.25,
            mistake="other-trial",
        ),
        Aspect(
            "before",
            check="history",
            right=BEFORE,
            say="The history of the saved trial had {want} epochs, but after `resume_trial` it has {got}.",
            hint="`Trial.state_dict()` includes the history. Is it in the file, and do you load the whole file?",
        ),
        Aspect(
            "losses",
            _losses_before,
            check="history",
            right=lambda given: np.array([loss for _, loss, _ in _epochs(given, BEFORE)]),
            alike=lambda got, want: got.shape == want.shape and bool(np.allclose(got, want, rtol=0.01)),
            say="After `resume_trial`, the history is not that of the epochs that the saved trial has run.",
            hint="`Trial.state_dict()` includes the history. Is it in the file, and do you load the whole file?",
        ),
        Aspect(
            "after",
            check="history",
            right=lambda given: given["epochs"][1],
            say="After running to {want} epochs, the trial's history has {got} entries.",
        ),
    ),
)


def _resumed_elsewhere(examination: Examination) -> Given:
    """The saved file, and how far to go on, which the process that saved it did not know."""
    total = (BEFORE + 1, AFTER + 1, AFTER + 2)[examination.oracle.seed % 3]
    return {**RESUME.inputs(examination), "epochs": [BEFORE, total], "file": RESUME.ask(examination)["file"]}


# What the process that saved still knows is of no use to the one that goes on.
RESUME_ELSEWHERE = replace(
    RESUME,
    uses=("resume_trial",),
    own=_resumed_elsewhere,
    afresh=True,
    unsent=("state",),
    prefix="Given nothing but the saved file: ",
)
QUESTIONS = (TRAIN, WHERE_TO, ENDED, EVALUATE, DEVICE, RESUME)
