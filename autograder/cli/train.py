"""`autograder train`: trains the reference networks and writes down what they reach."""

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
                help="Which network of weights/networks.yml, or all; may be repeated. Default: better and best; with"
                " --calibrate those that set a band."
            ),
        ] = None,
        data: Annotated[str, typer.Option(help="auto (MNIST, else the embedded digits), mnist or digits")] = "auto",
        device: Annotated[str, typer.Option(help="auto, cpu or cuda")] = "auto",
        seed: Annotated[int, typer.Option(help="Of the first weights, the order and the augmentation.")] = 0,
        assignment: Annotated[
            str | None, typer.Option(help="Whose reference, of course.yml; default: the only one's.")
        ] = None,
        reference: Annotated[
            Path | None, typer.Option(help="Another folder with reference notebooks, instead of --assignment.")
        ] = None,
        out: Annotated[
            Path | None, typer.Option(help="Where weights go; default: weights/<data>/ of the reference.")
        ] = None,
        calibrated: Annotated[
            bool, typer.Option("--calibrate", help="Train from many seeds, cheaply, and write down what is reached.")
        ] = False,
        seeds: Annotated[
            int | None, typer.Option(help="How many trainings; default: one, and 20 with --calibrate.", min=1)
        ] = None,
        jobs: Annotated[int, typer.Option(help="Trainings at once, with --calibrate.", min=1)] = os.cpu_count() or 1,
    ) -> None:
        """Train the reference networks by the recipes of notebook 4.2.

        Writes a state dict a network and training.json, with the accuracies, beside them. Example:
        autograder train --model better --data digits

        With --seeds N each network is trained from N seeds; the first one's weights are kept, and what each of
        them reached goes into seeds.json. Example:
        autograder train --model best --seeds 5

        With --calibrate nothing is kept of the networks: mean, spread and least accuracy go into
        weights/calibration.json, from which the bands in course.yml follow. Example:
        autograder train --calibrate --seeds 20
        """
        from autograder.data import DataUnavailable
        from autograder.labs.lab import open_lab
        from autograder.training.reference import ReferenceMissing

        if reference is None:
            with clear_errors():
                lab = open_lab(assignment)
            reference = lab.reference
            if reference is None:
                fail(f"{lab.course_file.parent / 'reference' / lab.name}: there is no reference to train")
        try:
            if calibrated:
                if seeds == 1:
                    fail("--calibrate measures how much the accuracy varies: --seeds has to be at least 2")
                with stopped("The networks before this one are written down."):
                    run_calibration(model or [], choose_data(data), seeds or CALIBRATING_SEEDS, jobs, reference)
                return
            starts = range(seed, seed + (seeds or 1))
            with stopped("What was trained to its end is kept; of the training that was stopped, nothing is."):
                run(model or ["better", "best"], choose_data(data), choose_device(device), starts, reference, out)
        except (DataUnavailable, ReferenceMissing) as error:
            fail(str(error))


def run(models: list[str], data_name: str, device: str, seeds: range, reference: Path, out: Path | None) -> None:
    """Trains, shows progress, saves, prints the table. Of several seeds the first one's weights are saved."""
    from functools import partial

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from autograder.data import load_data
    from autograder.training.reference import find_networks, save, train_network, write_down

    console = Console(highlight=False)
    networks = find_networks(reference, models)
    data = load_data(data_name)  # type: ignore[arg-type]
    console.print(f"Data: {data.description}. Device: {device}.", markup=False)
    folder = out or reference / "weights" / data.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        fail(f"{folder}: no weights can be written there ({error.strerror}); --out says another folder")
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
    """Calibrates each network (of none named: all that set a band), prints the table, says which bands it asks for."""
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
    console.print(f"Written to {file}. Take `full` over into the bands of course.yml.", markup=False)


def print_table(measurements: list[Measurement]) -> None:
    """The measurements as a table, accuracies in per cent; of several of one network also their mean."""
    from statistics import mean, stdev

    from rich.console import Console
    from rich.table import Table

    table = Table(
        "network", "seed", "parameters", "epochs", "validation\n%", "test\n%", "test, moved\nand turned %", "minutes"
    )
    for one in measurements:
        table.add_row(
            one.network,
            str(one.seed),
            f"{one.parameters:,}",
            f"{one.epochs}" if one.best_epoch == one.epochs else f"{one.epochs}, {one.best_epoch} kept",
            f"{one.validation:.2%}".rstrip("%"),
            f"{one.test:.2%}".rstrip("%"),
            f"{one.test_perturbed:.2%}".rstrip("%"),
            f"{one.minutes:.1f}",
        )
    for name in dict.fromkeys(one.network for one in measurements):
        rows = [one for one in measurements if one.network == name]
        if len(rows) > 1:
            columns = [[getattr(one, key) for one in rows] for key in ("validation", "test", "test_perturbed")]
            spread = [f"{100 * mean(column):.3f} (sd {100 * stdev(column):.3f})" for column in columns]
            table.add_row(name, "mean", "", "", *spread, f"{mean(one.minutes for one in rows):.1f}")
    Console(highlight=False).print(table)
