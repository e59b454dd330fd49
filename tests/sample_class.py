"""Makes the sample class `tests/submissions/` from the released notebooks and the recipes in `tests/recipes/`.

    python -m tests.sample_class                        makes tests/submissions anew (weights for MNIST)
    python -m tests.sample_class --data digits OUT      the same class in OUT, its weights trained on the digits

A recipe is a folder named after the student. `recipe.yml` says what to start from; `<grade_id>.py` beside it is what
this student wrote in that cell, `notebooks/` are whole notebooks of theirs, `files/` what else they handed in, and
`weights/<data>/` their own weights. `solved` names cells that get the reference's solution.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
import shutil
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
RECIPES = ROOT / "tests" / "recipes"
SUBMISSIONS = ROOT / "tests" / "submissions"
REFERENCE = ROOT / "reference" / "lab4"
LAB = "lab4"
TRAINED = ("better_cnn.pt", "best_model.pt")  # what a student hands in of the reference's weights
Notebook = dict[str, Any]


def make_class(target: Path, data: str = "mnist") -> None:
    """Makes every student's submission in `target/<student>/lab4`."""
    for recipe in sorted(RECIPES.glob("*/recipe.yml")):
        make_student(recipe.parent, target / recipe.parent.name / LAB, data)


def make_student(folder: Path, target: Path, data: str) -> None:
    """Makes one student's submission by the recipe in `folder`."""
    recipe = {"start": "reference", "solved": [], "weights": "reference", "own": True, "after": []}
    recipe |= yaml.safe_load((folder / "recipe.yml").read_text(encoding="utf-8"))
    written = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}
    own = folder / "notebooks"
    handed_out = own if own.is_dir() else ROOT / "release" / LAB
    notebooks = {path.stem: filled(path, recipe, written) for path in sorted(handed_out.glob("*.ipynb"))}
    unknown = set(written) - {grade_id(cell) for notebook in notebooks.values() for cell in notebook["cells"]}
    if unknown:
        raise SystemExit(f"{folder}: no notebook has the cells {', '.join(sorted(unknown))}")
    for step in recipe["after"]:
        notebooks = STEPS[step](notebooks)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, notebook in notebooks.items():
        text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
        (target / f"{name}.ipynb").write_text(text + "\n", encoding="utf-8")
    if recipe["weights"] == "reference":
        (target / "weights").mkdir()
        for name in TRAINED:
            shutil.copyfile(REFERENCE / "weights" / data / name, target / "weights" / name)
    if (folder / "weights" / data).is_dir():
        shutil.copytree(folder / "weights" / data, target / "weights", dirs_exist_ok=True)
    if recipe["own"]:
        shutil.copytree(REFERENCE / "own", target / "own")
    if (folder / "files").is_dir():
        shutil.copytree(folder / "files", target, dirs_exist_ok=True)


def filled(path: Path, recipe: dict[str, Any], written: dict[str, str]) -> Notebook:
    """The notebook `path` with the student's answers in its solution cells."""
    notebook = read(path)
    whole = recipe["start"] == "reference" and path.is_relative_to(ROOT / "release")
    solutions = {
        grade_id(cell): without_marks(text_of(cell))
        for cell in read(ROOT / "source" / LAB / path.name)["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }
    for cell in notebook["cells"]:
        one = grade_id(cell)
        if one in written:
            set_text(cell, written[one])
        elif one in solutions and (whole or one in recipe["solved"]):
            set_text(cell, solutions[one])
    return notebook


# --- what some students do to their notebooks -------------------------------------------------------------------------


def strip_metadata(notebooks: dict[str, Notebook]) -> dict[str, Notebook]:
    """All metadata is gone, as after a pass through another editor."""
    for notebook in notebooks.values():
        notebook["metadata"] = {}
        for cell in notebook["cells"]:
            cell["metadata"] = {}
    return notebooks


def split_cells(notebooks: dict[str, Notebook]) -> dict[str, Notebook]:
    """Each blank line before a top-level statement begins a new cell."""
    for notebook in notebooks.values():
        cells = []
        for cell in notebook["cells"]:
            parts = [text_of(cell)] if cell["cell_type"] != "code" else split_at_blank_lines(text_of(cell))
            for number, part in enumerate(parts):
                one = copy.deepcopy(cell)
                one["id"] = f"{cell['id']}-{number}"[-64:]
                set_text(one, part)
                cells.append(one)
        notebook["cells"] = cells
    return notebooks


def rename(notebooks: dict[str, Notebook]) -> dict[str, Notebook]:
    """Names as a browser gives them to the second download."""
    return {f"Copy of {name} (1)": notebook for name, notebook in notebooks.items()}


def merge(notebooks: dict[str, Notebook]) -> dict[str, Notebook]:
    """Everything in one notebook."""
    first, *others = [copy.deepcopy(notebook) for notebook in notebooks.values()]
    for other in others:
        first["cells"] += other["cells"]
    return {"my whole lab": first}


STEPS = {"strip-metadata": strip_metadata, "split-cells": split_cells, "rename": rename, "merge": merge}


# --- cells ------------------------------------------------------------------------------------------------------------


def read(path: Path) -> Notebook:
    """A notebook without its diagrams, which are large and which nobody judges."""
    text = re.sub("data:image/png;base64,[A-Za-z0-9+/=]+", "diagram.png", path.read_text(encoding="utf-8"))
    return json.loads(text)


def grade_id(cell: dict[str, Any]) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def text_of(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def set_text(cell: dict[str, Any], text: str) -> None:
    cell["source"] = text.strip("\n").splitlines(keepends=True)


def without_marks(text: str) -> str:
    return "\n".join(
        line for line in text.split("\n") if line.strip() not in ("### BEGIN SOLUTION", "### END SOLUTION")
    )


def split_at_blank_lines(text: str) -> list[str]:
    lines = text.split("\n")
    parts: list[list[str]] = [[]]
    for index, line in enumerate(lines):
        if line and not line[0].isspace() and line[0] not in ")]}" and index and not lines[index - 1].strip():
            parts.append([])
        parts[-1].append(line)
    return ["\n".join(part) for part in parts if any(line.strip() for line in part)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", nargs="?", type=Path, default=SUBMISSIONS)
    parser.add_argument("--data", choices=["mnist", "digits"], default="mnist")
    given = parser.parse_args()
    make_class(given.out, given.data)
