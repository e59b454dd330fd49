"""What a student process does with a student's `train` and `evaluate`: runs them on the grader's small network.

Runs beside student code, so it holds no expected value.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autograder.labs import forms
from autograder.labs.kinds.plain_data import plain, with_path
from autograder.labs.kinds.pretended_gpu import Seen
from autograder.sandbox.network_handling import Arrays, assign_weights, state_of
from autograder.sandbox.student import Student


class Small(nn.Module):
    """The grader's small network, so that a student's `train` is judged by itself. (N, 1, 28, 28) → (N, 10)."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.hidden = nn.Linear(784, 16)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(16, 10)
        self.gradients = False  # whether any was wanted
        self.modes: set[bool] = set()  # whether it was in training mode, whenever a gradient came back

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.out(self.dropout(torch.relu(self.hidden(images.flatten(1)))))
        if logits.requires_grad:
            self.gradients, mode = True, self.training
            logits.register_hook(lambda gradient: self.modes.add(mode))
        return logits


@forms.answers(
    forms.record(
        forms.measured(state=forms.STATE),
        forms.told(history=forms.plain, kind=forms.text, in_training=forms.flag, in_evaluation=forms.flag),
    )
)
def train_small(
    student: Student, state: Arrays, images: np.ndarray, labels: np.ndarray, batch: int, epochs: int, lr: float
) -> dict[str, Any]:
    """Trains the small network, which comes in evaluation mode, with the student's `train`; returns the history and
    the weights it ends with."""
    torch.manual_seed(0)
    model = _small(state).eval()
    loader = _loader(images, labels, batch)
    history = student.get("train")(model, loader, epochs, device=student.device, lr=lr)
    return {
        "history": plain(history),
        "kind": type(history).__name__,
        "state": state_of(model),
        "in_training": True in model.modes,
        "in_evaluation": False in model.modes,
    }


@forms.answers(
    forms.record(
        forms.measured(accuracy=forms.plain),
        forms.told(kind=forms.text, training=forms.flag, gradients=forms.flag, trainable=forms.flag),
    )
)
def evaluate_small(
    student: Student, state: Arrays, images: np.ndarray, labels: np.ndarray, batch: int
) -> dict[str, Any]:
    """Evaluates the small network, which has dropout and starts in training mode, with the student's `evaluate`."""
    torch.manual_seed(0)
    model = _small(state, dropout=0.5).train()
    with torch.enable_grad():  # whatever is switched off there is on again afterwards
        accuracy = student.get("evaluate")(model, _loader(images, labels, batch), device=student.device)
        trainable = torch.is_grad_enabled() and all(value.requires_grad for value in model.parameters())
    return {
        "accuracy": plain(accuracy),
        "kind": type(accuracy).__name__,
        "training": any(module.training for module in model.modules()),
        "gradients": model.gradients,
        "trainable": trainable,
    }


class Moved(Small):
    """Notes on which device it is when images come, and on which they are, and leaves it at that."""

    seen: list[str]  # shared with its copies

    def __deepcopy__(self, memo: dict[int, Any]) -> Moved:
        made = Moved()
        made.load_state_dict(self.state_dict())
        made.seen = self.seen
        return made

    def forward(self, images: Tensor) -> Tensor:
        self.seen.append(f"model {self.out.weight.device.type}, images {images.device.type}")
        raise Seen


@forms.answers(forms.record(forms.told(train=forms.text, evaluate=forms.text)))
def devices(student: Student, state: Arrays) -> dict[str, Any]:
    """On which devices model and images are when `train` and `evaluate` are told to use the device "meta".

    Every machine has that device. It holds no values, so that nothing is computed.
    """
    images, labels = np.zeros((8, 1, 28, 28), np.float32), np.zeros(8, np.int64)
    found = {}
    student.get("train"), student.get("evaluate")
    for name, given in (("train", {"epochs": 3, "lr": 1e-3}), ("evaluate", {})):
        model = Moved()
        model.seen = []
        assign_weights(model, dict(state))
        try:
            student.get(name)(model, _loader(images, labels, 4), device="meta", **given)
        except Seen:
            found[name] = model.seen[0]
        except NotImplementedError:
            raise
        except Exception:  # it cannot be told: something that wants values came first
            found[name] = "cannot be told"
        else:
            found[name] = "the model was not called"
    return found


