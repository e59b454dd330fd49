# attack: >-
#   Tensors of stride zero: 160 that are small enough one by one and take 2.5 GB as float32, and one that claims
#   64 GiB; beside them, weights of the right shapes that lie on no device.
# tasks: [better-cnn-accuracy, best-model]
# mark: 0
# reason: "MB when unpacked"
# seconds: 20
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


BEST = """


def best_model():
    return BetterCNN()
"""


def submission(folder: Path, tokens: dict[str, str]) -> None:
    half = torch.zeros(1, dtype=torch.float16)
    claims = {f"layer{number}.weight": half.expand(2**22) for number in range(160)}
    torch.save({**claims, "conv1.weight": torch.zeros(1).expand(2**34)}, laid_out(folder))
    names: dict = {}
    exec(WORK + BEST, names)
    (folder / "work.py").write_text(WORK + BEST)
    state = {name: value.to("meta") for name, value in names["BetterCNN"]().state_dict().items()}
    torch.save(state, folder / "weights" / "best_model.pt")
