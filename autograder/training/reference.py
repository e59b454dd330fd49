"""The reference networks: found in the reference notebooks, trained by their recipes, measured."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from autograder.data import Data, perturb
from autograder.judge.oracle import import_script

if TYPE_CHECKING:
    from torch import nn

    from autograder.training.recipes import Recipe

PERTURBATION_SEED = 0  # of the public measure; the marking's own seed is secret
MAX_BYTES = 1_000_000


class ReferenceMissing(Exception):
    """The reference folder lacks something that training needs; the message says what."""


@dataclass(frozen=True)
class Network:
    """A line of ``weights/networks.yml``: a network of the reference, its recipe, its weights file."""

    name: str
    make: Callable[[], nn.Module]
    recipe: Callable[[str], Recipe]
    weights: str


@dataclass(frozen=True)
class Measurement:
    """What a training came to. Accuracies in [0, 1]; ``test_perturbed`` is under small shifts and rotations."""

    network: str
    data: str
    seed: int
    device: str
    parameters: int
    epochs: int
    best_epoch: int
    validation: float
    test: float
    test_perturbed: float
    minutes: float


def find_networks(reference: Path, names: Iterable[str]) -> list[Network]:
    """The named networks of a reference folder (of "all": each). Raises ``ReferenceMissing``."""
    import yaml

    listing = reference / "weights" / "networks.yml"
    if not listing.is_file():
        raise ReferenceMissing(f"{listing}: not found; `autograder train` needs the course repository's reference")
    lines: dict[str, dict[str, str]] = yaml.safe_load(listing.read_text(encoding="utf-8"))
    wanted = list(dict.fromkeys(names))
    if "all" in wanted:
        wanted = list(lines)
    if unknown := [name for name in wanted if name not in lines]:
        raise ReferenceMissing(f"no network {unknown[0]!r} in {listing}; there are {', '.join(lines)}")
    modules: dict[str, ModuleType] = {}

    def definition(where: str) -> Any:
        notebook, _, name = where.partition(":")
        if notebook not in modules:
            file = reference / f"{notebook}.py"
            if not file.is_file():
                raise ReferenceMissing(f"{file}: not found")
            modules[notebook] = import_script(file)
        try:
            return getattr(modules[notebook], name)
        except AttributeError:
            raise ReferenceMissing(f"{reference / notebook}.py does not define {name}") from None

    return [
        Network(name, definition(lines[name]["network"]), definition(lines[name]["recipe"]), lines[name]["weights"])
        for name in wanted
    ]


def train_network(
    network: Network,
    data: Data,
    seed: int = 0,
    device: str = "cpu",
    on_step: Callable[[], object] = lambda: None,
) -> tuple[nn.Module, Measurement]:
    """Trains one network by its recipe and measures it; ``on_step`` is called after each training batch."""
    import torch
    from torchbearer import callbacks

    from autograder.training.recipes import accuracy, fit

    @callbacks.on_step_training
    def step(state: dict[Any, Any]) -> None:
        on_step()

    torch.manual_seed(seed)
    model, recipe = network.make(), network.recipe(data.name)
    started = time.perf_counter()
    history = fit(model, data, recipe, device, verbose=0, extra=[step])
    minutes = (time.perf_counter() - started) / 60
    reached = [epoch["val_acc"] for epoch in history]
    disturbed = perturb(data.test_images, PERTURBATION_SEED)
    return model, Measurement(
        network=network.name,
        data=data.name,
        seed=seed,
        device=device,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        epochs=recipe.epochs,
        best_epoch=max(range(len(reached)), key=lambda epoch: (reached[epoch], epoch)) + 1,
        validation=round(accuracy(model, *data.part("validation"), device), 4),
        test=round(accuracy(model, *data.part("test"), device), 4),
        test_perturbed=round(accuracy(model, disturbed, data.test_labels, device), 4),
        minutes=round(minutes, 2),
    )


def save(model: nn.Module, measurement: Measurement, network: Network, folder: Path) -> None:
    """Writes the state dict, and the measurement into ``training.json`` beside it, in place of an older one."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / network.weights
    torch.save({name: value.cpu().contiguous() for name, value in model.state_dict().items()}, file)
    if file.stat().st_size > MAX_BYTES:
        raise ReferenceMissing(f"{file} has {file.stat().st_size} bytes; weights may have {MAX_BYTES}")
    record = folder / "training.json"
    earlier = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else []
    rows = [row for row in earlier if row["network"] != network.name] + [asdict(measurement)]
    rows.sort(key=lambda row: row["network"])
    record.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
