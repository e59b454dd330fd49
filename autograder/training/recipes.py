"""Trains a network in minutes on a CPU: one-cycle learning rate, augmentation, the best validation epoch kept.

Knows no network. Students have this file too: notebook 4.2 trains with it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
import torchbearer
from torch import Tensor, nn
from torchbearer import Trial, callbacks

from autograder.data import Data, shift_and_rotate
from autograder.training.progress import Progress


@dataclass(frozen=True)
class Recipe:
    """How a network is trained."""

    epochs: int
    max_lr: float = 0.01  # the top of the one-cycle schedule
    batch_size: int = 128
    label_smoothing: float = 0.0
    max_shift: float = 0.0  # augmentation: pixels
    max_degrees: float = 0.0  # augmentation: rotation


def fit(
    model: nn.Module,
    data: Data,
    recipe: Recipe,
    device: str = "cpu",
    verbose: int = 1,
    extra: Iterable[Any] = (),
) -> list[dict[str, float]]:
    """Trains ``model`` in place and leaves it on the CPU, in eval mode, with its best validation epoch's weights.

    AdamW with a one-cycle learning rate; each batch is augmented afresh. Reproducible under
    ``torch.manual_seed``. ``extra`` takes more Torchbearer callbacks. ``verbose``: 0 is silent, 1 shows one bar that
    moves with each batch, 2 Torchbearer's bars, two an epoch. Returns the history, a dict an epoch with loss, acc,
    val_loss and val_acc; images are augmented and dropout is on while loss and acc are taken, so acc may lie below
    val_acc.
    """
    # channels last: the layout that CPU convolutions like; it saves about a third of the time here
    model.to(device).to(memory_format=torch.channels_last)
    batches = data.loader("train", recipe.batch_size, device=device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.max_lr, betas=(0.7, 0.9))
    best = BestEpoch()
    shown = [Progress(recipe.epochs, len(batches))] if verbose == 1 else []
    trial = Trial(
        model,
        optimizer,
        nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing),
        metrics=["loss", "acc"],
        callbacks=[one_cycle(recipe.max_lr, recipe.epochs * len(batches)), augmentation(recipe), best, *shown, *extra],
    ).to(device)
    trial.with_generators(train_generator=batches, val_generator=data.loader("validation", 500, device=device))
    history = trial.run(recipe.epochs, verbose=verbose if verbose > 1 else 0)
    best.restore(model)
    model.to("cpu").to(memory_format=torch.contiguous_format).eval()
    return history


def one_cycle(max_lr: float, steps: int) -> callbacks.Callback:
    """A learning rate that climbs to ``max_lr`` in the first quarter of ``steps`` and sinks to nothing after it.

    Smith, "A disciplined approach to neural network hyper-parameters" (2018).
    """
    return callbacks.TorchScheduler(
        lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr, total_steps=steps, pct_start=0.25, cycle_momentum=False
        ),
        step_on_batch=True,
    )


def augmentation(recipe: Recipe) -> callbacks.Callback:
    """Moves and turns each training image anew, as far as the recipe says; validation images stay as they are."""

    @callbacks.on_sample
    def augment(state: dict[Any, Any]) -> None:
        if recipe.max_shift or recipe.max_degrees:
            state[torchbearer.X] = jitter(state[torchbearer.X], recipe.max_shift, recipe.max_degrees)

    return augment


def jitter(images: Tensor, max_shift: float, max_degrees: float) -> Tensor:
    """Images (N, 1, 28, 28), each with a random shift (pixels) and rotation (degrees) up to the limits.

    Works on the whole batch as one tensor, so it costs milliseconds; draws from torch's global generator.
    """
    shifts = (2 * torch.rand(len(images), 2) - 1) * max_shift
    radians = (2 * torch.rand(len(images)) - 1) * math.radians(max_degrees)
    return shift_and_rotate(images, shifts, radians)


class BestEpoch(callbacks.Callback):
    """Remembers the weights of the epoch with the highest validation accuracy, of equal ones the last."""

    def __init__(self) -> None:
        super().__init__()
        self.accuracy, self.epoch = -1.0, 0  # epochs count from 1
        self.weights: dict[str, Tensor] = {}

    def on_end_epoch(self, state: dict[Any, Any]) -> None:
        accuracy = float(state[torchbearer.METRICS]["val_acc"])
        if accuracy >= self.accuracy:
            self.accuracy, self.epoch = accuracy, state[torchbearer.EPOCH] + 1
            self.weights = copy.deepcopy(state[torchbearer.MODEL].state_dict())

    def restore(self, model: nn.Module) -> None:
        """Puts the remembered weights back."""
        model.load_state_dict(self.weights)


def predict(model: nn.Module, images: Tensor, device: str = "cpu", batch_size: int = 500) -> Tensor:
    """The logits (N, 10) of images (N, 1, 28, 28), on the CPU; in eval mode, in which the model is left."""
    model.to(device).eval()
    with torch.no_grad():
        return torch.cat([model(batch.to(device)).cpu() for batch in images.split(batch_size)])


def accuracy(model: nn.Module, images: Tensor, labels: Tensor, device: str = "cpu") -> float:
    """The share, in [0, 1], of images (N, 1, 28, 28) that the model gives their label (N,)."""
    return (predict(model, images, device).argmax(1) == labels).float().mean().item()
