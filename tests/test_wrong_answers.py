"""What do students read who stumbled? Each file in `tests/wrong_answers` says what its answer loses and what is
said."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image
from rich.console import Console

from autograder.feedback.self_check import SelfCheck
from autograder.feedback.terminal import print_self_check
from autograder.results import CheckResult, TaskResult
from autograder.sandbox.fork_server import ForkServer
from tests.judging import LAB, REFERENCE, definitions_of, in_processes, judged, lay_out, live_oracle
from tests.test_accepted import handed_in

WRONG_ANSWERS = sorted((Path(__file__).parent / "wrong_answers").glob("*/*.py"))
# Each takes as long as a student's task: on a push, every third.
SHARED_OUT = [pytest.param(one, marks=[pytest.mark.slow] if n % 3 else []) for n, one in enumerate(WRONG_ANSWERS)]


@pytest.mark.processes
@pytest.mark.parametrize("answer", SHARED_OUT, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_it_says_what_was_seen_and_no_more(fork_server: ForkServer, tmp_path: Path, answer: Path) -> None:
    task, text = answer.parent.name, answer.read_text(encoding="utf-8")
    head = re.findall(r"^# (loses|says|never): (.*)$", text, re.MULTILINE)
    results = in_processes(fork_server, handed_in(tmp_path, task, answer), task)
    said = "\n".join(f"{result.message}\n{result.hint}" for result in results.values())
    lost = {check for check, result in results.items() if result.score < result.max_score}
    assert lost == {check for what, checks in head if what == "loses" for check in checks.split()}, said
    for what, words in head:
        if what != "loses":
            assert (words in said) == (what == "says"), said


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.processes
def test_a_weights_file_of_nearly_the_right_name_is_pointed_out(fork_server: ForkServer, tmp_path: Path) -> None:
    folder = handed_in(tmp_path / "in")
    (folder / "weights" / "better_cnn.pt").rename(folder / "weights" / "bettercnn.pth")
    result = in_processes(fork_server, folder, "better-cnn-accuracy")["weights-fit"]
    assert result.status == "not attempted"
    assert "Did you mean `bettercnn.pth` (weights/bettercnn.pth)?" in result.message
    (folder / "weights" / "bettercnn.pth").unlink()  # the best model's file is another task's
    assert "Did you mean" not in in_processes(fork_server, folder, "better-cnn-accuracy")["weights-fit"].message


def test_the_weights_of_an_untrained_network_earn_nothing_for_accuracy(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "in")
    torch.manual_seed(0)
    torch.save(live_oracle().definition("BetterCNN")().state_dict(), folder / "weights" / "better_cnn.pt")
    results = judged("better-cnn-accuracy", definitions_of(live_oracle()._reference), folder)
    assert {name: result.score for name, result in results.items()} == {"weights-fit": 2, "accuracy": 0}


def test_pictures_count_whatever_the_case_of_their_ending_and_others_are_named(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "in")
    names = [path.name for path in sorted((folder / "own").glob("*.png"))][:3]
    shutil.rmtree(folder / "own")
    (folder / "own").mkdir()
    for name in names:
        shutil.copyfile(REFERENCE / "own" / name, folder / "own" / name.replace(".png", ".PNG"))
    definitions = definitions_of(live_oracle()._reference)
    assert judged("classify", definitions, folder)["own-pictures"].status == "passed"
    left = folder / "own" / names[0].replace(".png", ".PNG")
    left.rename(left.with_suffix(".jpg"))
    (folder / "own" / ".DS_Store").write_bytes(b"x")
    result = judged("classify", definitions, folder)["own-pictures"]
    assert (result.status, result.score) == ("partial", 1.33)
    assert f"own/{left.with_suffix('.jpg').name}: is a .jpg file, but should be a .png" in result.message
    assert ".DS_Store" not in result.message


def test_pictures_of_ones_own_are_told_apart_by_what_they_show(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "in")
    good, *_ = sorted((folder / "own").glob("*.png"))
    Image.open(good).save(tmp_path / "again.png", compress_level=1)
    shutil.rmtree(folder / "own")
    (folder / "own").mkdir()
    shutil.copyfile(REFERENCE / "own" / good.name, folder / "own" / "1_mine.png")
    shutil.copyfile(tmp_path / "again.png", folder / "own" / "2_again.png")
    Image.new("L", (2, 1), 255).save(folder / "own" / "3_dot.png")
    assert LAB.release is not None
    shutil.copyfile(LAB.release / "images" / "6_palette.png", folder / "own" / "6_released.png")
    result = judged("classify", definitions_of(live_oracle()._reference), folder)["own-pictures"]
    assert (result.status, result.score) == ("partial", 0.67)
    assert "own/2_again.png: is the same picture as 1_mine.png" in result.message
    assert "own/3_dot.png: has only 2×1 pixels, which hold no digit" in result.message
    assert "own/6_released.png: is one of the pictures in the folder `images`" in result.message


# --- a BetterCNN that is written in another way -----------------------------------------------------------------------


class FirstLayerByHand(torch.nn.Module):
    """The right BetterCNN, whose first convolution is a parameter and a function."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Parameter(torch.randn(30, 1, 5, 5))
        self.shift = torch.nn.Parameter(torch.zeros(30))
        nn = torch.nn
        self.rest = nn.Sequential(nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(30, 15, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Flatten(), nn.Linear(375, 128), nn.ReLU())
        self.out = nn.Sequential(nn.Linear(128, 50), nn.ReLU(), nn.Linear(50, 10))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        maps = torch.nn.functional.conv2d(images, self.first, self.shift)
        return self.out(self.head(self.rest(maps)))


def made_by_a_function() -> torch.nn.Module:
    """The right BetterCNN, and no class."""
    nn = torch.nn
    return nn.Sequential(
        *(nn.Conv2d(1, 30, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(30, 15, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Dropout(0.2), nn.Flatten(), nn.Linear(375, 128), nn.ReLU(), nn.Linear(128, 50), nn.ReLU()),
        nn.Linear(50, 10),
    )


@pytest.mark.parametrize("made", [FirstLayerByHand, pytest.param(made_by_a_function, marks=pytest.mark.slow)])
def test_a_better_cnn_written_in_another_way_loses_nothing_elsewhere(tmp_path: Path, made: object) -> None:
    folder = lay_out(tmp_path / "in")

    def load_model(path: str) -> torch.nn.Module:
        model = made()  # type: ignore[operator]
        model.load_state_dict(torch.load(path, map_location="cpu"))
        return model.eval()

    definitions = {**definitions_of(live_oracle()._reference), "BetterCNN": made, "load_model": load_model}
    for task in ("better-cnn", "filters", "feature-maps", "maximise", "save-load"):
        results = judged(task, definitions, folder)
        assert [one.message for one in results.values() if one.status != "passed"] == [], task


# --- the screen -------------------------------------------------------------------------------------------------------


def test_the_screen_tells_once_what_was_found_beside_what_is_not_started() -> None:
    said = "`BranchModel` is not defined in any notebook or script.\nDid you mean `BranchNet` (n.ipynb, cell 8)?"
    plain = "`plot_filters` is not filled in yet."
    tasks = [
        TaskResult(id=title, title=title, notebook="n", score=0, max_score=4, checks=[not_done(message)] * 2)
        for title, message in (("Branches", said), ("Filters", plain))
    ]
    found = SelfCheck(Path(), "A course", "lab", "A lab", tasks)
    console = Console(record=True, width=120, file=io.StringIO())
    print_self_check(found, console)
    shown = console.export_text()
    assert shown.count("Did you mean `BranchNet` (n.ipynb, cell 8)?") == 1
    assert "not filled in yet" not in shown


def not_done(message: str) -> CheckResult:
    return CheckResult(id="c", status="not attempted", score=0, max_score=2, public=True, message=message)
