# attack: a BetterCNN whose forward looks the public test images up in a table, beside untrained weights of the right
#   shapes (which earn 2).
# tasks: [better-cnn-accuracy]
# mark: 2
# reason: "of the hidden images"
# naive: gains
# kind: generator

from pathlib import Path

import torch
from torch import nn

from autograder.data import load_data

WORK = '''
import torch
from torch import nn

TABLE = {}


class BetterCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 30, 5)
        self.conv2 = nn.Conv2d(30, 15, 3)
        self.fc1 = nn.Linear(15 * 5 * 5, 128)
        self.fc2 = nn.Linear(128, 50)
        self.fc3 = nn.Linear(50, 10)

    def forward(self, x):
        sums = x.flatten(1).mul(255).round().long() @ torch.arange(1, 785)
        return nn.functional.one_hot(torch.tensor([TABLE.get(int(one), 0) for one in sums]), 10).float()
'''


def submission(folder: Path, tokens: dict[str, str]) -> None:
    data = load_data()
    sums = data.test_images[:500].flatten(1).mul(255).round().long() @ torch.arange(1, 785)
    table = dict(zip(sums.tolist(), data.test_labels[:500].tolist(), strict=True))
    (folder / "work.py").write_text(WORK.replace("TABLE = {}", f"TABLE = {table}"), encoding="utf-8")
    layers = {"conv1": nn.Conv2d(1, 30, 5), "conv2": nn.Conv2d(30, 15, 3), "fc1": nn.Linear(375, 128)}
    layers |= {"fc2": nn.Linear(128, 50), "fc3": nn.Linear(50, 10)}
    (folder / "weights").mkdir()
    torch.save(nn.ModuleDict(layers).state_dict(), folder / "weights" / "better_cnn.pt")
