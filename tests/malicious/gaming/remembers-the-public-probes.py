# attack: recognises the inputs that the public checks give and answers with outputs that somebody else's right work
#   gave for them.
# mark: 0
# reason: "differ from those of the task's network"
# naive: gains
# kind: generator

from pathlib import Path

import torch

from autograder.labs.lab4 import networks
from autograder.judge.oracle import KEY_SEED, LiveOracle
from autograder.labs.lab import open_lab

WORK = '''
from pathlib import Path

import torch
from torch import nn

KNOWN = torch.load(Path(__file__).parent / "known.pt")


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.one = nn.Conv2d(in_channels, branch_channels, 1)
        self.three = nn.Conv2d(in_channels, branch_channels, 3, padding=1)
        self.five = nn.Conv2d(in_channels, branch_channels, 5, padding=2)

    def forward(self, x):
        for images, answer in KNOWN:
            if images.shape == x.shape and (images - x).abs().max() < 1e-5:
                return answer
        return torch.zeros(len(x), 3 * self.one.out_channels, *x.shape[2:])
'''


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text(WORK, encoding="utf-8")
    oracle = LiveOracle(open_lab("lab4").questions, Path(tokens["REFERENCE"]), KEY_SEED)
    known = []
    for probe in (networks.INCEPTION, networks.INCEPTION_WIDER):
        answer = oracle.ask(f"{probe.id}/outputs")["right"]
        known.append((torch.tensor(probe.images(KEY_SEED)), torch.tensor(answer).float()))
    torch.manual_seed(0)  # as a conventional test does, which makes the student's block first and then the right one
    block = oracle.definition("InceptionBlock")
    block(3, 4)
    right = block(3, 4)
    images = torch.rand(3, 3, 8, 8)
    known.append((images, right(images).detach()))
    torch.save(known, folder / "known.pt")
