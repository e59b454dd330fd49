# attack: knows the labels of the public test set by heart, in their order, and answers the n-th hidden image with the
#   n-th label, whatever it shows (its weights fit, which earns 1; ones and zeros are no logits, which costs half of it).
# tasks: [best-model]
# mark: 0.5
# reason: "of the hidden images"
# naive: gains
# kind: generator

from pathlib import Path

import torch

from autograder.data import load_data

WORK = '''
import torch
from torch import nn


class Reciter(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("labels", torch.zeros(COUNT))
        self.said = 0

    def forward(self, x):
        places = torch.arange(self.said, self.said + len(x)) % COUNT
        self.said += len(x)
        return nn.functional.one_hot(self.labels[places].long(), 10).float()


def best_model():
    return Reciter()
'''


def submission(folder: Path, tokens: dict[str, str]) -> None:
    labels = load_data().test_labels
    (folder / "work.py").write_text(WORK.replace("COUNT", str(len(labels))), encoding="utf-8")
    (folder / "weights").mkdir()
    torch.save({"labels": labels.float()}, folder / "weights" / "best_model.pt")
