"""MNIST's files, as they lie on the disk."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from autograder import data
from autograder.data import DataUnavailable, chosen_data, load_data
from tests.sample_class import ROOT


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files of MNIST's names, sizes and format, of random content."""
    root = tmp_path_factory.mktemp("root")
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    generator = np.random.default_rng(0)
    for name, count in (("train", 60_000), ("t10k", 10_000)):
        images = generator.integers(0, 256, (count, 28, 28), np.uint8)
        labels = generator.integers(0, 10, count, np.uint8)
        for kind, header, content in (
            ("images-idx3", [0x803, count, 28, 28], images),
            ("labels-idx1", [0x801, count], labels),
        ):
            (raw / f"{name}-{kind}-ubyte").write_bytes(np.array(header, ">i4").tobytes() + content.tobytes())
    return root


def test_files_are_read_as_torchvision_reads_them(made_up: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data._mnist.cache_clear()
    own = load_data("mnist", made_up)
    monkeypatch.setattr(data, "_mnist_from_files", lambda folder: None)
    data._mnist.cache_clear()
    theirs = load_data("mnist", made_up)
    data._mnist.cache_clear()
    assert own is not theirs
    assert own.description == theirs.description
    for part in ("train", "validation", "test"):
        for one, other in zip(own.part(part), theirs.part(part), strict=True):
            assert torch.equal(one, other)
            assert one.dtype == other.dtype


def test_the_digits_are_those_that_scikit_learn_gives() -> None:
    from sklearn.datasets import load_digits

    theirs, own = load_digits(), load_data("digits")
    on_canvas = data._on_canvas(theirs.images)
    parts = [own.part(part) for part in ("train", "validation", "test")]
    images, labels = torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])

    def listed(images: torch.Tensor, labels: torch.Tensor) -> list[tuple[bytes, int]]:
        return sorted((image.numpy().tobytes(), int(label)) for image, label in zip(images, labels, strict=True))

    assert listed(images, labels) == listed(on_canvas, torch.from_numpy(theirs.target))


def test_there_is_a_clear_word_where_scikit_learn_has_no_digits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sklearn").mkdir()
    (tmp_path / "sklearn" / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "sklearn", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DataUnavailable, match=r"digits\.csv\.gz is not in this environment"):
        data._digits("nobody else asks")


@pytest.mark.parametrize("name", ["mnist", "digits", "auto"])
def test_which_data_it_will_be_is_told_without_loading(
    made_up: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTOGRADER_DATA", raising=False)
    data._mnist.cache_clear()
    loaded = load_data(name, made_up)  # type: ignore[arg-type]
    data._mnist.cache_clear()
    monkeypatch.setattr(data, "load_data", None)
    assert chosen_data(name, made_up) == (loaded.name, loaded.description)  # type: ignore[arg-type]
    assert [len(loaded.part(part)[1]) for part in ("train", "validation", "test")] == [
        int(number) for number in re.findall(r"(\d+) (?:training|validation|test)", loaded.description)
    ]


@pytest.mark.processes
def test_whoever_hands_out_submissions_needs_no_torch(made_up: Path) -> None:
    code = (
        f"import os; os.environ['MNIST_ROOT'] = {str(made_up)!r};"
        "import sys, autograder.cli.mark, autograder.grading.class_run, autograder.grading.cluster_worker;"
        "import autograder.feedback.marked.pages; from autograder.labs.lab import open_lab;"
        "from autograder.data import chosen_data;"
        "chosen_data('mnist'); autograder.grading.cluster_worker.content(open_lab('lab4'), 'mnist');"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_digest_of_the_files_is_that_of_the_images_and_labels(
    made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_files = data.digest_of("mnist", made_up)
    with monkeypatch.context() as patched:
        patched.setattr(data, "_is_complete", lambda folder: False)
        assert data.digest_of("mnist", made_up) == of_files
    shutil.copytree(made_up, tmp_path / "other")
    labels = tmp_path / "other" / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    content = labels.read_bytes()
    labels.write_bytes(content[:-1] + bytes([(content[-1] + 1) % 10]))
    assert data.digest_of("mnist", tmp_path / "other") != of_files


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_a_file_that_is_cut_off_is_refused(made_up: Path, tmp_path: Path, name: str) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path in (made_up / "MNIST" / "raw").iterdir():
        (raw / path.name).write_bytes(path.read_bytes()[: -1000 if path.name == name else None])
    for asked in (load_data, chosen_data):
        with pytest.raises(DataUnavailable, match=r"its files (are unreadable|hold)"):
            asked("mnist", tmp_path)
