"""Tasks that ask for weights on disk: functions that save and load a network, and files of weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from autograder.judge import probes, weights_file
from autograder.judge.compare import array
from autograder.judge.verdict import Blocked, Failed, NotAttempted
from autograder.labs.examination import Examination
from autograder.labs.kinds import saved_weights_procedures
from autograder.labs.questions import Ask, Aspect, Given, Question, mistake

LARGEST = 2_000_000  # numbers in a network that is saved


def weights_in(examination: Examination, file: str, files: Sequence[str]) -> weights_file.Arrays:
    """The names and arrays of the state dict in the student's `file`; `files` are all that the lab asks for."""
    try:
        content = examination.content_of(file)
    except NotAttempted as absent:
        near = examination.context.file_like(file, without=files)
        raise NotAttempted(f"{absent.message}\n{near}".rstrip(), absent.hint) from None
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


@dataclass(frozen=True)
class Saving:
    """Two functions of a student's, `save(model, path)` and `load(path)`, for a `network` that takes an `image`."""

    task: str
    save: str
    load: str
    network: str
    image: tuple[int, ...]

    def questions(self, weights: Callable[[Ask, int], list[tuple[str, np.ndarray]]]) -> tuple[Question, Question]:
        """Saved and loaded again; and from a file whose tensors are a GPU's. `weights(ask, seed)` are the grader's."""
        plain = {"save": self.save, "load": self.load, "network": self.network, "image": list(self.image)}

        def given(ask: Ask, seed: int) -> Given:
            return {"state": weights(ask, seed), **plain}

        aspects = (
            Aspect("loaded", _loaded, sketch=lambda value: value),
            Aspect("held", _held, sketch=lambda value: value),
        )
        uses = (self.save, self.load)
        trip = Question("round-trip", self.task, saved_weights_procedures.round_trip, uses, given, aspects)
        gpu = Question("from-gpu", self.task, saved_weights_procedures.from_gpu, uses, given, aspects, afresh=True)
        return trip, gpu


class SavingChecks:
    """The checks of a task that asks for two functions that save and load."""

    def __init__(self, saving: Saving, round_trip: Question, from_gpu: Question) -> None:
        self.saving, self.round_trip, self.from_gpu = saving, round_trip, from_gpu

    def loaded(self, examination: Examination) -> None:
        """What was saved and loaded is a network in evaluation mode on the CPU, with the same weights bit for bit."""
        self._judge_loaded(examination, self._round_trip(examination))

    def state_dict(self, examination: Examination) -> None:
        """The file holds a state dict."""
        answer = self._round_trip(examination)
        try:
            self._judge_file(examination, array(answer["file"], "The file").astype(np.uint8))
        except Failed as failed:
            name = self._name(examination, answer) or self._name(examination, answer, "held")
            raise mistake(examination, failed.message, name, failed.hint) from None

    def loaded_from_gpu(self, examination: Examination) -> None:
        """A file whose tensors were on a GPU can be loaded on a machine without one."""
        file = self._round_trip(examination)["file"]
        self._judge_loaded(examination, self.from_gpu.ask(examination, state=[], file=file))

    def loaded_elsewhere(self, examination: Examination) -> None:
        """A model that one process saved can be loaded by another."""
        file = self._round_trip(examination)["file"]
        uses = {"load": self.saving.load, "network": self.saving.network}
        answer = examination.ask_afresh(saved_weights_procedures.load_file, [self.saving.load], file=file, **uses)
        self._judge_loaded(examination, answer)

    def _weights(self, examination: Examination) -> list[tuple[str, np.ndarray]]:
        """The grader's weights for the student's own network: whether that is right is another task's matter."""
        saving = self.saving
        answer = examination.ask(
            saved_weights_procedures.own_shapes,
            [saving.load],
            load=saving.load,
            network=saving.network,
            image=list(saving.image),
        )
        own = [(str(name), list(shape)) for name, shape in answer]
        if not own or sum(math.prod(shape) for _, shape in own) > LARGEST:
            raise Blocked(f"Blocked until {saving.network} has the task's layers.")
        return probes.weights(own, examination.oracle.seed)

    def _round_trip(self, examination: Examination) -> dict[str, Any]:
        """What comes back when a network with the grader's weights is saved, spoilt and loaded."""
        answer = self.round_trip.ask(examination, state=self._weights(examination))
        if not answer["fits"]:
            raise Blocked(f"Blocked until {self.saving.network} has the task's layers.")
        if not answer["written"]:
            facts = f"`{self.saving.save}(model, path)` did not write a file to `path`."
            raise mistake(examination, facts, self._name(examination, answer))
        return answer

    def _name(self, examination: Examination, answer: dict[str, Any], *sure: str) -> str | None:
        """The known mistake that saves and loads like this, in all aspects or in those that are `sure`."""
        given = self.round_trip.inputs(examination, state=self._weights(examination))
        aspect = Aspect("", lambda answer, given: None, sure=sure) if sure else None
        return self.round_trip.name(examination, answer, aspect, given)

    def _judge_loaded(self, examination: Examination, answer: dict[str, Any]) -> None:
        try:
            self._judge_model(examination, answer)
        except Failed as failed:
            name = self._name(examination, answer) or self._name(examination, answer, "loaded")
            raise mistake(examination, failed.message, name, failed.hint) from None

    def _judge_model(self, examination: Examination, answer: dict[str, Any]) -> None:
        load, network = self.saving.load, self.saving.network
        if not answer["module"]:
            facts = f"`{load}` should return a {network}, but returned {answer['kind']}."
            raise Failed(facts, hint="Do you return the model?")
        if not answer["own"]:
            raise Failed(f"`{load}` should return a {network}, but returned a {answer['kind']}.")
        saved = self._weights(examination)
        loaded = [array(value, f"The loaded weight {name}") for name, value in answer["state"]]
        if sorted(value.tobytes() for value in loaded) != sorted(value.tobytes() for _, value in saved):
            raise Failed(
                "The loaded weights are not bit for bit the saved ones.",
                hint=f"Does `{load}` read the file at `path`, and load it into the model that it returns?",
            )
        if answer["training"] is not False:
            raise Failed(
                "The loaded model should be in evaluation mode, but it, or a part of it, is in training mode.",
                hint="What does `model.eval()` do?",
            )
        if [str(device) for device in answer["devices"]] != ["cpu"]:
            raise Failed(
                f"The loaded model should be on the CPU, but it is on {', '.join(map(str, answer['devices']))}."
            )

    def _judge_file(self, examination: Examination, content: np.ndarray) -> None:
        arrays = examination.read_weights(content, "The file")
        saved = self._weights(examination)
        if sorted(value.shape for _, value in arrays) != sorted(value.shape for _, value in saved):
            raise Failed("The tensors in the file's state dict are not the model's parameters.")
        if sorted(value.tobytes() for _, value in arrays) != sorted(value.tobytes() for _, value in saved):
            raise Failed(
                "The file's state dict does not hold the weights that the model had when it was saved.",
                hint="Is it the state dict of the model that was passed in?",
            )


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


def _held(answer: Any, given: Given) -> str | None:
    """What the file held, in words."""
    return answer.get("held", "") if answer.get("written", True) else None
