# attack: >-
#   A zip with an entry that is a symbolic link to a file of the marker's, under the name of a file that graders
#   put beside the work.
# mark: 0
# reason: "conftest.py: a link; left out"
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


import stat
import zipfile


def submission(folder: Path, tokens: dict[str, str]) -> None:
    with zipfile.ZipFile(folder / "work.zip", "w") as packed:
        packed.writestr("work.py", WRONG)
        link = zipfile.ZipInfo("conftest.py")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, tokens["VICTIM"])
