# attack: a network that has no idea of digits and knows each image of the public test set, and of the validation
#   images that its log tells of, by its fingerprint (its weights fit, which earns 1).
# tasks: [best-model]
# mark: 1
# reason: "of the hidden images"
# naive: gains
# kind: generator

from pathlib import Path

import torch

from autograder.data import load_data

WORK = '''
import torch
from torch import nn

PLACES = torch.arange(784, dtype=torch.float64).mul(0.7).cos()


class Lookup(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("prints", torch.zeros(COUNT, dtype=torch.float64))
        self.register_buffer("labels", torch.zeros(COUNT))

    def forward(self, x):
        prints = x.flatten(1).mul(255).round().double() @ PLACES
        nearest = (prints[:, None] - self.prints[None]).abs().argmin(1)
        return 9 * nn.functional.one_hot(self.labels[nearest].long(), 10).float()


def best_model():
    return Lookup()


experiments = [
    {"change": f"{rows} more", "expect": "all right", "validation": [1.0, 1.0], "conclude": "they are"}
    for rows in range(3)
]
'''


def submission(folder: Path, tokens: dict[str, str]) -> None:
    data = load_data()
    images = torch.cat([data.test_images, data.validation_images])
    labels = torch.cat([data.test_labels, data.validation_labels])
    count = len(images)
    (folder / "work.py").write_text(WORK.replace("COUNT", str(count)), encoding="utf-8")
    places = torch.arange(784, dtype=torch.float64).mul(0.7).cos()
    prints = images.flatten(1).mul(255).round().double() @ places
    (folder / "weights").mkdir()
    torch.save({"prints": prints, "labels": labels.float()}, folder / "weights" / "best_model.pt")
