# attack: a network that has no idea of digits and knows each image of the public test set by its fingerprint (its
#   weights fit, which earns 2).
# tasks: [best-model]
# mark: 2
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
'''


def submission(folder: Path, tokens: dict[str, str]) -> None:
    data = load_data()
    count = len(data.test_images)
    (folder / "work.py").write_text(WORK.replace("COUNT", str(count)), encoding="utf-8")
    places = torch.arange(784, dtype=torch.float64).mul(0.7).cos()
    prints = data.test_images.flatten(1).mul(255).round().double() @ places
    (folder / "weights").mkdir()
    torch.save({"prints": prints, "labels": data.test_labels.float()}, folder / "weights" / "best_model.pt")
