"""Which pictures of their own count, and does a digit come out of transparent pictures and of photographs?"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from autograder.judge.images import judge_on_paper
from autograder.judge.oracle import import_script
from autograder.judge.verdict import Failed
from autograder.labs.kinds.image import Photograph
from autograder.labs.lab4 import test_4_4_own_image
from autograder.labs.lab4.drawn_pictures import PHOTOGRAPHS
from autograder.labs.lab4.test_4_4_own_image import look_of, problem_with
from autograder.made_photographs import Scene, strokes
from tests.judging import LAB, REFERENCE, judged

FORM = {"kind": "Tensor", "tensor": True, "no_text": False, "dtype": "torch.float32"}  # of what is right


def picture(path: Path, ink: int, alpha: int, tight: bool, mode: str) -> Path:
    """A ring of one ink on transparent paper; a tight one is mostly ink."""
    drawn = Image.new("RGBA", (60, 60), (0, 0, 0, 0))
    box, width = ((2, 2, 57, 57), 18) if tight else ((20, 15, 40, 45), 4)
    ImageDraw.Draw(drawn).ellipse(box, outline=(ink, ink, ink, alpha), width=width)
    (drawn if mode == "RGBA" else drawn.quantize(4)).save(path)
    return path


@pytest.mark.parametrize("mode", ["RGBA", "P"])
@pytest.mark.parametrize("tight", [True, False])
@pytest.mark.parametrize("alpha", [90, 120, 130, 255])
@pytest.mark.parametrize("ink", [0, 40, 215, 255])
def test_a_transparent_picture_becomes_a_light_digit_on_dark_paper(
    ink: int, alpha: int, tight: bool, mode: str, tmp_path: Path
) -> None:
    load_image = import_script(REFERENCE / "4_4_own_image.py").load_image
    image = load_image(picture(tmp_path / "0_ring.png", ink, alpha, tight, mode)).numpy()
    assert image.shape == (1, 28, 28)
    assert image.max() > 0.9
    border = np.concatenate([image[0, 0], image[0, -1], image[0, :, 0], image[0, :, -1]])
    assert border.max() < 0.1
    assert 0.03 < image.mean() < 0.4
    assert image[0, 13:15, 13:15].mean() < 0.3  # the hole of the ring


def own_pictures(folder: Path) -> tuple[str, float, str]:
    """What the check of own pictures says of a folder."""
    script = import_script(REFERENCE / "4_4_own_image.py")
    found = judged("classify", {"load_image": script.load_image, "classify": script.classify}, folder)["own-pictures"]
    return found.status, found.score, found.message


def test_pictures_that_lie_flat_beside_the_notebooks_count_where_there_is_no_folder_of_them(tmp_path: Path) -> None:
    for path in (REFERENCE / "own").glob("*.png"):
        shutil.copyfile(path, tmp_path / path.name)
    assert own_pictures(tmp_path)[:2] == ("passed", 2)
    (tmp_path / "own").mkdir()
    shutil.move(tmp_path / "0_pencil.png", tmp_path / "own")
    assert own_pictures(tmp_path)[0] == "partial"  # the folder has what its owner means


def test_released_pictures_and_figures_that_lie_flat_are_nobodys_own(tmp_path: Path) -> None:
    assert LAB.release is not None
    for path in (LAB.release / "images").glob("*.png"):
        shutil.copyfile(path, tmp_path / path.name)
    figure = (REFERENCE / "own" / "0_pencil.png").read_bytes()
    for name in ("4_5_filters.png", "4_2_curves.png", "4_6_maps.png", "loss.png"):
        (tmp_path / name).write_bytes(figure)
    assert own_pictures(tmp_path)[0] == "not attempted"


def test_a_flat_picture_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "7_pen.jpg").write_bytes(b"a photograph")
    status, score, message = own_pictures(tmp_path)
    assert (status, score) == ("partial", 0)
    assert "7_pen.jpg: is a .jpg file, but should be a .png" in message
    assert "own/7_pen.jpg" not in message


def test_of_pictures_without_end_only_as_many_are_looked_at_as_take_seconds(tmp_path: Path) -> None:
    pictures = [tmp_path / f"0_{number:02}.png" for number in range(30)]
    Image.new("1", (2000, 2000)).save(pictures[0])
    for path in pictures[1:]:
        shutil.copyfile(pictures[0], path)
    assert test_4_4_own_image.few_enough(pictures) == pictures[:25]
    Image.new("1", (3000, 3000)).save(pictures[0])  # is refused unseen
    assert test_4_4_own_image.few_enough(pictures) == pictures[:26]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda digit: digit, ""),
        (lambda digit: np.roll(digit, 1, 0) ** 0.5, ""),  # a row lower, with thicker edges
        (lambda digit: np.rot90(digit), "the digit lies on its side"),
        (lambda digit: np.maximum(digit, 0.2), "around the digit, the paper should be 0, but it is 0.20 on average"),
        (lambda digit: 1 - digit, "it is dark on light"),
        (lambda digit: np.roll(digit, 4, 1), "the digit is off centre"),
        (lambda digit: 0 * digit, "the tensor is black"),
    ],
)
def test_a_photograph_must_become_its_digit_alone(spoil: Callable[[np.ndarray], np.ndarray], said: str) -> None:
    clean = np.asarray(strokes(7, Scene(size=(28, 28), fill=20 / 28), 5), np.float32)[None] / 255
    answer = {"image": spoil(clean[0]).astype(np.float32)[None], **FORM}
    try:
        judge_on_paper(answer, clean, "7.jpg")
        found = ""
    except Failed as failed:
        found = failed.message
    assert said in found
    assert bool(said) == bool(found)


@pytest.mark.parametrize("photograph", PHOTOGRAPHS, ids=lambda one: one.name)
def test_only_with_an_estimate_of_the_paper_a_photograph_is_right(photograph: Photograph, tmp_path: Path) -> None:
    script = import_script(REFERENCE / "4_4_own_image.py")
    path = tmp_path / photograph.name
    path.write_bytes(photograph.file(3).tobytes())
    answer = {"image": script.load_image(path).numpy(), **FORM}
    photograph.judge(answer, {}, 3)
    with Image.open(path) as picture:
        grey = script.light_on_dark(script.grey_values(script.ImageOps.exif_transpose(picture)))
    paper = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
    plain = script.like_mnist(((grey - paper) / (grey.max() - paper)).clip(0, 1))
    with pytest.raises(Failed):
        photograph.judge({**answer, "image": plain.astype(np.float32)[None]}, {}, 3)


def test_a_released_photograph_looks_the_same_as_a_png_file(tmp_path: Path) -> None:
    released = REFERENCE / "images" / "6_made_stored_on_its_side.jpg"
    with Image.open(released) as picture:
        ImageOps.exif_transpose(picture).save(tmp_path / "6_mine.png")
    assert look_of(tmp_path / "6_mine.png").is_like(look_of(released))
    assert problem_with(released, 4) == "is a .jpg file, but should be a .png"
    assert problem_with(released, 4, "JPEG") == ""
