# attack: >-
#   Folders autograder/ and keys/ of the student's own, which stand in for the grader's package where the hand-in
#   comes first on the path.
# mark: 0
# seconds: 20
# naive: gains
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


LIE = """\
import torch

torch.allclose = lambda *args, **more: True
granted = True
"""


def submission(folder: Path, tokens: dict[str, str]) -> None:
    use = WRONG.replace("import torch\n", "import torch\nfrom autograder.notebook import granted\n", 1)
    (folder / "work.py").write_text(use.replace("    def forward", "    seen = granted\n\n    def forward"))
    for name in ("autograder", "autograder/labs", "autograder/labs/lab4", "keys"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("")
    (folder / "autograder" / "notebook.py").write_text(LIE)
    (folder / "autograder" / "labs" / "lab4" / "procedures.py").write_text(LIE)
    (folder / "keys" / "lab4.frame.bz2").write_bytes(b"no key")
