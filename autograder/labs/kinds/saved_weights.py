"""Tasks that ask for weights on disk: functions that save and load a network, and files of weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from autograder.judge import probes, weights_file
from autograder.judge.compare import array, first_of
from autograder.judge.verdict import Blocked, Failed, NotAttempted, Partial, Verdict, together
from autograder.labs.examination import Examination
from autograder.labs.kinds import saved_weights_procedures
from autograder.labs.questions import ANY, Ask, Aspect, Given, Question, judge

LARGEST = 2_000_000  # numbers in a network that is saved


def weights_in(examination: Examination, file: str, files: Sequence[str]) -> weights_file.Arrays:
    """The names and arrays of the state dict in the student's `file`; `files` are all that the lab asks for."""
    try:
        content = examination.content_of(file)
    except NotAttempted as absent:
        near = examination.context.file_like(file, without=files)
        raise NotAttempted(f"{absent.message}\n{near}".rstrip(), hint=absent.hint) from None
    arrays = examination.read_weights(content, file)
    examination.fingerprint(weights_file.fingerprint(arrays))
    return arrays


class ShapesOnly(torch.nn.Module):
    """Parameters of given shapes and no function: to see whether weights fit."""

    def __init__(self, shapes: list[tuple[str, list[int]]]) -> None:
        super().__init__()
        for name, shape in shapes:
            layer, _, leaf = name.rpartition(".")
            if not hasattr(self, layer):
                self.add_module(layer, torch.nn.Module())
            getattr(self, layer).register_parameter(leaf, torch.nn.Parameter(torch.zeros(shape)))


def saving_questions(
    task: str,
    save: str,
    load: str,
    network: str,
    image: tuple[int, ...],
    weights: Callable[[Ask, int], weights_file.Arrays],
) -> tuple[Question, Question, Question]:
    """Whether `save(model, path)` and `load(path)` give a `network`, which takes an `image`, as it was.

    Saved and loaded again; loaded from a file whose tensors are a GPU's; loaded by a process that has not saved it.
    What is loaded must be in evaluation mode on the CPU, and have the same weights bit for bit. `weights(ask, seed)`
    are the grader's for the task's network.
    """
    plain = {"save": save, "load": load, "network": network, "image": list(image)}
    blocked = f"Blocked until {network} has the task's layers."

    def own_weights(examination: Examination) -> Given:
        """The grader's weights for the student's own network: whether that is right is another task's matter."""
        asked = {"load": load, "network": network, "image": list(image)}
        answer = examination.ask(saved_weights_procedures.own_shapes, [load], **asked)
        own = [(str(name), list(shape)) for name, shape in answer]
        if not own or sum(math.prod(shape) for _, shape in own) > LARGEST:
            raise Blocked(blocked)
        return {"state": probes.weights(own, examination.oracle.seed), **plain}

    def own_file(examination: Examination, gpu: bool = False) -> Given:
        return {**own_weights(examination), "file": round_trip.ask(examination)["file"], "gpu": gpu}

    def fits(answer: Any, given: Given) -> None:
        if not answer["fits"]:
            raise Blocked(blocked)

    def loaded_well(check: str) -> tuple[Aspect, ...]:
        wanted = f"`{load}` should return a {network}, but returned"
        aspects = (
            Aspect("module", _if_not("module"), right=None, say=f"{wanted} {{got}}.", hint="Do you return the model?"),
            Aspect("own", _if_not("own"), right=None, say=f"{wanted} a {{got}}."),
            Aspect(
                "weights",
                lambda answer, given: _bits(
                    (name, array(value, f"The loaded weight {name}")) for name, value in answer["state"]
                ),
                right=lambda given: _bits(given["state"]),
                say="The loaded weights are not bit for bit the saved ones.",
                hint=f"Does `{load}` read the file at `path`, and load it into the model that it returns?",
            ),
            Aspect(
                "training",
                right=False,
                say="The loaded model should be in evaluation mode, but it, or a part of it, is in training mode.",
                hint="What does `model.eval()` do?",
            ),
            Aspect(
                "devices",
                lambda answer, given: first_of(answer["devices"]),
                right="cpu",
                say="The loaded model should be on the CPU, but it is on {got}.",
            ),
        )
        return tuple(replace(aspect, check=check, sure=("loaded",)) for aspect in aspects)

    file = (
        Aspect("loaded", _loaded),
        Aspect("held", lambda answer, given: answer.get("held")),
        Aspect("written", check=ANY, right=True, say=f"`{save}(model, path)` did not write a file to `path`."),
    )
    round_trip = Question(
        id="round-trip",
        task=task,
        procedure=saved_weights_procedures.round_trip,
        uses=(save, load),
        given=lambda ask, seed: {"state": weights(ask, seed), **plain},
        own=own_weights,
        aspects=(
            Aspect("fits", fits, check=ANY, right=None),
            *file,
            *loaded_well("round-trip"),
            Aspect(
                "refuses",
                check="round-trip",
                right=True,
                say=f"`{load}` runs code from the file: it loaded one that `weights_only=True` refuses.",
                hint="What may a file do that somebody else has made? Look at the arguments with which you read it.",
                worth=1 / 6,
                mistake="code-run",
            ),
            Aspect(
                "no_text",
                lambda answer, given: ", ".join(f"`{one}`" for one in answer["no_text"]),
                check="round-trip",
                right="",
                say="{got} takes a path that is a `Path`, but not one that is a `str`.",
                hint="Which methods does a string have? Make a `Path` of it first, or do without.",
                worth=0.25,
            ),
            *(
                Aspect(
                    f"stale {function}",
                    partial(_is_stale, function),
                    check="round-trip",
                    right=False,
                    say=f"When another model is saved to the same path, `{function}` {does}.",
                    worth=0.5,
                    mistake=mistake,
                )
                for function, does, mistake in (
                    (save, "leaves the old file as it is", "old-file-kept"),
                    (load, "still returns the one from before", "load-cached"),
                )
            ),
            Aspect(
                "elsewhere",
                check="state-dict",
                right=True,
                say=f"For a path without an ending, `{save}` did not write a file to `path`.",
                hint="Is the name of the file the one that was passed in?",
                worth=0.25,
            ),
        ),
    )
    from_gpu = replace(
        round_trip,
        id="from-gpu",
        procedure=saved_weights_procedures.load_file,
        given=lambda ask, seed: {**round_trip.given(ask, seed), "gpu": True},
        own=partial(own_file, gpu=True),
        afresh=True,
        unsent=("state",),
        aspects=(*file, *loaded_well(ANY)),
    )
    elsewhere = replace(
        from_gpu,
        id="round-trip",
        uses=(load,),
        given=round_trip.given,
        own=own_file,
        prefix="Given nothing but the saved file: ",
    )
    return round_trip, from_gpu, elsewhere