@forms.answers(
    forms.either(
        forms.record(forms.told(written=forms.is_(False))),
        forms.record(forms.told(written=forms.is_(True), trial=forms.is_(False), kind=forms.text)),
        forms.record(
            forms.measured(history=forms.plain, state=forms.STATE, file=forms.bytes_),
            forms.told(
                written=forms.is_(True),
                trial=forms.is_(True),
                before=forms.count,
                after=forms.count,
                held=forms.text,
                no_text=forms.flag,
                replaced=forms.text,
            ),
        ),
    )
)
def resume_small(
    student: Student,
    images: np.ndarray,
    labels: np.ndarray,
    batch: int,
    lr: float,
    epochs: list[int],
    state: Arrays = (),
    file: np.ndarray | None = None,
) -> dict[str, Any]:
    """Trains for `epochs[0]` epochs, saves the trial, and lets a new trial go on up to `epochs[1]` epochs.

    With a `file` in which another process saved such a trial, it only goes on from there.
    """
    import torchbearer

    def trial(model: nn.Module) -> Any:
        optimiser = torch.optim.Adam(model.parameters(), lr=lr)
        made = torchbearer.Trial(model, optimiser, nn.functional.cross_entropy, metrics=["loss", "acc"], verbose=0)
        return made.with_train_generator(_loader(images, labels, batch)).to(student.device)

    torch.manual_seed(0)
    path = student.scratch / ("trial of mine.pt" if file is None else "trial from elsewhere.pt")
    save_no_text = False
    if file is None:
        first = trial(_small(state))
        first.run(epochs=epochs[0], verbose=0)
        _, save_no_text = with_path(partial(student.get("save_trial"), first), path)
    else:
        path.write_bytes(file.tobytes())
    if not path.is_file():
        return {"written": False}
    parts, saved = _parts_of(path), np.frombuffer(path.read_bytes(), np.uint8)
    second = trial(Small())
    model, optimiser = second.state[torchbearer.MODEL], second.state[torchbearer.OPTIMIZER]
    resumed, no_text = with_path(partial(student.get("resume_trial"), second), path)
    if not isinstance(resumed, torchbearer.Trial):
        return {"written": True, "trial": False, "kind": type(resumed).__name__}
    replaced = "" if resumed is second else "trial"
    if not replaced and resumed.state[torchbearer.MODEL] is not model:
        replaced = "model"
    if not replaced and resumed.state[torchbearer.OPTIMIZER] is not optimiser:
        replaced = "optimiser"
    before = len(resumed.state[torchbearer.state.HISTORY] or [])
    resumed.run(epochs=epochs[1], verbose=0)
    history = resumed.state[torchbearer.state.HISTORY]
    model = resumed.state[torchbearer.state.MODEL]
    return {
        "written": True,
        "trial": True,
        "before": before,
        "after": len(history or []),
        "history": plain(history),
        "state": state_of(model),
        "held": parts,
        "no_text": save_no_text or no_text,
        "replaced": replaced,
        "file": saved,
    }


def _parts_of(path: Path) -> str:
    """Which parts of a trial's state a file holds, in words: nothing depends on it but the name of a mistake."""
    try:
        held = torch.load(path, map_location="cpu", weights_only=False)
        full = {str(key) for key, value in held.items() if value is not None and len(value)}
    except Exception:
        return "not told"
    return ", ".join(part for part in ("model", "optimizer", "history") if part in full) or "not told"


def _small(state: Arrays, dropout: float = 0.0) -> Small:
    model = Small(dropout)
    assign_weights(model, dict(state))
    return model


def _loader(images: np.ndarray, labels: np.ndarray, batch: int) -> Any:
    from torch.utils.data import DataLoader, TensorDataset

    return DataLoader(TensorDataset(torch.tensor(images), torch.tensor(labels)), batch_size=batch)
