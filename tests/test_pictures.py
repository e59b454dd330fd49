"""Do the notebooks' pictures show what they say, for any network, and leave it as it was?"""

from __future__ import annotations

import pytest
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.nn import functional as F

from autograder.data import load_data
from autograder.pictures import confusion_matrix, one_window, over_channels, way_through, worst_mistakes


class Functional(nn.Module):
    """Written with functions alone, in-place ReLU and a batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 5)
        self.norm = nn.BatchNorm2d(3)
        self.fc = nn.Linear(3 * 12 * 12, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu_(self.norm(self.conv(x)))
        x = F.dropout(F.max_pool2d(x, 2), 0.2, self.training)
        return self.fc(x.flatten(1))


def modules() -> nn.Module:
    """Written with modules alone."""
    layers = [nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.2), nn.Flatten(), nn.Linear(4608, 10)]
    return nn.Sequential(*layers)


def titles(figure: Figure) -> list[str]:
    return [axis.get_title().replace("\n", ": ") for axis in figure.axes if axis.get_title()]


@pytest.mark.parametrize(
    ("network", "steps"),
    [
        (
            Functional,
            ["convolution: 3 of 24×24", "batch norm: 3 of 24×24", "ReLU: 3 of 24×24", "max-pooling: 3 of 12×12"],
        ),
        (
            modules,
            [
                "convolution: 32 of 24×24, 16 shown",
                "ReLU: 32 of 24×24, 16 shown",
                "max-pooling: 32 of 12×12, 16 shown",
            ],
        ),
    ],
)
def test_a_digits_way_shows_each_step_and_leaves_the_network_alone(network: type[nn.Module], steps: list[str]) -> None:
    torch.manual_seed(0)
    model = network().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    image = load_data("digits").test_images[0]
    figure = way_through(model, image)
    assert all(module.training for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert titles(figure)[:-1] == ["the image: 1 of 28×28", *steps]
    shown = [axis.images[0].get_array() for axis in figure.axes if axis.images]
    assert len(shown) == len(steps) + 1
    assert all(float(picture.max()) > float(picture.min()) for picture in shown)
    with torch.no_grad():
        answer = int(model.eval()(image[None]).argmax())
    assert titles(figure)[-1].startswith(f"the answer: {answer}")


def test_one_window_shows_the_numbers_and_where_one_of_them_comes_from() -> None:
    image, kernel = torch.arange(12.0).view(3, 4), torch.tensor([[1.0, -1.0]])
    figure = one_window(image, kernel, 2, 1)
    numbers = [[text.get_text() for text in axis.texts] for axis in figure.axes]
    assert numbers == [[f"{value}" for value in range(12)], ["1", "-1"], ["-1"] * 9]
    frames = [[patch.get_bbox().bounds for patch in axis.patches] for axis in figure.axes]
    assert frames == [[(0.5, 1.5, 2, 1)], [], [(0.5, 1.5, 1, 1)]]
    assert figure.get_supxlabel() == "9·(1) + 10·(-1) = -1"


def test_over_channels_shows_that_the_results_of_the_channels_are_added_up() -> None:
    image, kernel = torch.rand(3, 8, 9), torch.rand(3, 2, 3) - 0.5
    shown = {axis.get_title(): torch.tensor(axis.images[0].get_array()) for axis in over_channels(image, kernel).axes}
    total = shown["the sum of the 3 results:\none feature map"]
    assert torch.allclose(total, F.conv2d(image[None], kernel[None])[0, 0], atol=1e-6)
    assert torch.allclose(total, sum(shown[f"= result of {name}"] for name in ("red", "green", "blue")), atol=1e-6)
    assert torch.equal(shown["the image"], image.permute(1, 2, 0))


def test_the_confusion_matrix_counts_rows_by_the_true_digit() -> None:
    figure = confusion_matrix(torch.tensor([3, 3, 3, 5, 8]), torch.tensor([3, 8, 8, 5, 3]))
    (axis,) = figure.axes
    numbers = {text.get_position(): text.get_text() for text in axis.texts}
    assert numbers[8, 3] == "2"  # x is what was read, y the true digit
    assert numbers[3, 8] == "1"
    assert numbers[3, 3] == numbers[5, 5] == "1"
    assert axis.get_title() == "3 mistakes in 5 images"


def test_the_worst_mistake_comes_first_and_right_answers_do_not_come() -> None:
    images = torch.rand(3, 1, 28, 28)
    labels = torch.tensor([0, 1, 2])
    logits = torch.full((3, 10), -5.0)
    logits[0, 0] = 9.0  # right
    logits[1, 7], logits[1, 1] = 1.0, 0.0  # wrong, nearly right
    logits[2, 6] = 9.0  # wrong, and sure of it
    figure = worst_mistakes(logits, images, labels, count=4)
    assert [title.split(":")[0] for title in titles(figure)] == ["2 read as 6", "1 read as 7"]
    assert [len(axis.images) for axis in figure.axes] == [1, 1]