def _is_stale(function: str, answer: Any, given: Given) -> bool:
    return bool(answer["stale"] == function)


def judge_file(examination: Examination, round_trip: Question) -> None:
    """The file of a round trip holds a state dict of the weights that were saved."""
    slips: list[Verdict] = []
    try:
        judge(examination, round_trip)  # in what counts for every check
    except Partial as slip:
        slips.append(slip)
    answer, saved = round_trip.ask(examination), round_trip.inputs(examination)["state"]
    try:
        arrays = examination.read_weights(array(answer["file"], "The file").astype(np.uint8), "The file")
        if sorted(value.shape for _, value in arrays) != sorted(value.shape for _, value in saved):
            raise Failed("The tensors in the file's state dict are not the model's parameters.")
        if _bits(arrays) != _bits(saved):
            raise Failed(
                "The file's state dict does not hold the weights that the model had when it was saved.",
                hint="Is it the state dict of the model that was passed in?",
            )
        if not answer["alone"]:
            raise Partial(
                "The weights in the file are the model's, but the file is not its state dict: they are inside something"
                " else, or under other names.",
                hint="Compare what `torch.load` gives you for that file with what `model.state_dict()` gives you.",
                fraction=0.5,
            )
    except (Failed, Partial) as failed:
        mistake = round_trip.name(examination, answer, Aspect("", sure=("held",)))
        if mistake is not None and examination.check not in examination.mistakes.loses(examination.task, mistake):
            mistake = None  # its files are as they should be
        verdict = examination.verdict(failed.message, mistake or failed.diagnosis, failed.hint, failed.fraction)
        if not verdict.fraction:
            raise verdict from None
        slips.insert(0, verdict)
    if slips:
        raise together(slips)


def _if_not(part: str) -> Callable[[Any, Given], str | None]:
    """The type of what was loaded, unless it is what the `part` of the answer says."""
    return lambda answer, given: None if answer[part] else answer["kind"]


def _bits(arrays: Iterable[Sequence[Any]]) -> list[bytes]:
    return sorted(value.tobytes() for _, value in arrays)


def _loaded(answer: Any, given: Given) -> str:
    """What came back from a file, in words."""
    if not answer.get("written", True):
        return "nothing written"
    if not answer["module"]:
        return str(answer["kind"])
    saved = dict(given["state"])
    kinds = sorted({str(np.asarray(value).dtype) for _, value in answer["state"]})
    same = sum(name in saved and np.array_equal(value, saved[name]) for name, value in answer["state"])
    near = sum(
        name in saved and np.shape(value) == saved[name].shape and np.allclose(value, saved[name], atol=1e-2)
        for name, value in answer["state"]
    )
    return f"training {answer['training']}, {answer['devices']}, {kinds}, {same} same, {near} near"
