"""Marks one submission at Gradescope, whose `run_autograder` runs this module, and writes its `results.json`.

It reads `$AUTOGRADER_ROOT/submission` (default: `/autograder/submission`), and the settings that the export put beside
the course. If there is no mark, because no sandbox holds or the grader failed, it writes no results and exits with 1:
Gradescope then shows that the autograder failed, and gives no points.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any


def main(arguments: list[str]) -> int:
    """Returns the exit status, 0 only if results were written. With `--prepare` it only fetches the data set."""
    root = Path(os.environ.get("AUTOGRADER_ROOT", "/autograder"))
    settings = json.loads((root / "source" / "settings.json").read_text(encoding="utf-8"))
    if arguments == ["--prepare"]:
        from autograder.data import load_data

        print(f"Data: {load_data(settings['data']).description}")
        return 0
    target = root / "results" / "results.json"
    target.unlink(missing_ok=True)
    mark = _mark(root / "submission", _student(root), settings)
    if isinstance(mark, str):
        print(mark)
        return 1
    from autograder.export.marks import Mark
    from autograder.export.one_each import write_json
    from autograder.export.to_gradescope import as_results

    if mark.score is None:
        print("The mark is withheld, because the grader failed:", *mark.messages, sep="\n")
        return 1
    write_json(target, as_results(Mark(mark)))
    print(f"Marked {mark.student}: {mark.score:g} of {mark.max_score:g} points.")
    return 0


def _mark(submission: Path, student: str, settings: dict[str, Any]) -> Any:
    """The `StudentResult`, or a sentence that says why there is none."""
    from autograder.grading.cache import Cache
    from autograder.grading.class_run import mark_class
    from autograder.labs.lab import open_lab
    from autograder.sandbox.layers.choice import SandboxError, choose

    try:
        layers = choose()
    except SandboxError as error:
        if not settings["unsafe_no_sandbox"]:
            return (
                f"{error}\nNothing was marked, because without a sandbox a student's code could change its own mark. To"
                " mark all the same, make the zip with `autograder export --to gradescope-autograder"
                " --unsafe-no-sandbox`."
            )
        layers = None
    with tempfile.TemporaryDirectory() as place:
        handed_in, marks = Path(place, "submitted"), Path(place, "marks")
        shutil.copytree(submission, handed_in / "submission", symlinks=True)
        seed = Cache(marks).folder / "seed"
        seed.write_text(str(settings["seed"]))
        seed.chmod(0o600)
        try:
            outcome = mark_class(
                open_lab(settings["assignment"]), handed_in, marks, settings["data"], "cpu", 1, layers=layers
            )
        except SandboxError as error:
            return f"{error}\nNothing was marked."
        (found,) = outcome.results.students
        return found.model_copy(update={"student": student, "unread": ""})  # it tells the student at once


def _student(root: Path) -> str:
    """The student, from Gradescope's `submission_metadata.json`: e-mail addresses or names, else "submission"."""
    try:
        metadata = json.loads((root / "submission_metadata.json").read_text(encoding="utf-8"))
        return ", ".join(str(user.get("email") or user.get("name")) for user in metadata["users"]) or "submission"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "submission"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
