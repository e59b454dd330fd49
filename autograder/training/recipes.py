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
from torch.nn import functional as F
from torchbearer import Trial, callbacks

from autograder import own_work
from autograder.data import Data, shift_and_rotate
from autograder.training.progress import Progress

PULLS = (7, 7)  # places of a wobble's grid: one for each four pixels of the canvas


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    - ``epochs``: how often it sees all training images
    - ``max_lr``: the learning rate at the top of the one-cycle schedule
    - ``batch_size``: images a step
    - ``label_smoothing``: the share of the answer that is spread over all ten digits, such as 0.1
    - ``weight_decay``: how strongly AdamW pulls the weights to 0
    - ``averaging``: the weights' mean over the last ``1 / (1 - averaging)`` steps or so is kept, such as 0.999;
      0 keeps those of the best validation epoch
    - ``bfloat16``: compute in 16 bits where the machine does that faster

    Augmentation, drawn anew for each image of each batch:

    - ``max_shift``: pixels, such as 2
    - ``max_degrees``: degrees of rotation, such as 10
    - ``max_stretch``: a share of width and height, each, such as 0.1; less than 1
    - ``max_shear``: slant, in pixels sideways for each pixel of height, such as 0.1
    - ``wobble``: pixels (standard deviation) by which parts of the image are pulled about, such as 1
    """

    epochs: int
    max_lr: float = 0.01
    batch_size: int = 128
    label_smoothing: float = 0.0
    max_shift: float = 0.0
    max_degrees: float = 0.0
    max_stretch: float = 0.0
    max_shear: float = 0.0
    wobble: float = 0.0
    weight_decay: float = 0.01
    averaging: float = 0.0
    bfloat16: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.max_stretch < 1:
            raise ValueError(f"max_stretch is a share of the image's size, from 0 to below 1, not {self.max_stretch}")


def fit(
    model: nn.Module,
    data: Data,
    recipe: Recipe,
    device: str = "cpu",
    verbose: int = 1,
    extra: Iterable[Any] = (),
) -> list[dict[str, float]]:
    """Trains ``model`` in place and leaves it on the CPU, in eval mode, with its best validation epoch's weights.

    Where the recipe averages weights, their average at the end stays instead, and nothing is chosen. AdamW with a
    one-cycle learning rate; each batch is augmented afresh. Reproducible under ``torch.manual_seed`` (in 16 bits: on
    machines of one kind). ``extra`` takes more Torchbearer callbacks. ``verbose``: 0 is silent, 1 shows one bar that
    moves with each batch, 2 Torchbearer's bars, two an epoch. Returns the history, a dict an epoch with loss, acc,
    val_loss and val_acc; images are augmented and dropout is on while loss and acc are taken, so acc may lie below
    val_acc.
    """
    own_work.refuse("fit", "trains")
    # channels last: the layout that CPU convolutions like; it saves about a third of the time here
    model.to(device).to(memory_format=torch.channels_last)
    batches = data.loader("train", recipe.batch_size, device=device)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.max_lr, betas=(0.7, 0.9), weight_decay=recipe.weight_decay
    )
    supervisor = RunningAverage(recipe.averaging) if recipe.averaging else BestEpoch()
    shown = [Progress(recipe.epochs, len(batches))] if verbose == 1 else []
    trial = Trial(
        InBfloat16(model) if recipe.bfloat16 and bfloat16_pays(device) else model,
        optimizer,
        nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing),
        metrics=["loss", "acc"],
        callbacks=[
            one_cycle(recipe.max_lr, recipe.epochs * len(batches)),
            augmentation(recipe),
            supervisor,
            *shown,
            *extra,
        ],
    ).to(device)
    trial.with_generators(train_generator=batches, val_generator=data.loader("validation", 500, device=device))
    history = trial.run(recipe.epochs, verbose=verbose if verbose > 1 else 0)
    trial.state[torchbearer.MODEL].load_state_dict(supervisor.weights)
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
    """Changes each training image anew, as far as the recipe says; validation images stay as they are."""

    @callbacks.on_sample
    def augment(state: dict[Any, Any]) -> None:
        if recipe.max_shift or recipe.max_degrees or recipe.max_stretch or recipe.max_shear or recipe.wobble:
            limits = (recipe.max_shift, recipe.max_degrees, recipe.max_stretch, recipe.max_shear, recipe.wobble)
            state[torchbearer.X] = jitter(state[torchbearer.X], *limits)

    return augment


def jitter(
    images: Tensor,
    max_shift: float,
    max_degrees: float,
    max_stretch: float = 0.0,
    max_shear: float = 0.0,
    wobble: float = 0.0,
) -> Tensor:
    """Images (N, 1, H, W), each moved, turned, stretched, slanted and pulled about at random, up to the limits.

    ``max_shift`` in pixels; ``max_stretch`` as a share of width and height, each of its own; ``max_shear`` in pixels
    sideways a pixel of height; ``wobble`` is the standard deviation, in pixels, of a smooth random displacement
    (elastic distortion, Simard et al. 2003). Works on the whole batch as one tensor, so it costs milliseconds; draws
    from torch's global generator.
    """
    count = len(images)

    def drawn(limit: float, *shape: int) -> Tensor:
        return (2 * torch.rand(count, *shape) - 1) * limit

    shifts, radians = drawn(max_shift, 2), drawn(math.radians(max_degrees))
    if not (max_stretch or max_shear or wobble):
        return shift_and_rotate(images, shifts, radians)
    height, width = images.shape[-2:]
    cos, sin, shear = torch.cos(radians), torch.sin(radians), drawn(max_shear)
    across, down = (1 + drawn(max_stretch, 2)).unbind(1)
    # Output to input coordinates, which run from -1 to 1 over the canvas: a rotation, then a shear, then the stretch.
    first = torch.stack([(cos + shear * sin) / across, (shear * cos - sin) / across, -2 * shifts[:, 0] / width], 1)
    second = torch.stack([sin / down, cos / down, -2 * shifts[:, 1] / height], 1)
    grid = F.affine_grid(torch.stack([first, second], 1), list(images.shape), align_corners=False)
    if wobble:
        pulls = torch.randn(count, 2, *PULLS) * wobble * torch.tensor([2 / width, 2 / height]).view(2, 1, 1)
        smooth = F.interpolate(pulls, size=(height, width), mode="bicubic", align_corners=True)
        grid = grid + smooth.movedim(1, -1)
    return F.grid_sample(images, grid.to(images), mode="bilinear", padding_mode="zeros", align_corners=False)


class BestEpoch(callbacks.Callback):
    """Remembers the weights of the epoch with the highest validation accuracy, of equal ones the last."""

    def __init__(self) -> None:
        super().__init__()
        self.accuracy = -1.0
        self.weights: dict[str, Tensor] = {}

    def on_end_epoch(self, state: dict[Any, Any]) -> None:
        accuracy = float(state[torchbearer.METRICS]["val_acc"])
        if accuracy >= self.accuracy:
            self.accuracy = accuracy
            self.weights = copy.deepcopy(state[torchbearer.MODEL].state_dict())


class RunningAverage(callbacks.Callback):
    """Averages the weights over the steps, the last ones most; validation looks at the average.

    After each step the average moves by ``1 - decay`` towards the weights (faster in the first steps, so that it soon
    forgets the random start). Batch norm's means and variances are averaged too.
    """

    def __init__(self, decay: float) -> None:
        super().__init__()
        self.decay, self.steps = decay, 0
        self.weights: dict[str, Tensor] = {}
        self._trained: dict[str, Tensor] = {}

    def on_start(self, state: dict[Any, Any]) -> None:
        self.weights = copy.deepcopy(state[torchbearer.MODEL].state_dict())

    @torch.no_grad()
    def on_step_training(self, state: dict[Any, Any]) -> None:
        self.steps += 1
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, value in state[torchbearer.MODEL].state_dict().items():
            if value.is_floating_point():
                self.weights[name].lerp_(value, share)
            else:
                self.weights[name].copy_(value)

    def on_start_validation(self, state: dict[Any, Any]) -> None:
        self._trained = copy.deepcopy(state[torchbearer.MODEL].state_dict())
        state[torchbearer.MODEL].load_state_dict(self.weights)

    def on_end_validation(self, state: dict[Any, Any]) -> None:
        state[torchbearer.MODEL].load_state_dict(self._trained)


class InBfloat16(nn.Module):
    """A network whose convolutions and matrix products are computed in 16 bits; weights and logits keep their 32."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, torch.bfloat16):
            return self.network(x).float()


def bfloat16_pays(device: str) -> bool:
    """Whether the device has instructions for 16 bits; without them, such numbers take longer than those of 32."""
    kind = torch.device(device).type
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if kind != "cpu":
        return False  # not tried
    known: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # older releases of torch do not tell
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))


def predict(model: nn.Module, images: Tensor, device: str = "cpu", batch_size: int = 500) -> Tensor:
    """The logits (N, 10) of images (N, 1, 28, 28), on the CPU; in eval mode, in which the model is left."""
    model.to(device).eval()
    with torch.no_grad():
        return torch.cat([model(batch.to(device)).cpu() for batch in images.split(batch_size)])


def accuracy(model: nn.Module, images: Tensor, labels: Tensor, device: str = "cpu") -> float:
    """The share, in [0, 1], of images (N, 1, 28, 28) that the model gives their label (N,)."""
    own_work.refuse("accuracy", "counts what is right")
    return (predict(model, images, device).argmax(1) == labels).float().mean().item()
