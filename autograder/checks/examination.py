"""One submission under examination: whom checks ask, what they may look at, and what they found."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from autograder.candidate.process import Respondent, StudentError
from autograder.course import Assignment, Band, CourseError
from autograder.judge.oracle import Oracle
from autograder.judge.verdict import Blocked, Failed, NotAttempted
from autograder.results import CheckResult, OwnDigit, TaskResult

PICTURE_PIXELS = 4_000_000


@dataclass
class Examination:
    """Everything that the checks of one submission share. `folder` holds the files as they were handed in."""

    lab: str
    assignment: Assignment
    respondent: Respondent
    folder: Path
    oracle: Oracle
    data: str = "auto"
    device: str = "cpu"
    restart: Any = None  # makes a fresh respondent, for checks that need a fresh process
    hidden_seed: int = 0  # from which the hidden images are made: the same for a whole class
    results: dict[tuple[str, str], CheckResult] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    digits: list[OwnDigit] = field(default_factory=list)

    def ask(self, procedure: str, uses: Sequence[str], **arguments: Any) -> Any:
        """What the lab's `procedure` gives on the student's definitions; student's errors become verdicts."""
        return self._ask(self.respondent, procedure, uses, arguments)

    def ask_afresh(self, procedure: str, uses: Sequence[str], **arguments: Any) -> Any:
        """The same, in a process that has answered nothing before."""
        with self.restart() as fresh:
            return self._ask(fresh, procedure, uses, arguments)

    def _ask(self, respondent: Respondent, procedure: str, uses: Sequence[str], arguments: dict[str, Any]) -> Any:
        notebooks = {name: task.notebook for task in self.assignment.tasks for name in task.definitions}
        try:
            return respondent.ask(procedure, list(uses), notebooks, arguments)
        except StudentError as error:
            raise self._verdict(error, uses) from None

    def _verdict(self, error: StudentError, uses: Sequence[str]) -> Exception:
        called = " and ".join(f"`{name}`" for name in uses)
        if error.kind == StudentError.STUB:
            inner = error.places[-1].rpartition(", in ")[2] if error.places else ""
            functions = [name for name in uses if name[:1].islower()]
            if functions and inner and inner not in functions:  # theirs is written; a stub that it needs is not
                return Blocked(f"{called} cannot run yet: something else is not filled in.\n  {error.places[-1]}")
            return NotAttempted(f"{called}: not filled in yet.")
        if error.kind == StudentError.MISSING:
            if any(f"`{name}`" in error.message for name in uses):
                return NotAttempted(error.message)
            return Blocked(error.message)
        if error.kind == StudentError.RAISED:
            where = "\n".join(f"  {place}" for place in error.places)
            loading = "could not be defined" in error.message
            said = error.message if loading else f"Calling {called} raised {error.message}"
            return Failed(f"{said}\n{where}".rstrip(), hint="" if loading else "The last place is where it happened.")
        if error.kind == StudentError.TIMEOUT:
            return Failed(
                error.message, hint="Is there a loop that does not end, or training where nothing is trained?"
            )
        return Failed(error.message)

    def file(self, name: str) -> Path:
        """Where the file `name` (such as "weights/better_cnn.pt") lies: at its place, else anywhere by that name."""
        path = self.folder / name
        if not path.is_file():
            found = sorted(self.folder.rglob(Path(name).name))
            if found:
                return found[0]
        return path

    def hidden_images(self) -> tuple[np.ndarray, np.ndarray, str]:
        """Secretly perturbed test images as bytes (N, 28, 28), their labels (N,), and the data set's name."""
        return hidden_images(self.data, self.hidden_seed)

    def band(self, task: str, data: str) -> Band:
        """The accuracy band of a task for a data set; raises `CourseError` where `course.yml` has none."""
        try:
            return self.assignment.bands[task][data]
        except KeyError:
            raise CourseError(f"course.yml has no band for {task!r} on {data!r}") from None

    def keep_picture(self, name: str, content: Any) -> None:
        """Keeps a picture for the feedback page, if it is a PNG of sensible size; else does nothing."""
        from PIL import Image

        try:
            with Image.open(io.BytesIO(content.tobytes()), formats=["PNG"]) as image:
                if image.width * image.height > PICTURE_PIXELS:
                    return
                clean = io.BytesIO()
                image.convert("RGB").save(clean, "PNG")
        except Exception:  # whatever a student's bytes do to the decoder, the mark does not depend on it
            return
        self.pictures[name] = clean.getvalue()

    def task_results(self) -> list[TaskResult]:
        """The results so far, by task, in the order of `course.yml`."""
        tasks = []
        for task in self.assignment.tasks:
            checks = [self.results[task.id, name] for name in task.checks if (task.id, name) in self.results]
            if checks:
                tasks.append(
                    TaskResult(
                        id=task.id,
                        title=task.title,
                        notebook=task.notebook,
                        score=sum(check.score for check in checks),
                        max_score=sum(check.max_score for check in checks),
                        checks=checks,
                    )
                )
        return tasks


@cache
def hidden_images(data: str, seed: int) -> tuple[np.ndarray, np.ndarray, str]:
    """The test images of `data` under small shifts and rotations drawn from `seed`, as bytes; labels; name."""
    from autograder.data import load_data, perturb

    loaded = load_data(data)  # type: ignore[arg-type]
    moved = perturb(loaded.test_images, seed)
    as_bytes = (moved[:, 0].clamp(0, 1) * 255).round().byte().numpy()
    return as_bytes, loaded.test_labels.numpy(), loaded.name
