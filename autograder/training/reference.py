"""The reference networks: found in the reference notebooks, trained by their recipes, measured."""

from __future__ import annotations

import json
import math
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

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
class TrainedNetwork:
    """A line of ``weights/networks.yml``: a network of the reference, its recipe, its weights file."""

    name: str
    make: Callable[[], nn.Module]
    recipe: Callable[[str], Recipe]
    weights: str
    task: str = ""  # whose accuracy band it calibrates
    calibration: Mapping[str, int] = field(default_factory=dict)  # epochs of a calibrating training, by data set


@dataclass(frozen=True)
class Measurement:
    """What a training came to. Accuracies in [0, 1]; ``test_perturbed`` is under small shifts and rotations."""

    network: str
    data: str
    seed: int
    device: str
    parameters: int
    epochs: int
    best_epoch: int  # whose weights were kept; the last where weights are averaged
    validation: float
    test: float
    test_perturbed: float
    minutes: float


def find_networks(reference: Path, names: Iterable[str]) -> list[TrainedNetwork]:
    """The named networks of a reference folder (of "all": each). Raises ``ReferenceMissing``."""
    import yaml

    listing = reference / "weights" / "networks.yml"
    if not listing.is_file():
        raise ReferenceMissing(f"{listing}: not found; `autograder train` needs the course repository's reference")
    lines: dict[str, dict[str, Any]] = yaml.safe_load(listing.read_text(encoding="utf-8"))
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
        TrainedNetwork(
            name,
            definition(lines[name]["network"]),
            definition(lines[name]["recipe"]),
            lines[name]["weights"],
            lines[name].get("task", ""),
            lines[name].get("calibration", {}),
        )
        for name in wanted
    ]


def calibrated_networks(reference: Path) -> list[str]:
    """The networks of a reference folder that calibrate a band."""
    return [network.name for network in find_networks(reference, ["all"]) if network.calibration]


def train_network(
    network: TrainedNetwork,
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
    kept = max(range(len(reached)), key=lambda epoch: (reached[epoch], epoch))
    disturbed = perturb(data.test_images, PERTURBATION_SEED)
    return model, Measurement(
        network=network.name,
        data=data.name,
        seed=seed,
        device=device,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        epochs=recipe.epochs,
        best_epoch=recipe.epochs if recipe.averaging else kept + 1,
        validation=round(accuracy(model, *data.part("validation"), device), 4),
        test=round(accuracy(model, *data.part("test"), device), 4),
        test_perturbed=round(accuracy(model, disturbed, data.test_labels, device), 4),
        minutes=round(minutes, 2),
    )


def require_small(networks: Iterable[TrainedNetwork], folder: Path) -> None:
    """Raises ``ReferenceMissing`` if a network is too large for its weights to be kept with the reference."""
    for network in networks:
        size = sum(value.numel() * value.element_size() for value in network.make().state_dict().values())
        if size > MAX_BYTES:
            raise ReferenceMissing(
                f"{folder / network.weights} would have {size:,} bytes, and weights in a reference may have"
                f" {MAX_BYTES:,}; choose another folder with --out"
            )


def save(model: nn.Module, measurement: Measurement, network: TrainedNetwork, folder: Path) -> None:
    """Writes the state dict, and the measurement into ``training.json`` beside it, in place of an older one."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / network.weights
    torch.save({name: value.cpu().contiguous() for name, value in model.state_dict().items()}, file)
    write_down([measurement], folder / "training.json")


def write_down(measurements: Sequence[Measurement], record: Path) -> None:
    """Writes measurements of one network into a JSON file, in place of its earlier ones."""
    earlier = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else []
    rows = [row for row in earlier if row["network"] != measurements[0].network]
    rows += [asdict(measurement) for measurement in measurements]
    rows.sort(key=lambda row: row["network"])
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


# --- calibration ------------------------------------------------------------------------------------------------------

CALIBRATION = "calibration.json"
DEVIATIONS = 4  # below the mean begins what right work does not reach by chance: 1 of 30,000


@dataclass(frozen=True)
class Calibration:
    """What one network reaches on one data set over many seeds by a cheap training: fractions of the test images.

    `moved` are the images under small shifts and rotations, which the marking measures on; a band's full credit begins
    at `full`: its mean less four standard deviations, rounded down to a tenth of a per cent.
    """

    network: str
    task: str
    data: str
    epochs: int
    seeds: int
    mean: float
    sd: float
    least: float
    moved_mean: float
    moved_sd: float
    moved_least: float
    full: float


def calibrate(
    reference: Path, name: str, data_name: str, seeds: int, jobs: int, on_seed: Callable[[], object] = lambda: None
) -> Calibration:
    """Trains a network from `seeds` starts, `jobs` at once, and says what it reaches.

    Raises ``ReferenceMissing`` for a network whose line names no epochs for this data set.
    """
    network = find_networks(reference, [name])[0]
    if data_name not in network.calibration:
        raise ReferenceMissing(f"networks.yml names no epochs for calibrating {name!r} on {data_name}")
    reached = []
    for one in _in_processes(reference, name, data_name, seeds, jobs):
        reached.append(one)
        on_seed()
    plain, moved = (np.array(column) for column in zip(*sorted(reached), strict=True))
    return Calibration(
        network=name,
        task=network.task,
        data=data_name,
        epochs=network.calibration[data_name],
        seeds=seeds,
        mean=round(float(plain.mean()), 5),
        sd=round(float(plain.std(ddof=1)), 5),
        least=float(plain.min()),
        moved_mean=round(float(moved.mean()), 5),
        moved_sd=round(float(moved.std(ddof=1)), 5),
        moved_least=float(moved.min()),
        full=full_credit(float(moved.mean()), float(moved.std(ddof=1))),
    )


def full_credit(mean: float, sd: float) -> float:
    """Where full credit begins: four standard deviations below the mean, rounded down to a tenth of a per cent."""
    return math.floor((mean - DEVIATIONS * sd) * 1000) / 1000


def save_calibration(rows: Iterable[Calibration], folder: Path) -> Path:
    """Writes the table, in place of earlier rows of the same network and data set."""
    file = folder / CALIBRATION
    earlier = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    fresh = [asdict(row) for row in rows]
    places = {(row["network"], row["data"]) for row in fresh}
    table = [row for row in earlier if (row["network"], row["data"]) not in places] + fresh
    table.sort(key=lambda row: (row["data"], row["network"]))
    file.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    return file


def _in_processes(reference: Path, name: str, data_name: str, seeds: int, jobs: int) -> Iterator[tuple[float, float]]:
    if jobs <= 1:
        yield from (_one_seed(reference, name, data_name, seed) for seed in range(seeds))
        return
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        trainings = [pool.submit(_one_seed, reference, name, data_name, seed, 1) for seed in range(seeds)]
        for training in as_completed(trainings):
            yield training.result()


def _one_seed(reference: Path, name: str, data_name: str, seed: int, threads: int = 0) -> tuple[float, float]:
    import torch

    from autograder.data import load_data

    if threads:
        torch.set_num_threads(threads)
    network = find_networks(reference, [name])[0]
    epochs = network.calibration[data_name]
    cheap = replace(network, recipe=lambda data: replace(network.recipe(data), epochs=epochs))
    _, measured = train_network(cheap, load_data(data_name), seed)  # type: ignore[arg-type]
    return measured.test, measured.test_perturbed
