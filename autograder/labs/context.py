"""What is examined and with what: the same for all checks of one submission, and never changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from autograder.course import Assignment, Band, CourseError
from autograder.data import at_hand, load_data, perturb
from autograder.judge.fault import of_no_answer
from autograder.judge.oracle import Oracle
from autograder.judge.probes import generator
from autograder.labs.lab import Lab
from autograder.submission.wanted import meant

WEIGHTS = (".pt", ".pth", ".pkl", ".bin", ".safetensors")  # how weights files end, where somebody chose another name
# Of the test set: an accuracy of 98 % is then known to 0.2 points, one of 99.6 % to 0.09 (binomial sd).
HIDDEN_IMAGES = 5000
VALIDATION_IMAGES = 1000  # of the validation set, at most


@dataclass(frozen=True)
class Context:
    """A submission's files in `folder`, as they were handed in, and where right answers and hidden images come from."""

    lab: Lab
    folder: Path
    oracle: Oracle
    data: str = "auto"
    device: str = "cpu"
    hidden_seed: int = 0
    """From which the hidden images are made: the same for a whole class."""

    @property
    def assignment(self) -> Assignment:
        return self.lab.assignment

    def file(self, name: str) -> Path:
        """Where the file `name` (such as "weights/better_cnn.pt") is: in its place, else anywhere by that name."""
        path = self.folder / name
        if not path.is_file():
            found = sorted(self.folder.rglob(Path(name).name))
            if found:
                return found[0]
        return path

    def file_like(self, name: str, without: Collection[str] = ()) -> str:
        """A question about a weights file whose name is like `name`; those in `without` are asked for themselves."""
        taken = {Path(other).name for other in without}
        found = [path for path in sorted(self.folder.rglob("*")) if path.suffix.lower() in WEIGHTS and path.is_file()]
        places = {path.name: path.relative_to(self.folder).as_posix() for path in found if path.name not in taken}
        return meant(Path(name).name, places)

    @of_no_answer
    def hidden_images(self) -> tuple[np.ndarray, np.ndarray, str]:
        """Secretly perturbed test images as bytes (N, 28, 28), their labels (N,), and the data set's name."""
        return hidden_images(self.data, self.hidden_seed)

    @of_no_answer
    def validation_images(self, seed: int) -> tuple[np.ndarray, np.ndarray] | None:
        """Hardly moved validation images as bytes (N, 28, 28), and their labels (N,).

        None where a student's own check would have to download them first.
        """
        if self.data == "auto" and not at_hand():
            return None
        return validation_images(self.data, seed)

    @property
    def data_called(self) -> str:
        """The data set in words."""
        name = load_data(self.data).name  # type: ignore[arg-type]
        return "MNIST" if name == "mnist" else "the small set of digits"

    def band(self, task: str, data: str) -> Band:
        """The accuracy band of a task for a data set; raises `CourseError` where `course.yml` has none."""
        try:
            return self.assignment.bands[task][data]
        except KeyError:
            raise CourseError(f"course.yml has no band for {task!r} on {data!r}") from None


@cache
def hidden_images(data: str, seed: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Test images of `data` under small shifts and rotations: bytes (N, 28, 28), labels (N,), and the data set's name.

    Which ones, in which order, and how they are moved is drawn from `seed`.
    """
    loaded = load_data(data)  # type: ignore[arg-type]
    order = generator(seed, "hidden order").permutation(len(loaded.test_images))[:HIDDEN_IMAGES]
    moved = perturb(loaded.test_images[order], seed)
    as_bytes = (moved[:, 0].clamp(0, 1) * 255).round().byte().numpy()
    return as_bytes, loaded.test_labels.numpy()[order], loaded.name


@cache
def validation_images(data: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Validation images of `data`, as bytes (N, 28, 28), and their labels (N,).

    Students have these images. Which ones, in which order, and how they are moved is drawn from `seed`: by a quarter of
    a pixel and one degree at most, so that a network tells them as well as before, and none knows them by heart.
    """
    images, labels = load_data(data).part("validation")  # type: ignore[arg-type]
    order = generator(seed, "validation order").permutation(len(images))[:VALIDATION_IMAGES]
    moved = perturb(images[order], seed, max_shift=0.25, max_degrees=1)
    return (moved[:, 0].clamp(0, 1) * 255).round().byte().numpy(), labels.numpy()[order]
