"""`autograder doctor`: shows what this machine has: versions, GPU, data and sandboxes."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import sys
from contextlib import ExitStack

import typer

from autograder.results import Promise

PACKAGES = ("torch", "torchvision", "torchbearer", "numpy", "matplotlib", "pillow", "pytest", "nbgrader", "jupytext")


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def doctor() -> None:
        """Show versions, GPU and data of this machine, and what its sandboxes keep. Example: autograder doctor"""
        for name, value in findings():
            typer.echo(f"{name:<12} {value}")
        if importlib.util.find_spec("autograder.sandbox.layers") is not None and not show_sandboxes():
            raise typer.Exit(1)


def findings() -> list[tuple[str, str]]:
    """What was found: names and values, for a table of two columns."""
    found = [
        ("system", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"),
        ("python", platform.python_version()),
    ]
    for name in PACKAGES:
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            found.append((name, "not installed"))
    from autograder.start import stranger

    if told := stranger(sys.path):
        found.append(("autograder", told))
    import torch

    gpus = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    gpus += ["an Apple GPU (mps)"] * torch.backends.mps.is_available()
    found.append(("gpu", ", ".join(gpus) or "torch finds none"))
    from autograder.data import load_data

    found.append(("data", load_data().description))
    from autograder.judge.oracle import KEYS

    if any(KEYS.glob("*.frame.bz2")):
        found.append(("answers", "from the key in this package (public checks only)"))
    else:
        found.append(("answers", "from the reference in this checkout"))
    return found


def show_sandboxes() -> bool:
    """Builds every kind of sandbox that this machine offers, and shows what the escape probe found; returns whether
    `mark` can use one."""
    from rich.console import Console
    from rich.table import Table

    from autograder.sandbox.fork_server import ForkServer
    from autograder.sandbox.layers.choice import KINDS, SandboxError, offered, why_not
    from autograder.sandbox.proof.promises import PROMISES, prove

    console = Console(highlight=False)
    kinds = offered()
    if not kinds:
        console.print(f"sandbox         {why_not()}", markup=False)
        return False
    found: dict[str, dict[str, Promise]] = {}
    with console.status("Trying to escape from each sandbox …"), ExitStack() as closing:
        servers: dict[bool, ForkServer] = {}  # one forks into any layers but bubblewrap, which it starts in
        for kind, layers in kinds.items():
            if layers.bubblewrap not in servers:
                servers[layers.bubblewrap] = ForkServer(layers)
                closing.callback(servers[layers.bubblewrap].close)
            servers[layers.bubblewrap].layers = layers
            try:
                found[kind] = {promise.id: promise for promise in prove(servers[layers.bubblewrap])}
            except SandboxError as error:
                console.print(f"sandbox         {kind}: {error}", markup=False)
    for kind in KINDS:
        if kind not in kinds:
            console.print(f"sandbox         {kind}: not available on this machine", markup=False)
    if not found:
        return False
    first = next(iter(kinds))
    uses = "uses the first kind" if first in found else f"would use {first}; name another kind with --sandbox"
    table = Table(title="What each sandbox promises, and how it keeps it", caption=f"`autograder mark` {uses}.")
    table.add_column("Promise")
    for kind in found:
        table.add_column(f"{kind}\n{kinds[kind]}")
    for name, (sentence, _) in PROMISES.items():
        table.add_row(sentence, *(_outcome(kept[name]) for kept in found.values()))
    console.print(table)
    return first in found and all(promise.held for promise in found[first].values())


def _outcome(promise: Promise) -> str:
    from rich.markup import escape

    if promise.held:
        return f"[green]✓[/] {', '.join(promise.kept_by)}".rstrip()
    return f"[red]✗ broken:[/] {escape('; '.join(promise.breaches[:2]))}"
