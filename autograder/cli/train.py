"""`autograder train`: trains the reference networks and records their accuracies."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.shared import choose_data, choose_device, clear_errors, fail, stopped

if TYPE_CHECKING:
    from autograder.training.reference import Measurement

CALIBRATING_SEEDS = 20


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def train(
        model: Annotated[
            list[str] | None,
            typer.Option(
                help="A network in weights/networks.yml, or all; may be repeated. Default: better and best, or with"
                " --calibrate those that a band depends on."
            ),
        ] = None,
        data: Annotated[str, typer.Option(help="mnist, digits, or auto: MNIST if it can be had.")] = "auto",
        device: Annotated[str, typer.Option(help="cpu, cuda, mps, or auto: an NVIDIA GPU if there is one.")] = "auto",
        seed: Annotated[int, typer.Option(help="The seed of initial weights, order and augmentation.")] = 0,
        assignment: Annotated[
            str | None, typer.Option(help="Which assignment's reference, if there are several.")
        ] = None,
        reference: Annotated[
            Path | None, typer.Option(help="A folder with reference notebooks, instead of --assignment.")
        ] = None,
        out: Annotated[
            Path | None, typer.Option(help="The folder for weights; default: weights/<data>/ of the reference.")
        ] = None,
        calibrated: Annotated[
            bool, typer.Option("--calibrate", help="Train cheaply from many seeds; record accuracies.")
        ] = False,
        seeds: Annotated[
            int | None, typer.Option(help="How many trainings; default: 1, or 20 with --calibrate.", min=1)
        ] = None,
        jobs: Annotated[int, typer.Option(help="With --calibrate: how many trainings at once.", min=1)] = os.cpu_count()
        or 1,
    ) -> None:
        """Train the reference networks by their recipes.

        Writes a state dict for each network, and training.json with the accuracies.
        Example: autograder train --model better --data digits

        With --seeds N, trains each network N times, from different seeds. Keeps the weights of the first, and records
        the accuracies of all in seeds.json. Example: autograder train --model best --seeds 5

        With --calibrate, keeps no weights, but records the mean, the spread and the minimum of the accuracies in
        weights/calibration.json. The bands in course.yml follow from them.
        Example: autograder train --calibrate --seeds 20
        """
        from autograder.labs.lab import open_lab

        with clear_errors():
            if reference is None:
                lab = open_lab(assignment)
                reference = lab.reference
                if reference is None:
                    fail(f"{lab.course_file.parent / 'reference' / lab.name}: there is no reference to train")
            if calibrated:
                if seeds == 1:
                    fail("--calibrate measures how much the accuracy varies, so --seeds must be at least 2")
                with stopped("The networks that were finished are recorded."):
                    run_calibration(model or [], choose_data(data), seeds or CALIBRATING_SEEDS, jobs, reference)
                return
            starts = range(seed, seed + (seeds or 1))
            with stopped("Networks that were finished are kept; the one in training is lost."):
                run(model or ["better", "best"], choose_data(data), choose_device(device), starts, reference, out)


def run(models: list[str], data_name: str, device: str, seeds: range, reference: Path, out: Path | None) -> None:
    """Trains, shows progress, saves the weights of each network's first seed, and prints a table."""
    from functools import partial

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from autograder.data import load_data
    from autograder.training.reference import find_networks, require_small, save, train_network, write_down

    console = Console(highlight=False)
    networks = find_networks(reference, models)
    data = load_data(data_name)  # type: ignore[arg-type]
    console.print(f"Data: {data.description}. Device: {device}.", markup=False)
    folder = out or reference / "weights" / data.name
    if out is None:
        require_small(networks, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        fail(f"{folder}: cannot be written to ({error.strerror}); choose another folder with --out")
    measurements = []
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        for network in networks:
            recipe = network.recipe(data.name)
            steps = recipe.epochs * len(data.loader("train", recipe.batch_size))
            several = f", {len(seeds)} seeds" if len(seeds) > 1 else ""
            bar = progress.add_task(f"{network.name}, {recipe.epochs} epochs{several}", total=steps * len(seeds))
            reached = []
            for seed in seeds:
                trained, measurement = train_network(network, data, seed, device, partial(progress.advance, bar))
                if seed == seeds[0]:
                    save(trained, measurement, network, folder)
                reached.append(measurement)
                if len(seeds) > 1:
                    write_down(reached, folder / "seeds.json")
            measurements += reached
    print_table(measurements)
    console.print(f"Weights and training.json are in {folder}", markup=False)


def run_calibration(models: list[str], data_name: str, seeds: int, jobs: int, reference: Path) -> None:
    """Calibrates the networks (default: all that a band depends on), and prints a table with the bands that follow."""
    from functools import partial

    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    from autograder.data import load_data
    from autograder.training.reference import calibrate, calibrated_networks, save_calibration

    console = Console(highlight=False)
    data_name = load_data(data_name).name  # type: ignore[arg-type]
    rows = []
    with Progress(console=console) as progress:
        for name in models or calibrated_networks(reference):
            bar = progress.add_task(f"{name}, {data_name}, {seeds} seeds", total=seeds)
            rows.append(calibrate(reference, name, data_name, seeds, jobs, partial(progress.advance, bar)))
            file = save_calibration(rows, reference / "weights")
    table = Table("network", "data", "epochs", "seeds", "test % (mean, sd, least)", "moved %", "full credit from")
    for row in rows:
        table.add_row(
            row.network,
            row.data,
            str(row.epochs),
            str(row.seeds),
            f"{100 * row.mean:.2f}, {100 * row.sd:.2f}, {100 * row.least:.2f}",
            f"{100 * row.moved_mean:.2f}, {100 * row.moved_sd:.2f}, {100 * row.moved_least:.2f}",
            f"{row.task}: {row.full}",
        )
    console.print(table)
    console.print(f"Written to {file}. Copy `full` to the bands in course.yml.", markup=False)


def print_table(measurements: list[Measurement]) -> None:
    """Prints the measurements as a table, with accuracies in per cent, and the mean for networks with several."""
    from statistics import mean, stdev

    from rich.console import Console
    from rich.table import Table

    table = Table(
        "network", "seed", "parameters", "epochs", "validation\n%", "test\n%", "test, moved\nand turned %", "minutes"
    )
    for row in measurements:
        table.add_row(
            row.network,
            str(row.seed),
            f"{row.parameters:,}",
            f"{row.epochs}" if row.best_epoch == row.epochs else f"{row.epochs}, {row.best_epoch} kept",
            f"{row.validation:.2%}".rstrip("%"),
            f"{row.test:.2%}".rstrip("%"),
            f"{row.test_perturbed:.2%}".rstrip("%"),
            f"{row.minutes:.1f}",
        )
    for name in dict.fromkeys(row.network for row in measurements):
        rows = [row for row in measurements if row.network == name]
        if len(rows) > 1:
            columns = [[getattr(row, key) for row in rows] for key in ("validation", "test", "test_perturbed")]
            spread = [f"{100 * mean(column):.3f} (sd {100 * stdev(column):.3f})" for column in columns]
            table.add_row(name, "mean", "", "", *spread, f"{mean(row.minutes for row in rows):.1f}")
    Console(highlight=False).print(table)
