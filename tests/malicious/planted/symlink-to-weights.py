# attack: >-
#   weights/ is a symbolic link to the reference's folder of trained weights.
# tasks: [better-cnn-accuracy]
# mark: 0
# reason: "weights: a link; left out"
# seconds: 20
# naive: gains
# kind: generator

from pathlib import Path

from autograder.data import load_data

WORK = """\
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


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text(WORK)
    (folder / "weights").symlink_to(Path(tokens["REFERENCE"]) / "weights" / load_data().name)
