# attack: >-
#   A zip whose entries lead out of the folder by `..`, by a root and by a drive letter, over a file of the
#   marker's.
# mark: 0
# reason: "leads out of its folder"
# seconds: 20
# naive: writes
# kind: generator

from pathlib import Path

WRONG = """\
import torch
from torch import nn


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, branch_channels, size, padding=size // 2) for size in (1, 3, 5)
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)  # no ReLU
"""


import os
import zipfile


def submission(folder: Path, tokens: dict[str, str]) -> None:
    with zipfile.ZipFile(folder / "work.zip", "w") as packed:
        packed.writestr("work.py", WRONG)
        packed.writestr("../" * 12 + tokens["VICTIM"].lstrip("/"), "overwritten by a student")
        packed.writestr("C:\\\\work.py", WRONG)
        packed.writestr("/" + tokens["VICTIM"].lstrip("/"), "overwritten by a student")
