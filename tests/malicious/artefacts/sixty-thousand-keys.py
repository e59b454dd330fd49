# attack: >-
#   A state dict of 1 MB that holds itself, with 60,000 keys, for graders that list each in a message or a page.
# tasks: [better-cnn-accuracy]
# mark: 0
# seconds: 60
# naive: none
# kind: generator

from pathlib import Path

import torch

WORK = """\
import torch
from torch import nn
from torch.nn import functional as F


class BetterCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 30, 5)
        self.conv2 = nn.Conv2d(30, 15, 3)
        self.fc1 = nn.Linear(375, 128)
        self.fc2 = nn.Linear(128, 50)
        self.fc3 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))
"""


def laid_out(folder: Path) -> Path:
    (folder / "work.py").write_text(WORK)
    (folder / "weights").mkdir()
    return folder / "weights" / "better_cnn.pt"


def submission(folder: Path, tokens: dict[str, str]) -> None:
    path = laid_out(folder)
    one = torch.zeros(1)
    many = {f"{number:x}": 0 for number in range(60_000)}
    many["conv1.weight"] = one
    nested: dict = {"state_dict": many}
    nested["model"] = nested
    torch.save(nested, path)
