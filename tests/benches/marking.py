"""What marking costs, beside the pure numbers and beside nbgrader.

Trains for real where nbgrader does: ten minutes, and ten more with `--classic`, which also lets nbgrader train as the
classic version of this lab does.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.table import Table

from autograder.sandbox.environment import ALLOCATOR
from tests.benches.kept import Found, Ratio
from tests.sample_class import ROOT, make_class, read, set_text, text_of

# Whole submissions, so that each costs the most that one can.
WHOLE = ("reference", "style-functional", "style-objects", "merged", "split-cells", "no-second-relu")
FEW, MANY = 6, 24
BEST_EPOCHS = 8
CLASS = 300  # what a class costs follows from the start-up and from what a further student costs


def seconds(command: list[str], cwd: Path = ROOT) -> float:
    """How long a command takes."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    started = time.monotonic()
    done = subprocess.run(command, cwd=cwd, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - started


def marking(submitted: Path, marks: Path, *more: str) -> float:
    return seconds([sys.executable, "-m", "autograder.cli", "mark", str(submitted), "-o", str(marks), *more])


def floor(data: str) -> float:
    """The numbers of a submission, in seconds, with every core at it: as many processes as cores, then divided."""
    cores = os.cpu_count() or 1
    command = [sys.executable, "-m", "tests.floor", "--total", "--data", data, "--repeats", "5"]
    environment = {**os.environ, **ALLOCATOR, "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(cores)
    ]
    totals = [float(one.communicate()[0]) for one in running]
    return sum(totals) / len(totals) / cores


def class_of(made: Path, target: Path, count: int) -> Path:
    """`count` submissions, no two of them the same."""
    for number in range(count):
        student = WHOLE[number % len(WHOLE)]
        renamed(made / student, target / f"{student}-{number:04}", number)
    return target


def renamed(student: Path, target: Path, number: int) -> None:
    """A copy of a submission whose functions use other names for their local variables."""
    shutil.copytree(student, target)
    for path in target.rglob("*.ipynb"):
        notebook = read(path)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                set_text(cell, with_other_names(text_of(cell), f"_{number}"))
        path.write_text(json.dumps(notebook), encoding="utf-8")


def with_other_names(text: str, suffix: str) -> str:
    """`text` with `suffix` after each local variable of its functions; as it is where it is not plain Python."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return text
    places: set[tuple[int, int, str]] = set()
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and not any(
            isinstance(part, (ast.Global, ast.Nonlocal, ast.FunctionDef, ast.Lambda)) and part is not function
            for part in ast.walk(function)
        ):
            names = [part for part in ast.walk(function) if isinstance(part, ast.Name)]
            own = {name.id for name in names if isinstance(name.ctx, ast.Store)}
            own -= {argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)}
            places |= {(name.lineno, name.end_col_offset or 0, name.id) for name in names if name.id in own}
    lines = [line.encode() for line in text.split("\n")]
    for line, end, _ in sorted(places, reverse=True):
        lines[line - 1] = lines[line - 1][:end] + suffix.encode() + lines[line - 1][end:]
    return b"\n".join(lines).decode()


CLASSIC = """
import torchvision
from torch.utils.data import DataLoader

from autograder.data import Data, default_root

as_one_tensor = Data.loader


def picture_by_picture(self, part, *given, **options):
    if part != "train":
        return as_one_tensor(self, part, *given, **options)
    pictures = torchvision.datasets.MNIST(default_root(), train=True, transform=torchvision.transforms.ToTensor())
    return DataLoader(pictures, batch_size=128, shuffle=True)


Data.loader = picture_by_picture
"""


def fewer_epochs(path: Path) -> None:
    """Trains the best model as long as a student may: ours, which goes for the last hundredth, takes longer."""
    notebook = read(path)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            set_text(cell, re.sub(r"\bepochs=\d\d if data_name", f"epochs={BEST_EPOCHS} if data_name", text_of(cell)))
    path.write_text(json.dumps(notebook), encoding="utf-8")


def classic(path: Path) -> None:
    """Lets a notebook train as the lab's classic recipe does: ten epochs for each of the lab's networks, MNIST from
    torchvision's data set and a `DataLoader`."""
    fewer_epochs(path)
    notebook = read(path)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            set_text(cell, re.sub(r"\bepochs=[23]\b", "epochs=10", text_of(cell)))
    first = {"cell_type": "code", "id": "classic", "metadata": {}, "outputs": [], "execution_count": None}
    notebook["cells"].insert(0, {**first, "source": CLASSIC.strip()})
    path.write_text(json.dumps(notebook), encoding="utf-8")


def nbgrader(root: Path, made: Path, change: Callable[[Path], None]) -> float:
    """`nbgrader autograde` of the reference's notebooks, each changed by `change` first."""
    shutil.copytree(ROOT / "source" / "lab4", root / "source" / "lab4")
    shutil.copyfile(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
    shutil.copytree(made / "reference", root / "submitted" / "reference")
    for path in (root / "submitted").rglob("*.ipynb"):
        change(path)
    command = [sys.executable, "-m", "nbgrader"]
    seconds([*command, "generate_assignment", "lab4", "--create", "--force"], root)
    # By default nbgrader interrupts what takes more than 30 seconds: then most of the training would not be done.
    return seconds([*command, "autograde", "lab4", "--student=reference", "--Execute.timeout=3600"], root)


def measure(given: argparse.Namespace, data: str) -> Found:
    """Marks a small class and a larger one, runs the numbers alone, and lets nbgrader grade one submission."""
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        root = Path(made)
        make_class(root / "made", data)
        few = marking(class_of(root / "made", root / "few", FEW), root / "marks-few", "--data", data)
        many = marking(class_of(root / "made", root / "many", MANY), root / "marks", "--data", data)
        again = marking(root / "many", root / "marks", "--data", data)
        numbers = floor(data)
        further = (many - few) / (MANY - FEW)
        ours = (many + (CLASS - MANY) * further) / CLASS
        rows = [
            (f"autograder mark, all checks, {MANY} students, start-up included", many / MANY),
            ("  each further student", further),
            (f"  so a class of {CLASS}", ours),
            ("  the same class again, nothing changed", again / MANY),
            ("the pure numbers: passes, trainings and figures, no grader", numbers),
        ]
        ratios = [
            Ratio(f"autograder mark, a class of {CLASS}", "the pure numbers", ours / numbers),
            Ratio("the same class again, nothing changed", f"a class of {CLASS}", again / MANY / ours),
        ]
        if not given.no_nbgrader:
            from tests.test_nbgrader import without_training

            changes = [
                (f"training cells as handed out, the best model in {BEST_EPOCHS} epochs", fewer_epochs),
                ("training cells emptied", without_training),
            ]
            if given.classic and data == "mnist":
                changes.insert(0, ("training as the classic lab does: ten epochs, torchvision's loader", classic))
            for name, change in changes:
                took = nbgrader(root / f"nbgrader-{len(rows)}", root / "made", change)
                rows.append((f"nbgrader autograde, {name}", took))
                ratios.append(Ratio(rows[-1][0], f"autograder mark, a class of {CLASS}", took / ours))
    title = f"A submission of six notebooks; {data}, {os.cpu_count()} cores, {platform.machine()}, Python"
    table = Table(title=f"{title} {platform.python_version()}")
    for column in ("what", "seconds a submission", f"× a class of {CLASS}", "× the numbers"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for name, value in rows:
        table.add_row(name, f"{value:.2f}", f"{value / ours:.2f}", f"{value / numbers:.2f}")
    return Found([table], ratios)
