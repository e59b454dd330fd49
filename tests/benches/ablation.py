"""What each step towards the best model bought, on MNIST: accuracy over several seeds. 20 minutes on 2 cores.

Every step is trained from the same seeds and for the same number of epochs, a sixth of the real training's. What it
finds is kept in reference/lab4/weights/ablation.json, from which notebook 4.2 has its table.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from rich.progress import track
from rich.table import Table

from autograder.training.recipes import Recipe
from tests.benches.kept import Found
from tests.sample_class import ROOT

EPOCHS = 6
SEEDS = 3
REFERENCE = ROOT / "reference" / "lab4"
KEPT = REFERENCE / "weights" / "ablation.json"


def steps() -> dict[str, tuple[str, Recipe]]:
    """The steps, each with what the ones before it brought: which network, and how it is trained."""
    plain = Recipe(epochs=EPOCHS, label_smoothing=0.05, max_shift=2, max_degrees=10, bfloat16=True)
    stretched = replace(plain, max_degrees=12, max_stretch=0.15, max_shear=0.15)
    averaged = replace(stretched, averaging=0.999)
    return {
        "plain network, images moved and turned": ("plain", plain),
        "images stretched and slanted too": ("plain", stretched),
        "network that branches and merges": ("best", stretched),
        "weights averaged": ("best", averaged),
        "images pulled about too (not kept)": ("best", replace(averaged, wobble=0.5)),
    }


def reached(step: str, seed: int) -> tuple[float, float]:
    """Accuracy on the test images as they are, and moved and turned, after a training on one core."""
    import torch

    from autograder.data import load_data
    from autograder.training.reference import find_networks, train_network

    torch.set_num_threads(1)
    name, recipe = steps()[step]
    [network] = find_networks(REFERENCE, [name])
    _, measured = train_network(replace(network, recipe=lambda data: recipe), load_data("mnist"), seed)
    return measured.test, measured.test_perturbed


def measure(given: argparse.Namespace, data: str) -> Found:
    """Trains every step from every seed, as many at once as there are cores. Needs MNIST."""
    plan = [(step, seed) for seed in range(SEEDS) for step in steps()]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        running = {place: pool.submit(reached, *place) for place in plan}
        found = {place: one.result() for place, one in track(running.items(), "trainings", transient=True)}
    rows = []
    for step, (network, _) in steps().items():
        tests, moved = zip(*(found[step, seed] for seed in range(SEEDS)), strict=True)
        rows.append({"step": step, "network": network, "epochs": EPOCHS, "test": tests, "moved": moved})
    KEPT.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    table = Table(title=f"What each step bought: {EPOCHS} epochs, {SEEDS} seeds, mnist")
    for column in ("step", "test %, mean (sd)", "moved and turned %, mean (sd)"):
        table.add_column(column, justify="left" if column == "step" else "right")
    for row in rows:
        spreads = [
            f"{100 * statistics.mean(row[key]):.2f} ({100 * statistics.stdev(row[key]):.2f})"
            for key in ("test", "moved")
        ]
        table.add_row(row["step"], *spreads)
    return Found([table])
