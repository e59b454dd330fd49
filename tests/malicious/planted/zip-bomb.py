# attack: >-
#   A zip of 300 kB that unpacks to 300 MB, and holds one name many times over.
# mark: 0
# reason: "unpacks to more than is allowed"
# seconds: 20
# naive: none
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


import warnings
import zipfile


def submission(folder: Path, tokens: dict[str, str]) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(folder / "work.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        warnings.simplefilter("ignore")  # of the names that come twice
        packed.writestr("work.py", WRONG)
        for _ in range(6):
            packed.writestr("data/zeros.bin", bytes(50 * 2**20))
