# attack: >-
#   Weights of no numbers, of one number, of nine axes, in numbers of eight bits and of complex ones, with names that end terminals.
# tasks: [better-cnn-accuracy, best-model]
# mark: 0
# naive: none
# kind: generator

from pathlib import Path

import torch

WORK = '''
import torch
from torch import nn


class BetterCNN(nn.Module):
    def forward(self, x):
        return torch.rand(len(x), 10)


def best_model():
    return BetterCNN()
'''


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text(WORK)
    (folder / "weights").mkdir()
    state = {f"empty{n}": torch.zeros(0, 2**n) for n in range(20)}
    state |= {f"one\x1b]0;x\x07{n}.weight": torch.ones(()) * n for n in range(1500)}
    state |= {"nine": torch.rand(*[2] * 9), "small": torch.rand(9).to(torch.float8_e5m2)}
    state |= {"complex": torch.rand(4, dtype=torch.complex64), "nan": torch.full((5,), float("nan"))}
    state |= {"big": torch.full((4, 4), 3e38), "": torch.rand(3), ".": torch.rand(3), "a..b": torch.rand(3)}
    torch.save(state, folder / "weights" / "better_cnn.pt")
    torch.save({"x" * 5000: torch.rand(*[1] * 8)}, folder / "weights" / "best_model.pt")
