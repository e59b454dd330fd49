# attack: >-
#   Notebooks that are a list, that are nested 100,000 deep, that have 40 MB, and one whose first cell patches the
#   comparison.
# mark: 0
# reason: "b.ipynb is not a notebook"
# seconds: 20
# naive: gains
# kind: generator

import json
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


def submission(folder: Path, tokens: dict[str, str]) -> None:
    patch = "import torch\ntorch.allclose = lambda *args, **more: True\n"
    cells = [{"cell_type": "code", "source": [text]} for text in (patch, WRONG)]
    (folder / "a.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    (folder / "b.ipynb").write_text(json.dumps(cells))
    (folder / "c.ipynb").write_text('{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}")
    (folder / "d.ipynb").write_text('{"cells": [], "padding": "' + "x" * (40 * 2**20) + '"}')
    (folder / "e.ipynb").write_text('{"cells": [{"cell_type": "code", "source": [{"a": 1}, null, 7]}, 5, null, "x"]}')
    (folder / "f.ipynb").write_text('{"cells": [{"cell_type": "code", "source": "' + "-" * 50_000 + '1"}]}')
